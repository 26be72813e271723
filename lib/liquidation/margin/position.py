"""Positions and open orders: what an account is made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ..algebra.checks import require
from .market import Market


@dataclass(frozen=True)
class Position:
    """One position. ``margin=None`` is cross; a number is isolated, with that position margin in money.

    ``quantity`` in contracts, ``entry_price`` the average. ``leverage`` sets the initial margin. ``auto_margin`` lets
    the venue move free balance into an isolated position that would be liquidated; ``additions`` counts how often.
    """

    market: Market
    side: int
    quantity: Any
    entry_price: Any
    leverage: Any = 1
    margin: Any = None
    auto_margin: bool = False
    additions: int = 0

    def __post_init__(self) -> None:
        require("side", side=self.side)
        require("positive", quantity=self.quantity, entry_price=self.entry_price, leverage=self.leverage)
        if self.margin is not None:
            require("non-negative", margin=self.margin)
        elif self.auto_margin:
            raise ValueError("auto_margin=True with margin=None: only an isolated position can have margin added to it")

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

    def pnl(self, mark_price: Any) -> Any:
        """Unrealized profit or loss at a mark price."""
        return self.market.unrealized_pnl(self.side, self.entry_price, mark_price, self.quantity)

    def requirement(self, mark_price: Any) -> Any:
        """Maintenance margin and liquidation fee at a mark price."""
        return self.market.requirement(self.entry_price, mark_price, self.quantity)


def isolated(market: Market, side: int, quantity: Any, entry_price: Any, leverage: Any, **more: Any) -> Position:
    """Return an isolated position whose margin is its initial margin."""
    margin = market.initial_margin(entry_price, quantity, leverage)
    return Position(market, side, quantity, entry_price, leverage, margin, **more)


@dataclass(frozen=True)
class Order:
    """An open order; it reserves the initial margin of what it would open (nothing, if ``reduce_only``)."""

    market: Market
    side: int
    quantity: Any
    price: Any
    leverage: Any = 1
    reduce_only: bool = False

    def __post_init__(self) -> None:
        require("side", side=self.side)
        require("positive", quantity=self.quantity, price=self.price, leverage=self.leverage)

    @property
    def margin(self) -> Any:
        """Money reserved."""
        return 0 if self.reduce_only else self.market.initial_margin(self.price, self.quantity, self.leverage)


def check_size(market: Market, price: Any, quantity: Any, leverage: Any) -> None:
    """Refuse a size or a leverage that the ladder does not allow."""
    size = market.size(price, quantity)
    tiers = market.tiers
    if size > tiers.caps[-1]:
        raise ValueError(
            f"a position of {size} ({tiers.measure}) is above the last tier, which ends at {tiers.caps[-1]}"
        )
    initial = tiers.tiers[tiers.index(size)].initial_margin_rate
    if initial is not None and leverage * initial > 1:
        raise ValueError(
            f"leverage={leverage} is not allowed: a position of {size} ({tiers.measure}) is in tier "
            f"{tiers.index(size) + 1}, which allows at most {float(1 / initial):g}"
        )


def reduced(position: Position, closed: Any) -> Position | None:
    """What is left of a position; isolated margin leaves in proportion."""
    left = position.quantity - closed
    if not left:
        return None
    margin = position.margin * left / position.quantity if position.isolated else None
    return replace(position, quantity=left, margin=margin)


def added_to(position: Position, quantity: Any, price: Any) -> Position:
    """Average in: the new entry price is the one at which the value at entry is the sum of both."""
    market, total = position.market, position.quantity + quantity
    value = market.value(position.entry_price, position.quantity) + market.value(price, quantity)
    entry_price = market.at(value / market.value(1, total))
    new = replace(position, quantity=total, entry_price=entry_price)
    if position.isolated:
        new = replace(new, margin=position.margin + new.initial_margin - position.initial_margin)
    return new
