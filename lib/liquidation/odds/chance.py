"""How likely is a liquidation? The formulas of :mod:`liquidation.odds.formulas` with their limits, and with jumps.

Every chance is between 0 and 1 for whatever is allowed to go in: no volatility, no time, for ever, a price that is
``NEVER`` reached, an enormous leverage. Volatility and drift are per year, times in years.

Source of the jumps: Kou and Wang (2003), "First passage times of a jump diffusion process", theorem 3.1.
"""

from __future__ import annotations

import enum
import math
from functools import cache
from typing import Any, Literal

import numpy as np

from ..algebra.checks import ALLOWED
from ..algebra.evaluation import ALREADY, NEVER, NoPrice
from ..algebra.formula import Formula
from ..theory import Theory, inverse, linear
from .formulas import (
    before_target,
    ever_touching,
    log_distance,
    log_drift,
    looked_distance,
    target_distance,
    touching,
)
from .paths import Jumps

# Farther than this many standard deviations nothing is left to chance, and squares would overflow.
_NOISE_FREE = 1e7


class NoLeverage(enum.Enum):
    """The answer that takes the place of a leverage when even 1x is too much."""

    BELOW_ONE = "below 1x: even with no borrowed money the chance is larger"

    def __repr__(self) -> str:
        return self.name

    def __str__(self) -> str:
        return self.value.split(":")[0]


BELOW_ONE = NoLeverage.BELOW_ONE


def _checked(kinds: dict[str, str], given: dict[str, Any]) -> tuple[list[np.ndarray], tuple[int, ...]]:
    """Return the arguments as flat float arrays of one length, and their shape; refuse what cannot be, by name."""
    arrays = []
    for name, kind in kinds.items():
        words, allowed = ALLOWED.get(kind, ("a number of at least 0, math.inf for ever", lambda x: x >= 0))
        value = given[name]
        if name == "liquidation_price" and isinstance(value, NoPrice):
            value = arrays[0] * (math.inf if value is ALREADY else -math.inf)  # the side is the first
        try:
            array = np.asarray(value, dtype=float)
        except (TypeError, ValueError):
            raise ValueError(f"{name}={value!r} is not a number: {name} must be {words}") from None
        for x in array.flat:
            if not (allowed(x) or (name == "liquidation_price" and math.isinf(x))):
                raise ValueError(f"{name}={x} is not allowed: {name} must be {words}")
        arrays.append(array)
    arrays = np.broadcast_arrays(*arrays)
    return [array.ravel() for array in arrays], arrays[0].shape


def chance_of_touching(
    *, side: Any, mark_price: Any, liquidation_price: Any, volatility: Any, drift: Any = 0, horizon: Any,
    look_interval: Any = 0,
) -> Any:  # fmt: skip
    """Chance that the mark price touches the liquidation price within the horizon; numbers and arrays.

    :data:`touching` with its limits: 1 if the liquidation price is already reached or is ``ALREADY``, 0 if it is
    ``NEVER`` (infinities in arrays); with ``volatility=0`` the price follows its drift; ``horizon=math.inf`` asks for
    ever. ``volatility`` and ``drift`` are per year, ``horizon`` and ``look_interval`` in years. ``look_interval``:
    the price is looked at only so often (0: all the time); good to 0.001 from 100 looks on.

    >>> week = 7 / 365
    >>> round(chance_of_touching(side=1, mark_price=100, liquidation_price=90.452261, volatility=0.8, horizon=week), 6)
    0.383553

    Raises ``ValueError`` for arguments that cannot be.
    """
    (s, mark, liquidation, sigma, mu, T, look), shape = _checked(
        dict(side="side", mark_price="positive", liquidation_price="positive", volatility="non-negative",
             drift="number", horizon="time", look_interval="non-negative"),
        dict(side=side, mark_price=mark_price, liquidation_price=liquidation_price, volatility=volatility,
             drift=drift, horizon=horizon, look_interval=look_interval),
    )  # fmt: skip
    with np.errstate(all="ignore"):
        b = s * (np.log(mark) - np.log(liquidation))
        beyond = (s * (mark - liquidation) <= 0) | (b <= 0)
        shift = ~beyond & np.isfinite(b) & (sigma > 0) & (look > 0)
        b[shift] = looked_distance(log_distance=b[shift], volatility=sigma[shift], look_interval=look[shift])
        nu = mu - sigma**2 / 2
        ever = np.isinf(T)
        noise_free = ~(b < _NOISE_FREE * np.where(ever, sigma, sigma * np.sqrt(T)))
        # Without noise the log price moves in a straight line.
        reached = np.where(ever, s * nu < 0, b + s * nu * np.where(ever, 0, T) <= 0) & np.isfinite(b)
        toward = ever & (s * nu <= 0)
    chance = np.where(beyond | np.where(noise_free, reached, toward), 1.0, 0.0)
    rest = ~beyond & ~noise_free & ~toward
    for formula, these in ((ever_touching, rest & ever), (touching, rest & ~ever)):
        values = dict(side=s, volatility=sigma, log_drift=nu, log_distance=b, horizon=T)
        if these.any():
            chance[these] = formula(**{name: values[name][these] for name in formula.arguments})
    chance = np.minimum(chance, 1.0).reshape(shape)
    return chance if shape else chance.item()


def chance_before_target(
    *, side: Any, mark_price: Any, liquidation_price: Any, target_price: Any, volatility: Any, drift: Any = 0
) -> Any:
    """Chance that the liquidation price is touched before the target, whenever that is; numbers and arrays.

    :data:`before_target` from prices. Without drift it is ``(target - mark) / (target - liquidation price)``, at any
    leverage and any volatility. 0 if the liquidation price is ``NEVER``, 1 if it is ``ALREADY``.

    >>> round(chance_before_target(side=1, mark_price=100, liquidation_price=95, target_price=110, volatility=0.8), 6)
    0.666667

    Raises ``ValueError`` unless the mark price is between the two others, on the right side of each.
    """
    if isinstance(liquidation_price, NoPrice):
        return 0.0 if liquidation_price is NEVER else 1.0
    (s, mark, liquidation, target, sigma, mu), shape = _checked(
        dict(side="side", mark_price="positive", liquidation_price="positive", target_price="positive",
             volatility="positive", drift="number"),
        dict(side=side, mark_price=mark_price, liquidation_price=liquidation_price, target_price=target_price,
             volatility=volatility, drift=drift),
    )  # fmt: skip
    if not ((s * (mark - liquidation) > 0) & (s * (target - mark) > 0) & np.isfinite(liquidation)).all():
        raise ValueError(
            f"mark_price={mark_price} must lie between liquidation_price={liquidation_price} and "
            f"target_price={target_price}: a long's target is above it, a short's below"
        )
    chance = before_target(
        side=s, volatility=sigma, log_drift=log_drift(drift=mu, volatility=sigma),
        log_distance=log_distance(side=s, mark_price=mark, liquidation_price=liquidation),
        target_distance=target_distance(side=s, mark_price=mark, target_price=target),
    ).reshape(shape)  # fmt: skip
    return chance if shape else chance.item()


def chance_of_touching_with_jumps(
    *, side: int, mark_price: float, liquidation_price: float | NoPrice, volatility: float, drift: float = 0.0,
    horizon: float, jumps: Jumps,
) -> float:  # fmt: skip
    """Chance of touching or jumping beyond the liquidation price, if the price also jumps; one position.

    Kou and Wang's transform of the time until then, turned back by mpmath (de Hoog's method): about 0.1 s.
    ``drift`` is the expected growth of the price, the jumps' part included. The limits are those of
    :func:`chance_of_touching`, except that ``volatility`` and ``horizon`` must be finite and above 0.

    >>> jumps = Jumps(rate=141, up_chance=0.5, up_mean=0.05, down_mean=0.05)
    >>> round(chance_of_touching_with_jumps(side=1, mark_price=100, liquidation_price=80.402, volatility=0.35,
    ...                                     horizon=1 / 365, jumps=jumps), 5)
    0.0039
    """
    (s, mark, liquidation, sigma, mu, T), _ = _checked(
        dict(side="side", mark_price="positive", liquidation_price="positive", volatility="positive", drift="number",
             horizon="positive"),
        dict(side=side, mark_price=mark_price, liquidation_price=liquidation_price, volatility=volatility, drift=drift,
             horizon=horizon),
    )  # fmt: skip
    if s * (mark - liquidation) <= 0:
        return 1.0
    if np.isinf(liquidation):
        return 0.0
    import mpmath

    context = mpmath.mp.clone()  # its precision is changed, not the reader's
    # Seen from the position: x is the way towards the liquidation price, so that a long looks at the mirror image.
    number = context.mpf
    distance = number((s * np.log(mark / liquidation)).item())
    nu = -side * number((mu - sigma**2 / 2 - jumps.growth).item())
    half = number(sigma.item()) ** 2 / 2
    toward, away = (jumps.down_mean, jumps.up_mean) if side == 1 else (jumps.up_mean, jumps.down_mean)
    toward, away = 1 / number(toward), 1 / number(away)
    share = number(1 - jumps.up_chance if side == 1 else jumps.up_chance)
    rate = number(jumps.rate)

    def transform(a: Any) -> Any:
        """Laplace transform of the chance: the roots of G(x) = a with positive real part, put into the theorem."""
        width, product = toward - away, toward * away
        coefficients = [
            -half,
            half * width - nu,
            half * product + nu * width + rate + a,
            nu * product - (rate + a) * width + rate * (share * toward - (1 - share) * away),
            -a * product,
        ]
        near = [complex(root) for root in np.roots([complex(c) for c in coefficients])]
        roots = context.polyroots(coefficients, maxsteps=200, roots_init=near)
        x, y = (root for root in roots if context.re(root) > 0)
        first = (toward - x) * y * context.exp(-distance * x)
        return (first + (y - toward) * x * context.exp(-distance * y)) / (toward * (y - x) * a)

    chance = float(context.invertlaplace(transform, T.item(), method="dehoog"))
    return min(max(chance, 0.0), 1.0)


@cache
def _leverage(kind: str, basis: str) -> Formula:
    """Leverage that puts the liquidation price at a given place: the trigger once more, solved for it."""
    theory = linear if kind == "linear" else inverse
    if basis == "entry":
        return theory.liquidation_price_by_leverage.solve_for("leverage")
    return theory.liquidation_price_mark_basis.substitute(
        position_margin=theory.initial_margin, maintenance_amount=0, liquidation_fee_rate=0
    ).solve_for("leverage")


def largest_leverage_for_chance(
    *, side: int, chance: float, volatility: float, drift: float = 0.0, horizon: float,
    maintenance_margin_rate: float = 0.0, maintenance_basis: Literal["entry", "mark"] = "entry",
    theory: Theory = linear,
) -> float | NoLeverage:  # fmt: skip
    """Leverage at which the chance of a liquidation within the horizon is the one given; one position.

    :data:`touching` turned round, then the leverage that puts the liquidation price there, for a margin that is never
    changed. ``BELOW_ONE`` if even 1x is liquidated more often: a linear short is never safe. ``theory`` is ``linear``
    or ``inverse``; ``maintenance_basis`` says at which price the requirement values the position.

    >>> week = dict(chance=0.01, volatility=0.8, horizon=7 / 365, maintenance_margin_rate=0.005)
    >>> round(largest_leverage_for_chance(side=1, **week), 1)
    3.9

    Raises ``ValueError`` for a chance that is not above 0 and below 1, and for no volatility or no time.
    """
    if not 0 < chance < 1:
        raise ValueError(f"chance={chance} is not allowed: chance must be above 0 and below 1, such as 0.01 for 1%")
    if maintenance_basis not in ("entry", "mark"):
        raise ValueError(f"maintenance_basis={maintenance_basis!r} is not allowed: it is 'entry' or 'mark'")
    given = dict(
        side=side, volatility=volatility, log_drift=log_drift(drift=drift, volatility=volatility), horizon=horizon
    )
    near, far = 0.0, volatility * math.sqrt(horizon)
    while touching(log_distance=far, **given) > chance:
        near, far = far, 2 * far
    middle = (near + far) / 2
    while near < middle < far:  # until no float is left between
        near, far = (middle, far) if touching(log_distance=middle, **given) > chance else (near, middle)
        middle = (near + far) / 2
    # At e^700 away every leverage has long fallen below 1, or stays where it is.
    leverage = _leverage(theory.kind, maintenance_basis)(
        side=side, entry_price=1.0, liquidation_price=math.exp(-side * min(far, 700)),
        maintenance_margin_rate=maintenance_margin_rate,
    )  # fmt: skip
    return leverage if leverage >= 1 else BELOW_ONE
