"""A crowd of traders with isolated positions in one contract, drawn from stated distributions, in whole units.

Prices are whole ticks, quantities whole steps, money their product. So a venue of a million accounts can be checked to
the last unit: what one trader loses somebody has.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ..algebra.checks import InputError, one_number, refuse
from ..odds.paths import check_generator, check_work
from .order_book import PARTS, whole

Whole = npt.NDArray[np.int64]
Tiers = tuple[tuple[int, float], ...]
MOST_TRADERS = 20_000_000
"""About 1.5 GB of them."""
_HEADROOM = 2**62 // PARTS
"""Largest value of a position in units of money: its requirement is reckoned in millionths of it."""

LEVERAGES = ((2, 3, 5, 10, 20, 25, 50, 100), (0.10, 0.12, 0.20, 0.24, 0.14, 0.08, 0.08, 0.04))
"""Leverages and how frequent they are: our choice; exchanges do not publish it."""


@dataclass(frozen=True, eq=False)
class Crowd:
    """Positions of many traders, as arrays of whole numbers; an entry each.

    Arguments:
        side: +1 long, -1 short.
        quantity: [steps].
        entry: price [ticks].
        margin: behind the position [ticks x steps].
        maintenance_margin_rate: of the value at the mark price [fraction].
        tiers: pairs (above, rate): whoever holds more than so many steps has this rate instead, on all of it.

    What the longs hold beyond the shorts, market makers hold against them: open interest is zero-sum.

    >>> two = Crowd([1, -1], [100, 100], [50_000, 50_000], [200_000, 200_000], 0.004)
    >>> two.liquidation_price  # 48,000 / 0.996, and 52,000 / 1.004
    array([48192, 51793])
    >>> two.bankruptcy_price
    array([48000, 52000])
    >>> Crowd([1, 1], [100, 300], [50_000, 50_000], [200_000, 600_000], 0.004, ((200, 0.01),)).liquidation_price
    array([48192, 48484])

    Raises ``ValueError`` for arrays that do not match, positions that are none, and values beyond 64 bits.
    """

    side: Whole
    quantity: Whole
    entry: Whole
    margin: Whole
    maintenance_margin_rate: float
    tiers: Tiers = ()

    def __post_init__(self) -> None:
        rate = _rate("maintenance_margin_rate", self.maintenance_margin_rate)
        object.__setattr__(self, "maintenance_margin_rate", rate)
        object.__setattr__(self, "tiers", _check_tiers(self.tiers, rate))
        for name in ("side", "quantity", "entry", "margin"):
            object.__setattr__(self, name, _whole_array(name, getattr(self, name)))
        if len({array.shape for array in (self.side, self.quantity, self.entry, self.margin)}) > 1:
            shapes = ", ".join(f"{name} {getattr(self, name).size}" for name in ("side", "quantity", "entry", "margin"))
            raise InputError(f"the arrays of a crowd have one entry for each trader, but their sizes are: {shapes}")
        for name in ("quantity", "entry", "margin"):
            array = getattr(self, name)
            if (array < 1).any():
                raise InputError(f"{name}={array[array < 1][0]} is not allowed: it is at least 1")
        if (np.abs(self.side) != 1).any():
            raise InputError(f"side={self.side[np.abs(self.side) != 1][0]} is not allowed: +1 long, -1 short")
        largest = float((self.entry.astype(float) * self.quantity).max(initial=0)) + float(self.margin.max(initial=0))
        if largest > _HEADROOM:
            raise InputError(
                f"entry and quantity make a value of {largest:.2g}, above {_HEADROOM:.2g}: take larger units"
            )

    def __len__(self) -> int:
        return int(self.side.size)

    @cached_property
    def _steps(self) -> tuple[Whole, Whole]:
        """Where the tiers begin [steps], and their rates in millionths, the lowest tier first."""
        pairs = ((0, self.maintenance_margin_rate), *self.tiers)
        begins, rates = ([above for above, _ in pairs], [round(rate * PARTS) for _, rate in pairs])
        return np.array(begins, dtype=np.int64), np.array(rates, dtype=np.int64)

    def _tier(self, quantity: Whole) -> Any:
        return np.searchsorted(self._steps[0][1:], quantity, side="left") if self.tiers else 0

    def rate_of(self, quantity: Whole) -> Any:
        """Return the maintenance rates of positions of these sizes [millionths]; one number where it is all one."""
        return self._steps[1][self._tier(quantity)]

    def below(self, quantity: Whole) -> Any:
        """Return what is left of positions of these sizes when they are reduced to the tier below [steps]."""
        return self._steps[0][self._tier(quantity)]

    @property
    def liquidation_price(self) -> Whole:
        """The highest tick at which a long is liquidated, the lowest at which a short is; 0 or less: never.

        Equity at or below the requirement: ``margin + side (P - entry) q <= rate P q``.
        """
        lost = self.entry * self.quantity - self.side * self.margin  # where the margin is used up, times the quantity
        below = self.quantity * (PARTS - self.side * self.rate_of(self.quantity))
        # A long's price is rounded down, a short's up: both stay on the side where the trigger fires.
        return np.asarray(np.where(self.side > 0, lost * PARTS // below, -(-lost * PARTS // below)), dtype=np.int64)

    @property
    def bankruptcy_price(self) -> Whole:
        """The tick at which the margin is used up, rounded to where the remainder is the fund's."""
        per_unit = self.side * (self.margin // self.quantity)
        return np.asarray(self.entry - per_unit, dtype=np.int64)

    @property
    def net(self) -> int:
        """What the longs hold beyond the shorts [steps]."""
        return int((self.side * self.quantity).sum())


def draw_crowd(
    rng: np.random.Generator,
    traders: int,
    *,
    price: int,
    mean_quantity: int,
    tail: float = 1.5,
    leverages: tuple[Any, Any] = LEVERAGES,
    long_share: float = 0.5,
    spread: float = 0.01,
    maintenance_margin_rate: float = 0.004,
    tiers: Tiers = (),
) -> Crowd:
    """Draw a crowd; the same seed draws the same one.

    Sizes are Pareto with this tail: most are small, a few are very large. Leverages are drawn by frequency. Entries are
    spread about the price by a normal log return, and whoever would already be liquidated has just entered instead.

    Arguments:
        rng: a seeded generator.
        traders: how many.
        price: today's [ticks].
        mean_quantity: [steps]; nobody holds more than a thousand times as much.
        tail: exponent of the sizes, above 1; the smaller, the larger the largest.
        leverages: the leverages, and how frequent each is.
        long_share: part of the traders that are long [fraction].
        spread: of the entries about the price [standard deviation of the log].
        maintenance_margin_rate: [fraction].
        tiers: see :class:`Crowd`; nobody's leverage is then above half of one over the rate, as exchanges have it.

    >>> crowd = draw_crowd(np.random.default_rng(1), 1_000, price=500_000, mean_quantity=200)
    >>> len(crowd), bool((crowd.side * (500_000 - crowd.liquidation_price) > 0).all())
    (1000, True)

    Raises ``ValueError`` for what cannot be, and for more traders than memory is meant for.
    """
    check_generator(rng)
    count = whole("traders", traders, least=1)
    check_work("traders", count, MOST_TRADERS)
    price, mean = whole("price", price, least=1), whole("mean_quantity", mean_quantity, least=1)
    if price * mean * 2_000 > _HEADROOM:
        raise InputError(
            f"price={price} with mean_quantity={mean} may make a value above {_HEADROOM:.2g}: take larger units"
        )
    tail = float(one_number("tail", tail, "positive"))
    if tail <= 1:
        raise InputError(f"tail={tail} is not allowed: above 1, or the mean would be endless")
    long_share = float(one_number("long_share", long_share, "part"))
    spread = float(one_number("spread", spread, "part"))
    side = np.where(rng.random(count) < long_share, 1, -1)
    smallest = mean * (tail - 1) / tail
    size = smallest * (1 - rng.random(count)) ** (-1 / tail)
    quantity = np.clip(np.rint(size), 1, 1_000.0 * mean).astype(np.int64)
    entry = np.maximum(np.rint(price * np.exp(spread * rng.standard_normal(count))), 1).astype(np.int64)
    leverage = _drawn(rng, count, leverages)
    if tiers:
        whole_margin = _crowd(side, quantity, entry, 1.0, maintenance_margin_rate, tiers)
        leverage = np.minimum(leverage, PARTS / np.maximum(2 * whole_margin.rate_of(quantity), 1))
    made = _crowd(side, quantity, entry, leverage, maintenance_margin_rate, tiers)
    dead = side * (price - made.liquidation_price) <= 0
    return _crowd(side, quantity, np.where(dead, price, entry), leverage, maintenance_margin_rate, tiers)


def _crowd(side: Any, quantity: Any, entry: Any, leverage: Any, rate: float, tiers: Tiers) -> Crowd:
    margin = np.maximum(np.rint(entry / leverage * quantity), 1).astype(np.int64)
    return Crowd(side, quantity, entry, margin, rate, tiers)


def _drawn(rng: np.random.Generator, count: int, leverages: Any) -> Any:
    try:
        values, weights = (np.asarray(x, dtype=float) for x in leverages)
    except (TypeError, ValueError):
        raise refuse("leverages", leverages, "two lists: the leverages, and how frequent each is") from None
    if values.shape != weights.shape or not values.size or not (values >= 1).all() or not (weights >= 0).all():
        raise refuse("leverages", leverages, "as many weights as leverages, and leverages of at least 1")
    if not weights.sum() > 0 or not np.isfinite(values).all() or not np.isfinite(weights).all():
        raise refuse("leverages", leverages, "finite numbers, and a weight above 0")
    return rng.choice(values, count, p=weights / weights.sum())


def _rate(name: str, given: object) -> float:
    rate = float(one_number(name, given, "rate"))
    if rate > 1 - 1 / PARTS:
        raise InputError(f"{name}={rate} is not allowed: it is counted in millionths, and below 1")
    return rate


def _check_tiers(given: Any, rate: float) -> Tiers:
    """Return tiers as pairs of a whole number of steps and a rate, both rising from one to the next."""
    try:
        pairs = [(above, higher) for above, higher in given]
    except (TypeError, ValueError):
        raise refuse("tiers", given, "pairs (above, rate)") from None
    tiers = tuple((whole("tiers", above, least=1), _rate("tiers", higher)) for above, higher in pairs)
    for lower, upper in itertools.pairwise(((0, rate), *tiers)):
        if not (upper[0] > lower[0] and upper[1] > lower[1]):
            raise InputError(f"tiers={tiers} is not allowed: sizes and rates rise from tier to tier, from {rate} on")
    return tiers


def _whole_array(name: str, given: object) -> Whole:
    try:
        array = np.asarray(given)
    except ValueError:  # a ragged list
        raise refuse(name, given, "a list of whole numbers, one for each trader") from None
    if array.ndim != 1 or array.dtype.kind not in "iuf" or (array.dtype.kind == "f" and (array % 1 != 0).any()):
        raise refuse(name, given, "a list of whole numbers, one for each trader")
    if array.size and not (np.abs(array.astype(float)) <= 2.0**53).all():
        raise refuse(name, array[~(np.abs(array.astype(float)) <= 2.0**53)][0], f"at most {2**53}")
    return array.astype(np.int64)
