"""How likely is a liquidation? The formulas of :mod:`liquidation.odds.formulas` with their limits.

Every chance is between 0 and 1 for whatever is allowed to go in: no volatility, no time, for ever, a price that is
``NEVER`` reached, an enormous leverage. Volatility and drift are per year, times in years.
"""

from __future__ import annotations

import enum
import math
from functools import cache
from typing import Any, Literal

import numpy as np

from ..algebra.checks import Array, InputError, Number, Numbers, number_or_array, numbers, one_number, one_of, refuse
from ..algebra.evaluation import ALREADY, NEVER, NoPrice
from ..algebra.formula import Formula
from ..theory import Basis, Theory, inverse, linear
from .formulas import (
    before_target,
    ever_touching,
    log_distance,
    log_drift,
    looked_distance,
    target_distance,
    touching,
)
from .special import bisect

# Farther than this many standard deviations nothing is left to chance, and squares would overflow.
_NOISE_FREE = 1e7


class NoLeverage(enum.Enum):
    """The answer that takes the place of a leverage when even 1x is too much.

    >>> largest_leverage_for_chance(side=-1, chance=0.01, volatility=3, horizon=1)
    BELOW_ONE
    """

    BELOW_ONE = "below 1x: even with no borrowed money the chance is larger"

    def __repr__(self) -> str:
        return self.name

    def __str__(self) -> str:
        return self.value.split(":")[0]


BELOW_ONE = NoLeverage.BELOW_ONE


def _flat(**given: Numbers) -> tuple[list[Array], tuple[int, ...]]:
    """Return numbers and arrays as flat float arrays of one length, and their shape."""
    floats = {name: np.asarray(x, dtype=np.float64) for name, x in given.items()}
    try:
        arrays = np.broadcast_arrays(*floats.values())
    except ValueError:
        shapes = ", ".join(f"{name} {x.shape}" for name, x in floats.items() if x.ndim)
        raise InputError(f"these arrays do not fit together: {shapes}") from None
    return [array.ravel() for array in arrays], arrays[0].shape


def checked_liquidation(price: Numbers | NoPrice, side: Numbers) -> Numbers:
    """Check a liquidation price; one that does not exist becomes the infinity that stands for it."""
    if isinstance(price, NoPrice):
        return np.asarray(side, dtype=np.float64) * (math.inf if price is ALREADY else -math.inf)
    given = number_or_array("liquidation_price", price)
    if isinstance(given, float) and math.isinf(given):
        return given
    if isinstance(given, np.ndarray):
        price = given
        found = np.asarray(numbers("liquidation_price", np.where(_infinite(price), 1.0, price), "positive"))
        return np.where(_infinite(price), price, found)
    return one_number("liquidation_price", given, "positive")


def _infinite(prices: Any) -> Any:
    array = np.asarray(prices)
    return np.isinf(array) if array.dtype.kind == "f" else np.zeros(array.shape, bool)


def chance_of_touching(
    *,
    side: Numbers,
    mark_price: Numbers,
    liquidation_price: Numbers | NoPrice,
    volatility: Numbers,
    drift: Numbers = 0,
    horizon: Numbers,
    look_interval: Numbers = 0,
) -> Any:
    """Chance that the mark price touches the liquidation price within the horizon; numbers and arrays.

    The formula :data:`touching` with its limits: 1 if the liquidation price is already reached or is ``ALREADY``, 0 if
    it is ``NEVER`` (infinities in arrays); with ``volatility=0`` the price follows its drift.

    Arguments:
        side: +1 long, -1 short.
        mark_price: the price now.
        liquidation_price: in the same unit.
        volatility: of the log price [per square root of a year].
        drift: expected growth of the price [per year].
        horizon: how far ahead one looks [years]; ``math.inf``: for ever.
        look_interval: the price is looked at only so often [years], 0: all the time; good to 0.001 from 100 looks on.

    >>> week = 7 / 365
    >>> round(chance_of_touching(side=1, mark_price=100, liquidation_price=90.452261, volatility=0.8, horizon=week), 6)
    0.383553

    Raises ``ValueError`` for arguments that cannot be.
    """
    sides = numbers("side", side, "side")
    (s, mark, liquidation, sigma, mu, T, look), shape = _flat(
        side=sides,
        mark_price=numbers("mark_price", mark_price, "positive"),
        liquidation_price=checked_liquidation(liquidation_price, sides),
        volatility=numbers("volatility", volatility, "volatility or 0"),
        drift=numbers("drift", drift, "number"),
        horizon=numbers("horizon", horizon, "time"),
        look_interval=numbers("look_interval", look_interval, "non-negative"),
    )
    with np.errstate(all="ignore"):
        b = s * (np.log(mark) - np.log(liquidation))
        reached = (s * (mark - liquidation) <= 0) | (b <= 0)
        shift = ~reached & np.isfinite(b) & (sigma > 0) & (look > 0)
        b[shift] = looked_distance(log_distance=b[shift], volatility=sigma[shift], look_interval=look[shift])
        nu = mu - sigma**2 / 2
        ever = np.isinf(T)
        certain = _without_noise(s, b, sigma, nu, T)
    chance = np.where(reached, 1.0, certain)
    open_ = np.isnan(chance)
    for formula, these in ((ever_touching, open_ & ever), (touching, open_ & ~ever)):
        values = {"side": s, "volatility": sigma, "log_drift": nu, "log_distance": b, "horizon": T}
        if these.any():
            chance[these] = formula(**{name: values[name][these] for name in formula.arguments})
    chance = np.minimum(chance, 1.0).reshape(shape)
    return chance if shape else chance.item()


def _without_noise(s: Array, b: Array, sigma: Array, nu: Array, T: Array) -> Array:
    """The chance where there is nothing left to chance, NaN where there is: 1 or 0 by where the drift alone leads."""
    ever = np.isinf(T)
    still = ~(b < _NOISE_FREE * np.where(ever, sigma, sigma * np.sqrt(T)))
    # Without noise the log price moves in a straight line.
    gets_there = np.where(ever, s * nu < 0, b + s * nu * np.where(ever, 0, T) <= 0) & np.isfinite(b)
    comes_for_sure = ever & (s * nu <= 0)
    return np.where(still, gets_there, np.where(comes_for_sure, 1.0, np.nan)).astype(np.float64)


def chance_before_target(
    *,
    side: Numbers,
    mark_price: Numbers,
    liquidation_price: Numbers | NoPrice,
    target_price: Numbers,
    volatility: Numbers,
    drift: Numbers = 0,
) -> Any:
    """Chance that the liquidation price is touched before the target, whenever that is; numbers and arrays.

    The formula :data:`before_target` from prices. Without drift it is ``(target - mark) / (target - liquidation
    price)``, at any leverage and any volatility. 0 if the liquidation price is ``NEVER``, 1 if it is ``ALREADY``.

    Arguments:
        side: +1 long, -1 short.
        mark_price: the price now.
        liquidation_price: in the same unit, beyond the mark price on the losing side.
        target_price: in the same unit, on the winning side.
        volatility: of the log price [per square root of a year].
        drift: expected growth of the price [per year].

    >>> round(chance_before_target(side=1, mark_price=100, liquidation_price=95, target_price=110, volatility=0.8), 6)
    0.666667

    Raises ``ValueError`` unless the mark price is between the two others, on the right side of each.
    """
    sides = numbers("side", side, "side")
    none = isinstance(liquidation_price, NoPrice)
    (s, mark, liquidation, target, sigma, mu), shape = _flat(
        side=sides,
        mark_price=numbers("mark_price", mark_price, "positive"),
        liquidation_price=checked_liquidation(liquidation_price, sides),
        target_price=numbers("target_price", target_price, "positive"),
        volatility=numbers("volatility", volatility, "volatility"),
        drift=numbers("drift", drift, "number"),
    )
    if none and (s * (target - mark) > 0).all():
        certain = np.full(shape, 0.0 if liquidation_price is NEVER else 1.0)
        return certain if shape else certain.item()
    if not ((s * (mark - liquidation) > 0) & (s * (target - mark) > 0) & np.isfinite(liquidation)).all():
        raise InputError(
            f"for side={side}, mark_price={mark_price} must lie between liquidation_price={liquidation_price} and "
            f"target_price={target_price}: a long's target is above it, a short's below"
        )
    chance: Array = before_target(
        side=s,
        volatility=sigma,
        log_drift=log_drift(drift=mu, volatility=sigma),
        log_distance=log_distance(side=s, mark_price=mark, liquidation_price=liquidation),
        target_distance=target_distance(side=s, mark_price=mark, target_price=target),
    ).reshape(shape)
    return chance if shape else chance.item()


@cache
def _leverage(kind: str, basis: Basis) -> Formula:
    """Leverage that puts the liquidation price at a given place: the trigger once more, solved for it."""
    theory = linear if kind == "linear" else inverse
    if basis == "entry":
        return theory.liquidation_price_by_leverage.solve_for("leverage")
    return theory.liquidation_price_mark_basis.substitute(
        position_margin=theory.initial_margin, maintenance_amount=0, liquidation_fee_rate=0
    ).solve_for("leverage")


def largest_leverage_for_chance(
    *,
    side: int,
    chance: Number,
    volatility: Number,
    drift: Number = 0.0,
    horizon: Number,
    maintenance_margin_rate: Number = 0.0,
    maintenance_basis: Literal["entry", "mark"] = "entry",
    theory: Theory = linear,
) -> Number | NoLeverage:
    """Leverage at which the chance of a liquidation within the horizon is the one given; one position.

    The formula :data:`touching` turned round, then the leverage that puts the liquidation price there, for a margin
    that is never changed. ``BELOW_ONE`` if even 1x is liquidated more often: a linear short is never safe.

    Arguments:
        side: +1 long, -1 short.
        chance: wanted, above 0 and below 1.
        volatility: of the log price [per square root of a year].
        drift: expected growth of the price [per year].
        horizon: how far ahead one looks [years].
        maintenance_margin_rate: of the position's tier [fraction].
        maintenance_basis: the price at which the requirement values the position, ``"entry"`` or ``"mark"``.
        theory: ``linear`` or ``inverse``.

    >>> week = dict(chance=0.01, volatility=0.8, horizon=7 / 365, maintenance_margin_rate=0.005)
    >>> round(largest_leverage_for_chance(side=1, **week), 1)
    3.9

    Raises ``ValueError`` for a chance that is not above 0 and below 1, and for no volatility or no time.
    """
    side = int(one_number("side", side, "side"))
    basis = one_of("maintenance_basis", maintenance_basis, "entry", "mark")
    if not isinstance(theory, Theory):
        raise refuse("theory", theory, "liquidation.linear or liquidation.inverse")
    rate = one_number("maintenance_margin_rate", maintenance_margin_rate, "rate")
    price = price_for_chance(
        side=side, mark_price=1, chance=chance, volatility=volatility, drift=drift, horizon=horizon
    )
    leverage: Number = _leverage(theory.kind, basis)(
        side=side, entry_price=1.0, liquidation_price=price, maintenance_margin_rate=rate
    )
    return leverage if leverage >= 1 else BELOW_ONE


def price_for_chance(
    *, side: int, mark_price: Number, chance: Number, volatility: Number, drift: Number = 0.0, horizon: Number
) -> float:
    """Price on the losing side that the mark price touches within the horizon with this chance.

    Arguments:
        side: +1 long, -1 short.
        mark_price: the price now.
        chance: wanted, above 0 and below 1.
        volatility: of the log price [per square root of a year].
        drift: expected growth of the price [per year].
        horizon: how far ahead one looks [years].

    >>> round(price_for_chance(side=1, mark_price=50_000, chance=0.01, volatility=0.8, horizon=7 / 365))
    37381

    Raises ``ValueError`` for a chance that is not above 0 and below 1, and for no volatility or no time.
    """
    side = int(one_number("side", side, "side"))
    price = one_number("mark_price", mark_price, "positive")
    if not 0 < one_number("chance", chance, "number") < 1:
        raise InputError(f"chance={chance} is not allowed: chance must be above 0 and below 1, such as 0.01 for 1%")
    sigma = one_number("volatility", volatility, "volatility")
    time = one_number("horizon", horizon, "years")
    nu = log_drift(drift=one_number("drift", drift, "number"), volatility=sigma)

    def too_near(distance: float) -> bool:
        found = touching(log_distance=distance, side=side, volatility=sigma, log_drift=nu, horizon=time)
        return bool(found > chance)

    near, far = 0.0, max(float(sigma) * math.sqrt(time), 1e-12)
    while far < _FARTHEST and too_near(far):
        near, far = far, 2 * far
    # At e^700 away every leverage has long fallen below 1, or stays where it is.
    far = min(bisect(too_near, near, min(far, _FARTHEST)), _FARTHEST)
    return float(price) * math.exp(-side * far)


_FARTHEST = 700.0
"""Distance in log price beyond which a price is no float any more."""
