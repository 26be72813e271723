"""The steps in which a venue liquidates an account: cancel, net, reduce tier by tier, take over.

Which steps a venue takes, and in which order, its record says (:mod:`liquidation.margin.venue`); how each is done is
here, in :data:`STEPS`, one after the other, so that the order can be read (hence its length).

Source of the four steps and of the check after each: MEXC "Liquidation and Risk Limit", support 360044646391, and "FAQ
on Liquidation", read 2026-11-26. What MEXC does not publish is called our choice.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from ..algebra.checks import InputError, Number, one_number, one_of, refuse
from ..algebra.evaluation import NoPrice
from ..algebra.exact import down_to_step, exact, minus
from ..margin import venue as rules
from ..margin.account import Account
from ..margin.holdings import all_of
from ..margin.position import Position
from .ledger import CLEARING, TRADER, Transfer, pay
from .portions import BACKSTOP, CHUNK, FIFTH, least_that_cures, part_of, sold
from .trace import Step, Trace

Pick = Callable[[Account, tuple[Position, ...]], Position]


def largest_loss_first(account: Account, positions: tuple[Position, ...]) -> Position:
    """Pick the position with the largest unrealized loss.

    Our choice for the order in which cross positions are reduced; MEXC does not publish one, dYdX starts at random.
    The position that has lost most is the one whose loss brought the account down, and a winning one, closed at its
    bankruptcy price, would give up the most.

    >>> from liquidation import MEXC_BTC_USDT
    >>> pool = Account(1_000).trade(MEXC_BTC_USDT, side=1, quantity=1_000, price=50_000, leverage=25)
    >>> largest_loss_first(pool, pool.cross)
    <BTC_USDT long 1,000 contracts at 50,000, 25x, cross>
    """
    return min(_of(account, positions), key=lambda p: p.pnl(account.marks[p.key[0]]))


def largest_requirement_first(account: Account, positions: tuple[Position, ...]) -> Position:
    """Pick the position with the largest requirement.

    >>> from liquidation import MEXC_BTC_USDT
    >>> pool = Account(1_000).trade(MEXC_BTC_USDT, side=1, quantity=1_000, price=50_000, leverage=25)
    >>> largest_requirement_first(pool, pool.cross).quantity
    1000
    """
    return max(_of(account, positions), key=lambda p: p.requirement(account.marks[p.key[0]]))


def _of(account: Account, positions: tuple[Position, ...]) -> tuple[Position, ...]:
    """Check what there is to pick from."""
    if not isinstance(account, Account):
        raise refuse("account", account, "an Account")
    found: tuple[Position, ...] = all_of(Position, "positions", positions)
    if not found:
        raise InputError("positions holds none: there is nothing to pick from")
    for position in found:
        account.position(*position.key)
    return found


PICKS: dict[str, Pick] = {"largest loss": largest_loss_first, "largest requirement": largest_requirement_first}
"""What a venue's ``pick`` means."""


@dataclass
class _Run:
    """A liquidation under way: what stands together, the rules, and the steps so far."""

    account: Account
    name: str | None
    side: int | None
    strict: bool
    pick: Pick
    tiers_at_a_time: Number
    takeover_price: str
    portion: str
    number: int = 0
    steps: list[Step] = field(default_factory=list)

    @property
    def positions(self) -> tuple[Position, ...]:
        """What is liquidated and still held."""
        if self.name is None:
            return self.account.cross
        return tuple(p for p in self.account.positions if p.key == (self.name, self.side))

    def sick(self) -> bool:
        return bool(self.positions) and self.account.is_liquidatable(self.name, self.side, strict=self.strict)

    def ratio(self, account: Account) -> Any:
        alive = self.name is None or any(p.key == (self.name, self.side) for p in account.positions)
        return account.margin_ratio(self.name, self.side) if alive else 0

    def skip(self, name: str, why: str) -> None:
        ratio = self.ratio(self.account)
        self.steps.append(Step(self.number, name, False, why, self.account, self.account, ratio, ratio))

    def do(
        self,
        name: str,
        why: str,
        after: Account,
        taken: tuple[Position, ...] = (),
        transfers: tuple[Transfer, ...] = (),
    ) -> None:
        before, self.account = self.account, after
        ratios = self.ratio(before), self.ratio(after)
        self.steps.append(Step(self.number, name, True, why, before, after, *ratios, taken, transfers))

    def take_over(self, name: str, position: Position, quantity: Number, why: str) -> bool:
        """Hand a part of a position to the engine at the takeover price; False if there is no such price."""
        market = position.market
        price = self.account.marks[position.key[0]]
        if self.takeover_price == "bankruptcy":
            found = self.account.bankruptcy_price(*position.key)
            if isinstance(found, NoPrice):
                return False
            price = found
        realized = market.unrealized_pnl(position.side, position.entry_price, price, quantity)
        taken = Position(market, position.side, quantity, price, position.leverage)
        after = self.account.close(position, quantity, price)
        transfers = pay(CLEARING, TRADER, realized, f"{market.contract.name} taken over at {float(price):,.2f}")
        self.do(name, f"{why} at {float(price):,.2f}", after, (taken,), transfers)
        return True


def liquidate(
    account: Account,
    name: str | None = None,
    side: int | None = None,
    *,
    strict: bool | None = None,
    pick: Pick | None = None,
    tiers_at_a_time: Number | None = None,
    takeover_price: str | None = None,
    portion: str | None = None,
) -> Trace:
    """Run the venue's procedure on the pool of cross positions, or on the isolated position named, at the marks.

    After each step the trigger is checked again, and the procedure stops as soon as it no longer fires. A healthy
    account comes back unchanged, with no steps. These are MEXC's steps; a venue's record may have others:

    0. *auto-margin addition*, for an isolated position where it is on;
    1. *order cancellation*: in cross all open orders; isolated, those of the contract if auto-margin is on, and what
       they free is then added; plain isolated, none;
    2. *long/short netting*, in cross: a contract held long and short is closed against itself at the mark price (our
       choice of price: at any one price equity stays the same);
    3. *tiered reduction*: above the lowest tier, the part of a position beyond the cap of the next lower tier goes to
       the engine at the bankruptcy price (the amount is our reading; so in the older texts of MEXC, Bybit and BitMEX).
       What may stay is rounded down to whole quantity steps: the engine gets the rest;
    4. *full takeover* of what is left, at the bankruptcy price. A pool in so deep a deficit that its positions have no
       such price keeps them, and the trace says so.

    Arguments:
        account: with the marks at which it is looked at.
        name: contract of an isolated position; left out, the pool.
        side: of that position, where both sides are held, +1 or -1.
        strict: fire below the requirement only.
        pick: chooses the next cross position to reduce or take over, from the account and its positions.
        tiers_at_a_time: how far down one reduction goes; ``math.inf``: straight to the lowest (older OKX rule).
        takeover_price: ``"bankruptcy"`` or ``"mark"``.
        portion: what one reduction sells, see :class:`liquidation.margin.venue.Venue`; all but ``"tier"`` at the mark.

    Where orders are canceled before liquidation (``cancel_at``), that comes first, and may be all. What is left out the
    venue's record says. Raises ``ValueError`` if the name is that of a cross position: those are liquidated together,
    as the pool.

    >>> from liquidation import MEXC_BTC_USDT
    >>> pool = Account(1_000).trade(MEXC_BTC_USDT, side=1, quantity=1_000, price=50_000, leverage=25)
    >>> print(liquidate(pool.at({"BTC_USDT": 40_000})).steps[-1].why)
    1,000 contracts of BTC_USDT to the engine at 40,000.00
    """
    if not isinstance(account, Account):
        raise refuse("account", account, "an Account")
    if name is not None:
        position = account.position(name, side)
        if not position.isolated:
            raise InputError(f"{name} is a cross position: the pool is liquidated together, leave the name out")
        name, side = position.key
    run = _run(account, name, side, strict, pick, tiers_at_a_time, takeover_price, portion)
    if not run.sick() and name is None and account.orders and run.ratio(account) >= account.venue.rule("cancel_at"):
        run.number = 1
        _cancel(run)
        return Trace(tuple(run.steps), account, run.account)
    for step in account.venue.rule("steps"):
        if not run.sick():
            break
        run.number += step != "add margin"  # which is done before the steps
        STEPS[step](run)
    return Trace(tuple(run.steps), account, run.account)


def _run(
    account: Account,
    name: str | None,
    side: int | None,
    strict: bool | None,
    pick: Pick | None,
    tiers_at_a_time: Number | None,
    takeover_price: str | None,
    portion: str | None,
) -> _Run:
    """Put what is given in the place of the venue's rules."""
    venue = account.venue
    steps = venue.rule("steps")
    if "reduce" in steps:
        portion = one_of("portion", venue.rule("portion", portion), *PORTIONS)
        if portion == "tier":
            tiers_at_a_time = venue.rule("tiers_at_a_time", tiers_at_a_time)
    if tiers_at_a_time is None:
        tiers_at_a_time = 1
    if tiers_at_a_time != math.inf:
        tiers_at_a_time = one_number("tiers_at_a_time", tiers_at_a_time, "count")
    if pick is None:
        # With one position there is nothing to choose.
        pick = PICKS[venue.rule("pick")] if len(account.cross) > 1 and name is None else largest_loss_first
    if not callable(pick):
        raise refuse("pick", pick, "a function of the account and its positions, such as largest_loss_first")
    strict = one_of("strict", venue.rule("strict", strict), True, False)
    takeover_price = one_of("takeover_price", venue.rule("takeover_price", takeover_price), "bankruptcy", "mark")
    return _Run(account, name, side, strict, pick, tiers_at_a_time, takeover_price, portion or "all")


def _add_margin(run: _Run) -> None:
    if run.name is None or not run.positions[0].auto_margin:
        return
    before = run.positions[0].margin
    after = run.account.add_margin_automatically(run.name, run.side)
    added = (after.position(run.name, run.side).margin or 0) - (before or 0)
    if added:
        run.do("auto-margin addition", f"{float(added):,.2f} moved in from the free balance", after)
    else:
        run.skip("auto-margin addition", "nothing is free")


def _cancel(run: _Run) -> None:
    label = "order cancellation"
    auto = run.name is not None and run.positions[0].auto_margin
    if run.name is not None and not auto:
        return run.skip(label, "isolated: orders do not concern the position")
    orders = [o for o in run.account.orders if run.name in (None, o.market.contract.name)]
    if not orders:
        return run.skip(label, "there are no open orders")
    after = run.account.cancel(orders)
    freed = sum(run.account.order_margins) - sum(after.order_margins)
    words = f"{len(orders)} order{'s' if len(orders) > 1 else ''} canceled, {float(freed):,.2f} freed"
    if run.name is not None:
        after = after.add_margin_automatically(run.name, run.side)
        words += " and added as far as needed"
    return run.do(label, words, after)


def _net(run: _Run) -> None:
    label = "long/short netting"
    if run.name is not None:
        return run.skip(label, "isolated: each side stands alone")
    held = {p.key: p for p in run.account.cross}
    pairs = [(long, held[name, -1]) for (name, side), long in held.items() if side == 1 and (name, -1) in held]
    if not pairs:
        return run.skip(label, "no contract is held long and short")
    after, words = run.account, []
    transfers: list[Transfer] = []
    for long, short in pairs:
        name = long.key[0]
        mark = after.marks[name]
        quantity = min(long.quantity, short.quantity, key=exact)
        realized = sum(p.market.unrealized_pnl(p.side, p.entry_price, mark, quantity) for p in (long, short))
        transfers += pay(CLEARING, TRADER, realized, f"{name} netted at {float(mark):,.2f}")
        after = after.close(long, quantity, mark).close(short, quantity, mark)
        words.append(f"{_count(quantity)} of {name} long and short closed at {float(mark):,.2f}")
    return run.do(label, "; ".join(words), after, (), tuple(transfers))


def _reduce(run: _Run) -> None:
    return PORTIONS[run.portion](run)


def _by_tiers(run: _Run) -> None:
    label = "tiered reduction"
    reduced = False
    while run.sick():
        high = tuple(p for p in run.positions if _tier(run.account, p) > 0)
        if not high:
            return None if reduced else run.skip(label, "already in the lowest tier")
        position = run.pick(run.account, high)
        tier = _tier(run.account, position)
        target = int(max(0, tier - run.tiers_at_a_time))
        beyond = minus(position.quantity, _largest_quantity(run.account, position, target))
        words = f"{_count(beyond)} of {position.key[0]} to the engine, from tier {tier + 1} to {target + 1},"
        if not run.take_over(label, position, beyond, words):
            return run.skip(label, "there is no bankruptcy price to take a part over at")
        reduced = True
    return None


def _sell(run: _Run, position: Position, quantity: Number) -> None:
    """Sell a part in the market: what is left, and its money, stay with the trader."""
    name, mark = position.key[0], run.account.marks[position.key[0]]
    realized = position.market.unrealized_pnl(position.side, position.entry_price, mark, quantity)
    words = f"{_count(quantity)} of {name} sold in the market at {float(mark):,.2f}"
    if position.side < 0:
        words = words.replace("sold", "bought back")
    transfers = pay(CLEARING, TRADER, realized, f"{name} closed at {float(mark):,.2f}")
    run.do("market reduction", words, sold(run.account, position, quantity), (), transfers)


def _can_sell(run: _Run, part: Number = 0) -> bool:
    """Whether there is equity for a sale: more than this part of the requirement."""
    equity = run.account.equity(run.name, run.side)
    if equity > 0 and equity >= part * run.account.requirement(run.name, run.side):
        return True
    run.skip("market reduction", "too little equity is left for it")
    return False


def _the_least(run: _Run) -> None:
    while run.sick() and _can_sell(run):
        position = run.pick(run.account, run.positions)
        _sell(run, position, least_that_cures(run.account, position, run.strict))


def _a_fifth(run: _Run) -> None:
    """A fifth of each position, and then, as after the pause, all of it."""
    for part in (FIFTH, Fraction(1)):
        for position in run.positions:
            if run.sick() and _can_sell(run, BACKSTOP):
                _sell(run, position, part_of(position, part))


def _in_chunks(run: _Run) -> None:
    first = {p.key: part_of(p, CHUNK) for p in run.positions}
    while run.sick() and _can_sell(run):
        position = run.pick(run.account, run.positions)
        _sell(run, position, min(first[position.key], position.quantity, key=exact))


def _none(run: _Run) -> None:
    run.skip("reduction", "all is closed at once")


PORTIONS: dict[str, Callable[[_Run], None]] = {
    "tier": _by_tiers,
    "least": _the_least,
    "fifth": _a_fifth,
    "chunks": _in_chunks,
    "all": _none,
}
"""What a venue's ``portion`` means."""


def _take(run: _Run) -> None:
    label = "full takeover"
    while run.sick():
        position = run.pick(run.account, run.positions)
        words = f"{_count(position.quantity)} of {position.key[0]} to the engine"
        if not run.take_over(label, position, position.quantity, words):
            return run.skip(label, "there is no bankruptcy price to take it over at")
    return None


STEPS: dict[rules.Step, Callable[[_Run], None]] = {
    "add margin": _add_margin,
    "cancel": _cancel,
    "net": _net,
    "reduce": _reduce,
    "take over": _take,
}
"""What the steps in a venue's record do."""


def _count(quantity: Number) -> str:
    return f"{quantity:,} contracts" if isinstance(quantity, int) else f"{float(quantity):,.4g} contracts"


def _price_that_counts(account: Account, position: Position) -> Any:
    return position.market.price_that_counts(position.entry_price, account.marks[position.key[0]])


def _tier(account: Account, position: Position) -> int:
    market = position.market
    tier: int = market.tiers.index(market.size(_price_that_counts(account, position), position.quantity))
    return tier


def _largest_quantity(account: Account, position: Position, tier: int) -> Number:
    """Contracts that fit under the cap of a tier: whole steps, or whole contracts if they are counted in whole ones."""
    market, cap = position.market, position.market.tiers.caps[tier]
    step = market.contract.quantity_step or (1 if isinstance(position.quantity, int) else None)
    if market.tiers.measure == "contracts":
        return down_to_step(cap, step)
    price = _price_that_counts(account, position)
    fits = cap / market.value(price, 1)
    if market.tiers.index(market.size(price, fits)) > tier:  # the last bit of a float
        fits *= 1 - 2**-50
    return down_to_step(fits, step)
