"""The words of a subject: named quantities with letters, meanings and units, and what binds them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import sympy


def _both(on_numbers: Callable[[float], float], on_arrays: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: on_arrays(x) if isinstance(x, np.ndarray) else on_numbers(x)


@dataclass(frozen=True)
class Special:
    """A function that formulas may name: how it is computed, and the text of x, y, z that it stands for, if any."""

    name: str
    number: Callable[..., Any]
    stands_for: tuple[str, str] | None = None
    """Its parameters and, in their terms, what it stands for."""


ELEMENTARY = {
    "exp": _both(math.exp, np.exp),
    "log": _both(math.log, np.log),
    "sqrt": _both(math.sqrt, np.sqrt),
}


@dataclass(frozen=True)
class Term:
    """One named quantity: its argument name, its letter in formulas, what it means, its unit, what it may be.

    ``kind`` is a key of :data:`liquidation.algebra.checks.ALLOWED`, or ``"trigger price"`` for a price that may turn
    out not to exist; asked for such a price, a formula answers ``NEVER`` or ``ALREADY`` instead of inventing one.
    """

    name: str
    letter: str
    meaning: str
    unit: str
    kind: str = "positive"

    @property
    def argument_kind(self) -> str:
        """What the quantity may be when it is given rather than asked for."""
        return "positive" if self.kind == "trigger price" else self.kind

    @cached_property
    def symbol(self) -> sympy.Symbol:
        """The SymPy symbol, with the assumptions that the kind allows."""
        import sympy

        assumptions = {
            "side": {"real": True, "nonzero": True},
            "positive": {"positive": True},
            "non-negative": {"nonnegative": True},
            "rate": {"nonnegative": True},
            "probability": {"nonnegative": True},
            "correlation": {"real": True},
            "number": {"real": True},
        }
        return sympy.Symbol(self.letter, **assumptions[self.argument_kind])


@dataclass(frozen=True)
class Relation:
    """A condition between two arguments, such as "the rate is below 1/leverage".

    ``holds(first, second)`` works on numbers and on arrays; ``why`` completes the sentence
    "maintenance_margin_rate=0.05 with leverage=25: ...".
    """

    names: tuple[str, str]
    holds: Callable[[Any, Any], Any]
    why: str


@dataclass(frozen=True)
class Vocabulary:
    """The words of a subject: its terms, in the order in which arguments are listed, and what binds them.

    ``functions`` may stand in its formulas besides SymPy's own; a subject that needs any also gets ``exp``, ``log``
    and ``sqrt`` of arrays.
    """

    terms: tuple[Term, ...]
    relations: tuple[Relation, ...] = ()
    functions: tuple[Special, ...] = ()

    @property
    def numbers(self) -> dict[str, Callable[..., Any]]:
        """How the functions are computed."""
        return {**ELEMENTARY, **{f.name: f.number for f in self.functions}} if self.functions else {}

    def written_out(self, expression: sympy.Expr) -> sympy.Expr:
        """Put what they stand for in the place of the functions that are there for the computer only."""
        import sympy

        for f in self.functions:
            if f.stands_for:
                parameters, text = f.stands_for
                expression = expression.replace(
                    sympy.Function(f.name), sympy.Lambda(sympy.symbols(parameters), sympy.sympify(text))
                )
        return expression

    @cached_property
    def by_name(self) -> dict[str, Term]:
        """Argument name to term."""
        return {term.name: term for term in self.terms}

    @property
    def legend(self) -> Legend:
        """The table of all terms."""
        return Legend(self.terms)

    def term(self, name: str) -> Term:
        """Look a term up; an unknown name is refused with the list of known ones."""
        try:
            return self.by_name[name]
        except KeyError:
            raise ValueError(f"unknown name {name!r}; the names are: {', '.join(self.by_name)}") from None

    def parse(self, text: str) -> sympy.Expr:
        """Read an expression in the names of the terms; one with an unknown name is refused."""
        import sympy

        names = {name: term.symbol for name, term in self.by_name.items()}
        parsed = sympy.sympify(text, locals={**names, **{f.name: sympy.Function(f.name) for f in self.functions}})
        unknown = parsed.free_symbols - set(names.values())
        if unknown:
            raise ValueError(f"{text!r} uses {', '.join(map(str, unknown))}; the names are: {', '.join(names)}")
        return parsed


@dataclass(frozen=True)
class Legend:
    """A table of terms, shown by a notebook as Markdown."""

    terms: tuple[Term, ...] = field(repr=False)

    def _rows(self) -> Iterable[tuple[str, str, str, str]]:
        import sympy

        for term in self.terms:
            yield sympy.latex(term.symbol), term.name, term.meaning, term.unit

    def _repr_markdown_(self) -> str:
        head = "| symbol | name in code | meaning | unit |\n|:--:|---|---|---|\n"
        return head + "\n".join(f"| ${letter}$ | `{name}` | {m} | {unit} |" for letter, name, m, unit in self._rows())

    def __repr__(self) -> str:
        return "\n".join(f"{term.letter:>6}  {term.name}: {term.meaning} [{term.unit}]" for term in self.terms)
