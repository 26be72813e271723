"""The insurance fund: what the engine earns or loses on what it took over.

Sources, read 2026-11-26: Bybit "Insurance Fund" and MEXC support 360044646391 for the sign (better than the bankruptcy
price fills the fund, worse draws on it); dYdX v4-chain, clob/keeper/liquidations_test.go, for the capped fee; Bybit's
interface page on ADL alerts for the drawdown over eight hours. There it is what one symbol has lost, over the highest
balance of the pool that it shares; in a pool of one symbol that is the fall of the pool, as here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ..algebra.checks import InputError, Number, as_list, one_number, one_of, refuse
from ..algebra.exact import down_to_step, exact, minus, plus
from ..margin.position import Position
from ..margin.venue import Venue
from .ledger import CLEARING, ENGINE, FUND, TRADER, Transfer, pay


@dataclass(frozen=True)
class Fill:
    """A part of a position that the engine has closed: contracts and price.

    >>> Fill(quantity=300, price=48_100)
    Fill(quantity=300, price=48100)
    """

    quantity: Number
    price: Number

    def __post_init__(self) -> None:
        object.__setattr__(self, "quantity", one_number("quantity", self.quantity, "positive"))
        object.__setattr__(self, "price", one_number("price", self.price, "positive"))


def walk(book: Iterable[tuple[Number, Number]], quantity: Number) -> tuple[Fill, ...]:
    """Sell or buy into an order book, ``(price, contracts)`` from the best level on, as far as it goes.

    The fills may add up to less than ``quantity``: what an empty or thin book cannot take stays with the engine.
    Levels of no contracts, as snapshots hold them, are passed over.

    >>> walk([(100, 3), (99, 10)], 5)
    (Fill(quantity=3, price=100), Fill(quantity=2, price=99))
    """
    left = one_number("quantity", quantity, "non-negative")
    fills = []
    for level in as_list("book", book, "levels (price, contracts), from the best on"):
        if not isinstance(level, Sequence) or len(level) != 2:
            raise InputError(f"book has a level {level!r}: a level is (price, contracts)")
        price, size = one_number("price", level[0], "positive"), one_number("contracts", level[1], "non-negative")
        if not left:
            break
        if size:
            fills.append(Fill(min(size, left, key=exact), price))
            left = minus(left, fills[-1].quantity)
    return tuple(fills)


def surplus(taken: Position, fills: Iterable[Fill]) -> Any:
    """What the engine gains (+) or loses (-), in money: better or worse than the bankruptcy price it took over at.

    Better is higher for a long that it sells, and lower for a short that it buys back.

    >>> from liquidation import MEXC_BTC_USDT
    >>> surplus(Position(MEXC_BTC_USDT, side=1, quantity=1_000, entry_price=48_000), [Fill(1_000, 48_100)])
    10.0
    """
    if not isinstance(taken, Position):
        raise refuse("taken", taken, "the Position that the engine took over")
    return sum(
        taken.market.unrealized_pnl(taken.side, taken.entry_price, fill.price, fill.quantity) for fill in _fills(fills)
    )


def _fills(given: Iterable[Fill], name: str = "fills") -> tuple[Fill, ...]:
    fills = tuple(as_list(name, given, "a list of Fill(quantity, price)"))
    for fill in fills:
        if not isinstance(fill, Fill):
            raise refuse(name, fill, "a Fill(quantity, price)")
    return fills


@dataclass(frozen=True)
class InsuranceFund:
    """A fund and its rules.

    Arguments:
        balance: what it holds, in money.
        fee_cap: it keeps at most this part of the value of the fills of a surplus, and the trader gets the rest
            (dYdX: 0.005 in its tests, 1 in its code's limit); ``None`` or ``math.inf``: it keeps all (MEXC, Bybit).
        drawdown: it stops paying when it is this far below ``peak`` (0.3 at Bybit, which starts to pay again at 0.25;
            OKX has a threshold and names none); ``None`` or 1: at zero (MEXC, BitMEX).
        peak: its highest balance in a window (eight hours at Bybit), in money; the window is the caller's.
        venue: whose record says what is left out.

    >>> InsuranceFund(1_700, drawdown=0.3, peak=2_000).payable
    300.0
    """

    balance: Number
    fee_cap: Number | None = None
    drawdown: Number | None = None
    peak: Number | None = None
    venue: Venue | None = None

    def __post_init__(self) -> None:
        one_number("balance", self.balance, "non-negative")
        if self.venue is not None and not isinstance(self.venue, Venue):
            raise refuse("venue", self.venue, "a Venue")
        for name in ("fee_cap", "drawdown"):
            value = getattr(self, name)
            if value is None and self.venue is not None:
                object.__setattr__(self, name, self.venue.rule(name))
            elif value is not None:
                endless = name == "fee_cap" and isinstance(value, float) and value == math.inf
                one_number(name, value, "time" if endless else "part")
        if self.peak is not None:
            one_number("peak", self.peak, "non-negative")
        if self.peak is None or self.peak < self.balance:
            object.__setattr__(self, "peak", self.balance)

    @property
    def payable(self) -> Any:
        """What the fund will pay at most before the rest is handed on."""
        floor = 0 if self.drawdown is None or self.peak is None else self.peak * (1 - self.drawdown)
        return max(self.balance - floor, 0)

    def settle(
        self,
        taken: Position,
        offers: Sequence[Fill],
        *,
        hand_on: Literal["position", "loss"] | None = None,
        trader: str = TRADER,
    ) -> Settlement:
        """Close what was taken over against ``offers``, then fill or draw on the fund.

        Arguments:
            taken: what the engine holds; its entry price is the price at which it took it over.
            offers: what the market gives for it, in this order.
            hand_on: ``"position"``: the engine stops where the fund can pay no more, and the contracts left go to
                auto-deleveraging (BitMEX, MEXC); of a level it closes whole quantity steps. ``"loss"``: it closes all
                the same, and the loss that the fund does not pay is shared out (socialized loss, as at OKEx in 2018).
                Left out, the rule of the venue.
            trader: the party that gets what a capped fund does not keep.

        Raises ``ValueError`` for offers of more than was taken.
        """
        if not isinstance(trader, str):
            raise refuse("trader", trader, "a party's name")
        rules = self.venue or (taken.market.venue if isinstance(taken, Position) else None)
        if rules is None:
            raise refuse("taken", taken, "the Position that the engine took over")
        hand_on = one_of("hand_on", rules.rule("hand_on", hand_on), "position", "loss")
        fills = _fills(offers, "offers")
        offered = plus(*(fill.quantity for fill in fills))
        if exact(offered) > exact(taken.quantity):
            raise InputError(f"the offers add up to {offered} contracts, but only {taken.quantity} were taken over")
        if hand_on == "position":
            fills = self._affordable(taken, fills)
        gained = surplus(taken, fills)
        transfers = list(pay(CLEARING, ENGINE, gained, "closed at the market"))
        balance, uncovered = self.balance, 0
        if gained > 0:
            kept = self._kept(taken, fills, gained)
            transfers += pay(ENGINE, FUND, kept, "better than the bankruptcy price")
            transfers += pay(ENGINE, trader, gained - kept, "the rest of the surplus")
            balance += kept
        elif gained < 0:
            paid = min(-gained, self.payable)
            transfers += pay(FUND, ENGINE, paid, "worse than the bankruptcy price")
            balance -= paid
            uncovered = -gained - paid
        left = minus(taken.quantity, plus(*(fill.quantity for fill in fills)))
        rest = replace(taken, quantity=left) if left else None
        return Settlement(replace(self, balance=max(balance, 0)), fills, gained, uncovered, rest, tuple(transfers))

    def _kept(self, taken: Position, fills: tuple[Fill, ...], gained: Any) -> Any:
        """How much of a surplus the fund keeps."""
        if self.fee_cap is None or self.fee_cap == math.inf:
            return gained
        return min(gained, self.fee_cap * sum(taken.market.value(fill.price, fill.quantity) for fill in fills))

    def _affordable(self, taken: Position, offers: Sequence[Fill]) -> tuple[Fill, ...]:
        """Take the offers in turn, up to where the losses use up what the fund pays."""
        fills: list[Fill] = []
        left = self.payable
        for fill in offers:
            one = surplus(taken, [Fill(1, fill.price)])
            quantity = fill.quantity
            if one < 0 and -one * quantity > left:
                step = taken.market.contract.quantity_step or (1 if isinstance(quantity, int) else None)
                quantity = down_to_step(left / -one, step, quantity)
            if quantity:
                fills.append(Fill(quantity, fill.price))
                left = max(left + one * quantity, 0)  # the last bit of a float must not leave it in debt
            if quantity != fill.quantity:
                break
        return tuple(fills)


@dataclass(frozen=True)
class Settlement:
    """The fund after a liquidation, what was closed, the engine's gain or loss, and what is handed on.

    ``uncovered`` is money that nobody has paid yet; ``left`` the position that the engine still holds, or ``None``.

    >>> from liquidation import MEXC_BTC_USDT
    >>> taken = Position(MEXC_BTC_USDT, side=1, quantity=1_000, entry_price=48_000)
    >>> settled = InsuranceFund(1_000).settle(taken, [Fill(1_000, 47_900)])
    >>> settled.fund.balance, settled.gained, settled.left
    (990.0, -10.0, None)
    """

    fund: InsuranceFund
    fills: tuple[Fill, ...]
    gained: Any
    uncovered: Any
    left: Position | None
    transfers: tuple[Transfer, ...]
