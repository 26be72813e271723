"""The insurance fund: what the engine earns or loses on what it took over.

Sources, read 2026: Bybit "Insurance Fund" and MEXC support 360044646391 for the sign (better than the bankruptcy price
fills the fund, worse draws on it); dYdX v4-chain, clob/keeper/liquidations_test.go, for the capped fee; OKX and Bybit
help on auto-deleveraging for the drawdown from an eight-hour peak.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ..algebra.checks import require
from ..margin.position import Position
from .ledger import CLEARING, ENGINE, FUND, TRADER, Transfer, pay


@dataclass(frozen=True)
class Fill:
    """A part of a position that the engine has closed: contracts and price."""

    quantity: Any
    price: Any

    def __post_init__(self) -> None:
        require("positive", quantity=self.quantity, price=self.price)


def walk(book: Iterable[tuple[Any, Any]], quantity: Any) -> tuple[Fill, ...]:
    """Sell or buy into an order book, ``(price, contracts)`` from the best level on, as far as it goes.

    The fills may add up to less than ``quantity``: what an empty or thin book cannot take stays with the engine.

    >>> walk([(100, 3), (99, 10)], 5)
    (Fill(quantity=3, price=100), Fill(quantity=2, price=99))
    """
    fills, left = [], quantity
    for price, size in book:
        if left <= 0:
            break
        fills.append(Fill(min(size, left), price))
        left -= fills[-1].quantity
    return tuple(fills)


def surplus(taken: Position, fills: Iterable[Fill]) -> Any:
    """What the engine gains (+) or loses (-), in money: better or worse than the bankruptcy price it took over at.

    Better is higher for a long that it sells, and lower for a short that it buys back.
    """
    return sum(taken.market.unrealized_pnl(taken.side, taken.entry_price, fill.price, fill.quantity) for fill in fills)


@dataclass(frozen=True)
class InsuranceFund:
    """A fund and its rules. Amounts in money.

    ``fee_cap``: ``None`` keeps every surplus (MEXC, Bybit); a rate keeps at most that part of the value of the fills
    and gives the rest back to the trader (dYdX: 0.005 in its tests).
    ``drawdown``: ``None`` pays down to zero (MEXC, BitMEX); a fraction stops paying when the fund is that far below
    ``peak``, its highest balance in a window (0.3 and eight hours at OKX and Bybit). The window is the caller's.
    """

    balance: Any
    fee_cap: Any = None
    drawdown: Any = None
    peak: Any = None

    def __post_init__(self) -> None:
        require("non-negative", balance=self.balance)
        for name, kind in {"fee_cap": "rate", "drawdown": "rate", "peak": "non-negative"}.items():
            if getattr(self, name) is not None:
                require(kind, **{name: getattr(self, name)})
        if self.peak is None or self.peak < self.balance:
            object.__setattr__(self, "peak", self.balance)

    @property
    def payable(self) -> Any:
        """What the fund will pay at most before the rest is handed on."""
        floor = 0 if self.drawdown is None else self.peak * (1 - self.drawdown)
        return max(self.balance - floor, 0)

    def settle(
        self,
        taken: Position,
        offers: Sequence[Fill],
        *,
        hand_on: Literal["position", "loss"] = "position",
        trader: str = TRADER,
    ) -> Settlement:
        """Close what was taken over against ``offers``, then fill or draw on the fund.

        ``hand_on="position"``: the engine stops where the fund can pay no more, and the contracts left go to
        auto-deleveraging (BitMEX, MEXC). ``hand_on="loss"``: it closes all the same, and the loss that the fund does
        not pay is shared out (socialized loss, as at OKEx in 2018). Raises ``ValueError`` for offers of more than was
        taken.
        """
        if hand_on not in ("position", "loss"):
            raise ValueError(f"hand_on={hand_on!r} is not allowed: it is 'position' or 'loss'")
        offered = sum(fill.quantity for fill in offers)
        if offered > taken.quantity:
            raise ValueError(f"the offers add up to {offered} contracts, but only {taken.quantity} were taken over")
        fills = self._affordable(taken, offers) if hand_on == "position" else tuple(offers)
        filled, gained = sum(fill.quantity for fill in fills), surplus(taken, fills)
        transfers = list(pay(CLEARING, ENGINE, gained, "closed at the market"))
        balance, uncovered = self.balance, 0
        if gained > 0:
            value = sum(taken.market.value(fill.price, fill.quantity) for fill in fills)
            kept = gained if self.fee_cap is None else min(gained, self.fee_cap * value)
            transfers += pay(ENGINE, FUND, kept, "better than the bankruptcy price")
            transfers += pay(ENGINE, trader, gained - kept, "the rest of the surplus")
            balance += kept
        elif gained < 0:
            paid = min(-gained, self.payable)
            transfers += pay(FUND, ENGINE, paid, "worse than the bankruptcy price")
            balance -= paid
            uncovered = -gained - paid
        left = taken.quantity - filled
        rest = replace(taken, quantity=left) if left else None
        return Settlement(replace(self, balance=balance), fills, gained, uncovered, rest, tuple(transfers))

    def _affordable(self, taken: Position, offers: Sequence[Fill]) -> tuple[Fill, ...]:
        """Take the offers in turn, up to where the losses use up what the fund pays."""
        fills, left = [], self.payable
        for fill in offers:
            one = surplus(taken, [Fill(1, fill.price)])
            quantity = fill.quantity
            if one < 0 and -one * quantity > left:
                quantity = left / -one
                quantity = math.floor(quantity) if isinstance(fill.quantity, int) else quantity
            if quantity:
                fills.append(Fill(quantity, fill.price))
                left += one * quantity
            if quantity < fill.quantity:
                break
        return tuple(fills)


@dataclass(frozen=True)
class Settlement:
    """The fund after a liquidation, what was closed, the engine's gain or loss, and what is handed on.

    ``uncovered`` is money that nobody has paid yet; ``left`` the position that the engine still holds, or ``None``.
    """

    fund: InsuranceFund
    fills: tuple[Fill, ...]
    gained: Any
    uncovered: Any
    left: Position | None
    transfers: tuple[Transfer, ...]
