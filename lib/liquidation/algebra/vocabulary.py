"""The words of a subject: named quantities with letters, meanings and units, and what binds them."""

from __future__ import annotations

import ast
import math
import operator as arithmetic
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .checks import InputError, shown
from .layout import Layout

if TYPE_CHECKING:
    import sympy  # type: ignore[import-untyped]  # SymPy ships no types

_LONGEST = 2_000
"""Characters of an expression."""
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: arithmetic.add,
    ast.Sub: arithmetic.sub,
    ast.Mult: arithmetic.mul,
    ast.Div: arithmetic.truediv,
    ast.Pow: arithmetic.pow,
}


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
    """The words of a subject: its terms, in the order in which arguments are listed.

    ``functions`` may stand in its formulas besides ``exp``, ``log`` and ``sqrt``; a subject that names any computes
    these three, too, on arrays.
    """

    terms: tuple[Term, ...]
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
    def layout(self) -> Layout:
        """How people order terms and factors written in these letters."""
        letters = [term.letter for term in self.terms]
        return Layout(letters, signs=[term.letter for term in self.terms if term.kind == "side"])

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
        found = self.by_name.get(name) if isinstance(name, str) else None
        if found is None:
            raise InputError(f"unknown name {shown(name)}; the names are: {', '.join(self.by_name)}")
        return found

    # -- reading expressions ---------------------------------------------------------------------------------

    def names_in(self, text: str) -> set[str]:
        """Return the names in an expression; refuse one that is more than names, numbers and arithmetic."""
        return {node.id for node in ast.walk(self._tree(text)) if isinstance(node, ast.Name)} & self.by_name.keys()

    def parse(self, text: str) -> sympy.Expr:
        """Read an expression in the names of the terms. Nothing is evaluated but its arithmetic."""
        return self._build(self._tree(text))

    def _tree(self, text: str) -> ast.expr:
        if len(text) > _LONGEST:
            raise InputError(f"{shown(text)} is too long for an expression: {len(text):,} characters")
        try:
            tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise InputError(f"{shown(text)} is not an expression such as 'position_margin + added_margin'") from None
        called = {*ELEMENTARY, *(f.name for f in self.functions)}
        heads = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Name(id=name), keywords=[]) if name in called:
                    continue
                case ast.Name(id=name):
                    if id(node) not in heads and name not in self.by_name:
                        raise InputError(f"{shown(text)} uses {name}; the names are: {', '.join(self.by_name)}")
                case ast.Constant(value=value) if type(value) in (int, float):
                    continue
                case ast.BinOp(op=operator) if type(operator) in _ARITHMETIC:
                    continue
                case ast.UnaryOp(op=ast.UAdd() | ast.USub()) | ast.operator() | ast.unaryop() | ast.Load():
                    continue
                case _:
                    raise InputError(
                        f"{shown(text)} is not allowed: an expression is made of names, numbers, + - * / ** and "
                        f"{', '.join(sorted(called))}"
                    )
        return tree

    def _build(self, node: ast.expr) -> sympy.Expr:
        import sympy

        match node:
            case ast.Name(id=name):
                return self.by_name[name].symbol
            case ast.Constant(value=int(value)):
                return sympy.Integer(value)
            case ast.Constant(value=value):
                return sympy.Float(repr(value))  # as many digits as are written
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self._build(operand)
            case ast.UnaryOp(operand=operand):
                return self._build(operand)
            case ast.BinOp(left=left, op=operator, right=right):
                return _ARITHMETIC[type(operator)](self._build(left), self._build(right))
            case ast.Call(func=ast.Name(id=name), args=arguments):
                function = getattr(sympy, name) if name in ELEMENTARY else sympy.Function(name)
                return function(*map(self._build, arguments))
        raise AssertionError(f"{ast.dump(node)} should have been refused")


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
