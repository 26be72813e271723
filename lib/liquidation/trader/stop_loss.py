"""A stop-loss against a series of bars: when it works, when it fails, and when the liquidation is faster.

A stop-loss is a market order that waits: it promises a trigger, never a price. A bar tells the open, the extremes and
the close, not the way between them; the order of events inside it is our choice, stated in :func:`replay_stop`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ..algebra.checks import require
from ..algebra.evaluation import ALREADY, NEVER, NoPrice
from ..theory import Theory, linear


@dataclass(frozen=True)
class StopLoss:
    """A stop-loss order for the whole position.

    ``watches`` is the price that triggers it: ``"last"``, the last trade, or ``"mark"``. ``slippage`` is how much
    worse than the traded price it is filled, as a fraction.
    """

    price: float
    watches: Literal["last", "mark"] = "last"
    slippage: float = 0.0

    def __post_init__(self) -> None:
        if self.watches not in ("last", "mark"):
            raise ValueError(f"watches={self.watches!r} is not allowed: a stop watches the 'last' or the 'mark' price")
        require("positive", price=self.price)
        require("rate", slippage=self.slippage)


@dataclass(frozen=True)
class ClosedPart:
    """A part of the position that was closed: in which bar, at what price, how many contracts, and why.

    A takeover is at the bankruptcy price, which can be ``NEVER``: then the margin is lost at no price at all.
    """

    bar: int
    price: float | NoPrice
    quantity: float
    reason: Literal["stop", "takeover"]


@dataclass(frozen=True)
class Outcome:
    """How it ended: ``"stopped"`` (all of it), ``"liquidated"`` (any of it) or still ``"open"``.

    ``pnl`` is realized, in the money of the contract, and never below minus the margin; ``beyond_margin`` is the loss
    that the trader did not pay. ``open_quantity`` contracts are left.
    """

    ending: Literal["stopped", "liquidated", "open"]
    fills: tuple[ClosedPart, ...]
    pnl: float
    beyond_margin: float
    open_quantity: float


def replay_stop(
    stop: StopLoss | None, *, mark: Any, last: Any = None, tradable: Any = math.inf, side: int, entry_price: float,
    quantity: float, contract_size: float, position_margin: float, maintenance_margin: float, theory: Theory = linear,
) -> Outcome:  # fmt: skip
    """Follow one isolated position through bars until its stop, its liquidation or the end; ``stop`` may be ``None``.

    ``mark`` and ``last``: open, high, low, close, shape ``(bars, 4)``; ``last`` is ``mark`` if left out. ``tradable``:
    contracts that can be traded in a bar, a number or one a bar. Liquidation is triggered by the mark price, the stop
    by the price it watches; both by the extremes of a bar, not by its close. In each bar, in this order (our choice,
    since a bar does not tell):

    1. If the mark price *opens* at or beyond the liquidation price, what is left is taken over.
    2. If the watched price opens at or beyond the stop, or the order is waiting since an earlier bar, it is filled at
       the last price's open: the next traded price.
    3. Otherwise, of stop and liquidation price that the bar reaches, the one nearer to its open comes first, measured
       as a fraction of the open; a tie is the liquidation's. The stop is filled at its own price or, where the last
       price does not go there, at the nearest price it does trade at: not at the bar's extreme.
    4. What ``tradable`` leaves over stays a market order, and is taken over if the bar reaches the liquidation price.

    A part that is closed takes its share of the margin with it, so that the liquidation price of the rest stays (our
    choice). No part loses more than its share; the rest of the loss is the insurance fund's.

    >>> mira = dict(side=1, entry_price=50_000, quantity=1_000, contract_size=0.0001, position_margin=200,
    ...             maintenance_margin=20)
    >>> replay_stop(StopLoss(48_500), mark=[[50_000, 50_100, 48_000, 49_000]], **mira).pnl
    -150.0

    Raises ``ValueError`` for a stop at or beyond the liquidation price (it can never fire) or not on the losing side
    of the entry (it would fire at once), and for bars that cannot be.
    """
    given = dict(side=side, entry_price=entry_price, quantity=quantity, contract_size=contract_size)
    liquidation = theory.liquidation_price(
        position_margin=position_margin, maintenance_margin=maintenance_margin, **given
    )
    if liquidation is ALREADY:
        raise ValueError("this position is liquidated at every price: no stop can help it")
    _check_stop(stop, side, entry_price, liquidation)
    mark = _bars("mark", mark)
    last = mark if last is None else _bars("last", last)
    if last.shape != mark.shape:
        raise ValueError(f"last has {len(last)} bars and mark has {len(mark)}: give the same number")
    room = np.broadcast_to(np.asarray(tradable, dtype=float), len(mark))
    if not (room >= 0).all():
        raise ValueError(f"tradable={tradable} is not allowed: it must be at least 0 in every bar")

    # Prices times the side: whatever the side, falling is bad.
    never = -math.inf
    limit = never if liquidation is NEVER else side * liquidation
    trigger = side * stop.price if stop else never
    watched = last if stop is None or stop.watches == "last" else mark
    mark_open, mark_worst = side * mark[:, 0], (side * mark).min(axis=1)
    open_, worst = side * watched[:, 0], (side * watched).min(axis=1)

    left, fills, waiting = quantity, [], False
    events = np.flatnonzero((mark_worst <= limit) | (worst <= trigger))
    for i in range(events[0] if events.size else len(mark), len(mark)):
        liquidated = mark_open[i] <= limit
        if not liquidated:
            at_open = waiting or open_[i] <= trigger
            in_bar = worst[i] <= trigger and not (
                mark_worst[i] <= limit and _way(mark_open[i], limit) <= _way(open_[i], trigger)
            )
            if at_open or in_bar:
                opened, high, low, _ = last[i]
                traded = opened if at_open else min(max(stop.price, low), high)
                part = min(left, float(room[i]))
                if part:
                    fills.append(ClosedPart(i, float(traded * (1 - side * stop.slippage)), part, "stop"))
                left, waiting = left - part, True
            liquidated = left > 0 and mark_worst[i] <= limit
        if liquidated:
            bankruptcy = theory.bankruptcy_price(position_margin=position_margin, **given)
            fills.append(ClosedPart(i, bankruptcy, left, "takeover"))
            left = 0
        if not left:
            break

    pnl = beyond = 0.0
    for fill in fills:
        share = position_margin * fill.quantity / quantity
        gain = -share
        if fill.reason == "stop":
            gain = theory.unrealized_pnl(mark_price=fill.price, **{**given, "quantity": fill.quantity})
        pnl, beyond = pnl + max(gain, -share), beyond + max(-share - gain, 0.0)
    taken = any(fill.reason == "takeover" for fill in fills)
    ending = "liquidated" if taken else "open" if left else "stopped"
    return Outcome(ending, tuple(fills), float(pnl), float(beyond), left)


def _check_stop(stop: StopLoss | None, side: int, entry_price: float, liquidation: Any) -> None:
    if stop is None:
        return
    if liquidation is not NEVER and side * (stop.price - liquidation) <= 0:
        raise ValueError(
            f"a stop at price={stop.price} can never fire: the position is taken over at the liquidation price "
            f"{liquidation:.10g} first; put the stop between that and the entry price {entry_price}"
        )
    if side * (entry_price - stop.price) <= 0:
        raise ValueError(
            f"a stop at price={stop.price} would fire at once: a {'long' if side == 1 else 'short'}'s stop lies "
            f"{'below' if side == 1 else 'above'} the entry price {entry_price}"
        )


def _bars(name: str, bars: Any) -> np.ndarray:
    """Return bars as an array of floats; refuse other shapes, prices that cannot be and extremes that are none."""
    bars = np.asarray(bars, dtype=float)
    if bars.ndim != 2 or bars.shape[1] != 4 or not len(bars):
        raise ValueError(f"{name} has the shape {bars.shape}: give open, high, low, close for every bar: (bars, 4)")
    fine = (bars > 0).all(axis=1) & (bars < math.inf).all(axis=1)
    fine &= (bars[:, 1] == bars.max(axis=1)) & (bars[:, 2] == bars.min(axis=1))
    if not fine.all():
        bad = int(np.argmin(fine))
        raise ValueError(
            f"{name} bar {bad} is {bars[bad].tolist()}: open, high, low, close must be finite and above 0, "
            "with no price above high or below low"
        )
    return bars


def _way(opened: float, level: float) -> float:
    return (opened - level) / abs(opened)
