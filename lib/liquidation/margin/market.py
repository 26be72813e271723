"""A market: a contract together with what its venue requires of whoever holds it.

The venue's part of the trigger: which tiers, whether maintenance stands on the value at entry or at the mark price,
and which fees are counted.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from ..algebra.checks import require
from ..algebra.fast import search
from .contract import Contract
from .pieces import at_or_below_zero
from .tiers import RiskTiers


@dataclass(frozen=True)
class Market:
    """A contract, its ladder, and its venue's choices.

    ``maintenance_basis``: the price at which the requirement values a position, ``"mark"`` (Binance, OKX, Gate, Bybit
    since 2026, dYdX) or ``"entry"`` (MEXC, inferred from its samples; Bybit before). ``liquidation_fee_rate`` is
    counted into the requirement, on the value at the mark price; ``taker_fee_rate`` is reserved in the margin.
    """

    contract: Contract
    tiers: RiskTiers
    maintenance_basis: Literal["entry", "mark"] = "mark"
    liquidation_fee_rate: Any = 0
    taker_fee_rate: Any = 0

    def __post_init__(self) -> None:
        if self.maintenance_basis not in ("entry", "mark"):
            raise ValueError(f"maintenance_basis={self.maintenance_basis!r} is not allowed: it is 'entry' or 'mark'")
        require("rate", liquidation_fee_rate=self.liquidation_fee_rate, taker_fee_rate=self.taker_fee_rate)

    def value(self, price: Any, quantity: Any) -> Any:
        """Position value in the money of the contract: USDT if linear, coins if inverse."""
        return self.contract.theory.position_value(
            mark_price=price, quantity=quantity, contract_size=self.contract.contract_size
        )

    def unrealized_pnl(self, side: Any, entry_price: Any, mark_price: Any, quantity: Any) -> Any:
        """Unrealized profit or loss, in the money of the contract."""
        return self.contract.theory.unrealized_pnl(
            side=side,
            entry_price=entry_price,
            mark_price=mark_price,
            quantity=quantity,
            contract_size=self.contract.contract_size,
        )

    def size(self, price: Any, quantity: Any) -> Any:
        """What the ladder measures: the value at a price, or the number of contracts."""
        return self.value(price, quantity) if self.tiers.measure == "value" else quantity

    def initial_margin(self, entry_price: Any, quantity: Any, leverage: Any) -> Any:
        """Margin to open with: value over leverage, plus the reserve for the closing fee."""
        return self.contract.theory.position_margin(
            entry_price=entry_price,
            quantity=quantity,
            contract_size=self.contract.contract_size,
            leverage=leverage,
            taker_fee_rate=self.taker_fee_rate,
        )

    def requirement(self, entry_price: Any, mark_price: Any, quantity: Any) -> Any:
        """Maintenance margin plus liquidation fee at a mark price, in the money of the contract."""
        price = entry_price if self.maintenance_basis == "entry" else mark_price
        size = self.size(price, quantity)
        held = self.tiers.maintenance_margin(size)
        if self.tiers.measure == "contracts":  # the ladder answers in contracts: value them
            held = held * self.value(price, quantity) / quantity
        return held + self.liquidation_fee_rate * self.value(mark_price, quantity)

    def _rate_and_amount(self, index: Any, quantity: Any) -> tuple[Any, Any]:
        """Rate and amount, in money, of a tier."""
        rate, amount = self.tiers.take(index)
        if self.tiers.measure == "value" or self.tiers.rule == "flat":
            return rate, amount
        # The deduction is then a number of contracts, worth a fixed part of the position at every price.
        return rate - amount / quantity, 0

    @cached_property
    def _ladder_at_liquidation(self) -> list:
        """Signed value less requirement at every cap: the two sides of a marginal ladder in one rising list."""
        caps = [*(-cap for cap in reversed(self.tiers.caps[:-1])), *self.tiers.caps[:-1]]
        return [w - self.tiers.maintenance_margin(abs(w)) - self.liquidation_fee_rate * abs(w) for w in caps]

    def _index_at_liquidation(self, side: Any, entry_price: Any, quantity: Any, position_margin: Any) -> Any:
        """Tier, from 0, at the value that the position has at its own liquidation price (marginal, by value, mark).

        Let w be the value at the price looked for, times the side (for an inverse contract, times minus the side:
        it gains as its value falls). Equity = requirement reads ``w - R(|w|) = side * value at entry - margin``. As
        every rate is below 1 the left side rises with w: one w solves it, and a search among the left sides at the
        caps finds its tier.
        """
        direction = side if self.contract.kind == "linear" else -side
        wanted = direction * self.value(entry_price, quantity) - position_margin
        ladder = self._ladder_at_liquidation
        found = search(ladder, wanted) if isinstance(wanted, np.ndarray) else bisect_left(ladder, wanted)
        return abs(found - len(ladder) // 2)

    def liquidation_price(self, *, side: Any, entry_price: Any, quantity: Any, position_margin: Any) -> Any:
        """Exact liquidation price of isolated positions; numbers, Fractions and arrays.

        The tier that counts is the one at the liquidation price itself; it is found without iteration. ``NEVER`` and
        ``ALREADY`` as in every formula (infinities in arrays). Raises ``ValueError`` for a flat ladder by value on
        mark basis: there a position can have several such prices, see :meth:`liquidatable_prices`.

        >>> tiers = RiskTiers([(0, 50_000, 0.004), (50_000, 600_000, 0.005)], "value", "marginal")
        >>> market = Market(Contract("BTCUSDT", contract_size=1, tick=0.1), tiers)
        >>> price = market.liquidation_price(side=1, entry_price=50_000, quantity=2, position_margin=4_000)
        >>> round(price, 2)  # worth 96,432 there: the second tier
        48216.08
        """
        side, entry_price, quantity, position_margin = (
            np.asarray(x) if isinstance(x, (list, tuple)) else x for x in (side, entry_price, quantity, position_margin)
        )
        theory = self.contract.theory
        if self.maintenance_basis == "entry" or self.tiers.measure == "contracts":
            index = self.tiers.index(self.size(entry_price, quantity))
        elif self.tiers.rule == "flat":
            raise ValueError(
                "with a flat ladder by value a position can have several liquidation prices: ask liquidatable_prices"
            )
        else:
            index = self._index_at_liquidation(side, entry_price, quantity, position_margin)
        rate, amount = self._rate_and_amount(index, quantity)
        formula = (
            theory.liquidation_price_entry_basis
            if self.maintenance_basis == "entry"
            else theory.liquidation_price_mark_basis
        )
        return formula(
            side=side,
            entry_price=entry_price,
            quantity=quantity,
            contract_size=self.contract.contract_size,
            position_margin=position_margin,
            maintenance_margin_rate=rate,
            maintenance_amount=amount,
            liquidation_fee_rate=self.liquidation_fee_rate,
        )

    def breakpoints(self, quantity: Any) -> list:
        """Mark prices at which a position changes its tier, rising."""
        if self.tiers.measure == "contracts" or self.maintenance_basis == "entry":
            return []
        # Value and price are proportional, or inversely so: either way, the price at which a value is reached.
        unit = self.value(1, quantity)
        prices = [cap / unit if self.contract.kind == "linear" else unit / cap for cap in self.tiers.caps[:-1]]
        return sorted(prices)

    def liquidatable_prices(
        self, *, side: Any, entry_price: Any, quantity: Any, position_margin: Any
    ) -> list[tuple[Any, Any]]:
        """Every interval of mark prices in which equity is at or below the requirement, rising; any ladder.

        ``low`` may be 0 and ``high`` ``math.inf``; an empty list means never. One position, isolated.
        """

        def spare(x: Any) -> Any:
            price = self.at(x)
            gain = self.unrealized_pnl(side, entry_price, price, quantity)
            return position_margin + gain - self.requirement(entry_price, price, quantity)

        return self.intervals(spare, self.breakpoints(quantity), entry_price)

    def at(self, x: Any) -> Any:
        """Price at the coordinate in which money is straight: the price itself, its reciprocal if inverse."""
        return x if self.contract.kind == "linear" else 1 / x

    def intervals(self, spare: Any, prices: list, scale: Any) -> list[tuple[Any, Any]]:
        """Price intervals in which ``spare``, a function of the straight coordinate, is at or below zero."""
        found = at_or_below_zero(spare, [self.at(p) for p in prices], self.at(scale))
        if self.contract.kind == "linear":
            return found
        return [(self._price(high), self._price(low)) for low, high in reversed(found)]

    @staticmethod
    def _price(x: Any) -> Any:
        return math.inf if x == 0 else 0 if x == math.inf else 1 / x
