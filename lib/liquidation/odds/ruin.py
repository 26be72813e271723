"""The ruin of an insurance fund: how likely, how soon, and how much is missing then.

Fill by fill the fund gains or loses. It is *ruined* when its balance would fall below zero. If its losses are
exponential, one formula gives the chance of that for every law of its gains, :data:`ruin`; what differs is the
*adjustment coefficient*, the gamma at which the mean of ``exp(-gamma * change)`` is 1.

Sources: Asmussen and Albrecher, *Ruin Probabilities* (2010), chapters IV and V, for random gains and losses, for
steady income against exponential claims, and for a finite horizon; Taylor (1975), "A stopped Brownian motion
formula", for the drawdown. Amounts in one money throughout; any unit of time, the same in all arguments.
(Each formula stands here with its sentence and source; what is simulated is in :mod:`liquidation.odds.fund_paths`.)
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from ..algebra.checks import InputError, Number, Numbers, numbers, one_number
from ..algebra.formula import Formula
from ..algebra.vocabulary import Relation, Special, Term, Vocabulary
from .formulas import ever_touching, touching
from .special import bisect


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
        Term("adjustment", "gamma", "adjustment coefficient", "1/money", "number"),
        Term("starting_balance", "u", "balance of the fund at the start", "money", "non-negative"),
        Term("gain_chance", "p", "chance that a liquidation fills the fund", "fraction", "probability"),
        Term("mean_gain", "g", "mean of the gains", "money"),
        Term("mean_loss", "l", "mean of the losses", "money"),
        Term("loading", "theta", "income above the expected losses, as a part of them", "fraction"),
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


_RUIN = "Asmussen and Albrecher, Ruin Probabilities (2010), chapters IV and V"
_TAYLOR = "Taylor (1975), “A stopped Brownian motion formula”"
_OWN = "an integral over one exponential loss, our own"


def _formula(equation: str, about: str, source: str) -> Formula:
    return Formula(equation, equation.split(" =")[0], vocabulary, about, source)


adjustment = _formula(
    "adjustment = gain_chance/mean_loss - (1 - gain_chance)/mean_gain",
    "Adjustment coefficient of a fund whose gains and losses are exponential, one of them per liquidation.",
    _RUIN,
)
loaded_adjustment = _formula(
    "adjustment = loading/((1 + loading)*mean_loss)",
    "Adjustment coefficient of a steady income against exponential losses at random times (Cramér and Lundberg).",
    _RUIN,
)
ruin = _formula(
    "ruin_chance = (1 - adjustment*mean_loss)*exp(-adjustment*starting_balance)",
    "Chance of ruin, whenever it is, for exponential losses and an adjustment coefficient above 0. What is missing at "
    "ruin is exponential with the mean of a loss, whatever the balance was at the start: a loss that goes beyond what "
    "was there goes beyond it as if it had only begun there.",
    _RUIN,
)
walk_ruin = ruin.substitute(adjustment=adjustment).described(
    "Chance of ruin of a fund whose gains and losses are exponential, one of them per liquidation."
)
claims_ruin = ruin.substitute(adjustment=loaded_adjustment).described(
    "Chance of ruin of a steady income against exponential losses at random times."
)

expected_shortfall = _formula(
    "shortfall = mean_loss*exp(-starting_balance/mean_loss)",
    "Of one exponential loss, what a fund of this balance does not pay, on average.",
    _OWN,
)
expected_paid = _formula(
    "paid = mean_loss*(1 - exp(-starting_balance/mean_loss))",
    "Of one exponential loss, what a fund of this balance pays, on average.",
    _OWN,
)
best_balance = _formula(
    "starting_balance = mean_loss*log(shortfall_cost/capital_cost)",
    "Balance at which one more unit of money costs as much to keep as it is expected to save.",
    _OWN,
).provided(
    Relation(
        ("shortfall_cost", "capital_cost"),
        operator.ge,
        "if a missing unit costs less than keeping one, the best fund is none",
    )
)

drawdown_time = _formula(
    "waiting_time = 2*drawdown**2/fund_volatility**2*MeanMeanPower(2*fund_drift*drawdown/fund_volatility**2)",
    "Expected time until a Brownian fund stands that far below its peak: finite, however well it earns.",
    _TAYLOR,
)
walk_drawdown_time = (
    Formula(
        "waiting_time = (drawdown**2*MeanMeanPower(adjustment*drawdown)"
        " + mean_gain*(drawdown*MeanPower(adjustment*drawdown) + mean_loss) + mean_loss*(drawdown + mean_loss))"
        "/(mean_gain*mean_loss*(1 - adjustment*mean_loss))",
        "waiting_time",
        vocabulary,
    )
    .substitute(adjustment=adjustment)
    .described(
        "Expected number of liquidations until a fund whose gains and losses are exponential stands that far below its "
        "peak. At a distance x below the peak it is a + b exp(gamma x) + x/(mean change), which solves the equation of "
        "one step; a and b make it hold at the peak, which a gain moves, and at the fall.",
        "the equation of one step of a random walk with exponential jumps, our own",
    )
)
drawdown_peak = _formula(
    "peak_gain = drawdown*MeanPower(2*fund_drift*drawdown/fund_volatility**2)",
    "Mean rise of the peak until then; the rise is exponential.",
    _TAYLOR,
)


def fixed_gain_adjustment(*, gain: Number, mean_loss: Number) -> float:
    """Adjustment coefficient if each liquidation brings ``gain`` and costs an exponential loss of mean ``mean_loss``.

    The root of ``exp(-gamma * gain) = 1 - gamma * mean_loss`` beside ``gamma = 0``; 0 if nothing is earned on average.
    Both are amounts of money.

    >>> round(fixed_gain_adjustment(gain=25, mean_loss=20), 6)
    0.018569
    """
    earned, mean = (
        float(one_number("gain", gain, "non-negative")),
        float(one_number("mean_loss", mean_loss, "positive")),
    )
    if earned <= mean:
        return 0.0
    margin = (earned - mean) / mean

    def below(x: float) -> bool:
        # With x = gamma * mean_loss: -log(1 - x)/x = gain/mean_loss. Both less 1, so that near 0 no digit is lost.
        series = sum(x**n / (n + 1) for n in range(1, 25)) if x < 0.1 else (-math.log1p(-x) - x) / x
        return series <= margin

    return bisect(below, 0.0, 1.0) / mean


def chance_of_ruin(*, starting_balance: Numbers, adjustment: Numbers, mean_loss: Numbers) -> Any:
    """Chance that the fund is ever ruined: the formula :data:`ruin` with its limit, 1 without an adjustment above 0.

    A fund that earns nothing on average is ruined sooner or later, whatever it starts with. Numbers and arrays;
    balance and loss in money, the adjustment coefficient in one over money.

    >>> earning = adjustment(gain_chance=0.7, mean_gain=15, mean_loss=20)
    >>> round(chance_of_ruin(starting_balance=200, adjustment=earning, mean_loss=20), 6)
    0.034851
    >>> chance_of_ruin(starting_balance=1e9, adjustment=0, mean_loss=20)
    1.0
    """
    given = [
        numbers("starting_balance", starting_balance, "non-negative"),
        numbers("adjustment", adjustment, "number"),
        numbers("mean_loss", mean_loss, "positive"),
    ]
    try:
        u, gamma, mean = np.broadcast_arrays(*(np.asarray(x, dtype=np.float64) for x in given))
    except ValueError:
        raise InputError("starting_balance, adjustment and mean_loss are arrays that do not fit together") from None
    certain = gamma <= 0
    chance = np.where(certain, 1.0, ruin(starting_balance=u, adjustment=np.where(certain, 0, gamma), mean_loss=mean))
    return chance if chance.ndim else chance.item()


def chance_of_ruin_within(
    *,
    starting_balance: Number,
    mean_loss: Number,
    income_rate: Number,
    loss_rate: Number,
    horizon: Number,
) -> float:
    """Chance of ruin within a horizon: steady income, exponential losses at random (Poisson) times; one fund.

    Arguments:
        starting_balance: what the fund holds [money].
        mean_loss: [money].
        income_rate: [money per unit of time].
        loss_rate: [losses per unit of time].
        horizon: how far ahead one looks [the same unit of time].

    >>> fund = dict(starting_balance=5, mean_loss=1, income_rate=1, loss_rate=0.8)
    >>> round(chance_of_ruin_within(horizon=50, **fund), 6)
    0.255045

    Raises ``ValueError`` for amounts and rates that cannot be.
    """
    balance = float(one_number("starting_balance", starting_balance, "non-negative"))
    mean = float(one_number("mean_loss", mean_loss, "positive"))
    income = float(one_number("income_rate", income_rate, "positive"))
    losses = float(one_number("loss_rate", loss_rate, "positive"))
    time = float(one_number("horizon", horizon, "non-negative"))
    # In units of a mean loss and of the time in which it comes in.
    try:
        u, lam, T = balance / mean, losses * (mean / income), time * (income / mean)
    except (ZeroDivisionError, OverflowError):
        u = lam = T = math.inf
    if not max(u, lam, T) < _APART:
        raise InputError(
            f"starting_balance={balance:g}, mean_loss={mean:g}, income_rate={income:g}, loss_rate={losses:g} and "
            f"horizon={time:g} differ by more than floats can tell: give them in other units"
        )
    return _ruin_within(u, T, lam) if lam * T > 1e-300 else 0.0


_NODES = 2_000
_APART = 1e100


def _ruin_within(u: float, T: float, lam: float) -> float:
    """Asmussen and Albrecher's integral (V.1.3), as one over a circle in the complex plane.

    Any circle around 0 will do, less what the poles at ``lam`` and 1 that it takes in contribute. The one through the
    saddle point of the exponent keeps the integrand small, so that nothing large cancels. All is written in the
    distance from the pole at 1, for near it the digits of the difference count; and beyond the angle at which the
    integrand has fallen below every float nothing is summed, so that the nodes are always the same few.
    """
    total, lead = T + u, u + (1 - lam) * T
    saddle = math.sqrt(lam * T / total)
    sharpness = 2 * saddle * total
    offset = -lead / total / (1 + saddle)
    wide = saddle > 0.5

    def taken_in(d: float) -> float:
        return (lam * math.exp((lam - 1) * u) if d + (1 - lam) > 0 else 0) + (1 if d > 0 else 0)

    if offset * ((total * offset + lead) if wide else saddle * total - lam * T) / saddle < _SMALLEST:
        return min(taken_in(offset), 1.0)
    fine = max(20.0, math.sqrt(sharpness))
    d = next(
        x
        for x in (offset - saddle * k / fine for k in range(3))
        if abs(x) > 0.4 / fine and abs(x + 1 - lam) > 0.4 * lam / fine
    )
    radius = 1 + d if wide else saddle + (d - offset)
    top = math.pi if sharpness <= 60 else min(math.pi, 2 * math.asin(math.sqrt(30 / sharpness)))
    angle = np.linspace(0, top, _NODES + 1)
    turn = -2 * np.sin(angle / 2) ** 2 + 1j * np.sin(angle)
    w, delta = radius * (1 + turn), d + radius * turn
    exponent = total * delta + lead if wide else total * w - lam * T
    values = (np.exp(delta * exponent / w) * ((lam - 1) - delta * (w + 1)) / (-delta * (delta + 1 - lam)) * w).real
    values[[0, -1]] /= 2
    return float(min(max(taken_in(d) - values.sum() * top / _NODES / math.pi, 0.0), 1.0))


_SMALLEST = -745.0
"""Its exponential is the smallest float."""


def chance_of_brownian_ruin(
    *, starting_balance: Number, drift: Number, volatility: Number, horizon: Number = math.inf
) -> float:
    """Chance that a fund that drifts and diffuses touches zero within the horizon; one fund.

    The first passage of :mod:`liquidation.odds.formulas`, with money in the place of the log price. ``drift`` in
    money per unit of time, ``volatility`` in money per square root of it, ``horizon`` in that unit.

    >>> round(chance_of_brownian_ruin(starting_balance=5, drift=0.4, volatility=1.5), 6)
    0.169013
    """
    balance = one_number("starting_balance", starting_balance, "non-negative")
    time = one_number("horizon", horizon, "time")
    given = {
        "side": 1,
        "log_distance": balance,
        "log_drift": one_number("drift", drift, "number"),
        "volatility": one_number("volatility", volatility, "positive"),
    }
    if balance == 0:
        return 1.0
    try:
        if time == math.inf:
            return float(ever_touching(**given)) if drift > 0 else 1.0
        return float(min(touching(horizon=time, **given), 1.0)) if time else 0.0
    except InputError as error:
        raise InputError(
            f"starting_balance={balance}, drift={drift}, volatility={volatility} and horizon={time}: {error}"
        ) from None
