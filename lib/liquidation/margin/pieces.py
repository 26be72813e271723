"""Where a function made of straight or parabolic pieces is at or below zero.

Equity minus requirement is such a function of one price (of its reciprocal, for inverse contracts): straight between
the prices at which a position changes its tier; a parabola where the rate itself rises with the value. Working piece by
piece gives every place where the trigger fires exactly, with nothing to iterate.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any, TypeAlias

from ..algebra.checks import Number

Interval: TypeAlias = tuple[Number, Number]


def at_or_below_zero(
    function: Callable[[Any], Any], breakpoints: Iterable[Number], scale: Number = 1, curved: bool = False
) -> list[Interval]:
    """Return the intervals ``(low, high)`` of positive ``x`` in which ``function(x) <= 0``, in rising order.

    ``function`` must be straight between neighboring ``breakpoints`` and after the last one; at a breakpoint it may
    jump, and takes the value of the piece below. ``scale`` is a typical ``x``; if it is a ``Fraction``, all is
    computed exactly. ``low`` may be 0 and ``high`` ``math.inf``. An interval is closed, except at a jump, where
    ``low`` is left out. ``curved``: the pieces are parabolas, whose roots are floats.

    >>> at_or_below_zero(lambda x: abs(x - 3) - 1, [3])
    [(2.0, 4.0)]
    """
    edges: list[Any] = [0, *sorted({x for x in breakpoints if 0 < x < math.inf}), math.inf]
    found: list[Interval] = []
    for low, high in itertools.pairwise(edges):
        for piece in (_in_parabola if curved else _in_piece)(function, low, high, scale):
            if found and found[-1][1] == piece[0]:
                piece = found.pop()[0], piece[1]
            found.append(piece)
    return found


def _in_piece(function: Callable[[Any], Any], low: Any, high: Any, scale: Number) -> list[Interval]:
    """Where the function is at or below zero between two neighboring edges, between which it is straight."""
    third = Fraction(1, 3) if isinstance(scale, Fraction) else 1 / 3
    # Two points inside the piece, where no jump can disturb: they fix its straight line. Not farther out than the piece
    # begins, or a usual price is: in floats a root between two far points would lose its digits.
    width = min(high - low, 3 * max(low, scale))
    first, second = low + third * width, low + 2 * third * width
    at_first, at_second = function(first), function(second)
    slope = (at_second - at_first) / (second - first)
    if slope == 0:
        return [] if at_first > 0 else [(low, high)]
    root = first - at_first / slope
    start, end = (low, min(high, root)) if slope > 0 else (max(low, root), high)
    return [(start, end)] if start < end else []


def _in_parabola(function: Callable[[Any], Any], low: Any, high: Any, scale: Number) -> list[Interval]:
    """The same where the piece is a parabola that opens downwards, as a requirement that grows makes it, or a line."""
    part = min(high - low, 4 * max(low, scale)) / 4
    middle = low + 2 * part
    before, now, after = (float(function(middle + step * part)) for step in (-1, 0, 1))
    bend, slope = (before + after) / 2 - now, (after - before) / 2
    if bend == 0:
        return _in_piece(function, low, high, scale)
    inside = slope * slope - 4 * bend * now
    if inside <= 0:  # it never crosses zero
        return [(low, high)] if now <= 0 and bend < 0 else []
    # The sum that cannot cancel gives one root, the product of the roots the other.
    half = -(slope + math.copysign(math.sqrt(inside), slope)) / 2
    near, far = sorted(float(middle) + float(part) * root for root in (half / bend, now / half))
    ways = [(low, min(near, high)), (max(far, low), high)] if bend < 0 else [(max(near, low), min(far, high))]
    return [(start, end) for start, end in ways if start < end]
