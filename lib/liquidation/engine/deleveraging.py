"""Auto-deleveraging: closing a bankrupt position against traders on the other side who are in profit.

Sources, read 2026-11-26: BitMEX "Auto-Deleveraging Examples" and MEXC support 360042504091 for the score with signed
values and the indicator; Binance announcement 360033525471 (exact form as restated by Aster) for the other score; dYdX
v4-chain for the random start; T. Chitra, "Autodeleveraging", arXiv:2512.01112, for capped pro rata.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..algebra.checks import Array, InputError, Number, Numbers, as_list, numbers, one_number, one_of, refuse
from ..algebra.exact import exact, minus, plus
from ..margin.account import Account
from ..margin.position import Position
from .fund import Fill, surplus
from .ledger import CLEARING, ENGINE, Transfer, pay
from .sharing import from_random_start, listed

PIECE = 32_768
"""Positions scored at a time: what is computed on the way then stays in the processor's cache."""


def leveraged_return(pnl: Numbers, entry_value: Numbers, mark_value: Numbers, equity: Numbers) -> Any:
    """Score of BitMEX and MEXC: return times effective leverage in profit, return over it in loss; highest first.

    ``pnl`` and ``equity`` (what is left at the mark: mark value less bankruptcy value) carry their sign, values are
    positive; arrays or numbers, in money. The return is ``pnl / entry_value``, the effective leverage ``mark_value /
    equity``. Only positions with equity have a score: ``ValueError`` otherwise.

    >>> leveraged_return(pnl=10, entry_value=100, mark_value=110, equity=22)
    0.5
    """
    gains: Any = numbers("pnl", pnl, "number")
    entries: Any
    marks: Any
    entries, marks = numbers("entry_value", entry_value, "positive"), numbers("mark_value", mark_value, "positive")
    lefts: Any = numbers("equity", equity, "number")
    if np.size(lefts) and not np.min(lefts) > 0:
        raise InputError("equity must be above 0: a bankrupt position has no effective leverage and cannot be ranked")
    if not any(isinstance(x, np.ndarray) for x in (gains, entries, marks, lefts)):
        try:
            return _score(gains, entries, marks, lefts)
        except OverflowError:
            raise InputError("pnl, entry_value, mark_value and equity differ by more than floats can tell") from None
    try:
        given = [array.reshape(-1) for array in np.broadcast_arrays(gains, entries, marks, lefts)]
    except ValueError:
        raise InputError("pnl, entry_value, mark_value and equity are arrays that do not fit together") from None
    scores: Array = np.empty(np.broadcast_shapes(*(np.shape(x) for x in (gains, entries, marks, lefts))))
    flat = scores.reshape(-1)
    for start in range(0, flat.size, PIECE):
        flat[start : start + PIECE] = _score(*(array[start : start + PIECE] for array in given))
    return scores


def _score(pnl: Any, entry_value: Any, mark_value: Any, equity: Any) -> Any:
    earned, leverage = pnl / entry_value, mark_value / equity
    if not isinstance(earned, np.ndarray):
        return earned * leverage if earned > 0 else earned / leverage
    return np.where(earned > 0, earned * leverage, earned / leverage)


def binance_score(pnl: Numbers, wallet: Numbers, maintenance_margin: Numbers) -> Any:
    """Score of Binance: profit over wallet, times the account's margin ratio; highest first. Money; arrays.

    >>> binance_score(pnl=50, wallet=100, maintenance_margin=15)
    0.05
    """
    gains: Any
    wallets: Any
    gains, wallets = numbers("pnl", pnl, "number"), numbers("wallet", wallet, "number")
    required: Any = numbers("maintenance_margin", maintenance_margin, "non-negative")
    gains, wallets = np.asarray(gains, dtype=np.float64), np.asarray(wallets, dtype=np.float64)
    wealth = wallets + gains
    ratio = np.where(wealth > 0, required / np.where(wealth > 0, wealth, 1), 0)
    scores = np.maximum(0, gains) / np.maximum(1, wallets) * ratio
    return scores if np.ndim(scores) else float(scores)


# -- closing ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Deleveraging:
    """Accounts after the closing, contracts closed of each, what the engine still holds, and the transfers.

    >>> from liquidation import MEXC_BTC_USDT
    >>> winner = Account(1_000).trade(MEXC_BTC_USDT, side=-1, quantity=1_000, price=50_000, leverage=25)
    >>> taken = Position(MEXC_BTC_USDT, side=1, quantity=400, entry_price=48_000)
    >>> done = deleverage(taken, [winner.at({"BTC_USDT": 47_000})], [400])
    >>> done.closed, done.left, done.accounts[0].balance
    ((400,), None, 1080.0)
    """

    accounts: tuple[Account, ...]
    closed: tuple[Number, ...]
    left: Position | None
    transfers: tuple[Transfer, ...]


def deleverage(
    taken: Position,
    accounts: Sequence[Account],
    closed: Sequence[Number],
    *,
    names: Sequence[str] | None = None,
    price: Number | None = None,
) -> Deleveraging:
    """Close ``closed`` contracts of each account's opposite position against what the engine holds.

    Both sides are closed at one price, so that as many longs as shorts disappear.

    Arguments:
        taken: what the engine holds; its entry price is the bankruptcy price it was taken over at.
        accounts: those of the winners.
        closed: contracts to close of each.
        names: the parties in the transfers; left out, winner 1, winner 2, ...
        price: left out, the venue's rule: that bankruptcy price (BitMEX, MEXC, Binance), or the winners' mark (OKX);
            the engine bears the difference.

    Raises ``ValueError`` for more than is held on either side.

    >>> from liquidation import MEXC_BTC_USDT
    >>> winner = Account(1_000).trade(MEXC_BTC_USDT, side=-1, quantity=1_000, price=50_000, leverage=25)
    >>> taken = Position(MEXC_BTC_USDT, side=1, quantity=400, entry_price=48_000)
    >>> print(deleverage(taken, [winner], [400], names=["Ann"]).transfers[0])
    clearing → Ann: 80.00 (deleveraged at 48,000.00)
    """
    _check_taken(taken)
    parties, shares = _accounts(accounts), listed("closed", closed, "non-negative")
    if len(shares) != len(parties):
        raise InputError(
            f"there are {len(parties)} accounts but closed has {len(shares)} numbers of contracts to close"
        )
    if names is not None and len(names) != len(parties):
        raise InputError(f"there are {len(parties)} accounts but {len(names)} names")
    total = plus(*shares)
    if exact(total) > exact(taken.quantity):
        raise InputError(f"closing {total} contracts against the {taken.quantity} that the engine holds")
    name, side = taken.market.contract.name, -taken.side
    at: Any = _price(taken, parties) if price is None else one_number("price", price, "positive")
    after: list[Account] = []
    transfers: list[Transfer] = []
    for i, (account, quantity) in enumerate(zip(parties, shares, strict=True)):
        if not quantity:
            after.append(account)
            continue
        position = account.position(name, side)
        realized = position.market.unrealized_pnl(side, position.entry_price, at, quantity)
        who = names[i] if names else f"winner {i + 1}"
        transfers += pay(CLEARING, who, realized, f"deleveraged at {float(at):,.2f}")
        after.append(account.close(position, quantity, at))
    if total:
        transfers += pay(CLEARING, ENGINE, surplus(taken, [Fill(total, at)]), "closed against winners")
    left = minus(taken.quantity, total)
    rest = replace(taken, quantity=left) if left else None
    return Deleveraging(tuple(after), tuple(shares), rest, tuple(transfers))


def _check_taken(taken: object) -> None:
    if not isinstance(taken, Position):
        raise refuse("taken", taken, "the Position that the engine holds")


def _accounts(given: Any) -> tuple[Account, ...]:
    accounts = tuple(as_list("accounts", given, "a list of Accounts"))
    for account in accounts:
        if not isinstance(account, Account):
            raise refuse("accounts", account, "an Account")
    return accounts


def _price(taken: Position, accounts: Sequence[Account]) -> Number:
    """The price at which the venue closes both sides."""
    rule = taken.market.venue.rule("adl_price")
    if one_of("adl_price", rule, "bankruptcy", "mark") == "bankruptcy" or not accounts:
        return taken.entry_price
    return accounts[0].marks[taken.market.contract.name]


def ranking(taken: Position, accounts: Sequence[Account], rng: np.random.Generator | None = None) -> list[int]:
    """The order in which the venue closes the accounts' opposite positions, by its score; indices of ``accounts``.

    Bankrupt positions have no score and come last. ``rng`` draws the start where there is no ranking (dYdX).

    >>> from liquidation import MEXC_BTC_USDT
    >>> early, late = (
    ...     Account(1_000, marks={}).trade(MEXC_BTC_USDT, side=-1, quantity=1_000, price=price, leverage=25)
    ...     for price in (50_000, 47_500)
    ... )
    >>> taken = Position(MEXC_BTC_USDT, side=1, quantity=400, entry_price=48_000)
    >>> ranking(taken, [late.at({"BTC_USDT": 47_000}), early.at({"BTC_USDT": 47_000})])
    [1, 0]
    """
    _check_taken(taken)
    parties = _accounts(accounts)
    rule = taken.market.venue.rule("adl_score")
    if rule == "random start":
        if rng is None:
            raise InputError("the venue starts at random: give rng=numpy.random.default_rng(seed)")
        return from_random_start(len(parties), rng)
    scores = [_score_of(rule, account, taken) for account in parties]
    return sorted(range(len(scores)), key=lambda i: -scores[i])


def _score_of(rule: str, account: Account, taken: Position) -> Any:
    """Score of an account's opposite position by a venue's rule."""
    name, side = taken.market.contract.name, -taken.side
    position, mark = account.position(name, side), account.marks[name]
    pnl, equity = position.pnl(mark), account.equity(name, side)
    if rule == "profit and margin ratio":
        return binance_score(pnl, account.balance, account.requirement(name, side))
    if equity <= 0:
        return -math.inf
    market = position.market
    values = market.value(position.entry_price, position.quantity), market.value(mark, position.quantity)
    return leveraged_return(pnl, *values, equity)


def largest_without_bankruptcy(taken: Position, account: Account, price: Number | None = None) -> Any:
    """Contracts of an account's opposite position that can be closed at a price before its equity is used up.

    Closing at a price worse than the mark costs the winner the difference; this is the cap for :func:`pro_rata`. A
    winner that is bankrupt already is closed only as far as it heals, and not at all where closing heals nothing.

    >>> from liquidation import MEXC_BTC_USDT
    >>> winner = Account(300).trade(MEXC_BTC_USDT, side=-1, quantity=1_000, price=50_000, leverage=25)
    >>> taken = Position(MEXC_BTC_USDT, side=1, quantity=1_000, entry_price=56_000)
    >>> largest_without_bankruptcy(taken, winner.at({"BTC_USDT": 50_000}))
    500.0
    """
    _check_taken(taken)
    if not isinstance(account, Account):
        raise refuse("account", account, "an Account")
    price = taken.entry_price if price is None else one_number("price", price, "positive")
    name, side = taken.market.contract.name, -taken.side
    position = account.position(name, side)
    cost = position.market.unrealized_pnl(side, price, account.marks[name], 1)
    equity = account.equity(name, side)
    if equity > 0:
        return min(position.quantity, equity / cost) if cost > 0 else position.quantity
    return min(position.quantity, equity / cost) if cost < 0 else 0


def top_of_queue(scores: Array, quantities: Array, total: Number) -> tuple[npt.NDArray[np.intp], Array]:
    """Vectorized queue: indices of the positions that are closed, highest score first, and contracts of each.

    Finds the few at the top without sorting the rest. If all together hold less than ``total``, all are closed.
    Raises ``ValueError`` if an array is empty, or of another shape, or holds a NaN.

    >>> indices, closed = top_of_queue(np.array([3.0, 6.0, 1.0]), np.array([10.0, 10.0, 20.0]), total=15)
    >>> indices.tolist(), closed.tolist()
    ([1, 0], [10.0, 5.0])
    """
    scores, quantities = (
        x if isinstance(x, np.ndarray) else np.asarray(numbers(name, x, "number"))
        for name, x in (("scores", scores), ("quantities", quantities))
    )
    if scores.shape != quantities.shape or scores.ndim != 1 or not scores.size:
        raise InputError("scores and quantities must be two non-empty arrays of one length")
    if not {scores.dtype.kind, quantities.dtype.kind} <= set("iuf") or math.isnan(scores.max()):
        raise InputError("scores must be numbers, and quantities numbers of at least 0")
    if not quantities.min() >= 0:  # carries a NaN along
        raise InputError("scores must be numbers, and quantities numbers of at least 0")
    wanted = float(one_number("total", total, "non-negative"))
    count, size = min(64, scores.size), scores.size
    if wanted > 0:  # as many as would do if all had the mean quantity, and half as many again
        count = min(size, max(count, math.ceil(min(1.5 * wanted / max(quantities.mean(), 1e-300), size))))
    while True:
        best = np.argpartition(scores, size - count)[size - count :] if count < size else np.arange(size)
        if count == size or quantities[best].sum() >= wanted:
            break
        count = min(size, 4 * count)
    best = np.flatnonzero(scores >= scores[best].min())  # all that tie with the last, in the order given
    best = best[np.argsort(-scores[best], kind="stable")]
    ahead = np.cumsum(quantities[best]) - quantities[best]
    closed = np.minimum(wanted - ahead, quantities[best])
    used = closed > 0
    return best[used], closed[used]
