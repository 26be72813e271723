"""How likely is a liquidation if the price also jumps?

Source: Kou and Wang (2003), "First passage times of a jump diffusion process", theorem 3.1.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..algebra.checks import InputError, Number, one_number, refuse
from ..algebra.evaluation import Price
from .chance import checked_liquidation
from .paths import Jumps


def chance_of_touching_with_jumps(
    *,
    side: int,
    mark_price: Number,
    liquidation_price: Price,
    volatility: Number,
    drift: Number = 0.0,
    horizon: Number,
    jumps: Jumps,
) -> float:
    """Chance of touching or jumping beyond the liquidation price, if the price also jumps; one position.

    Kou and Wang's transform of the time until then, turned back by mpmath (de Hoog's method): about 0.1 s. The limits
    are those of :func:`chance_of_touching`, except that ``volatility`` and ``horizon`` must be finite and above 0.

    Arguments:
        side: +1 long, -1 short.
        mark_price: the price now.
        liquidation_price: in the same unit.
        volatility: of the log price between jumps [per square root of a year].
        drift: expected growth of the price, the jumps' part included [per year].
        horizon: how far ahead one looks [years].
        jumps: how often and how far the price jumps.

    >>> jumps = Jumps(rate=141, up_chance=0.5, up_mean=0.05, down_mean=0.05)
    >>> round(chance_of_touching_with_jumps(side=1, mark_price=100, liquidation_price=80.402, volatility=0.35,
    ...                                     horizon=1 / 365, jumps=jumps), 5)
    0.0039

    Raises ``ValueError`` for arguments that cannot be.
    """
    s, mark = int(one_number("side", side, "side")), float(one_number("mark_price", mark_price, "positive"))
    sigma = float(one_number("volatility", volatility, "volatility"))
    mu, T = float(one_number("drift", drift, "number")), float(one_number("horizon", horizon, "years"))
    if not isinstance(jumps, Jumps):
        raise refuse("jumps", jumps, "Jumps(rate, up_chance, up_mean, down_mean)")
    if isinstance(liquidation_price, (np.ndarray, list, tuple)):
        raise refuse("liquidation_price", liquidation_price, "one price")
    liquidation = float(checked_liquidation(liquidation_price, s))
    if s * (mark - liquidation) <= 0:
        return 1.0
    if math.isinf(liquidation):
        return 0.0
    distance = s * math.log(mark / liquidation)
    import mpmath  # type: ignore[import-untyped]  # mpmath ships no types

    context = mpmath.mp.clone()  # its precision is changed, not the reader's
    context.dps = 30
    transform = _touching_transform(context, s, distance, sigma, mu, jumps)
    try:
        chance = float(context.invertlaplace(transform, T, method="dehoog"))
    except (ArithmeticError, ValueError, context.NoConvergence):
        raise InputError(
            f"mark_price={mark}, liquidation_price={liquidation}, volatility={sigma}, drift={mu}, horizon={T} and "
            f"{jumps} lie too far apart for this method: simulate with touch_frequency"
        ) from None
    return min(max(chance, 0.0), 1.0)


def _touching_transform(context: Any, side: int, distance: float, sigma: float, mu: float, jumps: Jumps) -> Any:
    """Laplace transform of the chance by the time: Kou and Wang's theorem 3.1, in one of mpmath's contexts.

    Seen from the position: x is the way towards the liquidation price, so that a long looks at the mirror image.
    """
    number = context.mpf
    nu = -side * number(mu - sigma**2 / 2 - jumps.growth)
    half = number(sigma) ** 2 / 2
    toward, away = (jumps.down_mean, jumps.up_mean) if side == 1 else (jumps.up_mean, jumps.down_mean)
    toward, away = 1 / number(float(toward)), 1 / number(float(away))
    share = number(float(1 - jumps.up_chance if side == 1 else jumps.up_chance))
    rate = number(float(jumps.rate))
    width, product = toward - away, toward * away
    way = number(distance)

    def transform(a: Any) -> Any:
        """The roots of G(x) = a with positive real part, put into the theorem."""
        coefficients = [
            -half,
            half * width - nu,
            half * product + nu * width + rate + a,
            nu * product - (rate + a) * width + rate * (share * toward - (1 - share) * away),
            -a * product,
        ]
        near = [complex(root) for root in np.roots([complex(c) for c in coefficients])]
        # With little noise the roots lie far apart: the search for them then needs more digits than they have.
        roots = context.polyroots(coefficients, maxsteps=500, extraprec=4 * context.prec, roots_init=near)
        x, y = (root for root in roots if context.re(root) > 0)
        first = (toward - x) * y * context.exp(-way * x)
        return (first + (y - toward) * x * context.exp(-way * y)) / (toward * (y - x) * a)

    return transform
