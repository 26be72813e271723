"""Simulated insurance funds: how often they are ruined, and what is missing then.

Amounts in one money throughout; any unit of time, the same in all arguments.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..algebra.checks import Array, InputError, Number, check_fields, numbers, one_number
from .formulas import looked_distance
from .paths import check_generator, check_work
from .ruin import drawdown_time
from .touches import Estimate

_STEPS = "paths times the time that fund_drift, fund_volatility and drawdown make, over step, the number of steps"
MOST_STEPS = 1e8
"""Most steps of all funds together: a few seconds."""

_BLOCK = 32_768  # paths at a time: they stay in the processor's cache


@dataclass(frozen=True)
class Ruins:
    """Simulated funds: how often ruined, and what was missing each time.

    >>> Ruins(Estimate(0.5, 0.35, 2), np.array([3.0])).deficits.tolist()
    [3.0]
    """

    chance: Estimate
    deficits: Array

    def __post_init__(self) -> None:
        check_fields(self, chance=Estimate)
        object.__setattr__(self, "deficits", np.asarray(numbers("deficits", self.deficits, "time"), np.float64))

    @property
    def mean_deficit(self) -> Estimate:
        """What is missing at ruin, on average; ``paths`` counts the ruined ones."""
        count = self.deficits.size
        if count < 2:
            raise InputError(f"{count} of {self.chance.paths:,} funds were ruined: too few for a mean; take more paths")
        return Estimate(float(self.deficits.mean()), float(self.deficits.std(ddof=1)) / math.sqrt(count), count)


Changes = Callable[[np.random.Generator, int], tuple[Array, Array]]


def _simulate(rng: np.random.Generator, changes: Changes, balance: float, horizon: float, paths: int) -> Ruins:
    """Follow funds from event to event; ``changes(rng, n)`` draws the change of n balances and the time it takes."""
    deficits = []
    for first in range(0, paths, _BLOCK):
        n = min(_BLOCK, paths - first)
        funds, time = np.full(n, float(balance)), np.zeros(n)
        while funds.size:
            with np.errstate(over="ignore"):
                change, wait = changes(rng, funds.size)
                funds, time = funds + change, time + wait
            inside = time <= horizon
            deficits.append(-funds[inside & (funds < 0)])
            alive = inside & (funds >= 0)
            funds, time = funds[alive], time[alive]
    missing = np.concatenate(deficits)
    value = missing.size / paths
    return Ruins(Estimate(value, math.sqrt(value * (1 - value) / paths), paths), missing)


def simulate_liquidations(
    rng: np.random.Generator,
    *,
    starting_balance: Number,
    gain_chance: Number,
    mean_gain: Number,
    mean_loss: Number,
    liquidations: Number,
    paths: Number,
) -> Ruins:
    """Simulate funds through a number of liquidations, each an exponential gain or an exponential loss.

    Arguments:
        rng: a seeded generator.
        starting_balance: what each fund holds [money].
        gain_chance: chance that a liquidation fills the fund [fraction].
        mean_gain: [money].
        mean_loss: [money].
        liquidations: number of them.
        paths: number of funds.

    >>> some = dict(gain_chance=0.7, mean_gain=15, mean_loss=20, liquidations=500, paths=20_000)
    >>> str(simulate_liquidations(np.random.default_rng(7), starting_balance=100, **some).chance)
    '0.15590 ± 0.00257 (20,000 paths)'

    Raises ``ValueError`` for what cannot be, and for more than :data:`MOST_STEPS` liquidations of all funds.
    """
    check_generator(rng)
    balance = float(one_number("starting_balance", starting_balance, "non-negative"))
    chance = float(one_number("gain_chance", gain_chance, "part"))
    gain, loss = (
        float(one_number("mean_gain", mean_gain, "positive")),
        float(one_number("mean_loss", mean_loss, "positive")),
    )
    events, count = int(one_number("liquidations", liquidations, "count")), int(one_number("paths", paths, "count"))
    check_work(
        "paths times liquidations, the number of liquidations", float(events) * max(count, _BLOCK // 32), MOST_STEPS
    )

    def changes(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        size = rng.standard_exponential(n)
        return size * np.where(rng.random(n) < chance, gain, -loss), np.ones(n)

    return _simulate(rng, changes, balance, events, count)


def simulate_claims(
    rng: np.random.Generator,
    *,
    starting_balance: Number,
    mean_loss: Number,
    income_rate: Number,
    loss_rate: Number,
    horizon: Number,
    paths: Number,
) -> Ruins:
    """Simulate funds with a steady income and exponential losses at random times, up to the horizon.

    Arguments:
        rng: a seeded generator.
        starting_balance: what each fund holds [money].
        mean_loss: [money].
        income_rate: [money per unit of time].
        loss_rate: [losses per unit of time].
        horizon: how far ahead one looks [the same unit of time].
        paths: number of funds.

    >>> fund = dict(starting_balance=5, mean_loss=1, income_rate=1, loss_rate=0.8, horizon=50)
    >>> str(simulate_claims(np.random.default_rng(7), paths=20_000, **fund).chance)
    '0.25330 ± 0.00308 (20,000 paths)'

    Raises ``ValueError`` for what cannot be, and for more than :data:`MOST_STEPS` losses of all funds.
    """
    check_generator(rng)
    balance = float(one_number("starting_balance", starting_balance, "non-negative"))
    loss, income = (
        float(one_number("mean_loss", mean_loss, "positive")),
        float(one_number("income_rate", income_rate, "positive")),
    )
    losses, time = (
        float(one_number("loss_rate", loss_rate, "positive")),
        float(one_number("horizon", horizon, "non-negative")),
    )
    count = int(one_number("paths", paths, "count"))
    check_work(
        "paths times loss_rate times horizon, the number of losses",
        losses * time * max(count, _BLOCK // 32),
        MOST_STEPS,
    )

    def changes(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        wait = rng.standard_exponential(n) / losses
        return income * wait - loss * rng.standard_exponential(n), wait

    return _simulate(rng, changes, balance, time, count)


def simulate_drawdowns(
    rng: np.random.Generator,
    *,
    fund_drift: Number,
    fund_volatility: Number,
    drawdown: Number,
    step: Number,
    paths: Number,
) -> tuple[Estimate, Estimate]:
    """Simulate Brownian funds until each stands ``drawdown`` below its peak: mean time, mean rise of the peak.

    Looked at after each ``step`` of time. What falls between two looks is made up for by shifting the peak and the
    fall, each by the mean overshoot of a random walk (:data:`liquidation.odds.formulas.looked_distance`).

    Arguments:
        rng: a seeded generator.
        fund_drift: expected change of a fund [money per unit of time].
        fund_volatility: [money per root of that unit].
        drawdown: fall from the peak at which a fund stops [money].
        step: time between two looks [the same unit of time].
        paths: number of funds.

    >>> time, rise = simulate_drawdowns(np.random.default_rng(7), fund_drift=0, fund_volatility=1, drawdown=1,
    ...                                 step=0.001, paths=500)
    >>> round(time.value), round(rise.value)
    (1, 1)

    Raises ``ValueError`` for what cannot be, for a step too long for that shift, and for more than :data:`MOST_STEPS`
    steps: a fund that earns well takes very long to fall.
    """
    check_generator(rng)
    drift = float(one_number("fund_drift", fund_drift, "number"))
    volatility = float(one_number("fund_volatility", fund_volatility, "positive"))
    fall, dt = float(one_number("drawdown", drawdown, "positive")), float(one_number("step", step, "positive"))
    count = int(one_number("paths", paths, "count"))
    deviation = volatility * math.sqrt(dt)
    if deviation > fall / 10:
        raise InputError(f"step={step} is too long: in it a fund moves by {deviation:g}, over a tenth of the drawdown")
    wait = _expected_wait(drift, volatility, fall)
    check_work(
        _STEPS,
        wait / dt * max(count, _BLOCK // 32),
        MOST_STEPS,
    )
    overshoot = float(looked_distance(log_distance=fall, volatility=volatility, look_interval=dt)) - fall
    times: list[Array] = []
    peaks: list[Array] = []
    for first in range(0, count, _BLOCK):
        n = min(_BLOCK, count - first)
        peak, below, steps = np.zeros(n), np.zeros(n), 0
        while below.size:
            steps += 1
            below = below - (drift * dt + deviation * rng.standard_normal(below.size))
            peak = peak + np.maximum(-below, 0)
            below = np.maximum(below, 0)
            fallen = below >= fall - 2 * overshoot
            times.append(np.full(int(fallen.sum()), steps * dt))
            peaks.append(peak[fallen] + overshoot)
            peak, below = peak[~fallen], below[~fallen]
    return _mean(times, count), _mean(peaks, count)


def _mean(parts: list[Array], count: int) -> Estimate:
    found = np.concatenate(parts)
    return Estimate(float(found.mean()), float(found.std()) / math.sqrt(count), count)


def _expected_wait(drift: float, volatility: float, fall: float) -> float:
    """Mean time until the fall; infinite where it is longer than floats can say."""
    if 2 * (drift / volatility) * (fall / volatility) > 700:
        return math.inf
    return float(drawdown_time(fund_drift=drift, fund_volatility=volatility, drawdown=fall))
