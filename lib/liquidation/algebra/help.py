"""What help on a formula says: its own arguments with units, its LaTeX, its source."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .formula import Formula


def signature(formula: Formula) -> inspect.Signature:
    """Return what a formula takes, by keyword."""
    names = () if formula.target is None else formula.arguments
    return inspect.Signature([inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in names])


def text(formula: Formula) -> str:
    """Return what Shift+Tab shows: what the formula gives, its arguments, its LaTeX, its source."""
    said = [formula.about, ""] if formula.about else []
    said += [repr(formula), "", f"    {formula.latex}", ""]
    if formula.target is not None:
        said += ["Arguments, by keyword; numbers, Fractions or arrays:", ""]
        said += [f"    {n}: {formula.terms[n].meaning} [{formula.terms[n].unit}]" for n in formula.arguments]
        target = formula.terms[formula.target]
        said += ["", f"Returns {target.name}: {target.meaning} [{target.unit}]"]
    if formula.source:
        said += ["", f"Source: {formula.source}"]
    return "\n".join(said)


class PerFormula:
    """An attribute that each formula computes for itself, and that the class has in its own way."""

    def __init__(self, of_formula: Callable[[Formula], object], *of_class: object) -> None:
        self.of_formula, self.of_class = of_formula, of_class

    def __get__(self, formula: Formula | None, owner: type) -> object:
        if formula is not None:
            return self.of_formula(formula)
        if not self.of_class:
            raise AttributeError("the class has none of its own")
        return self.of_class[0]
