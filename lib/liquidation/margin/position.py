"""Positions, open orders and collateral in coins: what an account is made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ..algebra.checks import InputError, Number, one_number, one_of, shown
from ..algebra.exact import minus, plus, said
from ..theory import LONG
from .market import Market


def _check_market(market: object) -> None:
    if not isinstance(market, Market):
        raise InputError(f"market={shown(market)} is not allowed: give a Market, such as liquidation.MEXC_BTC_USDT")


@dataclass(frozen=True)
class Position:
    """One position.

    Arguments:
        market: contract, ladder and venue.
        side: +1 long, -1 short.
        quantity: contracts held.
        entry_price: average price at which they were opened, in the unit of the contract's price.
        leverage: sets the initial margin [times].
        margin: position margin in money, if isolated; ``None`` is cross.
        auto_margin: whether the venue moves free balance in when the position would be liquidated (isolated only).
        additions: how often it has done so.

    >>> from liquidation import MEXC_BTC_USDT
    >>> Position(MEXC_BTC_USDT, side=-1, quantity=1_000, entry_price=50_000, leverage=25)
    <BTC_USDT short 1,000 contracts at 50,000, 25x, cross>

    Raises ``ValueError`` for what cannot be held.
    """

    market: Market
    side: int
    quantity: Number
    entry_price: Number
    leverage: Number = 1
    margin: Number | None = None
    auto_margin: bool = False
    additions: int = 0

    def __post_init__(self) -> None:
        _check_market(self.market)
        checked = {
            "side": int(one_number("side", self.side, "side")),
            "quantity": self.market.contract.checked_quantity(self.quantity),
            "entry_price": one_number("entry_price", self.entry_price, "positive"),
            "leverage": one_number("leverage", self.leverage, "positive"),
            "auto_margin": one_of("auto_margin", self.auto_margin, True, False),
            "additions": one_number("additions", self.additions, "non-negative"),
        }
        if self.margin is not None:
            checked["margin"] = one_number("margin", self.margin, "non-negative")
        elif self.auto_margin:
            raise InputError("auto_margin=True with margin=None: only an isolated position can have margin added to it")
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    @property
    def isolated(self) -> bool:
        """Whether the position stands on its own margin."""
        return self.margin is not None

    @property
    def key(self) -> tuple[str, int]:
        """Contract name and side: what tells positions of an account apart."""
        return self.market.contract.name, self.side

    @property
    def initial_margin(self) -> Any:
        """Margin it took to open, fee reserve included."""
        return self.market.initial_margin(self.entry_price, self.quantity, self.leverage)

    def pnl(self, mark_price: Number) -> Any:
        """Unrealized profit or loss at a mark price."""
        return self.market.unrealized_pnl(self.side, self.entry_price, mark_price, self.quantity)

    def requirement(self, mark_price: Number) -> Any:
        """Maintenance margin and liquidation fee at a mark price."""
        return self.market.requirement(self.entry_price, mark_price, self.quantity)

    def liquidation_price(self, *, on_tick: bool = False) -> Any:
        """Return the price at which an isolated position is liquidated; ``on_tick`` rounds it as the venue does.

        A cross position stands on its account's money: ask the account.

        >>> from liquidation import MEXC_BTC_USDT, isolated
        >>> held = isolated(MEXC_BTC_USDT, side=1, quantity=1_000, entry_price=50_000, leverage=25)
        >>> held.liquidation_price(on_tick=True)
        48069.2
        """
        if self.margin is None:
            raise InputError(f"{self!r} stands on its account's money: ask account.liquidation_price({self.key[0]!r})")
        return self.market.liquidation_price(
            side=self.side,
            entry_price=self.entry_price,
            quantity=self.quantity,
            position_margin=self.margin,
            on_tick=on_tick,
        )

    def __repr__(self) -> str:
        mode = "cross" if self.margin is None else f"isolated with {said(self.margin)}"
        return (
            f"<{self.market.contract.name} {'long' if self.side == LONG else 'short'} {said(self.quantity)} contracts "
            f"at {said(self.entry_price)}, {said(self.leverage)}x, {mode}>"
        )


def isolated(
    market: Market, side: int, quantity: Number, entry_price: Number, leverage: Number, **more: Any
) -> Position:
    """Return an isolated position whose margin is its initial margin.

    Arguments:
        market: contract, ladder and venue.
        side: +1 long, -1 short.
        quantity: contracts.
        entry_price: in the unit of the contract's price.
        leverage: [times].
        more: ``auto_margin`` and ``additions`` of :class:`Position`.

    >>> from liquidation import MEXC_BTC_USDT
    >>> isolated(MEXC_BTC_USDT, side=1, quantity=1_000, entry_price=50_000, leverage=25).margin
    200.0
    """
    _check_market(market)
    margin = market.initial_margin(entry_price, quantity, leverage)
    return Position(market, side, quantity, entry_price, leverage, margin, **more)


@dataclass(frozen=True)
class Order:
    """An open order to buy or sell at a price.

    Arguments:
        market: contract, ladder and venue.
        side: +1 buy, -1 sell.
        quantity: contracts.
        price: in the unit of the contract's price.
        leverage: of the position it would open [times].
        reduce_only: whether it may only close; it then reserves nothing.

    What an order reserves depends on what it would open, and so on what is held: ask the account.

    >>> from liquidation import MEXC_BTC_USDT
    >>> Order(MEXC_BTC_USDT, side=1, quantity=1_000, price=48_000, leverage=25).margin
    192.0
    """

    market: Market
    side: int
    quantity: Number
    price: Number
    leverage: Number = 1
    reduce_only: bool = False

    def __post_init__(self) -> None:
        _check_market(self.market)
        one_of("reduce_only", self.reduce_only, True, False)
        object.__setattr__(self, "side", int(one_number("side", self.side, "side")))
        object.__setattr__(self, "quantity", self.market.contract.checked_quantity(self.quantity))
        object.__setattr__(self, "price", one_number("price", self.price, "positive"))
        object.__setattr__(self, "leverage", one_number("leverage", self.leverage, "positive"))

    @property
    def margin(self) -> Any:
        """Money it would reserve if all of it opened a position: the initial margin; nothing, if ``reduce_only``."""
        return 0 if self.reduce_only else self.market.initial_margin(self.price, self.quantity, self.leverage)

    def __repr__(self) -> str:
        only = ", reduce only" if self.reduce_only else ""
        return (
            f"<order to {'buy' if self.side == LONG else 'sell'} {said(self.quantity)} {self.market.contract.name} at "
            f"{said(self.price)}, {said(self.leverage)}x{only}>"
        )


@dataclass(frozen=True)
class Collateral:
    """Coins that back the pool of an account in other money: at their mark price, less a haircut.

    Arguments:
        name: the contract whose mark price is the coin's, in the account's money; it need not be held.
        quantity: coins.
        haircut: part of the value that the venue does not count [fraction].

    Its worth moves with the coin: of the very coin that is traded it brings the liquidation price of a long nearer.

    >>> Collateral("BTCUSDT", quantity=0.1, haircut=0.05).worth(50_000)
    4750.0

    Raises ``ValueError`` for what is none.
    """

    name: str
    quantity: Number
    haircut: Number = 0

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise InputError(f"name={shown(self.name)} is not allowed: name the contract that prices the coin")
        object.__setattr__(self, "quantity", one_number("quantity", self.quantity, "positive"))
        object.__setattr__(self, "haircut", one_number("haircut", self.haircut, "rate"))

    def worth(self, mark_price: Number) -> Any:
        """What it counts for at a mark price."""
        return self.quantity * (1 - self.haircut) * one_number("mark_price", mark_price, "positive")


def reduced(position: Position, closed: Number) -> Position | None:
    """Return what is left of a position; isolated margin leaves in proportion."""
    left = minus(position.quantity, closed)
    if not left:
        return None
    margin = None if position.margin is None else position.margin * left / position.quantity
    return replace(position, quantity=left, margin=margin)


def added_to(position: Position, quantity: Number, price: Number) -> Position:
    """Average in: the new entry price is the one at which the value at entry is the sum of both."""
    market, total = position.market, plus(position.quantity, quantity)
    value = market.value(position.entry_price, position.quantity) + market.value(price, quantity)
    entry_price = market.at(value / market.value(1, total))
    new = replace(position, quantity=total, entry_price=entry_price)
    if position.margin is not None:
        new = replace(new, margin=position.margin + new.initial_margin - position.initial_margin)
    return new
