"""A contract: linear or inverse, its contract size, its tick, its quantity step, its settlement coin."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from ..algebra.checks import InputError, Number, Numbers, number_or_array, numbers, one_number, one_of, shown
from ..algebra.evaluation import NoPrice
from ..algebra.exact import exact
from ..theory import Theory, inverse, linear

Rounding = Literal["away", "nearest", "towards", "down"]
ROUNDINGS: tuple[Rounding, ...] = ("away", "nearest", "towards", "down")
_WHOLE = 2.0**53
"""From so many ticks on the steps between floats are no smaller than a tick."""


@dataclass(frozen=True)
class Contract:
    """What one contract is.

    Arguments:
        name: what the venue calls it; contracts of one account are told apart by it.
        contract_size: coins per contract, if linear; USD per contract, if inverse.
        tick: smallest step of the price, in its unit.
        kind: ``"linear"`` or ``"inverse"``.
        settlement_coin: the coin in which gains and losses are paid; left out, USDT for a linear contract, and for an
            inverse one a coin of its own, which is added to no other.
        quantity_step: smallest step of the number of contracts; left out, any decimal will do.

    >>> btc = Contract("BTC_USDT", contract_size=0.0001, tick=0.1)
    >>> btc.to_tick(55020.5082, side=1)
    55020.5

    Raises ``ValueError`` for what is not of these kinds.
    """

    name: str
    contract_size: Number
    tick: Number
    kind: Literal["linear", "inverse"] = "linear"
    settlement_coin: str = ""
    quantity_step: Number | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise InputError(f"name={shown(self.name)} is not allowed: a contract's name is text")
        one_of("kind", self.kind, "linear", "inverse")
        for field in ("contract_size", "tick", "quantity_step"):
            if getattr(self, field) is not None or field != "quantity_step":
                object.__setattr__(self, field, one_number(field, getattr(self, field), "positive"))
        if not isinstance(self.settlement_coin, str):
            raise InputError(f"settlement_coin={shown(self.settlement_coin)} is not allowed: give a coin's name")
        if not self.settlement_coin:
            coin = "USDT" if self.kind == "linear" else f"the coin of {self.name}"
            object.__setattr__(self, "settlement_coin", coin)

    @property
    def theory(self) -> Theory:
        """The formulas of this kind of contract."""
        return linear if self.kind == "linear" else inverse

    def checked_quantity(self, quantity: object, name: str = "quantity") -> Number:
        """Return a number of contracts; refuse one that is none, or that is off the step.

        >>> Contract("BTCUSDT", 1, 0.1, quantity_step=0.001).checked_quantity(0.3)
        0.3
        """
        found = one_number(name, quantity, "positive")
        if self.quantity_step is not None and exact(found) % exact(self.quantity_step):
            raise InputError(
                f"{name}={shown(found)} is not allowed: {self.name} is traded in steps of {self.quantity_step}"
            )
        return found

    def to_tick(self, price: Numbers | NoPrice, side: Numbers, rounding: Rounding = "away") -> Any:
        """Round a liquidation price to the tick, in the venue's direction; numbers and arrays.

        ``"away"`` (MEXC) rounds away from the entry: a long's price down, which fits its six public samples (the two in
        the tests would fit the nearest tick as well), and a short's up, for which there is no sample: our choice, by
        symmetry. ``"towards"`` the entry is Bybit's rule for inverse bankruptcy prices, ``"nearest"`` Delta's, and
        ``"down"`` Binance's, which cuts off. A price within a millionth of a tick of a step stays on that step, so that
        the last bit of a float does not move it a whole tick. ``NEVER`` and ``ALREADY`` come back unchanged, and so do
        the infinities that stand for them in arrays; NaN and negative prices raise ``ValueError``.
        """
        one_of("rounding", rounding, *ROUNDINGS)
        sides: Any = numbers("side", side, "side")
        if rounding == "towards":
            sides = -sides  # towards the entry of a long is away from that of a short
        elif rounding == "down":
            sides = sides * sides
        if isinstance(price, NoPrice):
            return price
        tick = exact(self.tick)
        given = number_or_array("price", price)
        if not isinstance(given, np.ndarray) and not isinstance(sides, np.ndarray):
            one_number("price", given, "time")  # infinite, it stands for NEVER or ALREADY
            if not isinstance(given, float):
                steps = given / Fraction(tick)
                whole = round(steps) if rounding == "nearest" else math.floor(steps) if sides == 1 else math.ceil(steps)
                return whole * tick
        prices = np.asarray(given, dtype=np.float64)
        if not ((prices >= 0) | (prices == -math.inf)).all():
            raise InputError(f"price={shown(price)} is not allowed: prices are at least 0")
        rounded = self._on_ticks(prices, sides, rounding, Fraction(tick))
        return rounded if rounded.ndim else float(rounded)

    def _on_ticks(self, prices: Any, sides: Any, rounding: str, tick: Fraction) -> Any:
        # Ticks are decimal fractions: multiplying and dividing by whole numbers keeps 48200.1 from becoming
        # 48200.100000000006.
        with np.errstate(invalid="ignore", over="ignore"):  # infinities stay where they are
            steps = prices * tick.denominator / tick.numerator
            near = np.round(steps)
            whole = near if rounding == "nearest" else np.where(sides == 1, np.floor(steps), np.ceil(steps))
            whole = np.where(np.abs(steps - near) < 1e-6, near, whole)
            rounded = whole * tick.numerator / tick.denominator
        return np.where(np.abs(steps) < _WHOLE, rounded, prices)
