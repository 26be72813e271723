"""What an account holds: balance, positions, open orders, marks; what of it is free, and whether the trigger has fired.

Source of the rule for cross equity (without isolated margin, isolated PnL and order margin): MEXC "Liquidation and
Risk Limit", support 360044646391, read 2026-11-26.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from ..algebra.checks import ALLOWED, InputError, Number, as_list, as_number, one_number, one_of, shown
from ..algebra.exact import exact, minus, said
from ..theory import LONG
from .market import Market
from .position import Collateral, Order, Position
from .venue import PER_CONTRACT, PLAIN, Venue


class Marks(Mapping[str, Number]):
    """The mark prices of an account by contract; cannot be changed.

    >>> Marks({"BTC_USDT": 50_000})["BTC_USDT"]
    50000
    """

    __slots__ = ("_pairs", "_prices")

    def __init__(self, prices: Mapping[str, Number]) -> None:
        if not isinstance(prices, Mapping):
            raise InputError(f"marks={shown(prices)} is not allowed: give a price by contract, {{'BTC_USDT': 50_000}}")
        checked = {}
        for name, price in prices.items():
            number, (words, allowed) = as_number(price), ALLOWED["positive"]
            if number is None or not allowed(number):
                raise InputError(f"the mark price {shown(price)} of {name} is not allowed: it must be {words}")
            checked[name] = number
        self._prices = checked
        self._pairs = tuple(sorted(checked.items()))

    def __getitem__(self, name: str) -> Number:
        return self._prices[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._prices)

    def __len__(self) -> int:
        return len(self._prices)

    def __hash__(self) -> int:
        return hash(self._pairs)

    def __repr__(self) -> str:
        return repr(self._prices)


def charged(market: Market, legs: Sequence[tuple[Number, Number]], mark_price: Number) -> Any:
    """Return what positions of one contract in one pool require [money], a hedge as its venue charges it.

    Arguments:
        market: contract, tiers and rules.
        legs: entry price and number of contracts of each, one or two.
        mark_price: in the unit of the price.

    >>> from liquidation import BINANCE_BTCUSDT
    >>> charged(BINANCE_BTCUSDT, [(50_000, 0.3), (50_400, 0.1)], 50_000)
    80.0
    """
    charge = market.venue.rule("hedge_charge") if len(legs) > 1 else "both legs"
    if charge == "both legs":
        return sum(market.requirement(entry, mark_price, quantity) for entry, quantity in legs)
    (entry, larger), (_, smaller) = sorted(legs, key=lambda leg: exact(leg[1]), reverse=True)
    net = larger if charge == "larger leg" else minus(larger, smaller)
    return market.requirement(entry, mark_price, net) if net else 0


@dataclass(frozen=True, init=False, repr=False)
class Holdings:
    """The state of an :class:`liquidation.margin.account.Account`, checked, and what follows from it at the marks."""

    balance: Number
    positions: tuple[Position, ...]
    orders: tuple[Order, ...]
    marks: Marks
    collateral: tuple[Collateral, ...]

    def __init__(
        self,
        balance: Number,
        positions: Iterable[Position] = (),
        orders: Iterable[Order] = (),
        marks: Mapping[str, Number] | None = None,
        collateral: Iterable[Collateral] = (),
    ) -> None:
        checked = {
            "balance": one_number("balance", balance, "number"),
            "positions": all_of(Position, "positions", positions),
            "orders": all_of(Order, "orders", orders),
            "marks": marks if isinstance(marks, Marks) else Marks({} if marks is None else marks),
            "collateral": all_of(Collateral, "collateral", collateral),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        for key, count in Counter(p.key for p in self.positions).items():
            if count > 1:
                raise InputError(
                    f"there are two positions on the same side of {key[0]}: add to the one that is there, or give the "
                    "second isolated position an account of its own"
                )
        self._check_money()
        self._check_venue()
        held, known = {p.key[0] for p in self.positions} | {c.name for c in self.collateral}, self._names
        for name in sorted(held - self.marks.keys()):
            raise InputError(f"marks has no price for {name}")
        for name in self.marks.keys() - known:
            there = ", ".join(sorted(known)) or "none"
            raise InputError(f"marks has a price for {name!r}, which the account does not hold; it holds: {there}")

    def _check_money(self) -> None:
        if len({m.contract.kind for m in self._markets}) > 1:
            raise InputError("linear and inverse contracts settle in different money: give them an account each")
        if self.collateral and any(m.contract.kind == "inverse" for m in self._markets):
            raise InputError("collateral stands behind linear contracts only: an inverse one settles in its coin")
        coins = {m.contract.settlement_coin for m in self._markets}
        if len(coins) > 1:
            raise InputError(
                f"contracts that settle in {' and in '.join(sorted(coins))} cannot be added up: give them an account "
                "each, or say their settlement_coin if it is one"
            )

    def _check_venue(self) -> None:
        venues = {m.venue for m in self._markets}
        if len({venue.name for venue in venues}) > 1:
            names = " and ".join(sorted(venue.name for venue in venues))
            raise InputError(f"an account has one venue, but its contracts are of {names}")
        if len({tuple(getattr(venue, rule) for rule in _OF_THE_ACCOUNT) for venue in venues}) > 1:
            raise InputError("the contracts of an account differ in a rule that is the account's, such as its steps")

    @cached_property
    def _markets(self) -> tuple[Market, ...]:
        return tuple(dict.fromkeys([*(p.market for p in self.positions), *(o.market for o in self.orders)]))

    @property
    def _names(self) -> set[str]:
        return names_of(self.positions, self.orders, self.collateral)

    @property
    def venue(self) -> Venue:
        """The exchange whose rules the account lives by; of an empty account, the plainest ones."""
        return self._markets[0].venue if self._markets else PLAIN

    # -- what is there -----------------------------------------------------------------------------------------

    def position(self, name: str, side: int | None = None) -> Position:
        """Look a position up by contract, and by side if both are held."""
        sides = (LONG, -LONG) if side is None else (int(one_number("side", side, "side")),)
        found = [self._by_key[name, s] for s in sides if isinstance(name, str) and (name, s) in self._by_key]
        if len(found) == 1:
            return found[0]
        if found:
            raise InputError(f"{name} is held long and short: say which side")
        held = ", ".join(sorted(f"{n} {'long' if s == LONG else 'short'}" for n, s in self._by_key))
        raise InputError(f"there is no such position in {shown(name)}; there is: {held or 'none'}")

    @cached_property
    def _by_key(self) -> dict[tuple[str, int], Position]:
        return {p.key: p for p in self.positions}

    @cached_property
    def cross(self) -> tuple[Position, ...]:
        """The positions that share the pool."""
        return tuple(p for p in self.positions if not p.isolated)

    @cached_property
    def opening(self) -> tuple[Number, ...]:
        """How many contracts each open order would open, in the order of ``orders``.

        An order against a position closes it first; of several, the first does. Where both sides of a contract are
        held (hedge mode), and so each order belongs to its own side, all of it opens. Reduce-only opens nothing.
        """
        hedged = {name for name, side in self._by_key if (name, -side) in self._by_key}
        left = {key: p.quantity for key, p in self._by_key.items() if key[0] not in hedged}
        opened: list[Number] = []
        for order in self.orders:
            against = (order.market.contract.name, -order.side)
            if order.reduce_only:
                opened.append(0)
                continue
            held = left.get(against, 0)
            closing = min(order.quantity, held, key=exact)
            if closing:
                left[against] = minus(held, closing)
            opened.append(minus(order.quantity, closing))
        return tuple(opened)

    @cached_property
    def order_margins(self) -> tuple[Any, ...]:
        """Money that each open order reserves: the initial margin of what it would open. It is not free."""
        return tuple(
            o.market.initial_margin(o.price, opens, o.leverage) if opens else 0
            for o, opens in zip(self.orders, self.opening, strict=True)
        )

    @cached_property
    def pool_cash(self) -> Any:
        """The cash that backs the pool: the balance less isolated margin and, where the venue says so, order margin."""
        apart = sum(p.margin for p in self.positions if p.margin is not None)
        return self.balance - apart - (sum(self.order_margins) if self._order_rule == "out of the equity" else 0)

    @property
    def _order_rule(self) -> str:
        return str(self.venue.rule("order_margin")) if self.orders else "not counted"

    @cached_property
    def order_requirement(self) -> Any:
        """What the pool's requirement holds for open orders, where the venue counts them there.

        The requirement of what each would open, at its own price (our choice: the mark moves on).
        """
        if self._order_rule != "in the requirement":
            return 0
        return sum(
            o.market.requirement(o.price, o.price, opens)
            for o, opens in zip(self.orders, self.opening, strict=True)
            if opens
        )

    @cached_property
    def collateral_value(self) -> Any:
        """What the coins count for at the marks, haircuts taken off."""
        return self._collateral_at(self.marks)

    def _collateral_at(self, marks: Mapping[str, Any]) -> Any:
        """What the coins whose price is among these count for."""
        return sum(coins.worth(marks[coins.name]) for coins in self.collateral if coins.name in marks)

    @cached_property
    def free_balance(self) -> Any:
        """What may be reserved, moved or withdrawn.

        The pool's cash and coins, less the initial margin of its positions (or what they require, if that has become
        more), what orders reserve, and unrealized loss; an unrealized gain does not count (our choice; so in Bybit's
        example from before unified accounts, help page 900000181046).
        """
        pnl = sum(p.pnl(self._mark(p)) for p in self.cross)
        money = self.pool_cash + self.collateral_value
        if self._order_rule != "out of the equity":
            money = money - sum(self.order_margins)
        required = self.requirement() - self.order_requirement
        return money - max(sum(p.initial_margin for p in self.cross), required) + min(pnl, 0)

    def _mark(self, position: Position) -> Number:
        return self.marks[position.key[0]]

    def _stands_with(self, name: str | None, side: int | None) -> tuple[Any, tuple[Position, ...]]:
        """Cash and positions that stand or fall together with a position."""
        if name is not None:
            position = self.position(name, side)
            if position.isolated:
                return position.margin, (position,)
        return self.pool_cash + self.collateral_value, self.cross

    # -- the trigger -------------------------------------------------------------------------------------------

    def equity(self, name: str | None = None, side: int | None = None) -> Any:
        """Money that backs a position, or the pool: cash, coins less their haircut, and unrealized PnL."""
        cash, positions = self._stands_with(name, side)
        return cash + sum(p.pnl(self._mark(p)) for p in positions)

    def requirement(self, name: str | None = None, side: int | None = None) -> Any:
        """Money that must be left."""
        _, positions = self._stands_with(name, side)
        held = sum(self._required(legs, self.marks[name]) for name, legs in by_contract(positions).items())
        return held + (self.order_requirement if positions == self.cross else 0)

    def _required(self, legs: Sequence[Position], mark_price: Number) -> Any:
        """What positions of one contract that stand together require: a hedge as the venue charges it."""
        return charged(legs[0].market, [(p.entry_price, p.quantity) for p in legs], mark_price) if legs else 0

    def _excess(self, legs: Sequence[Position], mark_price: Number) -> Any:
        """What positions of one contract add to the money behind them at a mark price, less what they require."""
        return sum(p.pnl(mark_price) for p in legs) - self._required(legs, mark_price)

    def margin_ratio(self, name: str | None = None, side: int | None = None) -> Any:
        """Requirement over equity: 1 at liquidation; ``math.inf`` if positions are held and no equity is left."""
        _, positions = self._stands_with(name, side)
        required, equity = self.requirement(name, side), self.equity(name, side)
        if not positions:
            return 0
        return required / equity if equity > 0 else math.inf

    def is_liquidatable(self, name: str | None = None, side: int | None = None, *, strict: bool | None = None) -> bool:
        """Whether the trigger has fired: equity at or below the requirement.

        ``strict``: below it only (dYdX, Binance); left out, the venue's rule.
        """
        strict = one_of("strict", self.venue.rule("strict", strict), True, False)
        _, positions = self._stands_with(name, side)
        excess = self.equity(name, side) - self.requirement(name, side)
        return bool(positions) and bool(excess < 0 if strict else excess <= 0)

    # -- looks -------------------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        coin = self._markets[0].contract.settlement_coin if self._markets else ""
        held = ", ".join(repr(p)[1:-1] for p in self.positions) or "no positions"
        return f"<Account: {said(self.balance)} {coin}, {len(self.orders)} orders; {held}>".replace(" ,", ",")

    def _repr_markdown_(self) -> str:
        head = f"Balance {said(self.balance)}, free {said(self.free_balance)}, {len(self.orders)} open orders"
        head += "".join(f", {said(c.quantity)} coins of {c.name} less {said(c.haircut)}" for c in self.collateral)
        head += "\n\n| contract | side | contracts | entry | mark | leverage | margin |\n"
        head += "|---|---|--:|--:|--:|--:|--:|\n"
        rows = [
            f"| {p.key[0]} | {'long' if p.side == LONG else 'short'} | {said(p.quantity)} | {said(p.entry_price)} | "
            f"{said(self._mark(p))} | {said(p.leverage)}x | {'cross' if p.margin is None else said(p.margin)} |"
            for p in self.positions
        ]
        return head + "\n".join(rows)


_OF_THE_ACCOUNT = tuple(f.name for f in fields(Venue) if f.name not in (*PER_CONTRACT, "sources"))


def names_of(positions: Iterable[Position], orders: Iterable[Order], collateral: Iterable[Collateral] = ()) -> set[str]:
    """Return the names of the contracts among positions, orders and collateral."""
    held = {p.market.contract.name for p in positions} | {o.market.contract.name for o in orders}
    return held | {coins.name for coins in collateral}


def by_contract(positions: Iterable[Position]) -> dict[str, list[Position]]:
    """Return positions by the name of their contract."""
    found: dict[str, list[Position]] = {}
    for position in positions:
        found.setdefault(position.key[0], []).append(position)
    return found


def all_of(kind: type, name: str, given: Any) -> Any:
    """Return what is given as a tuple; refuse what is not of the kind."""
    things = tuple(as_list(name, given, f"a list of {kind.__name__}s"))
    for thing in things:
        if not isinstance(thing, kind):
            raise InputError(f"{name}={shown(thing)} is not allowed: give {kind.__name__}s")
    return things
