"""Quantities that are counted: a float means its shortest decimal, so that a tenth and two tenths are three tenths."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

from .checks import Number

Exact = int | Fraction


def exact(x: Number) -> Exact:
    """Return the number that is meant: for a float its shortest decimal.

    >>> exact(0.1) + exact(0.2) == exact(0.3)
    True
    """
    return Fraction(repr(x)) if isinstance(x, float) else x


def as_given(x: Exact, *like: Number) -> Number:
    """Return an exact number in the kind of those it came from: a float, if one of them was and a float can mean it.

    >>> as_given(exact(0.3) - exact(0.1), 0.3, 0.1)
    0.2
    >>> as_given(exact(3), 3)
    3
    """
    if any(isinstance(other, float) for other in like):
        near = float(x)
        return near if exact(near) == x else x
    return int(x) if isinstance(x, Fraction) and x.denominator == 1 and _all_whole(like) else x


def _all_whole(numbers: Iterable[Number]) -> bool:
    return all(isinstance(x, int) for x in numbers)


def plus(*terms: Number) -> Number:
    """Add quantities, each as it is meant.

    >>> plus(0.1, 0.2)
    0.3
    """
    return as_given(sum((exact(x) for x in terms), start=0), *terms)


def minus(x: Number, y: Number) -> Number:
    """Take one quantity from another, each as it is meant.

    >>> minus(0.3, 0.1)
    0.2
    """
    return as_given(exact(x) - exact(y), x, y)


def down_to_step(x: Number, step: Number | None, *like: Number) -> Number:
    """Round what a rule has computed down to whole steps; without a step it stays.

    The result is of the kind of the step and of ``like``, whatever the rule computed with.

    >>> down_to_step(0.30999, step=0.001)
    0.309
    >>> down_to_step(50_000.7, 1, 150_000)
    50000
    """
    return x if step is None else as_given(math.floor(exact(x) / exact(step)) * exact(step), step, *like)


def said(x: Number) -> str:
    """Write a number as people read it: with commas, and no more digits than it has.

    >>> said(1_250.5), said(1_000)
    ('1,250.5', '1,000')
    """
    return f"{x:,}" if isinstance(x, int) else f"{float(x):,.10g}"
