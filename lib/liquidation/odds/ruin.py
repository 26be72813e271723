"""The ruin of an insurance fund: how likely, how soon, and how much is missing then.

Fill by fill the fund gains or loses. It is *ruined* when its balance would fall below zero. If its losses are
exponential, one formula gives the chance of that for every law of its gains, :data:`ruin`; what differs is the
*adjustment coefficient*, the R at which the mean of ``exp(-R * change)`` is 1.

Sources: Asmussen and Albrecher, *Ruin Probabilities* (2010), chapters IV and V, for random gains and losses, for
steady income against exponential claims, and for a finite horizon; Taylor (1975), "A stopped Brownian motion
formula", for the drawdown. Amounts in one money throughout; any unit of time, the same in all arguments.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..algebra.formula import Formula
from ..algebra.vocabulary import Relation, Special, Term, Vocabulary
from .formulas import ever_touching, looked_distance, touching
from .paths import Estimate, _check, _check_generator


def _mean_power(k: Any) -> Any:
    """``(exp(k) - 1)/k``, 1 at 0."""
    with np.errstate(all="ignore"):
        found = np.where(k == 0, 1.0, np.expm1(k) / np.where(k == 0, 1.0, k))
    return found if np.ndim(k) else float(found)


def _mean_mean_power(k: Any) -> Any:
    """``(exp(k) - 1 - k)/k**2``, 1/2 at 0: near 0 by its series, for the difference cancels."""
    near, far = np.where(np.abs(k) < 0.1, k, 0.0), np.where(np.abs(k) < 0.1, 1.0, k)
    with np.errstate(all="ignore"):
        series = sum(near**n / math.factorial(n + 2) for n in range(12))
        found = np.where(np.abs(k) < 0.1, series, (np.expm1(far) - far) / far**2)
    return found if np.ndim(k) else float(found)


vocabulary = Vocabulary(
    (
        Term("starting_balance", "u", "balance of the fund at the start", "money", "non-negative"),
        Term("gain_chance", "p", "chance that a liquidation fills the fund", "fraction", "probability"),
        Term("mean_gain", "g", "mean of the gains", "money"),
        Term("mean_loss", "l", "mean of the losses", "money"),
        Term("expected_change", "z", "expected change of the fund in one liquidation", "money", "number"),
        Term("loading", "theta", "income above the expected losses, as a part of them", "fraction"),
        Term("adjustment", "R", "adjustment coefficient", "1/money", "number"),
        Term("ruin_chance", "psi", "chance that the fund is ever ruined", "fraction", "probability"),
        Term("shortfall", "B", "expected loss that the fund does not pay", "money", "non-negative"),
        Term("paid", "A", "expected loss that the fund pays", "money", "non-negative"),
        Term("shortfall_cost", "kappa", "cost of each unit of money that the fund cannot pay", "money"),
        Term("capital_cost", "r", "cost of keeping one unit of money in the fund", "money"),
        Term("fund_drift", "mu", "expected change of the fund", "money per time", "number"),
        Term("fund_volatility", "sigma", "volatility of the fund", "money per root of time"),
        Term("drawdown", "d", "fall from the peak that stops the fund from paying", "money"),
        Term("waiting_time", "tau", "expected time until the fall", "time"),
        Term("peak_gain", "w", "expected rise of the peak above the start until the fall", "money"),
    ),
    (
        Special("MeanPower", _mean_power, ("k", "(exp(k) - 1)/k")),
        Special("MeanMeanPower", _mean_mean_power, ("k", "(exp(k) - 1 - k)/k**2")),
    ),
)


def _formula(equation: str) -> Formula:
    return Formula(equation, equation.split(" =")[0], vocabulary)


expected_change = _formula("expected_change = gain_chance*mean_gain - (1 - gain_chance)*mean_loss")
adjustment = _formula("adjustment = gain_chance/mean_loss - (1 - gain_chance)/mean_gain")
"""Adjustment coefficient of a fund whose gains and losses are exponential, one of them per liquidation."""
loaded_adjustment = _formula("adjustment = loading/((1 + loading)*mean_loss)")
"""Adjustment coefficient of a steady income against exponential losses at random times (Cramér and Lundberg)."""
ruin = _formula("ruin_chance = (1 - adjustment*mean_loss)*exp(-adjustment*starting_balance)")
"""Chance of ruin, whenever it is, for exponential losses and an adjustment coefficient above 0.

What is missing at ruin is exponential with the mean of a loss, whatever the balance was at the start: a loss that
goes beyond what was there goes beyond it as if it had only begun there.
"""
walk_ruin = ruin.substitute(adjustment=adjustment)
claims_ruin = ruin.substitute(adjustment=loaded_adjustment)

expected_shortfall = _formula("shortfall = mean_loss*exp(-starting_balance/mean_loss)")
"""Of one exponential loss, what a fund of this balance does not pay, on average."""
expected_paid = _formula("paid = mean_loss*(1 - exp(-starting_balance/mean_loss))")
best_balance = _formula("starting_balance = mean_loss*log(shortfall_cost/capital_cost)").provided(
    Relation(
        ("shortfall_cost", "capital_cost"),
        lambda shortfall, capital: shortfall >= capital,
        "if a missing unit costs less than keeping one, the best fund is none",
    )
)
"""Balance at which one more unit of money costs as much to keep as it is expected to save."""

drawdown_time = _formula(
    "waiting_time = 2*drawdown**2/fund_volatility**2*MeanMeanPower(2*fund_drift*drawdown/fund_volatility**2)"
)
"""Expected time until a Brownian fund stands ``drawdown`` below its peak: finite, however well it earns."""
drawdown_peak = _formula("peak_gain = drawdown*MeanPower(2*fund_drift*drawdown/fund_volatility**2)")
"""Mean rise of the peak until then; the rise is exponential."""


def fixed_gain_adjustment(*, gain: float, mean_loss: float) -> float:
    """Adjustment coefficient if each liquidation brings ``gain`` and costs an exponential loss of mean ``mean_loss``.

    The root of ``exp(-R * gain) = 1 - R * mean_loss`` beside ``R = 0``; 0 if nothing is earned on average.

    >>> round(fixed_gain_adjustment(gain=25, mean_loss=20), 6)
    0.018569
    """
    _check(gain=(gain, "non-negative"), mean_loss=(mean_loss, "positive"))
    if gain <= mean_loss:
        return 0.0
    low, high = 0.0, 1 / mean_loss
    middle = high / 2
    while low < middle < high:  # until no float is left between
        low, high = (middle, high) if 1 - middle * mean_loss > math.exp(-middle * gain) else (low, middle)
        middle = (low + high) / 2
    return middle


def chance_of_ruin(*, starting_balance: Any, adjustment: Any, mean_loss: Any) -> Any:
    """Chance that the fund is ever ruined, :data:`ruin` with its limit: 1 without an ``adjustment`` above 0.

    A fund that earns nothing on average is ruined sooner or later, whatever it starts with. Numbers and arrays.

    >>> earning = adjustment(gain_chance=0.7, mean_gain=15, mean_loss=20)
    >>> round(chance_of_ruin(starting_balance=200, adjustment=earning, mean_loss=20), 6)
    0.034851
    >>> chance_of_ruin(starting_balance=1e9, adjustment=0, mean_loss=20)
    1.0
    """
    u, R, mean = (np.asarray(x, dtype=float) for x in (starting_balance, adjustment, mean_loss))
    u, R, mean = np.broadcast_arrays(u, R, mean)
    certain = R <= 0
    chance = np.where(certain, 1.0, ruin(starting_balance=u, adjustment=np.where(certain, 0, R), mean_loss=mean))
    return chance if chance.ndim else chance.item()


def chance_of_ruin_within(
    *, starting_balance: float, mean_loss: float, income_rate: float, loss_rate: float, horizon: float
) -> float:
    """Chance of ruin within a horizon: steady income, exponential losses at random (Poisson) times; one fund.

    ``income_rate`` in money per unit of time, ``loss_rate`` in losses per unit of time.

    >>> fund = dict(starting_balance=5, mean_loss=1, income_rate=1, loss_rate=0.8)
    >>> round(chance_of_ruin_within(horizon=50, **fund), 6)
    0.255045
    """
    _check(starting_balance=(starting_balance, "non-negative"), mean_loss=(mean_loss, "positive"))
    _check(income_rate=(income_rate, "positive"), loss_rate=(loss_rate, "positive"), horizon=(horizon, "non-negative"))
    # In units of a mean loss and of the time in which it comes in.
    u, lam = starting_balance / mean_loss, loss_rate * mean_loss / income_rate
    T = horizon * income_rate / mean_loss
    if T == 0:
        return 0.0
    # Asmussen and Albrecher's integral (V.1.3) is one over a circle in the complex plane, of radius sqrt(lam). Any
    # circle around 0 will do, less what the poles at lam and 1 that it takes in contribute. The one through the
    # saddle point of the exponent keeps the integrand small, so that nothing large cancels.
    fine = max(20.0, math.sqrt(T + u))
    radius = math.sqrt(lam * T / (T + u))
    for pole in (lam, 1.0):
        if abs(radius / pole - 1) < 1 / fine:
            radius = pole * (1 - 1 / fine)
    w = radius * np.exp(1j * np.linspace(0, math.pi, int(40 * fine) + 1))
    exponent = T * (w + lam / w - 1 - lam) + u * (w - 1)
    values = (np.exp(exponent) * (lam - w**2) / ((1 - w) * (w - lam)) * w).real
    values[[0, -1]] /= 2
    taken_in = (lam * math.exp((lam - 1) * u) if lam < radius else 0) + (1 if radius > 1 else 0)
    return float(min(max(taken_in - values.sum() / (values.size - 1), 0.0), 1.0))


def chance_of_brownian_ruin(
    *, starting_balance: float, drift: float, volatility: float, horizon: float = math.inf
) -> float:
    """Chance that a fund that drifts and diffuses touches zero within the horizon; one fund.

    The first passage of :mod:`liquidation.odds.formulas`, with money in the place of the log price. ``drift`` in
    money per unit of time, ``volatility`` in money per square root of it.

    >>> round(chance_of_brownian_ruin(starting_balance=5, drift=0.4, volatility=1.5), 6)
    0.169013
    """
    _check(starting_balance=(starting_balance, "non-negative"), drift=(drift, "number"))
    _check(volatility=(volatility, "positive"))
    if not horizon >= 0:
        raise ValueError(f"horizon={horizon} is not allowed: it must be at least 0, math.inf for ever")
    if starting_balance == 0:
        return 1.0
    given = dict(side=1, log_distance=starting_balance, log_drift=drift, volatility=volatility)
    if horizon == math.inf:
        return ever_touching(**given) if drift > 0 else 1.0
    return min(touching(horizon=horizon, **given), 1.0) if horizon else 0.0


# -- simulations -------------------------------------------------------------------------------------------------

_BLOCK = 32_768  # paths at a time: they stay in the processor's cache


@dataclass(frozen=True)
class Ruins:
    """Simulated funds: how often ruined, and what was missing each time."""

    chance: Estimate
    deficits: np.ndarray

    @property
    def mean_deficit(self) -> Estimate:
        """What is missing at ruin, on average; ``paths`` counts the ruined ones."""
        count = self.deficits.size
        if count < 2:
            raise ValueError(f"{count} of {self.chance.paths:,} funds were ruined: too few for a mean; take more paths")
        return Estimate(float(self.deficits.mean()), float(self.deficits.std(ddof=1)) / math.sqrt(count), count)


Changes = Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray]]


def _simulate(rng: np.random.Generator, changes: Changes, balance: float, horizon: float, paths: int) -> Ruins:
    """Follow funds from event to event; ``changes(rng, n)`` draws the change of n balances and the time it takes."""
    deficits = []
    for first in range(0, paths, _BLOCK):
        n = min(_BLOCK, paths - first)
        funds, time = np.full(n, float(balance)), np.zeros(n)
        while funds.size:
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
    rng: np.random.Generator, *, starting_balance: float, gain_chance: float, mean_gain: float, mean_loss: float,
    liquidations: int, paths: int,
) -> Ruins:  # fmt: skip
    """Simulate funds through a number of liquidations, each an exponential gain or an exponential loss.

    >>> some = dict(gain_chance=0.7, mean_gain=15, mean_loss=20, liquidations=500, paths=20_000)
    >>> str(simulate_liquidations(np.random.default_rng(7), starting_balance=100, **some).chance)
    '0.15590 ± 0.00257 (20,000 paths)'
    """
    _check_generator(rng)
    _check(starting_balance=(starting_balance, "non-negative"), gain_chance=(gain_chance, "probability"))
    _check(mean_gain=(mean_gain, "positive"), mean_loss=(mean_loss, "positive"))
    _check(liquidations=(liquidations, "count"), paths=(paths, "count"))

    def changes(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        size = rng.standard_exponential(n)
        return size * np.where(rng.random(n) < gain_chance, mean_gain, -mean_loss), np.ones(n)

    return _simulate(rng, changes, starting_balance, liquidations, paths)


def simulate_claims(
    rng: np.random.Generator, *, starting_balance: float, mean_loss: float, income_rate: float, loss_rate: float,
    horizon: float, paths: int,
) -> Ruins:  # fmt: skip
    """Simulate funds with a steady income and exponential losses at random times, up to the horizon.

    The arguments are those of :func:`chance_of_ruin_within`.
    """
    _check_generator(rng)
    _check(starting_balance=(starting_balance, "non-negative"), mean_loss=(mean_loss, "positive"))
    _check(income_rate=(income_rate, "positive"), loss_rate=(loss_rate, "positive"), horizon=(horizon, "non-negative"))
    _check(paths=(paths, "count"))

    def changes(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        wait = rng.standard_exponential(n) / loss_rate
        return income_rate * wait - mean_loss * rng.standard_exponential(n), wait

    return _simulate(rng, changes, starting_balance, horizon, paths)


def simulate_drawdowns(
    rng: np.random.Generator, *, fund_drift: float, fund_volatility: float, drawdown: float, step: float, paths: int
) -> tuple[Estimate, Estimate]:
    """Simulate Brownian funds until each stands ``drawdown`` below its peak: mean time, mean rise of the peak.

    Looked at after each ``step`` of time. What falls between two looks is made up for by shifting the peak and the
    fall, each by the mean overshoot of a random walk (:data:`liquidation.odds.formulas.looked_distance`).
    """
    _check_generator(rng)
    _check(fund_drift=(fund_drift, "number"), fund_volatility=(fund_volatility, "positive"))
    _check(drawdown=(drawdown, "positive"), step=(step, "positive"), paths=(paths, "count"))
    deviation = fund_volatility * math.sqrt(step)
    if deviation > drawdown / 10:
        raise ValueError(f"step={step} is too long: in it a fund moves by {deviation:g}, over a tenth of the drawdown")
    overshoot = looked_distance(log_distance=drawdown, volatility=fund_volatility, look_interval=step) - drawdown
    times, peaks = [], []
    for first in range(0, paths, _BLOCK):
        n = min(_BLOCK, paths - first)
        peak, below, steps = np.zeros(n), np.zeros(n), 0
        while below.size:
            steps += 1
            below = below - (fund_drift * step + deviation * rng.standard_normal(below.size))
            peak = peak + np.maximum(-below, 0)
            below = np.maximum(below, 0)
            fallen = below >= drawdown - 2 * overshoot
            times.append(np.full(int(fallen.sum()), steps * step))
            peaks.append(peak[fallen] + overshoot)
            peak, below = peak[~fallen], below[~fallen]
    found = (np.concatenate(x) for x in (times, peaks))
    return tuple(Estimate(float(x.mean()), float(x.std()) / math.sqrt(paths), paths) for x in found)
