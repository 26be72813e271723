"""An account: one balance, positions in several contracts, isolated and cross, and open orders.

A margin mode changes only whose money stands on the left of *equity = requirement*. An isolated position stands on
its own margin. All cross positions stand together on what the rest of the balance is worth.

Source of the rule for cross equity (without isolated margin, isolated PnL and order margin): MEXC "Liquidation and
Risk Limit", support 360044646391, read 2026.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ..algebra.checks import ALLOWED, require
from ..algebra.evaluation import ALREADY, NEVER
from ..theory import LONG
from .market import Market
from .position import Order, Position, added_to, check_size, reduced

AUTO_MARGIN_ADDITIONS = 100
"""Most times that margin is added by itself to one position (MEXC Learn, "Auto margin addition", read 2026)."""


@dataclass(frozen=True)
class Account:
    """A balance, positions, open orders, and the mark price of every contract among them.

    ``balance`` is all the money in the account without unrealized PnL: isolated and order margin are parts of it. A
    contract may be held long and short at once (hedge mode), but not twice on the same side. All contracts are linear,
    or all are inverse and settled in the same coin. Every change returns a new account; what cannot be raises
    ``ValueError`` and changes nothing.

    Methods take the name of a contract, and its side where both are held. Without a name they speak of the *pool*: all
    cross positions together. A cross position shares the pool's equity, requirement and margin ratio.
    """

    balance: Any
    positions: tuple[Position, ...] = ()
    orders: tuple[Order, ...] = ()
    marks: Mapping[str, Any] = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "positions", tuple(self.positions))
        object.__setattr__(self, "orders", tuple(self.orders))
        object.__setattr__(self, "marks", dict(self.marks or {}))
        require("number", balance=self.balance)
        keys = [p.key for p in self.positions]
        for key in keys:
            if keys.count(key) > 1:
                raise ValueError(f"there are two positions on the same side of {key[0]}: add to the one that is there")
        if len({x.market.contract.kind for x in (*self.positions, *self.orders)}) > 1:
            raise ValueError("linear and inverse contracts settle in different money: give them an account each")
        names = {x.market.contract.name for x in (*self.positions, *self.orders)}
        for name in names - self.marks.keys():
            raise ValueError(f"marks has no price for {name}")
        for name in self.marks.keys() - names:
            known = ", ".join(sorted(names)) or "none"
            raise ValueError(f"marks has a price for {name!r}, which the account does not hold; it holds: {known}")
        for name, price in self.marks.items():
            words, allowed = ALLOWED["positive"]
            if not allowed(price):
                raise ValueError(f"the mark price {price} of {name} is not allowed: it must be {words}")

    # -- what is there -----------------------------------------------------------------------------------------

    def position(self, name: str, side: int | None = None) -> Position:
        """Look a position up by contract, and by side if both are held."""
        found = [p for p in self.positions if p.key[0] == name and side in (None, p.side)]
        if len(found) == 1:
            return found[0]
        if found:
            raise ValueError(f"{name} is held long and short: say which side")
        held = ", ".join(sorted(f"{n} {'long' if s == LONG else 'short'}" for n, s in (p.key for p in self.positions)))
        raise ValueError(f"there is no such position in {name!r}; there is: {held or 'none'}")

    @cached_property
    def cross(self) -> tuple[Position, ...]:
        """The positions that share the pool."""
        return tuple(p for p in self.positions if not p.isolated)

    @property
    def pool_cash(self) -> Any:
        """The balance less isolated margin and order margin."""
        apart = sum(p.margin for p in self.positions if p.isolated) + sum(o.margin for o in self.orders)
        return self.balance - apart

    @property
    def free_balance(self) -> Any:
        """What may be reserved, moved or withdrawn.

        The pool's cash less the initial margin of its positions and less their unrealized loss; an unrealized gain
        does not count (our choice; so in Bybit's example from before unified accounts, help page 900000181046).
        """
        pnl = sum(p.pnl(self._mark(p)) for p in self.cross)
        return self.pool_cash - sum(p.initial_margin for p in self.cross) + min(pnl, 0)

    def _mark(self, position: Position) -> Any:
        return self.marks[position.key[0]]

    def _stands_with(self, name: str | None, side: int | None) -> tuple[Any, tuple[Position, ...]]:
        """Cash and positions that stand or fall together with a position."""
        if name is not None:
            position = self.position(name, side)
            if position.isolated:
                return position.margin, (position,)
        return self.pool_cash, self.cross

    # -- the trigger -------------------------------------------------------------------------------------------

    def equity(self, name: str | None = None, side: int | None = None) -> Any:
        """Money that backs a position, or the pool: cash and unrealized PnL."""
        cash, positions = self._stands_with(name, side)
        return cash + sum(p.pnl(self._mark(p)) for p in positions)

    def requirement(self, name: str | None = None, side: int | None = None) -> Any:
        """Money that must be left."""
        _, positions = self._stands_with(name, side)
        return sum(p.requirement(self._mark(p)) for p in positions)

    def margin_ratio(self, name: str | None = None, side: int | None = None) -> Any:
        """Requirement over equity: 1 at liquidation. ``math.inf`` if something is required and no equity is left."""
        required, equity = self.requirement(name, side), self.equity(name, side)
        if required == 0:
            return 0
        return required / equity if equity > 0 else math.inf

    def is_liquidatable(self, name: str | None = None, side: int | None = None, *, strict: bool = False) -> bool:
        """Whether the trigger has fired: equity at or below the requirement, below it if ``strict`` (dYdX, Binance)."""
        _, positions = self._stands_with(name, side)
        spare = self.equity(name, side) - self.requirement(name, side)
        return bool(positions) and (spare < 0 if strict else spare <= 0)

    # -- the prices --------------------------------------------------------------------------------------------

    def _spare_at(self, name: str | None, side: int | None) -> Callable[[Mapping[str, Any]], Any]:
        """Equity less requirement as a function of the mark prices."""
        cash, positions = self._stands_with(name, side)

        def spare(marks: Mapping[str, Any]) -> Any:
            prices = [(p, marks[p.key[0]]) for p in positions]
            return cash + sum(p.pnl(price) - p.requirement(price) for p, price in prices)

        return spare

    def liquidatable_prices(self, name: str, side: int | None = None) -> list[tuple[Any, Any]]:
        """Every interval of a contract's mark price in which the trigger fires, the other marks staying as they are.

        In the pool a contract that is held long and short has one answer for both: leave ``side`` out.
        """
        legs = [p for p in self.cross if p.key[0] == name and side in (None, p.side)]
        if not legs:
            legs = [self.position(name, side)]
        spare = self._spare_at(name, legs[0].side)
        market = legs[0].market
        breakpoints = [
            price for leg in self.positions if leg.key[0] == name for price in market.breakpoints(leg.quantity)
        ]
        return market.intervals(lambda x: spare({**self.marks, name: market.at(x)}), breakpoints, self.marks[name])

    def liquidation_prices(self, name: str, side: int | None = None) -> tuple[Any, Any]:
        """The nearest prices below and above the mark at which the trigger switches; ``NEVER`` where there is none.

        Both are ``ALREADY`` if it fires at every price.
        """
        return _nearest(self.liquidatable_prices(name, side), self.marks[name])

    def liquidation_price(self, name: str, side: int | None = None) -> Any:
        """The nearer of the two: where the position is liquidated if only this contract's mark moves."""
        mark = self.marks[name]
        below, above = self.liquidation_prices(name, side)
        prices = [price for price in (below, above) if price is not NEVER]
        if not prices or ALREADY in prices:
            return prices[0] if prices else NEVER
        return min(prices, key=lambda price: abs(price - mark))

    def joint_moves(self) -> tuple[Any, Any]:
        """How far all marks of the pool may move by the same fraction, down and up, before it is liquidated.

        ``(-0.073, NEVER)`` reads: at -7.3%, and at no rise.
        """
        if not self.cross:
            return NEVER, NEVER
        market = self.cross[0].market
        spare = self._spare_at(None, None)
        names = {p.key[0] for p in self.cross}
        factors = [price / self._mark(p) for p in self.cross for price in p.market.breakpoints(p.quantity)]

        def moved(x: Any) -> Any:
            return spare({name: self.marks[name] * market.at(x) for name in names})

        one = self._mark(self.cross[0]) / self._mark(self.cross[0])  # a Fraction if the marks are
        down, up = _nearest(market.intervals(moved, factors, one), one)
        return tuple(factor if factor in (NEVER, ALREADY) else factor - 1 for factor in (down, up))

    def boundary(self, first: str, second: str, prices: Iterable[Any]) -> list[tuple[Any, Any]]:
        """For each mark price of ``first``: the liquidation prices of ``second`` below and above its mark."""
        return [self.at({first: price}).liquidation_prices(second) for price in prices]

    def bankruptcy_price(self, name: str, side: int | None = None) -> Any:
        """The price at which the equity behind a position is used up.

        Isolated: from its margin. Cross: from its share of the pool's equity, in proportion to its requirement, at the
        current marks. MEXC does not publish its rule for cross; this is dYdX's (its source code, 2026-03), and our
        choice, because it lets every position be taken over at its own price without the shares overrunning the pool.
        """
        position = self.position(name, side)
        mark = self._mark(position)
        if position.isolated:
            share = position.margin + position.pnl(mark)
        else:
            required = self.requirement()
            if required == 0:
                raise ValueError("the pool requires nothing, so there is no proportion in which to share its equity")
            share = self.equity() * position.requirement(mark) / required
        return position.market.contract.theory.bankruptcy_price_by_equity(
            side=position.side,
            mark_price=mark,
            quantity=position.quantity,
            contract_size=position.market.contract.contract_size,
            equity=share,
        )

    # -- changes: each returns a new account -------------------------------------------------------------------

    def at(self, marks: Mapping[str, Any]) -> Account:
        """Move marks; the ones not named stay."""
        for name in marks:
            if name not in self.marks:
                raise ValueError(f"the account holds no {name!r}; it holds: {', '.join(self.marks) or 'nothing'}")
        return replace(self, marks={**self.marks, **marks})

    def holding(
        self, positions: Iterable[Position], balance: Any = None, orders: Iterable[Order] | None = None
    ) -> Account:
        """Put other positions, balance and orders in the place of these; marks no longer needed are dropped."""
        positions, orders = tuple(positions), self.orders if orders is None else tuple(orders)
        names = {x.market.contract.name for x in (*positions, *orders)}
        marks = {name: price for name, price in self.marks.items() if name in names}
        return Account(self.balance if balance is None else balance, positions, orders, marks)

    def change(self, old: Position, new: Position | None, balance: Any = None) -> Account:
        """Put a position in the place of another; ``None`` takes it out."""
        if old not in self.positions:
            raise ValueError(f"the account does not hold this position in {old.key[0]}: it may have changed since")
        return self.holding([x for p in self.positions if (x := new if p == old else p) is not None], balance)

    def place(self, order: Order, mark_price: Any = None) -> Account:
        """Add an open order; refused if it reserves more than is free, or its side's tiers do not allow it."""
        check_size(order.market, order.price, order.quantity, order.leverage)
        free = self.free_balance
        if order.margin > free:
            raise ValueError(f"the order reserves {order.margin} but only {free} is free")
        name = order.market.contract.name
        marks = {name: order.price if mark_price is None else mark_price} | self.marks
        return replace(self, orders=(*self.orders, order), marks=marks)

    def cancel(self, orders: Iterable[Order]) -> Account:
        """Take orders out; what they reserved is free again."""
        gone = list(orders)
        return self.holding(self.positions, orders=[order for order in self.orders if order not in gone])

    def add_margin(self, amount: Any, name: str, side: int | None = None) -> Account:
        """Move free balance into an isolated position, or back out of it if ``amount`` is negative.

        Refused: more than is free, and more out than leaves the initial margin.
        """
        require("number", amount=amount)
        position = self.position(name, side)
        if not position.isolated:
            raise ValueError(f"{name} is a cross position: all of the free balance backs it already")
        margin = position.margin + amount
        if amount > self.free_balance:
            raise ValueError(f"amount={amount} is not allowed: only {self.free_balance} is free")
        if amount < 0 and margin < position.initial_margin:
            raise ValueError(
                f"amount={amount} would leave {margin}, less than the initial margin {position.initial_margin}"
            )
        return self._unless_liquidated(position, replace(position, margin=margin))

    def add_margin_automatically(self, name: str, side: int | None = None) -> Account:
        """Do what the venue does for a position with ``auto_margin`` before it liquidates it.

        One maintenance margin at a time is moved in (the rest of the free balance, if that is less), until the trigger
        no longer fires, nothing is free, or it has been done 100 times (MEXC, read 2026; that the last addition may be
        smaller is our choice).
        """
        account, position = self, self.position(name, side)
        while (
            position.auto_margin
            and account.is_liquidatable(*position.key)
            and position.additions < AUTO_MARGIN_ADDITIONS
            and account.free_balance > 0
        ):
            added = min(position.requirement(account._mark(position)), account.free_balance)
            richer = replace(position, margin=position.margin + added, additions=position.additions + 1)
            account, position = account.change(position, richer), richer
        return account

    def set_leverage(self, leverage: Any, name: str, side: int | None = None) -> Account:
        """Change a position's leverage; an isolated one's margin moves by the change of its initial margin."""
        position = self.position(name, side)
        new = replace(position, leverage=leverage)
        check_size(position.market, position.entry_price, position.quantity, leverage)
        needed = new.initial_margin - position.initial_margin
        if needed > self.free_balance:
            raise ValueError(f"leverage={leverage} needs {needed} more margin, but only {self.free_balance} is free")
        if position.isolated:
            new = replace(new, margin=position.margin + needed)
        return self._unless_liquidated(position, new)

    def _unless_liquidated(self, old: Position, new: Position) -> Account:
        """Change a position, but not so that it would be liquidated at once."""
        after = self.change(old, new)
        if after.is_liquidatable(*new.key) and not self.is_liquidatable(*old.key):
            raise ValueError(f"a margin of {new.margin} would have {new.key[0]} liquidated at the present mark")
        return after

    def close(self, position: Position, quantity: Any, price: Any) -> Account:
        """Close a part of a position at a price, or all of it: its profit or loss goes to the balance.

        The margin of an isolated position is set free in proportion.
        """
        if not 0 < quantity <= position.quantity:
            raise ValueError(f"quantity={quantity} is not allowed: the position has {position.quantity} contracts")
        realized = position.market.unrealized_pnl(position.side, position.entry_price, price, quantity)
        return self.change(position, reduced(position, quantity), self.balance + realized)

    def trade(
        self,
        market: Market,
        side: int,
        quantity: Any,
        price: Any,
        *,
        leverage: Any = None,
        isolate: bool = False,
        hedge: bool = False,
        fee_rate: Any = 0,
    ) -> Account:
        """Buy (``side=+1``) or sell at a price, and return the account after it.

        An opposite position of the contract is reduced first and its profit or loss realized; what is left opens or
        adds to the side traded, at the average entry price. With ``hedge`` the opposite side is left alone.
        ``leverage`` and ``isolate`` count for a new position only. The fee, ``fee_rate`` of the value, is paid from the
        balance. Refused: what the free balance or the tiers do not allow.
        """
        require("side", side=side)
        require("positive", quantity=quantity, price=price)
        name = market.contract.name
        held = {p.side: p for p in self.positions if p.key[0] == name}
        opposite, same = held.get(-side), held.get(side)
        account, left = self, quantity
        if opposite and not hedge:
            left = quantity - min(quantity, opposite.quantity)
            account = self.close(opposite, quantity - left, price)
        positions = account.positions
        if left:
            new = added_to(same, left, price) if same else Position(market, side, left, price, leverage or 1)
            check_size(market, new.entry_price, new.quantity, new.leverage)
            if not same and isolate:
                new = replace(new, margin=new.initial_margin)
            positions = (*(p for p in positions if p is not same), new)
        names = {x.market.contract.name for x in (*positions, *self.orders)}
        marks = {n: mark for n, mark in ({name: price} | self.marks).items() if n in names}
        balance = account.balance - fee_rate * market.value(price, quantity)
        account = Account(balance, positions, self.orders, marks)
        if left and account.free_balance < 0:
            raise ValueError(f"this trade needs {-account.free_balance} more than is free")
        return account


def _nearest(intervals: list[tuple[Any, Any]], now: Any) -> tuple[Any, Any]:
    """The nearest ends of the intervals below and above a price; NEVER and ALREADY in words."""
    if any(low == 0 and high == math.inf for low, high in intervals):
        return ALREADY, ALREADY
    ends = [end for interval in intervals for end in interval if 0 < end < math.inf]
    below, above = [e for e in ends if e <= now], [e for e in ends if e > now]
    return max(below, default=NEVER), min(above, default=NEVER)
