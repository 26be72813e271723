"""The four steps in which a venue liquidates an account: cancel, net, reduce tier by tier, take over.

Source of the order and of the check after each step: MEXC "Liquidation and Risk Limit", support 360044646391, and
"FAQ on Liquidation", read 2026. What MEXC does not publish is a parameter here, and its default is called our choice.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..margin.account import Account
from ..margin.position import Position
from .ledger import CLEARING, TRADER, Transfer, pay

Pick = Callable[[Account, tuple[Position, ...]], Position]


def largest_loss_first(account: Account, positions: tuple[Position, ...]) -> Position:
    """Pick the position with the largest unrealized loss.

    Our choice for the order in which cross positions are reduced; MEXC does not publish one, dYdX starts at random.
    The position that has lost most is the one whose loss brought the account down, and a winning one, closed at its
    bankruptcy price, would give up the most.
    """
    return min(positions, key=lambda p: p.pnl(account.marks[p.key[0]]))


@dataclass(frozen=True)
class Step:
    """One step: what it did or why it was skipped, the account and its margin ratio before and after, the transfers.

    ``taken`` are the positions that went to the engine; their ``entry_price`` is the bankruptcy price they went at.
    """

    name: str
    ran: bool
    why: str
    before: Account
    after: Account
    ratio_before: Any
    ratio_after: Any
    taken: tuple[Position, ...] = ()
    transfers: tuple[Transfer, ...] = ()


@dataclass(frozen=True)
class Trace:
    """All steps of one liquidation, in order; shown in a notebook as a table."""

    steps: tuple[Step, ...]
    before: Account
    after: Account

    @property
    def taken(self) -> tuple[Position, ...]:
        """What the engine took over, at bankruptcy prices."""
        return tuple(position for step in self.steps for position in step.taken)

    @property
    def transfers(self) -> tuple[Transfer, ...]:
        """Every payment, in order."""
        return tuple(transfer for step in self.steps for transfer in step.transfers)

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (step.name, step.why, f"{_percent(step.ratio_before)} → {_percent(step.ratio_after)}" if step.ran else "")
            for step in self.steps
        ]

    def __str__(self) -> str:
        if not self.steps:
            return "the account is healthy: nothing happens"
        return "\n".join(f"{name:>25} | {why} | {ratio}".rstrip(" |") for name, why, ratio in self._rows())

    def _repr_markdown_(self) -> str:
        head = "| step | what happened | margin ratio |\n|---|---|:--:|\n"
        return head + "\n".join(f"| {' | '.join(row)} |" for row in self._rows()) if self.steps else str(self)

    __repr__ = __str__


def _percent(ratio: Any) -> str:
    return {0: "nothing held", math.inf: "no equity left"}.get(ratio, f"{float(ratio):.1%}")


@dataclass
class _Run:
    """A liquidation under way: what stands together, and the steps so far."""

    account: Account
    name: str | None
    side: int | None
    strict: bool
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
        self.steps.append(Step(name, False, why, self.account, self.account, ratio, ratio))

    def do(self, name: str, why: str, after: Account, taken: tuple = (), transfers: tuple = ()) -> None:
        before = self.account
        self.steps.append(
            Step(name, True, why, before, after, self.ratio(before), self.ratio(after), tuple(taken), tuple(transfers))
        )
        self.account = after

    def take_over(self, name: str, position: Position, quantity: Any, why: str) -> bool:
        """Hand a part of a position to the engine at its bankruptcy price; False if there is no such price."""
        price = self.account.bankruptcy_price(*position.key)
        if not isinstance(price, (int, float)) and not hasattr(price, "numerator"):
            return False
        market = position.market
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
    strict: bool = False,
    pick: Pick = largest_loss_first,
    tiers_at_a_time: int | None = 1,
) -> Trace:
    """Run the venue's procedure on the pool of cross positions, or on the isolated position named, at the marks.

    After each step the trigger is checked again, and the procedure stops as soon as it no longer fires. A healthy
    account comes back unchanged, with no steps.

    0. *auto-margin addition*, for an isolated position where it is on;
    1. *order cancellation*: in cross all open orders; isolated, those of the contract if auto-margin is on, and what
       they free is then added; plain isolated, none;
    2. *long/short netting*, in cross: a contract held long and short is closed against itself at the mark price (our
       choice of price: at any one price equity stays the same);
    3. *tiered reduction*: above the lowest tier, the part of a position beyond the cap of the next lower tier goes to
       the engine at the bankruptcy price (the amount is our reading; so in the older texts of MEXC, Bybit and BitMEX);
    4. *full takeover* of what is left, at the bankruptcy price.

    ``strict``: fire below the requirement only. ``pick`` chooses the next cross position to reduce or take over.
    ``tiers_at_a_time``: how far down one reduction goes, ``None`` for straight to the lowest tier (older OKX rule).

    Raises ``ValueError`` if the name is that of a cross position: those are liquidated together, as the pool.
    """
    if tiers_at_a_time is not None and (tiers_at_a_time != int(tiers_at_a_time) or tiers_at_a_time < 1):
        raise ValueError(f"tiers_at_a_time={tiers_at_a_time} is not allowed: it is 1, 2, ... or None for all the way")
    if name is not None:
        position = account.position(name, side)
        if not position.isolated:
            raise ValueError(f"{name} is a cross position: the pool is liquidated together, leave the name out")
        name, side = position.key
    run = _Run(account, name, side, strict)
    for step in (_add_margin, _cancel, _net, lambda r: _reduce(r, pick, tiers_at_a_time), lambda r: _take(r, pick)):
        if not run.sick():
            break
        step(run)
    return Trace(tuple(run.steps), account, run.account)


def _add_margin(run: _Run) -> None:
    if run.name is None or not run.positions[0].auto_margin:
        return
    after = run.account.add_margin_automatically(run.name, run.side)
    added = after.position(run.name, run.side).margin - run.positions[0].margin
    if added:
        run.do("auto-margin addition", f"{float(added):,.2f} moved in from the free balance", after)
    else:
        run.skip("auto-margin addition", "nothing is free")


def _cancel(run: _Run) -> None:
    label = "1 order cancellation"
    auto = run.name is not None and run.positions[0].auto_margin
    if run.name is not None and not auto:
        return run.skip(label, "isolated: orders do not concern the position")
    orders = [o for o in run.account.orders if run.name in (None, o.market.contract.name)]
    if not orders:
        return run.skip(label, "there are no open orders")
    after = run.account.cancel(orders)
    freed = sum(order.margin for order in orders)
    words = f"{len(orders)} order{'s' if len(orders) > 1 else ''} canceled, {float(freed):,.2f} freed"
    if auto:
        after = after.add_margin_automatically(run.name, run.side)
        words += " and added as far as needed"
    return run.do(label, words, after)


def _net(run: _Run) -> None:
    label = "2 long/short netting"
    if run.name is not None:
        return run.skip(label, "isolated: each side stands alone")
    held = {p.key: p for p in run.account.cross}
    pairs = [(long, held[name, -1]) for (name, side), long in held.items() if side == 1 and (name, -1) in held]
    if not pairs:
        return run.skip(label, "no contract is held long and short")
    after, transfers, words = run.account, [], []
    for long, short in pairs:
        name = long.key[0]
        mark = after.marks[name]
        quantity = min(long.quantity, short.quantity)
        realized = sum(p.market.unrealized_pnl(p.side, p.entry_price, mark, quantity) for p in (long, short))
        transfers += pay(CLEARING, TRADER, realized, f"{name} netted at {float(mark):,.2f}")
        after = after.close(long, quantity, mark).close(short, quantity, mark)
        words.append(f"{_count(quantity)} of {name} long and short closed at {float(mark):,.2f}")
    return run.do(label, "; ".join(words), after, (), transfers)


def _reduce(run: _Run, pick: Pick, tiers_at_a_time: int | None) -> None:
    label = "3 tiered reduction"
    reduced = False
    while run.sick():
        high = tuple(p for p in run.positions if _tier(run.account, p) > 0)
        if not high:
            return None if reduced else run.skip(label, "already in the lowest tier")
        position = pick(run.account, high)
        tier = _tier(run.account, position)
        target = 0 if tiers_at_a_time is None else max(0, tier - tiers_at_a_time)
        excess = position.quantity - _largest_quantity(run.account, position, target)
        words = f"{_count(excess)} of {position.key[0]} to the engine, from tier {tier + 1} to {target + 1},"
        if not run.take_over(label, position, excess, words):
            return run.skip(label, "there is no bankruptcy price to take a part over at")
        reduced = True
    return None


def _take(run: _Run, pick: Pick) -> None:
    label = "4 full takeover"
    while run.sick():
        position = pick(run.account, run.positions)
        words = f"{_count(position.quantity)} of {position.key[0]} to the engine"
        if not run.take_over(label, position, position.quantity, words):
            return run.skip(label, "there is no bankruptcy price to take it over at")
    return None


def _count(quantity: Any) -> str:
    return f"{quantity:,} contracts" if isinstance(quantity, int) else f"{float(quantity):,.4g} contracts"


def _price_that_counts(account: Account, position: Position) -> Any:
    return position.entry_price if position.market.maintenance_basis == "entry" else account.marks[position.key[0]]


def _tier(account: Account, position: Position) -> int:
    market = position.market
    return market.tiers.index(market.size(_price_that_counts(account, position), position.quantity))


def _largest_quantity(account: Account, position: Position, tier: int) -> Any:
    """Contracts that fit under the cap of a tier, whole ones if the position is counted in whole ones."""
    market, cap = position.market, position.market.tiers.caps[tier]
    if market.tiers.measure == "value":
        price = _price_that_counts(account, position)
        fits = cap / market.value(price, 1)
        if market.tiers.index(market.size(price, fits)) > tier:  # the last bit of a float
            fits *= 1 - 2**-50
        cap = fits
    return math.floor(cap) if isinstance(position.quantity, int) else cap
