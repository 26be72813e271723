"""Storms: simulated bad days, and how a position with a plan comes through them.

Our choice, for no exchange publishes its bad days: a day of 1,440 minutes in which the price wanders by 5.2% (a
volatility of 100% a year) and, on top of that, jumps once on average, by 1% on average, up or down alike. It is
expected to end where it began. Between two minutes nothing is traded, so that every step is a small gap and every jump
a big one. The mark price and the last price are the same here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from liquidation import LONG, Jumps, jump_diffusion, linear, liquidation_price
from liquidation.odds.paths import log_drift

from .mira import BTC
from .tables import Table

MINUTES = 1_440
VOLATILITY, JUMPS = 1.0, Jumps(rate=365, up_chance=0.5, up_mean=0.01, down_mean=0.01)
SEED, COUNT = 9, 2_000
THREE = {"slide": 234, "turn": 101, "gap": 231}
"""Three storms of the season to look at: a steady fall, a fall that turns, and a jump."""
_DAY = 1 / 365
_RATE = 0.004


def make_storms(rng: np.random.Generator, count: int, start: float = 50_000) -> np.ndarray:
    """Return ``count`` storms, one price a minute: shape ``(count, 1441)``. ``count`` is even.

    Every second storm is the first one's mirror image in log price, so that luck does not favor a side.

    >>> make_storms(np.random.default_rng(9), count=2)[:, -1].round(-2).tolist()
    [52100.0, 47800.0]
    """
    if count < 2 or count % 2:
        raise ValueError(f"count={count} is not allowed: storms come in pairs, so count must be even and above 0")
    half = jump_diffusion(
        rng, start=1, volatility=VOLATILITY, jumps=JUMPS, horizon=_DAY, steps=MINUTES, paths=count // 2
    )
    drift = np.exp(log_drift(VOLATILITY, 0, JUMPS) * np.linspace(0, _DAY, MINUTES + 1))
    return start * np.stack([half, drift**2 / half], axis=1).reshape(count, -1)


def season() -> np.ndarray:
    """Return the 2,000 storms of lesson 09, the same ones every time."""
    return make_storms(np.random.default_rng(SEED), COUNT)


def correlated(storms: np.ndarray, others: np.ndarray, correlation: float) -> np.ndarray:
    """Return storms of a second coin, from 1: its log returns have this correlation with those of the first.

    It is expected to end where it began, too: what a mixture of two such walks is expected to grow by is taken out.

    >>> ups = make_storms(np.random.default_rng(9), count=2)
    >>> bool(correlated(ups, ups, correlation=1.0)[0, -1] == ups[0, -1] / 50_000)
    True
    """
    first, second = (np.log(prices / prices[:, :1]) for prices in (storms, others))
    parts = correlation, math.sqrt(1 - correlation**2)
    growth = sum(_growth_of_power(part) for part in parts) * np.linspace(0, _DAY, MINUTES + 1)
    return np.exp(parts[0] * first + parts[1] * second - growth)


def _growth_of_power(power: float) -> float:
    """Expected growth per year of a storm's price raised to a power: 0 for the powers 0 and 1.

    The exponent of a Lévy walk: drift, wandering, and jumps of exponential size, whose moments are 1/(1 ∓ power mean).
    """
    drift = log_drift(VOLATILITY, 0, JUMPS) * power + VOLATILITY**2 * power**2 / 2
    up = JUMPS.up_chance / (1 - power * JUMPS.up_mean)
    return drift + JUMPS.rate * (up + (1 - JUMPS.up_chance) / (1 + power * JUMPS.down_mean) - 1)


@dataclass(frozen=True)
class Plan:
    """A position opened at the first price of a storm, and what its owner does.

    ``quantity`` contracts of 0.0001 BTC, ``margin`` and ``add`` in USDT, isolated; maintenance is 0.4% of the entry
    value. ``stop``: price of a stop-loss order, filled at the next price less ``slippage`` (a fraction). ``warn_at``:
    margin ratio of a warning; ``delay`` minutes after it the owner adds ``add`` to the margin, once.
    """

    name: str
    quantity: float = 1_000
    margin: float = 200
    stop: float | None = None
    warn_at: float | None = None
    add: float = 0
    delay: int = 10
    slippage: float = 0.001
    side: int = LONG


@dataclass(frozen=True)
class Tally:
    """How a plan came through: for every storm its result in USDT and whether it was liquidated or stopped.

    ``taken`` is what a takeover cost [USDT]: the equity at the mark price of that minute, which the trader does not get
    back; below 0 where the price jumped past the bankruptcy price, so that the exchange bears the rest.
    ``slipped`` is what the stop's fill lost against the price it met [USDT].
    """

    plan: Plan
    results: np.ndarray
    liquidated: np.ndarray
    stopped: np.ndarray
    taken: np.ndarray
    slipped: np.ndarray

    @property
    def name(self) -> str:
        """Name of the plan."""
        return self.plan.name

    @property
    def open(self) -> np.ndarray:
        """Which positions are still there when the storm is over."""
        return ~(self.liquidated | self.stopped)

    @property
    def columns(self) -> tuple[float, float, float]:
        """The average, the worst and a good result (one in twenty is better), in USDT."""
        return self.results.mean(), self.results.min(), np.quantile(self.results, 0.95)


def compare(*tallies: Tally) -> Table:
    """Show how plans came through: how many storms ended how, and the results in USDT.

    >>> compare(try_plan(make_storms(np.random.default_rng(9), count=2), Plan("as she is")))
               liquidated  stopped  still open  on average  worst  good (1 in 20 is better)
    as she is  1           0        1           6.5         -200   192
    """
    counts = ([t.name, *(int(which.sum()) for which in (t.liquidated, t.stopped, t.open))] for t in tallies)
    results = ((round(average, 1), round(worst), round(good)) for average, worst, good in (t.columns for t in tallies))
    head = ("", "liquidated", "stopped", "still open", "on average", "worst", "good (1 in 20 is better)")
    return Table(head, [[*first, *last] for first, last in zip(counts, results, strict=True)])


def where_it_goes(*tallies: Tally) -> Table:
    """Split average results (USDT) into what takeovers keep, what stops lose to slippage, and the rest: luck."""
    rows = []
    for tally in tallies:
        taken, slipped, average = (float(part.mean()) for part in (tally.taken, tally.slipped, tally.results))
        parts = (0 - taken, 0 - slipped, average + taken + slipped, average)
        rows.append([tally.name, *(round(part, 2) for part in parts)])
    return Table(("", "takeovers", "slippage", "luck", "average"), rows)


def _first(storms: np.ndarray, side: int, level: Any) -> np.ndarray:
    """Minute at which each storm first reaches a price from the losing side; one past the end if it never does."""
    reached = side * (storms - level) <= 0
    return np.where(reached.any(axis=1), reached.argmax(axis=1), storms.shape[1])


def try_plan(storms: np.ndarray, plan: Plan) -> Tally:
    """Send one plan through every storm. Liquidation costs the whole margin; no stop loses more than that.

    At the price at which ``margin_ratio`` equals ``warn_at`` the equity is requirement / ``warn_at``: the same equation
    as the liquidation price, with a higher requirement.
    """
    entry = float(storms[0, 0])
    size = {"entry_price": entry, "quantity": plan.quantity, "contract_size": BTC.contract.contract_size}
    required = linear.maintenance_margin_entry_basis(maintenance_margin_rate=_RATE, maintenance_amount=0, **size)

    def price(margin: float, requirement: float) -> Any:
        return liquidation_price(side=plan.side, position_margin=margin, maintenance_margin=requirement, **size)

    margin = np.full(len(storms), float(plan.margin))
    dies = _first(storms, plan.side, price(plan.margin, required))
    if plan.warn_at:
        acts = _first(storms, plan.side, price(plan.margin, required / plan.warn_at)) + plan.delay
        in_time = acts < dies
        margin += plan.add * in_time
        dies = np.where(in_time, _first(storms, plan.side, price(plan.margin + plan.add, required)), dies)
    over = storms.shape[1]
    hit = np.full(len(storms), over) if plan.stop is None else _first(storms, plan.side, plan.stop)
    stopped = hit < dies
    liquidated = (dies < over) & ~stopped
    ends = np.where(stopped, hit, np.where(liquidated, dies, over - 1))
    met = storms[np.arange(len(storms)), ends]
    gain = linear.unrealized_pnl(side=plan.side, mark_price=met, **size)
    sold = {name: size[name] for name in ("quantity", "contract_size")}
    slipped = np.where(stopped, plan.slippage * linear.position_value(mark_price=met, **sold), 0)
    results = np.where(liquidated, -margin, np.maximum(gain - slipped, -margin))
    return Tally(plan, results, liquidated, stopped, np.where(liquidated, gain + margin, 0), slipped)


def mean_and_error(results: np.ndarray) -> tuple[float, float]:
    """Return the mean over storms and its standard error.

    Storms are mirrored pairs and only pairs are independent, so that the error is that of a mean of pairs.

    >>> mean_and_error(np.array([1, 3, 5, 7]))
    (4.0, 2.0)
    """
    pairs = results.reshape(-1, 2).mean(axis=1)
    return float(pairs.mean()), float(pairs.std(ddof=1) / math.sqrt(len(pairs)))


def try_two_coins(name: str, storms: np.ndarray, second: np.ndarray, margin: float = 200) -> Tally:
    """Send a cross account through the storms: long half of Mira's value in each of two coins, ``margin`` in all."""
    start = float(storms[0, 0])
    worth = start * (storms / storms[:, :1] + second / second[:, :1]) / 2  # of both halves, as the price of one coin
    return try_plan(worth, Plan(name, margin=margin))
