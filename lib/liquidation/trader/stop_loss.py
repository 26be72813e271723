"""A stop-loss against a series of bars: when it works, when it fails, and when the liquidation is faster.

A stop-loss is a market order that waits: it promises a trigger, never a price. A bar tells the open, the extremes and
the close, not the way between them; the order of events inside it is our choice, stated in :func:`replay_stop`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..algebra.checks import Array, InputError, Number, check_fields, numbers, one_number, one_of, refuse, shown
from ..algebra.evaluation import ALREADY, NoPrice, Price
from ..algebra.exact import exact, minus
from ..theory import Theory, linear


@dataclass(frozen=True)
class StopLoss:
    """A stop-loss order.

    ``price`` triggers it; ``watches`` is the price that is compared with it: ``"last"``, the last trade, or ``"mark"``.
    ``slippage`` is how much worse than the traded price it is filled, as a fraction. ``quantity`` contracts are closed;
    ``None`` means the whole position.

    >>> StopLoss(48_500, watches="mark")
    StopLoss(price=48500, watches='mark', slippage=0.0, quantity=None)
    """

    price: Number
    watches: Literal["last", "mark"] = "last"
    slippage: Number = 0.0
    quantity: Number | None = None

    def __post_init__(self) -> None:
        one_of("watches", self.watches, "last", "mark")
        object.__setattr__(self, "price", one_number("price", self.price, "positive"))
        object.__setattr__(self, "slippage", one_number("slippage", self.slippage, "rate"))
        if self.quantity is not None:
            object.__setattr__(self, "quantity", one_number("quantity", self.quantity, "positive"))


@dataclass(frozen=True)
class ClosedPart:
    """A part of the position that was closed: in which bar, at what price, how many contracts, and why.

    A takeover is at the bankruptcy price, which can be ``NEVER``: then the margin is lost at no price at all.

    >>> ClosedPart(bar=3, price=48_500.0, quantity=1_000, reason="stop").reason
    'stop'
    """

    bar: int
    price: Price
    quantity: Number
    reason: Literal["stop", "takeover"]

    def __post_init__(self) -> None:
        one_of("reason", self.reason, "stop", "takeover")
        check_fields(self, bar="non-negative", price="positive", quantity="positive")


@dataclass(frozen=True)
class Outcome:
    """How it ended: ``"stopped"`` (all of it), ``"liquidated"`` (any of it) or still ``"open"``.

    ``pnl`` is realized, funding included, in the money of the contract, and never below minus the margin;
    ``beyond_margin`` is the loss that the trader did not pay. ``open_quantity`` contracts are left. ``refused``: the
    stop was triggered and closed nothing, because it was for more than other orders left free.

    >>> Outcome("open", (), pnl=0.0, beyond_margin=0.0, open_quantity=1_000).ending
    'open'
    """

    ending: Literal["stopped", "liquidated", "open"]
    fills: tuple[ClosedPart, ...]
    pnl: float
    beyond_margin: float
    open_quantity: Number
    refused: bool = False

    def __post_init__(self) -> None:
        one_of("ending", self.ending, "stopped", "liquidated", "open")
        one_of("refused", self.refused, False, True)
        check_fields(self, pnl="number", beyond_margin="non-negative", open_quantity="non-negative", fills=tuple)


def replay_stop(
    stop: StopLoss | None,
    *,
    mark: npt.ArrayLike,
    last: npt.ArrayLike | None = None,
    tradable: Any = math.inf,
    closing_orders: Number = 0,
    funding_rate: Any = 0,
    side: int,
    entry_price: Number,
    quantity: Number,
    contract_size: Number,
    position_margin: Number,
    maintenance_margin: Number,
    theory: Theory = linear,
) -> Outcome:
    """Follow one isolated position through bars until its stop, its liquidation or the end.

    Liquidation is triggered by the mark price, the stop by the price it watches; both by the extremes of a bar, not by
    its close. In each bar, in this order (our choice, since a bar does not tell):

    0. Funding is paid on what is left, at the mark price's open, out of the margin; the liquidation price moves.
    1. If the mark price *opens* at or beyond the liquidation price, what is left is taken over.
    2. If the watched price opens at or beyond the stop, or the order is waiting since an earlier bar, it is filled at
       the last price's open: the next traded price.
    3. Otherwise, of stop and liquidation price that the bar reaches, the one nearer to its open comes first, measured
       as a fraction of the open; a tie is the liquidation's. The stop is filled at its own price or, where the last
       price does not go there, at the nearest price it does trade at: not at the bar's extreme.
    4. What ``tradable`` leaves over stays a market order, and is taken over if the bar reaches the liquidation price.

    Only size that no other order holds can be closed. A stop for more than that is refused when it is triggered, and
    gone (our choice: an exchange may shrink it instead). A stop that watches the last price may lie beyond the
    liquidation price: a wick can trigger it, but never in time to save the position.

    A part that is closed takes its share of the margin with it, so that the liquidation price of the rest stays (our
    choice). No part loses more than its share; the rest of the loss is the insurance fund's.

    Arguments:
        stop: the order, or ``None``.
        mark: open, high, low and close of the mark price, shape ``(bars, 4)``.
        last: the same of the last price; left out, the mark price.
        tradable: contracts that can be traded in a bar, a number or one a bar.
        closing_orders: contracts that other closing orders of the trader hold; they are not filled here.
        funding_rate: paid at the open of every bar, a number or one a bar: mostly zeros [fraction of the value].
        side: +1 long, -1 short.
        entry_price: in the unit of the contract's price.
        quantity: contracts.
        contract_size: coins per contract, or USD per contract if inverse.
        position_margin: money behind the position.
        maintenance_margin: money that must be left.
        theory: ``linear`` or ``inverse``.

    >>> mira = dict(side=1, entry_price=50_000, quantity=1_000, contract_size=0.0001, position_margin=200,
    ...             maintenance_margin=20)
    >>> replay_stop(StopLoss(48_500), mark=[[50_000, 50_100, 48_000, 49_000]], **mira).pnl
    -150.0

    Raises ``ValueError`` for a stop that watches the mark price and lies at or beyond the liquidation price (it can
    never fire), for one that is not on the losing side of the entry (it would fire at once), for a stop or other orders
    larger than the position, and for bars that cannot be.
    """
    if stop is not None and not isinstance(stop, StopLoss):
        raise refuse("stop", stop, "a StopLoss or None")
    if not isinstance(theory, Theory):
        raise refuse("theory", theory, "liquidation.linear or liquidation.inverse")
    position = {
        "side": int(one_number("side", side, "side")),
        "entry_price": one_number("entry_price", entry_price, "positive"),
        "quantity": one_number("quantity", quantity, "positive"),
        "contract_size": one_number("contract_size", contract_size, "positive"),
    }
    margin = one_number("position_margin", position_margin, "positive")
    maintenance = one_number("maintenance_margin", maintenance_margin, "non-negative")
    liquidation = theory.liquidation_price(position_margin=margin, maintenance_margin=maintenance, **position)
    if liquidation is ALREADY:
        raise InputError("this position is liquidated at every price: no stop can help it")
    same = last is None or (stop is not None and stop.watches == "mark")
    _check_stop(stop, int(side), entry_price, liquidation if same else None)
    free = _free(stop, position["quantity"], one_number("closing_orders", closing_orders, "non-negative"))
    marks = _bars("mark", mark)
    lasts = marks if last is None else _bars("last", last)
    if lasts.shape != marks.shape:
        raise InputError(f"last has {len(lasts)} bars and mark has {len(marks)}: give the same number")
    room = _one_a_bar("tradable", tradable, "time", len(marks))
    rates = _one_a_bar("funding_rate", funding_rate, "number", len(marks))
    replay = _Replay(stop, free, liquidation, marks, lasts, room, rates, position, margin, maintenance, theory)
    for bar in replay.eventful_bars():
        replay.play(bar)
        if not replay.left:
            break
    return replay.outcome()


@dataclass
class _Replay:
    """A position on its way through the bars. Prices times the side: whatever the side, falling is bad."""

    stop: StopLoss | None
    free: Number
    liquidation: Price
    marks: Array
    lasts: Array
    room: Array
    rates: Array
    position: dict[str, Any]
    margin: Number
    maintenance: Number
    theory: Theory
    waiting: bool = False
    refused: bool = False
    fills: list[ClosedPart] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    paid: float = 0.0

    def __post_init__(self) -> None:
        side = self.position["side"]
        watched = self.marks if self.stop is not None and self.stop.watches == "mark" else self.lasts
        self.left: Number = self.position["quantity"]
        self.ordered: Number = self.left if self.stop is None or self.stop.quantity is None else self.stop.quantity
        self.set_limit(self.liquidation)
        self.trigger = -math.inf if self.stop is None else side * float(self.stop.price)
        self.mark_open, self.mark_worst = side * self.marks[:, 0], (side * self.marks).min(axis=1)
        self.open, self.worst = side * watched[:, 0], (side * watched).min(axis=1)

    def eventful_bars(self) -> range:
        """All bars from the first one that reaches the stop or the liquidation price, or brings a payment."""
        reached = np.flatnonzero((self.mark_worst <= self.limit) | (self.worst <= self.trigger) | (self.rates != 0))
        return range(int(reached[0]) if reached.size else len(self.marks), len(self.marks))

    def play(self, bar: int) -> None:
        """Let the events of one bar happen, in the order that :func:`replay_stop` states."""
        if self.rates[bar]:
            self.pay_funding(bar)
        if self.mark_open[bar] <= self.limit:
            return self.take_over(bar)
        if self.waiting or self.open[bar] <= self.trigger:
            self.sell(bar, self.lasts[bar, 0])
        elif self.stop and self.stop_is_first(bar):
            _, high, low, _ = self.lasts[bar]
            self.sell(bar, min(max(self.stop.price, low), high))
        if self.left and self.mark_worst[bar] <= self.limit:
            self.take_over(bar)
        return None

    def set_limit(self, liquidation: Price) -> None:
        """Note the liquidation price, as a price that falls towards it."""
        already = math.inf if liquidation is ALREADY else -math.inf
        self.limit = already if isinstance(liquidation, NoPrice) else self.position["side"] * float(liquidation)

    def pay_funding(self, bar: int) -> None:
        """Take a payment out of the margin, as far as there is one; ``margin`` is that of the whole position."""
        whole = self.theory.funding_payment(
            side=self.position["side"],
            mark_price=float(self.marks[bar, 0]),
            quantity=self.position["quantity"],
            contract_size=self.position["contract_size"],
            funding_rate=float(self.rates[bar]),
        )
        payment = min(whole, self.margin)
        self.paid += float(payment * self.left / self.position["quantity"])
        self.margin = self.margin - payment
        terms = {**self.position, "maintenance_margin": self.maintenance}
        self.set_limit(self.theory.liquidation_price(position_margin=self.margin, **terms) if self.margin else ALREADY)

    def stop_is_first(self, bar: int) -> bool:
        """Whether a bar that opens between reaches the stop, and sooner than the liquidation price."""
        if self.worst[bar] > self.trigger:
            return False
        if self.mark_worst[bar] > self.limit:
            return True
        return _way(self.mark_open[bar], self.limit) > _way(self.open[bar], self.trigger)

    def sell(self, bar: int, traded: float) -> None:
        """Fill the stop, as far as there is room in the bar; the rest waits for the next."""
        assert self.stop is not None, "only a stop is filled"
        self.waiting, self.refused = True, exact(self.ordered) > exact(self.free)
        room = float(self.room[bar])
        part: Number = self.ordered if room == math.inf else min(self.ordered, room, key=exact)
        if part and not self.refused:
            price = float(traded * (1 - self.position["side"] * self.stop.slippage))
            self.close(ClosedPart(bar, price, part, "stop"))
            self.left, self.free = minus(self.left, part), minus(self.free, part)
            self.ordered = minus(self.ordered, part)
        if self.refused or not self.ordered:  # the order is gone
            self.stop, self.trigger, self.waiting = None, -math.inf, False

    def take_over(self, bar: int) -> None:
        """Hand what is left to the engine, at the bankruptcy price."""
        bankruptcy = self.position["entry_price"]
        if self.margin:
            bankruptcy = self.theory.bankruptcy_price(position_margin=self.margin, **self.position)
        self.close(ClosedPart(bar, bankruptcy, self.left, "takeover"))
        self.left = 0

    def close(self, part: ClosedPart) -> None:
        """Note a part that was closed, and its share of the margin."""
        self.fills.append(part)
        self.shares.append(float(self.margin * part.quantity / self.position["quantity"]))

    def outcome(self) -> Outcome:
        """Add up what was realized; no part loses more than its share of the margin."""
        pnl, beyond = -self.paid, 0.0
        for fill, share in zip(self.fills, self.shares, strict=True):
            gain = -share
            if fill.reason == "stop":
                part = {**self.position, "quantity": fill.quantity}
                gain = float(self.theory.unrealized_pnl(mark_price=fill.price, **part))
            pnl, beyond = pnl + max(gain, -share), beyond + max(-share - gain, 0.0)
        taken = any(fill.reason == "takeover" for fill in self.fills)
        ending: Literal["stopped", "liquidated", "open"]
        ending = "liquidated" if taken else "open" if self.left else "stopped"
        return Outcome(ending, tuple(self.fills), pnl, beyond, self.left, self.refused)


def _free(stop: StopLoss | None, quantity: Number, closing_orders: Number) -> Number:
    """Return the contracts that no other order holds; refuse orders for more than there is."""
    ordered = stop.quantity if stop else None
    for name, value in (("quantity of the stop", ordered), ("closing_orders", closing_orders)):
        if value is not None and exact(value) > exact(quantity):
            raise InputError(f"{name}={shown(value)} is not allowed: the position has {shown(quantity)} contracts")
    return minus(quantity, closing_orders)


def _check_stop(stop: StopLoss | None, side: int, entry_price: Number, liquidation: Price | None) -> None:
    """Refuse a stop that would fire at once, or never: beyond ``liquidation``, unless that is ``None``."""
    if stop is None:
        return
    if liquidation is not None and not isinstance(liquidation, NoPrice) and side * (stop.price - liquidation) <= 0:
        raise InputError(
            f"a stop at price={stop.price} can never fire: the position is taken over at the liquidation price "
            f"{float(liquidation):.10g} first; put the stop between that and the entry price {entry_price}"
        )
    if side * (entry_price - stop.price) <= 0:
        raise InputError(
            f"a stop at price={stop.price} would fire at once: a {'long' if side == 1 else 'short'}'s stop lies "
            f"{'below' if side == 1 else 'above'} the entry price {entry_price}"
        )


def _bars(name: str, given: npt.ArrayLike) -> Array:
    """Return bars as an array of floats; refuse other shapes, prices that cannot be and extremes that are none."""
    words = "open, high, low, close for every bar: (bars, 4)"
    try:
        bars = np.asarray(given)
    except (TypeError, ValueError):
        raise InputError(f"{name}={shown(given)} is not allowed: give {words}") from None
    if bars.dtype.kind not in "iuf":
        raise InputError(f"{name} holds {bars.dtype}, not numbers: give {words}")
    bars = bars.astype(np.float64)
    if bars.ndim != 2 or bars.shape[1] != 4 or not len(bars):
        raise InputError(f"{name} has the shape {bars.shape}: give {words}")
    fine = (bars > 0).all(axis=1) & (bars < math.inf).all(axis=1)
    fine &= (bars[:, 1] == bars.max(axis=1)) & (bars[:, 2] == bars.min(axis=1))
    if not fine.all():
        bad = int(np.argmin(fine))
        raise InputError(
            f"{name} bar {bad} is {bars[bad].tolist()}: open, high, low, close must be finite and above 0, "
            "with no price above high or below low"
        )
    return bars


def _one_a_bar(name: str, given: Any, kind: str, count: int) -> Array:
    """Return a number for each bar."""
    values = numbers(name, given, kind)
    try:
        return np.broadcast_to(np.asarray(values, dtype=np.float64), count)
    except ValueError:
        raise InputError(f"{name} has the shape {np.shape(given)}: give a number, or one for each bar") from None


def _way(opened: float, level: float) -> float:
    return (opened - level) / abs(opened)
