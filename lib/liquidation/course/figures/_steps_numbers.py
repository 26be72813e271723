"""Accounts and numbers of the pictures of lesson 05; money in USDT."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

from liquidation import (
    LONG,
    SHORT,
    Account,
    Market,
    Order,
    Position,
    RiskTiers,
    Step,
    Trace,
    balances,
    isolated,
    liquidate,
)
from liquidation.algebra.checks import Number

from ..mira import BIG_BTC, BTC, ETH

NAME = "BTC_USDT"


def three_in_the_morning() -> Account:
    """Mira's bitcoin in cross, with an order that reserves 150 USDT, at a mark of 45,600."""
    marks = {NAME: 45_600, "ETH_USDT": 2_000}
    return Account(600, (Position(BTC, LONG, 1_000, 50_000, 25),), (Order(ETH, LONG, 100, 1_500, 10),), marks)


def long_and_short() -> Account:
    """A long of 1,000 contracts and a short of 600, both from 50,000, in cross, at a mark of 38,000."""
    legs = Position(BTC, LONG, 1_000, 50_000, 25), Position(BTC, SHORT, 600, 50_000, 25)
    return Account(500, legs, marks={NAME: 38_000})


def big(mark_price: float) -> Account:
    """Clara's 150,000 contracts, isolated at 50x, in the third tier of MEXC's sample ladder."""
    return Account(15_000, (isolated(BIG_BTC, LONG, 150_000, 50_000, 50),), marks={NAME: mark_price})


CASES = {
    "canceling": lambda: liquidate(three_in_the_morning()),
    "netting": lambda: liquidate(long_and_short()),
    "tiers": lambda: liquidate(big(49_190), NAME),
    "nothing": lambda: liquidate(big(49_010), NAME),
}


def contracts_of(account: Account, side: int) -> Number:
    """Contracts of BTC that an account holds on one side."""
    return sum(p.quantity for p in account.positions if p.key == (NAME, side))


def reductions(trace: Trace) -> tuple[list[Number], list[float]]:
    """Contracts of the one position liquidated, and its margin ratio, at first and after each step that takes some."""
    side = trace.before.positions[0].side
    steps = [step for step in trace.steps if step.taken]
    sizes = [contracts_of(account, side) for account in (trace.before, *(step.after for step in steps))]
    return sizes, [steps[0].ratio_before, *(step.ratio_after for step in steps)]


class Ending(NamedTuple):
    """Contracts of one position that are sold in the market, taken over by the engine, and kept."""

    sold: Number
    taken: Number
    kept: Number


RULES = {
    "tier": "down the tiers (MEXC, older text)",
    "least": "the least that cures (Binance)",
    "fifth": "a fifth, then the rest (Hyperliquid)",
    "chunks": "eighths until cured (Deribit)",
    "all": "all on the book (dYdX)",
}


def endings(account: Account) -> dict[str, Ending]:
    """Liquidate the one isolated position of an account by each rule."""
    found, (held,) = {}, account.positions
    for portion in RULES:
        run = liquidate(account, held.key[0], portion=portion)
        kept = sum(p.quantity for p in run.after.positions)
        # All at once means on the order book, where dYdX matches a liquidation; the engine itself keeps nothing.
        taken = 0 if portion == "all" else sum(p.quantity for p in run.taken)
        found[portion] = Ending(held.quantity - kept - taken, taken, kept)
    return found


class Pair(NamedTuple):
    """Equity and requirement of an isolated position, in USDT; its contracts, and the maintenance rate."""

    equity: float
    required: float
    held: Number
    rate: Number

    @property
    def ratio(self) -> float:
        """The margin ratio."""
        return self.required / self.equity


def first_reduction(trace: Trace) -> tuple[Pair, Pair, Pair]:
    """Look at an isolated position before its first reduction, and after it at the old tier's rate and at its own."""
    step = next(step for step in trace.steps if step.taken)
    (held,), (stays,) = step.before.positions, step.after.positions
    market, name = held.market, held.key[0]
    old, new = (market.tiers.rates[market.tiers.index(market.size(p.entry_price, p.quantity))] for p in (held, stays))
    one_rate = RiskTiers([(0, math.inf, old)], market.tiers.measure, market.tiers.rule)
    as_before = step.after.change(stays, replace(stays, market=Market(market.contract, one_rate, market.venue)))
    cases = (step.before, held.quantity, old), (as_before, stays.quantity, old), (step.after, stays.quantity, new)
    first, second, third = (
        Pair(float(account.equity(name)), float(account.requirement(name)), held, rate) for account, held, rate in cases
    )
    return first, second, third


def kept(account: Account) -> tuple[float, float, Number]:
    """Compute what an isolated trader keeps, in USDT: closing at the mark, and in reduction, with contracts left."""
    after = liquidate(account, NAME).after
    return account.equity(NAME), after.equity(NAME), after.position(NAME).quantity


class Stage(NamedTuple):
    """A liquidation after some of its steps: equity and requirement in USDT, margin ratio, contracts by side.

    ``ratio`` is ``None`` if nothing is held any more; ``ledger`` is what each party has received less paid, in USDT.
    """

    done: tuple[Step, ...]
    over: bool
    equity: float
    required: float
    ratio: float | None
    held: dict[int, Number]
    ledger: dict[str, float]


def stage(trace: Trace, step: int) -> Stage:
    """Look at a liquidation after so many of its steps; beyond the last one it stays there."""
    done = trace.steps[:step]
    account = done[-1].after if done else trace.before
    key = NAME if trace.before.positions[0].isolated else None
    alive = bool(account.positions)
    equity, required = (float(account.equity(key)), float(account.requirement(key))) if alive else (0.0, 0.0)
    return Stage(
        done=done,
        over=step >= len(trace.steps),
        equity=equity,
        required=required,
        ratio=float(account.margin_ratio(key)) if alive else None,
        held={side: contracts_of(account, side) for side in (SHORT, LONG)},
        ledger={party: float(money) for party, money in balances(t for s in done for t in s.transfers).items()},
    )


def most_money(trace: Trace) -> float:
    """The largest of the sums to show: the requirement before, or the equity after, in USDT."""
    key = NAME if trace.before.positions[0].isolated else None
    return max(trace.before.requirement(key), trace.after.equity(key) if trace.after.positions else 0)
