"""A contract: linear or inverse, its contract size, its tick."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from ..algebra.checks import require
from ..algebra.evaluation import NoPrice
from ..theory import Theory, inverse, linear


@dataclass(frozen=True)
class Contract:
    """What one contract is.

    ``contract_size`` is in coins per contract for a linear contract and in USD per contract for an inverse one;
    ``tick`` is the smallest price step, in the unit of the price.

    >>> btc = Contract("BTC_USDT", contract_size=0.0001, tick=0.1)
    >>> btc.to_tick(55020.5082, side=1)
    55020.5

    Raises ``ValueError`` for a kind other than linear and inverse, and for a size or tick that is not above 0.
    """

    name: str
    contract_size: float | Fraction
    tick: float | Fraction
    kind: Literal["linear", "inverse"] = "linear"

    def __post_init__(self) -> None:
        if self.kind not in ("linear", "inverse"):
            raise ValueError(f"kind={self.kind!r} is not allowed: a contract is 'linear' or 'inverse'")
        require("positive", contract_size=self.contract_size, tick=self.tick)

    @property
    def theory(self) -> Theory:
        """The formulas of this kind of contract."""
        return linear if self.kind == "linear" else inverse

    def to_tick(self, price: Any, side: int, rounding: Literal["away", "nearest"] = "away") -> Any:
        """Round a liquidation price to the tick, in the venue's direction; numbers and arrays.

        ``"away"`` (MEXC) rounds away from the entry: a long's price down, which fits its six public samples (the
        two in the tests would fit the nearest tick as well), and a short's up, for which there is no sample: our
        choice, by symmetry. ``"nearest"`` is
        Bybit's rule for inverse bankruptcy prices. A price within a millionth of a tick of a step stays on that
        step, so that the last bit of a float does not move it a whole tick. ``NEVER`` and ``ALREADY`` come back
        unchanged, and so do the infinities that stand for them in arrays; NaN raises ``ValueError``.
        """
        if isinstance(price, NoPrice):
            return price
        require("side", side=side)
        if rounding not in ("away", "nearest"):
            raise ValueError(f"rounding={rounding!r} is not allowed: it is 'away' or 'nearest'")
        if np.isnan(np.asarray(price, dtype=float)).any():
            raise ValueError(f"price={price} is not a number")
        tick = Fraction(str(self.tick))
        if isinstance(price, (int, Fraction)):
            steps = price / tick
            whole = round(steps) if rounding == "nearest" else math.floor(steps) if side == 1 else math.ceil(steps)
            return whole * tick
        # Ticks are decimal fractions: multiplying and dividing by whole numbers keeps 48200.1 from becoming
        # 48200.100000000006.
        steps = np.asarray(price) * tick.denominator / tick.numerator
        near = np.round(steps)
        whole = np.floor(steps) if side == 1 else np.ceil(steps)
        if rounding == "nearest":
            whole = near
        with np.errstate(invalid="ignore"):  # infinity minus infinity: such a price stays where it is
            whole = np.where(np.abs(steps - near) < 1e-6, near, whole)
        rounded = whole * tick.numerator / tick.denominator
        return rounded if np.ndim(price) else float(rounded)
