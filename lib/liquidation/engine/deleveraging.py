"""Auto-deleveraging: closing a bankrupt position against traders on the other side who are in profit.

Sources, read 2026: BitMEX "Auto-Deleveraging Examples" and MEXC support 360042504091 for the score with signed values
and the indicator; Binance announcement 360033525471 (exact form as restated by Aster) for the other score; dYdX
v4-chain for the random start; T. Chitra, "Autodeleveraging", arXiv:2512.01112, for capped pro rata.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..margin.account import Account
from ..margin.position import Position
from .fund import Fill, surplus
from .ledger import CLEARING, ENGINE, Transfer, pay

LIGHTS = 5
PIECE = 32_768
"""Positions scored at a time: what is computed on the way then stays in the processor's cache."""


def leveraged_return(pnl: Any, entry_value: Any, mark_value: Any, equity: Any) -> Any:
    """Score of BitMEX and MEXC: return times effective leverage in profit, return over it in loss; highest first.

    ``pnl`` and ``equity`` (what is left at the mark: mark value less bankruptcy value) carry their sign, values are
    positive; arrays or numbers, in money. The return is ``pnl / entry_value``, the effective leverage ``mark_value /
    equity``. Only positions with equity have a score: ``ValueError`` otherwise.

    >>> leveraged_return(pnl=10, entry_value=100, mark_value=110, equity=22)
    0.5
    """
    if not np.min(equity) > 0:
        raise ValueError("equity must be above 0: a bankrupt position has no effective leverage and cannot be ranked")
    if max(map(np.ndim, (pnl, entry_value, mark_value, equity))) == 0:
        earned, leverage = pnl / entry_value, mark_value / equity
        return earned * leverage if earned > 0 else earned / leverage
    given = [array.reshape(-1) for array in np.broadcast_arrays(pnl, entry_value, mark_value, equity)]
    scores = np.empty(np.broadcast_shapes(*map(np.shape, (pnl, entry_value, mark_value, equity))))
    flat = scores.reshape(-1)
    for start in range(0, flat.size, PIECE):
        gain, entry, mark, left = (array[start : start + PIECE] for array in given)
        earned, leverage = gain / entry, mark / left
        flat[start : start + PIECE] = np.where(earned > 0, earned * leverage, earned / leverage)
    return scores


def binance_score(pnl: Any, wallet: Any, maintenance_margin: Any) -> Any:
    """Score of Binance: profit over wallet, times the account's margin ratio; highest first. Money; arrays."""
    wealth = wallet + np.asarray(pnl)
    ratio = np.where(wealth > 0, maintenance_margin / np.where(wealth > 0, wealth, 1), 0)
    return np.maximum(0, pnl) / np.maximum(1, wallet) * ratio


def lights(scores: Sequence[Any], quantities: Sequence[Any]) -> list[int]:
    """Lights of the indicator, 1 to 5, for each position of one side: 5 is closed first.

    The position's place in the queue, by the quantity in front of it and its own, in steps of a fifth.

    >>> lights([3, 6, 1], [10, 10, 20])
    [3, 4, 1]
    """
    total, ahead, shown = sum(quantities), 0, [0] * len(quantities)
    for i in sorted(range(len(scores)), key=lambda i: -scores[i]):
        ahead += quantities[i]
        shown[i] = LIGHTS + 1 - math.ceil(LIGHTS * ahead / total)
    return shown


# -- four rules that share a total out; each returns one share for each capacity --------------------------------------


def _check(total: Any, capacities: Sequence[Any]) -> None:
    if not 0 <= total < math.inf:
        raise ValueError(f"total={total} is not allowed: total must be a finite number of at least 0")
    if any(not 0 <= capacity < math.inf for capacity in capacities):
        raise ValueError("every capacity must be a finite number of at least 0")


def queue(total: Any, capacities: Sequence[Any], order: Sequence[int]) -> list[Any]:
    """Take all of the first in ``order``, then of the next, the last one partly, until the total is reached.

    If the capacities do not suffice, all of them are taken: compare the sum of the shares with the total.

    >>> queue(20, [10, 10, 20, 30, 20, 10], order=[1, 4, 3, 0, 5, 2])
    [0, 10, 0, 0, 10, 0]
    """
    _check(total, capacities)
    shares = [0] * len(capacities)
    for i in order:
        shares[i] = min(capacities[i], total)
        total -= shares[i]
    return shares


def by_score(scores: Sequence[Any]) -> list[int]:
    """The order of the queue: highest score first, ties in the order given (our choice)."""
    return sorted(range(len(scores)), key=lambda i: -scores[i])


def from_random_start(count: int, rng: np.random.Generator) -> list[int]:
    """The order of dYdX: no ranking, a random first one and then in turn."""
    start = int(rng.integers(count)) if count else 0
    return [(start + i) % count for i in range(count)]


def pro_rata(total: Any, weights: Sequence[Any], caps: Sequence[Any] | None = None) -> list[Any]:
    """Share the total in proportion to the weights, nobody above a cap; exact, with Fractions.

    What a capped one does not bear is shared by the others in proportion: with the caps ``c`` and weights ``w`` the
    shares are ``min(h w, c)`` with one ``h`` for all. Without caps each weight is its own cap: one cannot give more
    than one has. If the caps do not suffice, all are reached.

    >>> pro_rata(6, [8, 4], caps=[8, 1])
    [5.0, 1]
    """
    caps = list(weights) if caps is None else list(caps)
    _check(total, weights)
    _check(total, caps)
    if len(caps) != len(weights):
        raise ValueError(f"there are {len(weights)} weights but {len(caps)} caps")
    shares: list[Any] = [0] * len(weights)
    # In the order in which the caps are reached as h grows.
    waiting = sorted((i for i in range(len(weights)) if weights[i] > 0), key=lambda i: caps[i] / weights[i])
    weight = sum(weights[i] for i in waiting)
    for place, i in enumerate(waiting):
        if total * weights[i] >= caps[i] * weight:
            shares[i] = caps[i]
            total -= caps[i]
            weight -= weights[i]
        else:
            for j in waiting[place:]:
                shares[j] = total * weights[j] / weight
            break
    return shares


# -- closing ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Deleveraging:
    """Accounts after the closing, contracts closed of each, what the engine still holds, and the transfers."""

    accounts: tuple[Account, ...]
    closed: tuple[Any, ...]
    left: Position | None
    transfers: tuple[Transfer, ...]


def deleverage(
    taken: Position,
    accounts: Sequence[Account],
    closed: Sequence[Any],
    *,
    names: Sequence[str] | None = None,
    price: Any = None,
) -> Deleveraging:
    """Close ``closed`` contracts of each account's opposite position against what the engine holds.

    Both sides are closed at one price, so that as many longs as shorts disappear: by default the bankruptcy price that
    the engine took over at (BitMEX, MEXC, Binance); give the mark for OKX's rule, and the engine bears the difference.
    ``names`` are the parties in the transfers. Raises ``ValueError`` for more than is held on either side.
    """
    if len(closed) != len(accounts):
        raise ValueError(f"there are {len(accounts)} accounts but {len(closed)} numbers of contracts to close")
    total = sum(closed)
    if total > taken.quantity:
        raise ValueError(f"closing {total} contracts against the {taken.quantity} that the engine holds")
    price = taken.entry_price if price is None else price
    name, side = taken.market.contract.name, -taken.side
    after, transfers = [], []
    for i, (account, quantity) in enumerate(zip(accounts, closed, strict=True)):
        if not quantity:
            after.append(account)
            continue
        position = account.position(name, side)
        realized = position.market.unrealized_pnl(side, position.entry_price, price, quantity)
        transfers += pay(
            CLEARING, names[i] if names else f"winner {i + 1}", realized, f"deleveraged at {float(price):,.2f}"
        )
        after.append(account.close(position, quantity, price))
    if total:
        transfers += pay(CLEARING, ENGINE, surplus(taken, [Fill(total, price)]), "closed against winners")
    left = taken.quantity - total
    rest = replace(taken, quantity=left) if left else None
    return Deleveraging(tuple(after), tuple(closed), rest, tuple(transfers))


def largest_without_bankruptcy(taken: Position, account: Account, price: Any = None) -> Any:
    """Contracts of an account's opposite position that can be closed at a price before its equity is used up.

    Closing at a price worse than the mark costs the winner the difference; this is the cap for :func:`pro_rata`.
    """
    price = taken.entry_price if price is None else price
    name, side = taken.market.contract.name, -taken.side
    position = account.position(name, side)
    cost = position.market.unrealized_pnl(side, price, account.marks[name], 1)
    equity = account.equity(name, side)
    if cost <= 0:
        return position.quantity
    return min(position.quantity, max(equity, 0) / cost)


def top_of_queue(scores: np.ndarray, quantities: np.ndarray, total: float) -> tuple[np.ndarray, np.ndarray]:
    """Vectorized queue: indices of the positions that are closed, highest score first, and contracts of each.

    Finds the few at the top without sorting the rest. If all together hold less than ``total``, all are closed.
    Raises ``ValueError`` if an array is empty, or of another shape, or holds a NaN.
    """
    if scores.shape != quantities.shape or scores.ndim != 1 or not scores.size:
        raise ValueError("scores and quantities must be two non-empty arrays of one length")
    if math.isnan(scores.max()) or not quantities.min() >= 0:  # both carry a NaN along
        raise ValueError("scores must be numbers, and quantities numbers of at least 0")
    count, size = min(64, scores.size), scores.size
    if total > 0:  # as many as would do if all had the mean quantity, and half as many again
        count = min(size, max(count, math.ceil(1.5 * total / max(quantities.mean(), 1e-300))))
    while True:
        best = np.argpartition(scores, size - count)[size - count :] if count < size else np.arange(size)
        if count == size or quantities[best].sum() >= total:
            break
        count = min(size, 4 * count)
    best = np.sort(best)  # so that ties stay in the order given
    best = best[np.argsort(-scores[best], kind="stable")]
    ahead = np.cumsum(quantities[best]) - quantities[best]
    closed = np.clip(total - ahead, 0, quantities[best])
    used = closed > 0
    return best[used], closed[used]
