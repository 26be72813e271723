"""Numbers of the pictures of lesson 09; prices and money in USDT."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from liquidation import LONG, LiquidationWarning, Outcome, StopLoss, linear, liquidation_price, replay_stop

from ..storms import THREE, season

_MIRA: dict[str, Any] = dict(entry_price=50_000, quantity=1_000, contract_size=0.0001)
_HELD: dict[str, Any] = dict(side=LONG, **_MIRA, position_margin=200, maintenance_margin=20)


def first_at_or_below(storms: np.ndarray, level: float) -> np.ndarray:
    """Find the place in each row of prices that is the first at or below a level (USDT), −1 if there is none."""
    reached = storms <= level
    return np.where(reached.any(axis=1), reached.argmax(axis=1), -1)


def notice_of(storms: np.ndarray, threshold: float) -> tuple[float, float]:
    """Compute the median of the minutes between a warning and the liquidation, and the part of the warnings in vain.

    ``storms`` hold a price a minute, ``threshold`` is a margin ratio: the warning comes at the price at which
    requirement / ``threshold`` would liquidate.
    """
    dies = first_at_or_below(storms, liquidation_price(**_HELD))
    warned = {**_HELD, "maintenance_margin": _HELD["maintenance_margin"] / threshold}
    alert = first_at_or_below(storms, liquidation_price(**warned))
    vain = ((alert >= 0) & (dies < 0)).sum() / max((alert >= 0).sum(), 1)
    return float(np.median((dies - alert)[dies >= 0])), float(vain)


Bar = tuple[float, float, float, float]
"""Open, high, low, close."""
CALM: Bar = (50_000, 50_150, 49_400, 49_600)
STOP = 49_000
"""Price of the stop, which watches the last price; Mira's long is liquidated at 48,200."""


class Case(NamedTuple):
    """Bars that follow a calm one: of the mark price, and of the last price if it differs.

    ``tradable`` is the number of contracts that can be traded in a bar, ``closing_orders`` the number that other
    closing orders hold.
    """

    mark: Sequence[Bar]
    last: Sequence[Bar] = ()
    tradable: float = np.inf
    closing_orders: int = 0

    def outcome(self) -> Outcome:
        """Replay Mira's long with a stop at 49,000 that watches the last price; money in USDT."""
        bars = [CALM, *self.mark]
        last = [CALM, *self.last] if self.last else bars
        return replay_stop(
            StopLoss(STOP),
            mark=bars,
            last=last,
            tradable=self.tradable,
            closing_orders=self.closing_orders,
            **_HELD,
        )

    def seen_at(self, bar: int) -> float:
        """Mark price at which the exchange takes over in a bar: the liquidation price, or the open beyond it."""
        return min(liquidation_price(**_HELD), [CALM, *self.mark][bar][0])


CASES = {
    "gap past the stop": Case([(48_600, 48_900, 48_400, 48_700)]),
    "gap past both": Case([(48_000, 48_500, 47_900, 48_400)]),
    "too few buyers": Case([(49_300, 49_400, 48_700, 48_750), (48_700, 48_800, 48_100, 48_300)], tradable=400),
    "too little to close": Case(
        [(49_300, 49_400, 48_700, 48_750), (48_700, 48_800, 48_100, 48_300)], closing_orders=400
    ),
    "a lone wick": Case([(49_600, 49_800, 49_350, 49_700)], last=[(49_600, 49_800, 48_900, 49_700)]),
    "last price lags": Case([(49_600, 49_600, 48_100, 48_500)], last=[(49_600, 49_600, 49_100, 49_200)]),
    "both in one bar": Case([(49_600, 49_600, 47_900, 48_500)]),
}


@cache
def _three() -> dict[str, np.ndarray]:
    storms = season()
    return {name: storms[index] for name, index in THREE.items()}


MINUTES = np.arange(1_441)


class Replay(NamedTuple):
    """One storm as Mira's long lives it: prices and money in USDT, times in minutes.

    ``path`` is the mark price, ``over`` the minute at which the position ends, ``stop`` the price of the order,
    ``result`` what the position has gained by then or, if it is still open, by the end of the day.
    """

    path: np.ndarray
    margin: float
    liquidation: float
    stop: float | None
    alerts: np.ndarray
    over: int
    ending: str
    result: float


def room(leverage: float) -> float:
    """How far below the entry the long is liquidated [percent]."""
    margin = linear.initial_margin(leverage=leverage, **_MIRA)
    price = liquidation_price(**{**_HELD, "position_margin": margin})
    return float(100 * (1 - price / 50_000))


def replay(storm: str, leverage: float, stop: float, threshold: float) -> Replay:
    """Follow the long through a storm; ``stop`` below the entry (0: none) and ``threshold`` in percent."""
    path = _three()[storm]
    margin = linear.initial_margin(leverage=leverage, **_MIRA)
    held = {**_HELD, "position_margin": margin}
    price = liquidation_price(**held)
    order = StopLoss(50_000 * (1 - stop / 100), watches="mark") if stop else None
    outcome = replay_stop(order, mark=np.repeat(path[:, None], 4, axis=1), **held)
    closed = bool(outcome.fills)
    over = outcome.fills[0].bar if closed else len(path) - 1
    seen = MINUTES[: over + 1]
    ratios = linear.margin_ratio(mark_price=np.maximum(path[seen], price), **held)
    alerts = LiquidationWarning(threshold / 100).run(seen, {"BTC_USDT": ratios})
    times = np.array([alert.minute for alert in alerts], dtype=int)
    result = outcome.pnl if closed else float(linear.unrealized_pnl(side=LONG, mark_price=path[-1], **_MIRA))
    return Replay(path, margin, price, float(order.price) if order else None, times, over, outcome.ending, result)
