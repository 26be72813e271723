"""How much of a position one act of the engine sells, and what is left to be looked at again.

Down the tiers goes to the engine at its takeover price. The other portions are sold in the market, for which the mark
price stands here (our choice; what selling does to the price is the cascade's subject): the equity stays as it is, the
requirement falls, and what is left stays with the trader.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ..algebra.checks import Number
from ..algebra.exact import as_given, down_to_step, exact
from ..margin.account import Account
from ..margin.position import Position

FIFTH = Fraction(1, 5)
"""Hyperliquid, of a position above 100,000 dollars (documentation, trading/liquidations, read 2026-11-26)."""
CHUNK = Fraction(1, 8)
"""Of what was held: our choice; Deribit's page names no size, a forum's 12.5% is the only number."""
BACKSTOP = Fraction(2, 3)
"""Of the requirement: below that Hyperliquid sells no more, and its vault takes over (the same page)."""
_HALVINGS = 60


def sold(account: Account, position: Position, quantity: Number) -> Account:
    """Sell a part of a position at the mark; its isolated margin stays with what is left, less what was lost."""
    mark = account.marks[position.key[0]]
    realized = position.market.unrealized_pnl(position.side, position.entry_price, mark, quantity)
    return account.close(position, quantity, mark, keep=None if position.margin is None else position.margin + realized)


def least_that_cures(account: Account, position: Position, strict: bool) -> Number:
    """Return the least quantity whose sale at the mark ends the trigger, in whole steps; all of it if none does.

    What is required never falls as a position grows, so the search halves: it is right for every ladder, floor, hedge
    and order rule. On mark value in one tier it is the formula ``quantity_to_close`` at the mark, without a fee.

    >>> from liquidation import Contract, Market, RiskTiers
    >>> half = Market(Contract("BTC", 1, 0.1), RiskTiers([(0, 10**9, 0.5)], "value", "flat"))
    >>> fund = Account(1_000, [Position(half, 1, 3_000, 1, 1)], marks={"BTC": 1})
    >>> least_that_cures(fund, fund.position("BTC"), strict=True)
    1000
    """
    name = None if position.margin is None else position.key[0]
    step: Any = position.market.contract.quantity_step or (1 if isinstance(position.quantity, int) else None)

    def cures(quantity: Any) -> bool:
        after = sold(account, position, quantity) if quantity else account
        still = name is None or any(p.key == position.key for p in after.positions)
        return not (still and after.is_liquidatable(name, position.side if name else None, strict=strict))

    if step is None:
        low, high = Fraction(0), exact(position.quantity)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (low, middle) if cures(float(middle)) else (middle, high)
        return position.quantity if high == exact(position.quantity) else float(high)
    steps = exact(position.quantity) / exact(step)
    few, many = 0, int(steps)
    while many - few > 1:
        middle_step = (few + many) // 2
        few, many = (few, middle_step) if cures(_of(step, middle_step)) else (middle_step, many)
    return _of(step, many) if many < steps and cures(_of(step, many)) else position.quantity


def part_of(position: Position, part: Fraction) -> Number:
    """Return a part of a position in whole steps, at least one; all of it if that is less."""
    step: Any = position.market.contract.quantity_step or (1 if isinstance(position.quantity, int) else None)
    if step is None:
        return float(exact(position.quantity) * part)
    whole = max(down_to_step(exact(position.quantity) * part, step), step, key=exact)
    least: Number = min(whole, position.quantity, key=exact)
    return least


def _of(step: Any, count: int) -> Number:
    return as_given(exact(step) * count, step)
