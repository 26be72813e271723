"""Whether two expressions are the same: both are computed, to forty digits, at a few points where nothing cancels.

A learner's expression may be long, deep or not carried out. So nothing is simplified here (that may never end): each
part of it is computed once, and what cannot be computed is said in words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import mpmath  # type: ignore[import-untyped]  # mpmath ships no types
import sympy  # type: ignore[import-untyped]  # sympy ships no types

_DIGITS, _SAME = 40, 1e-20
_LONGEST = 5_000
"""Most different parts that an expression may have; an answer of this course has twenty."""
_LARGEST_EXPONENT = 40
"""In bits."""
_VALUES = [
    sympy.Rational(p, q) for p, q in zip((37, 53, 29, 71, 43, 61, 47, 67, 59, 31, 73, 41), (41, 23) * 6, strict=True)
]
_KNOWN: Mapping[Any, Callable[..., Any]] = {
    sympy.exp: mpmath.exp,
    sympy.log: mpmath.log,
    sympy.Abs: abs,
    sympy.Min: min,
    sympy.Max: max,
    sympy.erf: mpmath.erf,
    sympy.erfc: mpmath.erfc,
    sympy.sign: mpmath.sign,
    sympy.Pow: mpmath.power,
}
_PARTS = (sympy.Symbol, sympy.Number, sympy.NumberSymbol, sympy.Add, sympy.Mul, *_KNOWN, type(sympy.I))


class ComparisonError(ValueError):
    """What a learner's expression contains that cannot be compared; its text ends the sentence "not yet, because"."""


def points(letters: list[str], sides: list[str]) -> list[dict[str, Any]]:
    """Values to compute at, by letter: no two alike; those that are sides are +1 and then -1."""
    found = []
    for turn, side in ((0, 1), (5, -1), (3, 1)):
        values = {letter: _VALUES[(turn + k) % len(_VALUES)] for k, letter in enumerate(sorted(letters))}
        found.append(values | dict.fromkeys(sides, sympy.Integer(side)))
    return found


def value_of(expression: Any, letters: Mapping[str, Any]) -> Any:
    """Compute an expression; letters are known by what they look like, so that a reader's own symbols will do.

    >>> x = sympy.Symbol("x")
    >>> int(value_of(2 * (x + 1) ** 2, {"x": sympy.Integer(2)}))
    18

    Raises :class:`ComparisonError`.
    """
    seen: dict[Any, Any] = {}
    with mpmath.workdps(_DIGITS):
        todo = [expression]
        while todo:  # not by recursion: expressions can be deeper than Python's stack
            part = todo[-1]
            if part in seen:
                todo.pop()
                continue
            if not isinstance(part, _PARTS):
                raise ComparisonError(
                    f"it contains {type(part).__name__}, which is not carried out; give a plain formula."
                )
            missing = [arg for arg in part.args if arg not in seen]
            if missing:
                if len(seen) + len(todo) + len(missing) > _LONGEST:
                    raise ComparisonError("it is far too long for an answer; write it shorter.")
                todo += missing
                continue
            seen[todo.pop()] = _of_a_size(_computed(part, letters, [seen[arg] for arg in part.args]))
        return seen[expression]


def _computed(part: Any, letters: Mapping[str, Any], args: list[Any]) -> Any:
    if isinstance(part, sympy.Symbol):
        if part.name not in letters:
            raise ComparisonError(f"it contains {part.name}, on which the answer does not depend.")
        part = letters[part.name]
    if part.is_Number or part.is_NumberSymbol:
        if not part.is_finite:
            raise ComparisonError(f"it contains {part}, which is not a finite number.")
        if part.is_Integer or part.is_Rational:
            return mpmath.mpf(part.p) / part.q
        return mpmath.mpf(str(part.evalf(_DIGITS)))
    if isinstance(part, sympy.Add):
        return mpmath.fsum(args)
    if isinstance(part, sympy.Mul):
        return mpmath.fprod(args)
    for kind, compute in _KNOWN.items():
        if isinstance(part, kind):
            if isinstance(part, (sympy.Pow, sympy.exp)):
                _of_a_size(args[-1], _LARGEST_EXPONENT)
            try:
                return compute(*args)
            except (ZeroDivisionError, OverflowError, TypeError, ValueError):
                return mpmath.nan
    return mpmath.mpc(0, 1)  # the imaginary unit


def _of_a_size(value: Any, bits: int = 10_000) -> Any:
    """A number, unless working with it could go on for ever: a tower of powers has more digits than there is room."""
    if mpmath.isfinite(value) and value and not -10_000 <= mpmath.mag(value) <= bits:
        raise ComparisonError("it contains a number of more than a thousand digits.")
    return value


def same(first: Any, second: Any, at: list[dict[str, Any]]) -> bool:
    """Whether two expressions agree at all points."""
    for letters in at:
        a, b = value_of(first, letters), value_of(second, letters)
        with mpmath.workdps(_DIGITS):
            if not abs(a - b) <= _SAME * max(abs(a), abs(b)):
                return False
    return True
