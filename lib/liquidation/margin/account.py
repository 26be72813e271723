"""An account: one balance, positions in several contracts, isolated and cross, and open orders.

A margin mode changes only whose money stands on the left of *equity = requirement*. An isolated position stands on
its own margin. All cross positions stand together on what the rest of the balance is worth. What is held stands in
:mod:`liquidation.margin.holdings`; here are the prices at which it is liquidated, and what a trader can change. (Both
belong to one class, and each change is checked against the prices: so they stand in one module, long as it is.)
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ..algebra.checks import InputError, Number, one_number, one_of, refuse, shown
from ..algebra.evaluation import ALREADY, NEVER, NoPrice, Price
from ..algebra.exact import exact, minus, plus, said
from .holdings import Holdings, Marks, all_of, by_contract, names_of
from .market import Market
from .pieces import Interval
from .position import Order, Position, added_to, reduced

AUTO_MARGIN_ADDITIONS = 100
"""Most times that margin is added by itself to one position (MEXC Learn, "Auto margin addition", read in 2026)."""


@dataclass(frozen=True, init=False, repr=False)
class Account(Holdings):
    """A balance, positions, open orders, and the mark price of every contract among the positions.

    Arguments:
        balance: all the money in the account without unrealized PnL; isolated and order margin are parts of it.
        positions: a contract may be held long and short at once (hedge mode), but not twice on the same side.
        orders: open orders; one against a position that is held reserves only what it would open beyond it.
        marks: mark price by contract.
        collateral: coins that back the cross positions at their mark price less a haircut; they are not sold.

    All contracts settle in the same coin and belong to one venue. Every change returns a new account; what cannot be
    raises ``ValueError`` and changes nothing. What reduces risk is never refused for lack of free balance.

    Methods take the name of a contract, and its side where both are held. Without a name they speak of the *pool*: all
    cross positions together. A cross position shares the pool's equity, requirement and margin ratio.

    >>> from liquidation import MEXC_BTC_USDT
    >>> account = Account(1_000).trade(MEXC_BTC_USDT, side=1, quantity=1_000, price=50_000, leverage=25)
    >>> account
    <Account: 1,000 USDT, 0 orders; BTC_USDT long 1,000 contracts at 50,000, 25x, cross>
    >>> round(account.liquidation_price("BTC_USDT"), 1)
    40066.0
    """

    # -- the prices --------------------------------------------------------------------------------------------

    @cached_property
    def _without(self) -> dict[str, Any]:
        """For each contract of the pool: its cash and what the *other* contracts add, at their marks.

        One pass from either end: no sum is taken anew for each contract, and nothing is subtracted again.
        """
        held = by_contract(self.cross)
        added = {name: self._excess_of(held.get(name, ()), name, mark) for name, mark in self.marks.items()}
        cash = self.pool_cash - self.order_requirement
        before = list(itertools.accumulate(added.values(), initial=cash))[:-1]
        after = list(itertools.accumulate(reversed(added.values()), initial=0))[:-1][::-1]
        return {name: b + a for name, b, a in zip(added, before, after, strict=True)}

    def _excess_of(self, legs: Sequence[Position], name: str, price: Any) -> Any:
        """What a contract and the coins that it prices add to the pool at a mark price, less what it requires."""
        return self._excess(legs, price) + self._collateral_at({name: price})

    def _excess_at(self, name: str, side: int | None) -> tuple[Callable[[Any], Any], tuple[Position, ...]]:
        """Equity less requirement as a function of a contract's mark price, and the positions that move with it."""
        if not isinstance(name, str):
            raise refuse("name", name, "a contract's name")
        legs = tuple(p for p in self.cross if p.key[0] == name)
        prices_coins = side is None and self.cross and any(coins.name == name for coins in self.collateral)
        if any(side in (None, p.side) for p in legs) or (prices_coins and not self._is_held(name)):
            cash = self._without[name]
            return (lambda price: cash + self._excess_of(legs, name, price)), legs
        alone = self.position(name, side)
        return (lambda price: alone.margin + self._excess([alone], price)), (alone,)

    def _is_held(self, name: str) -> bool:
        return any(key[0] == name for key in self._by_key)

    def liquidatable_prices(self, name: str, side: int | None = None) -> list[Interval]:
        """Every interval of a contract's mark price in which the trigger fires, the other marks staying as they are.

        In the pool a contract that is held long and short has one answer for both: leave ``side`` out. A contract that
        is not held but prices coins among the collateral has such prices, too: the pool's.
        """
        excess, legs = self._excess_at(name, side)
        return (legs or self.cross)[0].market.intervals(excess, _breakpoints(legs), self.marks[name])

    def liquidation_prices(self, name: str, side: int | None = None) -> tuple[Price, Price]:
        """The nearest prices below and above the mark at which the trigger switches; ``NEVER`` where there is none.

        Both are ``ALREADY`` if it fires at every price.
        """
        return _nearest(self.liquidatable_prices(name, side), self.marks[name])

    def liquidation_price(self, name: str, side: int | None = None) -> Price:
        """The nearer of the two: where the position is liquidated if only this contract's mark moves."""
        below, above = self.liquidation_prices(name, side)
        mark = self.marks[name]
        if ALREADY in (below, above):
            return ALREADY
        if isinstance(below, NoPrice) or isinstance(above, NoPrice):
            return above if isinstance(below, NoPrice) else below
        return below if mark - below <= above - mark else above

    def joint_moves(self) -> tuple[Price, Price]:
        """How far all marks of the pool may move by the same fraction, down and up, before it is liquidated.

        ``(-0.073, NEVER)`` reads: at -7.3%, and at no rise.
        """
        if not self.cross:
            return NEVER, NEVER
        market = max((p.market for p in self.cross), key=lambda market: market.grows_with_value)
        factors = [price / self._mark(p) for p in self.cross for price in p.market.breakpoints(p.quantity)]

        contracts = by_contract(self.cross)

        def moved(factor: Any) -> Any:
            contribution = (self._excess(legs, self.marks[name] * factor) for name, legs in contracts.items())
            return self.pool_cash - self.order_requirement + self.collateral_value * factor + sum(contribution)

        one = self._mark(self.cross[0]) / self._mark(self.cross[0])  # a Fraction if the marks are
        down, up = _nearest(market.intervals(moved, factors, one), one)
        return (
            down if isinstance(down, NoPrice) else down - 1,
            up if isinstance(up, NoPrice) else up - 1,
        )

    def boundary(self, first: str, second: str, prices: Iterable[Number]) -> list[tuple[Price, Price]]:
        """For each mark price of ``first``: the liquidation prices of ``second`` below and above its mark."""
        return [self.at({first: price}).liquidation_prices(second) for price in prices]

    def bankruptcy_price(self, name: str, side: int | None = None) -> Price:
        """The price at which the equity behind a position is used up.

        Isolated: from its margin. Cross: from its share of the pool's equity, in proportion to its requirement, at the
        current marks. MEXC does not publish its rule for cross; this is dYdX's (its source code, 2026-03), and our
        choice, because it lets every position be taken over at its own price without the shares overrunning the pool.
        A pool that requires nothing is shared in proportion to the values (our choice). ``NEVER`` where no positive
        price uses it up, and ``ALREADY`` where the share of a pool in deficit is beyond any price.
        """
        position = self.position(name, side)
        mark = self._mark(position)
        if position.isolated:
            share = position.margin + position.pnl(mark)
        else:
            parts = {p.key: p.requirement(self._mark(p)) for p in self.cross}
            if not sum(parts.values()):
                parts = {p.key: p.market.value(self._mark(p), p.quantity) for p in self.cross}
            share = self.equity() * parts[position.key] / sum(parts.values())
        price: Price = position.market.theory.bankruptcy_price_by_equity(
            side=position.side,
            mark_price=mark,
            quantity=position.quantity,
            contract_size=position.market.contract.contract_size,
            equity=share,
        )
        return price

    # -- changes: each returns a new account -------------------------------------------------------------------

    def at(self, marks: Mapping[str, Number]) -> Account:
        """Move marks; the ones not named stay."""
        given = Marks(marks)
        for name in given:
            if name not in self._names:
                held = ", ".join(sorted(self._names)) or "nothing"
                raise InputError(f"marks: the account holds no {shown(name)}; it holds: {held}")
        return replace(self, marks=Marks({**self.marks, **given}))

    def holding(
        self, positions: Iterable[Position], balance: Number | None = None, orders: Iterable[Order] | None = None
    ) -> Account:
        """Put other positions, balance and orders in the place of these; marks no longer needed are dropped."""
        positions, orders = tuple(positions), self.orders if orders is None else tuple(orders)
        names = names_of(positions, orders, self.collateral)
        marks = {name: price for name, price in self.marks.items() if name in names}
        return Account(self.balance if balance is None else balance, positions, orders, marks, self.collateral)

    def change(self, old: Position, new: Position | None, balance: Number | None = None) -> Account:
        """Put a position in the place of another; ``None`` takes it out."""
        if not isinstance(old, Position) or old not in self.positions:
            raise InputError(f"the account does not hold {old!r}: it may have changed since")
        return self.holding([x for p in self.positions if (x := new if p == old else p) is not None], balance)

    def place(self, order: Order, mark_price: Number | None = None) -> Account:
        """Add an open order; refused if it reserves more than is free, or what it opens is not allowed by the tiers.

        It is looked at together with what is held on its side and what other orders would open there. ``mark_price``:
        of its contract, if you want it kept; the order itself sets none.
        """
        all_of(Order, "order", [order])
        name = order.market.contract.name
        marks = self.marks if mark_price is None else Marks({name: mark_price} | dict(self.marks))
        after = replace(self, orders=(*self.orders, order), marks=marks)
        opens = after.opening[-1]
        if opens:
            same = self._by_key.get((name, order.side))
            mates = [
                quantity
                for other, quantity in zip(after.orders, after.opening, strict=True)
                if (other.market.contract.name, other.side) == (name, order.side)
            ]
            together = plus(*mates, same.quantity) if same else plus(*mates)
            order.market.check_opening(order.price, together, order.leverage)
        needed = after.order_margins[-1]
        if needed > 0 and needed > self.free_balance:
            raise InputError(f"the order reserves {needed} but only {self.free_balance} is free")
        return self._unless_pool_dies(after)

    def cancel(self, orders: Iterable[Order]) -> Account:
        """Take orders out, each given one once; what they reserved is free again."""
        left = list(self.orders)
        for order in all_of(Order, "orders", orders):
            if order not in left:
                raise InputError(f"the account has no {order!r} (any more)")
            left.remove(order)
        return self.holding(self.positions, orders=left)

    def add_margin(self, amount: Number, name: str, side: int | None = None) -> Account:
        """Move free balance into an isolated position, or back out of it if ``amount`` is negative.

        Refused: more than is free, and more out than leaves the initial margin.
        """
        amount = one_number("amount", amount, "number")
        position = self.position(name, side)
        if position.margin is None:
            raise InputError(f"{name} is a cross position: all of the free balance backs it already")
        margin = position.margin + amount
        if amount > 0 and amount > self.free_balance:
            raise InputError(f"amount={amount} is not allowed: only {self.free_balance} is free")
        if amount < 0 and margin < position.initial_margin:
            raise InputError(
                f"amount={amount} would leave {margin}, less than the initial margin {position.initial_margin}"
            )
        return self._unless_liquidated(position, replace(position, margin=margin))

    def add_margin_automatically(self, name: str, side: int | None = None) -> Account:
        """Do what the venue does for a position with ``auto_margin`` before it liquidates it.

        One maintenance margin at a time is moved in (the rest of the free balance, if that is less), until the trigger
        no longer fires, nothing is free, or it has been done 100 times (MEXC, read 2026; that the last addition may be
        smaller, and that none has the pool liquidated, is our choice).
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
            after = account.change(position, richer)
            if not added or (after.is_liquidatable() and not account.is_liquidatable()):
                break
            account, position = after, richer
        return account

    def pay_funding(self, rate: Number, name: str) -> Account:
        """Pay one funding payment on a contract, at its mark price; at a negative rate it is received.

        An isolated position pays out of its own margin, a cross position out of the balance, and the trigger is looked
        at afterwards (our choice where a venue does not say). The part of a payment that the margin does not have is
        nobody's to pay here: refused.

        Arguments:
            rate: of this payment; longs pay it to shorts if it is positive [fraction of the position value].
            name: the contract.
        """
        rate = one_number("rate", rate, "number")
        legs = [p for p in self.positions if p.key[0] == name]
        if not legs:
            self.position(name)
        positions, balance = list(self.positions), self.balance
        for p in legs:
            paid = p.market.theory.funding_payment(
                side=p.side,
                mark_price=self._mark(p),
                quantity=p.quantity,
                contract_size=p.market.contract.contract_size,
                funding_rate=rate,
            )
            balance = balance - paid
            if p.margin is not None:
                if paid > p.margin:
                    raise InputError(f"rate={rate} takes {paid} from {name}, whose margin is {p.margin}")
                positions[positions.index(p)] = replace(p, margin=p.margin - paid)
        return self.holding(positions, balance)

    def set_leverage(self, leverage: Number, name: str, side: int | None = None) -> Account:
        """Change a position's leverage; an isolated one's margin moves by the change of its initial margin."""
        position = self.position(name, side)
        new = replace(position, leverage=leverage)
        position.market.check_opening(position.entry_price, position.quantity, leverage)
        needed = new.initial_margin - position.initial_margin
        if needed > 0 and needed > self.free_balance:
            raise InputError(f"leverage={leverage} needs {needed} more margin, but only {self.free_balance} is free")
        if position.margin is not None:
            new = replace(new, margin=max(position.margin + needed, 0))
        return self._unless_liquidated(position, new)

    def _unless_liquidated(self, old: Position, new: Position) -> Account:
        """Change a position, but not so that it would be liquidated at once."""
        after = self.change(old, new)
        if after.is_liquidatable(*new.key) and not self.is_liquidatable(*old.key):
            raise InputError(f"a margin of {new.margin} would have {new.key[0]} liquidated at the present mark")
        return self._unless_pool_dies(after)

    def _unless_pool_dies(self, after: Account) -> Account:
        """Return the account after a change, but not if money that left the pool would have it liquidated at once."""
        if after.is_liquidatable() and not self.is_liquidatable():
            raise InputError(
                "with so much taken from the pool its cross positions would be liquidated at the present marks"
            )
        return after

    def close(self, position: Position, quantity: Number, price: Number, keep: Number | None = None) -> Account:
        """Close a part of a position at a price, or all of it: its profit or loss goes to the balance.

        The margin of an isolated position is set free in proportion, unless ``keep`` says how much stays with what is
        left of it. An order that was to close what is gone now is
        cut by as much: none begins to open, and to reserve, by itself (our choice; exchanges cancel such orders).
        """
        quantity = one_number("quantity", quantity, "positive")
        if exact(quantity) > exact(position.quantity):
            raise InputError(f"quantity={quantity} is not allowed: the position has {position.quantity} contracts")
        realized = position.market.unrealized_pnl(position.side, position.entry_price, price, quantity)
        left = reduced(position, quantity)
        if left is not None and keep is not None:
            left = replace(left, margin=keep)
        after = self.change(position, left, self.balance + realized)
        kept = []
        for order, opened, opens in zip(self.orders, self.opening, after.opening, strict=True):
            if exact(opens) <= exact(opened):
                kept.append(order)
            elif still := minus(order.quantity, minus(opens, opened)):
                kept.append(replace(order, quantity=still))
        return after if kept == list(self.orders) else after.holding(after.positions, orders=kept)

    def trade(
        self,
        market: Market,
        side: int,
        quantity: Number,
        price: Number,
        *,
        leverage: Number | None = None,
        isolate: bool = False,
        hedge: bool = False,
        fee_rate: Number = 0,
    ) -> Account:
        """Buy or sell at a price, and return the account after it.

        An opposite position of the contract is reduced first and its profit or loss realized; what is left opens or
        adds to the side traded, at the average entry price. The mark price of a contract that was not held becomes the
        price traded.

        Arguments:
            market: contract, ladder and venue.
            side: +1 buy, -1 sell.
            quantity: contracts.
            price: in the unit of the contract's price.
            leverage: of a new position; left out, 1 [times].
            isolate: whether a new position stands on its own margin.
            hedge: leave the opposite side alone (hedge mode).
            fee_rate: part of the value traded that is paid from the balance [fraction].

        Refused: what the tiers do not allow, and what opens more than the free balance bears.
        """
        side = int(one_number("side", side, "side"))
        price = one_number("price", price, "positive")
        fee_rate = one_number("fee_rate", fee_rate, "rate")
        for option, value in (("isolate", isolate), ("hedge", hedge)):
            one_of(option, value, True, False)
        leverage = 1 if leverage is None else one_number("leverage", leverage, "positive")
        if not isinstance(market, Market):
            raise InputError(f"market={shown(market)} is not allowed: give a Market, such as liquidation.MEXC_BTC_USDT")
        quantity = market.contract.checked_quantity(quantity)
        name = market.contract.name
        opposite, same = self._by_key.get((name, -side)), self._by_key.get((name, side))
        account, left = self, quantity
        if opposite and not hedge:
            closing = min(quantity, opposite.quantity, key=exact)
            account, left = self.close(opposite, closing, price), minus(quantity, closing)
        positions = account.positions
        if left:
            new = added_to(same, left, price) if same else Position(market, side, left, price, leverage)
            market.check_opening(new.entry_price, new.quantity, new.leverage)
            if not same and isolate:
                new = replace(new, margin=new.initial_margin)
            positions = (*(p for p in positions if p is not same), new)
        names = names_of(positions, account.orders, account.collateral)
        marks = {n: mark for n, mark in ({name: price} | dict(self.marks)).items() if n in names}
        balance = account.balance - fee_rate * market.value(price, quantity)
        account = Account(balance, positions, account.orders, marks, account.collateral)
        if left and account.free_balance < min(0, self.free_balance):
            raise InputError(
                f"this trade needs {-account.free_balance} more than is free "
                f"(quantity={said(quantity)}, price={said(price)}, leverage={said(leverage)})"
            )
        return self._unless_pool_dies(account) if left else account


def _breakpoints(legs: Sequence[Position]) -> list[Any]:
    """The mark prices at which what positions of one contract require may bend or jump."""
    quantities = [leg.quantity for leg in legs]
    if len(legs) > 1:  # a hedge may be charged for its net quantity
        larger, smaller = sorted(quantities, key=exact, reverse=True)
        quantities += [net] if (net := minus(larger, smaller)) else []
    return [price for quantity in quantities for price in legs[0].market.breakpoints(quantity)]


def _nearest(intervals: list[Interval], now: Number) -> tuple[Price, Price]:
    """The nearest ends of the intervals below and above a price; NEVER and ALREADY in words."""
    if any(low == 0 and high == math.inf for low, high in intervals):
        return ALREADY, ALREADY
    ends = [end for interval in intervals for end in interval if 0 < end < math.inf]
    below, above = [e for e in ends if e <= now], [e for e in ends if e > now]
    return max(below, default=NEVER), min(above, default=NEVER)
