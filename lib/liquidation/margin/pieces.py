"""Where a function made of straight pieces is at or below zero.

Equity minus requirement is such a function of one price (of its reciprocal, for inverse contracts): straight between
the prices at which a position changes its tier. Working piece by piece gives every place where the trigger fires
exactly, with nothing to iterate.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any


def at_or_below_zero(
    function: Callable[[Any], Any], breakpoints: Iterable[Any], scale: Any = 1
) -> list[tuple[Any, Any]]:
    """Return the intervals ``(low, high)`` of positive ``x`` in which ``function(x) <= 0``, in rising order.

    ``function`` must be straight between neighboring ``breakpoints`` and after the last one; at a breakpoint it may
    jump, and takes the value of the piece below. ``scale`` is a typical ``x``; if it is a ``Fraction``, all is
    computed exactly. ``low`` may be 0 and ``high`` ``math.inf``. An interval is closed, except at a jump, where
    ``low`` is left out.

    >>> at_or_below_zero(lambda x: abs(x - 3) - 1, [3])
    [(2.0, 4.0)]
    """
    third = Fraction(1, 3) if isinstance(scale, Fraction) else 1 / 3
    edges = [0, *sorted({x for x in breakpoints if 0 < x < math.inf}), math.inf]
    found: list[tuple[Any, Any]] = []
    for low, high in itertools.pairwise(edges):
        # Two points inside the piece, where no jump can disturb: they fix its straight line.
        width = (high if high < math.inf else low + 3 * scale) - low
        first, second = low + third * width, low + 2 * third * width
        at_first, at_second = function(first), function(second)
        slope = (at_second - at_first) / (second - first)
        start, end = low, high
        if slope == 0:
            if at_first > 0:
                continue
        else:
            root = first - at_first / slope
            start, end = (low, min(high, root)) if slope > 0 else (max(low, root), high)
            if not start < end:
                continue
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found
