"""How people write an expression: P - E and not -E + P, E - s (M - R)/(n c) and not all over one denominator.

SymPy prints terms as a computer sorts them. Here an expression is laid out anew without changing its value; SymPy's
printers keep the order if they are told ``order="none"``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

LATEX = {"order": "none", "mul_symbol": r"\,"}
"""What SymPy's printer of LaTeX is told: keep the order, and a thin space between letters that are multiplied."""


class Layout:
    """The order of terms and factors.

    Arguments:
        letters: their order within a product or a sum; letters that are not among them come first.
        signs: letters that are +1 or -1, each its own reciprocal.
    """

    def __init__(self, letters: Sequence[str], signs: Sequence[str] = ()) -> None:
        self.places = {letter: place for place, letter in enumerate(letters)}
        self.signs = signs

    def __call__(self, expression: Any) -> Any:
        """Return an equal expression, or equation, that is to be printed with ``order="none"``."""
        import sympy  # type: ignore[import-untyped]  # SymPy ships no types

        if isinstance(expression, sympy.Eq):
            return sympy.Eq(*map(self, expression.args), evaluate=False)
        if expression.is_Add:
            return self._sum(expression.args)
        if expression.is_Mul:
            return self._product(expression)
        if expression.is_Atom:
            return expression
        if expression.is_Pow and expression.exp.could_extract_minus_sign():
            return self._product(expression)
        parts = map(self, expression.args)
        return expression.func(*parts, evaluate=False) if expression.is_Pow else expression.func(*parts)

    def _place(self, part: Any) -> tuple[Any, ...]:
        """Numbers, letters in their order, sums, functions."""
        import sympy

        names = sorted((self.places.get(x.name, -1), x.name) for x in part.free_symbols if x.name not in self.signs)
        is_sign = part.is_Symbol and part.name in self.signs
        is_function = part.has(sympy.Function, sympy.exp)
        written = part.is_Add or part.is_Pow, is_function and part.is_Mul
        return not part.is_number, is_function, *written, not is_sign, names

    def _sum(self, terms: Sequence[Any]) -> Any:
        """Lay out a sum, what is added before what is taken off."""
        import sympy

        ordered = sorted(terms, key=lambda term: (term.could_extract_minus_sign(), self._place(term)))
        return sympy.Add(*map(self, ordered), evaluate=False)

    def _product(self, product: Any) -> Any:
        """Lay out a fraction: what its denominator divides stands before it, and a minus before that."""
        import sympy

        number, rest = product.as_coeff_Mul()
        if number.is_negative:
            return self._taken_off(self._product(-number * rest))
        above, below = sympy.fraction(product, exact=True)
        whole = [term / below for term in sympy.Add.make_args(above) if self._divides(below, term)]
        if above.is_Add and not below.is_number and 0 < len(whole) < len(above.args):
            rest = sympy.Add(*(term for term in above.args if not self._divides(below, term)))
            minus = min(sympy.Add.make_args(rest), key=self._place).could_extract_minus_sign()
            fraction = self._quotient(-rest if minus else rest, below)
            parts = [self(sympy.Add(*whole)), self._taken_off(fraction) if minus else fraction]
            return sympy.Add(*sorted(parts, key=lambda part: part.could_extract_minus_sign()), evaluate=False)
        return self._quotient(above, below)

    @staticmethod
    def _divides(below: Any, term: Any) -> bool:
        import sympy

        return not below.has(sympy.Add) and sympy.denom(term / below).is_number

    @staticmethod
    def _taken_off(expression: Any) -> Any:
        import sympy

        number, *factors = expression.args if expression.is_Mul else (expression,)
        factors = [-number, *factors] if number.is_Number else [sympy.S.NegativeOne, number, *factors]
        return sympy.Mul(*factors, evaluate=False)

    def _quotient(self, above: Any, below: Any) -> Any:
        import sympy

        number, above = above.as_coeff_Mul()
        divisor, below = below.as_coeff_Mul()
        over, under, number = list(sympy.Mul.make_args(above)), [], number / divisor
        for factor in sympy.Mul.make_args(below):
            if factor.is_Symbol and factor.name in self.signs:
                over.append(factor)  # its own reciprocal
            elif factor.is_Add and any(map(self._is_minus_one, factor.args)):
                number = -number
                under.append(-factor)
            else:
                under.append(factor)
        sums = [factor for factor in over if factor.is_Add]
        if number.is_negative and sums:
            number, over[over.index(sums[0])] = -number, -sums[0]
        factors = [*self._factors(over), *map(self._inverted, self._factors(under))] or [sympy.S.One]
        if number.is_negative:
            return self._taken_off(sympy.Mul(*([-number] if number != -1 else []), *factors, evaluate=False))
        factors = factors if number == 1 else [number, *factors]
        return factors[0] if len(factors) == 1 else sympy.Mul(*factors, evaluate=False)

    def _is_minus_one(self, term: Any) -> bool:
        """Whether a sum should be turned round for this term: people write 1 - m and s - f, not m - 1 and f - s."""
        return (term.is_Number and term < 0) or ((-term).is_Symbol and (-term).name in self.signs)

    def _factors(self, factors: Sequence[Any]) -> list[Any]:
        import sympy

        return [self(part) for part in sorted(sympy.Mul.make_args(sympy.Mul(*factors)), key=self._place) if part != 1]

    @staticmethod
    def _inverted(factor: Any) -> Any:
        import sympy

        base, exponent = factor.args if factor.is_Pow else (factor, sympy.S.One)
        return sympy.Pow(base, -exponent, evaluate=False)
