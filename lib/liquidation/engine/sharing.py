"""Rules that share a total out among capacities: who is closed first, and how much of each.

Each returns one share for each capacity. Sources: see :mod:`liquidation.engine.deleveraging`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..algebra.checks import InputError, Number, as_list, one_number, refuse
from ..algebra.exact import as_given, down_to_step, exact, minus

LIGHTS = 5


def lights(scores: Sequence[Number], quantities: Sequence[Number]) -> list[int]:
    """Lights of the indicator, 1 to 5, for each position of one side: 5 is closed first.

    The position's place in the queue, by the quantity in front of it and its own, in steps of a fifth.

    >>> lights([3, 6, 1], [10, 10, 20])
    [3, 4, 1]
    """
    scores, sizes = listed("scores", scores, "number"), listed("quantities", quantities, "positive")
    if len(scores) != len(sizes):
        raise InputError(f"there are {len(scores)} scores but {len(sizes)} quantities")
    total, ahead, shown = sum(map(exact, sizes)), exact(0), [0] * len(sizes)
    for i in by_score(scores):
        ahead += exact(sizes[i])
        shown[i] = LIGHTS + 1 - math.ceil(LIGHTS * ahead / total)
    return shown


def listed(name: str, given: Any, kind: str) -> list[Number]:
    """Return a list of numbers of a kind; refuse what is none, with its place."""
    return [one_number(f"{name}[{i}]", x, kind) for i, x in enumerate(as_list(name, given, "a list of numbers"))]


def queue(total: Number, capacities: Sequence[Number], order: Sequence[int]) -> list[Number]:
    """Take all of the first in ``order``, then of the next, the last one partly, until the total is reached.

    ``order`` names every place once. If the capacities do not suffice, all of them are taken: compare the sum of the
    shares with the total.

    >>> queue(20, [10, 10, 20, 30, 20, 10], order=[1, 4, 3, 0, 5, 2])
    [0, 10, 0, 0, 10, 0]
    """
    left, sizes = one_number("total", total, "non-negative"), listed("capacities", capacities, "non-negative")
    places = [int(x) for x in listed("order", order, "non-negative")]
    if sorted(places) != list(range(len(sizes))):
        raise InputError(
            f"order={order!r} is not allowed: it must name every place of capacities once, from 0 to {len(sizes) - 1}"
        )
    shares: list[Number] = [0] * len(sizes)
    for i in places:
        shares[i] = min(sizes[i], left, key=exact)
        left = minus(left, shares[i])
    return shares


def by_score(scores: Sequence[Number]) -> list[int]:
    """The order of the queue: highest score first, ties in the order given (our choice).

    >>> by_score([3, 6, 1])
    [1, 0, 2]
    """
    found = listed("scores", scores, "number")
    return sorted(range(len(found)), key=lambda i: -found[i])


def from_random_start(count: int, rng: np.random.Generator) -> list[int]:
    """The order of dYdX: no ranking, a random first one and then in turn.

    >>> from_random_start(4, np.random.default_rng(7))
    [3, 0, 1, 2]
    """
    if not isinstance(rng, np.random.Generator):
        raise refuse("rng", rng, "a random generator, such as numpy.random.default_rng(seed)")
    number = int(one_number("count", count, "non-negative"))
    if number > 10**7:
        raise InputError(f"count={number:.0e} is not allowed: count must be at most 1e7")
    start = int(rng.integers(number)) if number else 0
    return [(start + i) % number for i in range(number)]


def pro_rata(
    total: Number,
    weights: Sequence[Number],
    caps: Sequence[Number] | None = None,
    step: Number | None = None,
) -> list[Number]:
    """Share the total in proportion to the weights, nobody above a cap; exact, with Fractions.

    What a capped one does not bear is shared by the others in proportion: with the caps ``c`` and weights ``w`` the
    shares are ``min(h w, c)`` with one ``h`` for all. Without caps each weight is its own cap: one cannot give more
    than one has. If the caps do not suffice, all are reached.

    With a ``step`` every share is rounded down to whole steps, and what is left over goes, a step each, to those that
    the rounding took most from (ties in the order given): the shares add up to the total. Without one they add up to
    it as well as floats can, and never to more.

    >>> pro_rata(6, [8, 4], caps=[8, 1])
    [5.0, 1]
    >>> pro_rata(10, [1, 1, 1], caps=[9, 9, 9], step=1)
    [4, 3, 3]
    """
    left, parts = one_number("total", total, "non-negative"), listed("weights", weights, "non-negative")
    limits = list(parts) if caps is None else listed("caps", caps, "non-negative")
    if len(limits) != len(parts):
        raise InputError(f"there are {len(parts)} weights but {len(limits)} caps")
    shares = _proportional(left, parts, limits)
    if step is not None:
        return _on_steps(left, shares, limits, one_number("step", step, "positive"))
    # The last bit of a float must not make more than there is.
    beyond = sum(map(exact, shares)) - exact(left)
    if beyond > 0:
        i = max(range(len(shares)), key=lambda j: exact(shares[j]))
        shares[i] = minus(shares[i], as_given(beyond))
    if shares and isinstance(total, float):
        i = max(range(len(shares)), key=lambda j: exact(shares[j]))
        while float(sum(shares)) > total:  # added up in floats, too
            shares[i] = math.nextafter(shares[i], 0)
    return shares


def _proportional(total: Number, weights: list[Number], caps: list[Number]) -> list[Number]:
    shares: list[Number] = [0] * len(weights)
    # In the order in which the caps are reached as h grows.
    waiting = sorted((i for i in range(len(weights)) if weights[i] > 0), key=lambda i: caps[i] / weights[i])
    left: Any = total
    weight: Any = sum(weights[i] for i in waiting)
    for place, i in enumerate(waiting):
        if left * weights[i] >= caps[i] * weight:
            shares[i] = caps[i]
            left -= caps[i]
            weight -= weights[i]
        else:
            for j in waiting[place:]:
                shares[j] = left * weights[j] / weight
            break
    return shares


def _on_steps(total: Number, shares: list[Number], caps: list[Number], step: Number) -> list[Number]:
    """Round the shares down to whole steps and hand the steps left over to those who lost most by it."""
    whole = [exact(down_to_step(share, step)) for share in shares]
    most = [exact(down_to_step(cap, step)) for cap in caps]
    left = min(exact(total), sum(most)) - sum(whole)
    for i in sorted(range(len(shares)), key=lambda i: whole[i] - exact(shares[i])):
        if left < exact(step):
            break
        if whole[i] < most[i]:
            whole[i] += exact(step)
            left -= exact(step)
    return [as_given(x, total, step, *caps) for x in whole]
