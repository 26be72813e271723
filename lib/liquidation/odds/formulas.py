"""Chances as formulas: a price that moves as geometric Brownian motion, and gaps beyond a trigger.

The price ``P`` has volatility ``sigma`` and expected growth ``mu`` per year; its logarithm drifts by
``nu = mu - sigma**2/2``. A liquidation price at the distance ``b = side * log(P / P_liq)`` is touched within ``T``
years with the chance :data:`touching`. Only prices enter, so this holds for linear and for inverse contracts.

These hold inside their limits (volatility, horizon and distance above 0); :mod:`liquidation.odds.chance` adds those.

Sources: first passage of Brownian motion, Karatzas and Shreve, *Brownian Motion and Stochastic Calculus*, 3.5.C;
looking at intervals, Broadie, Glasserman and Kou (1997), "A continuity correction for discrete barrier options";
leverage and growth, Kelly (1956). The formulas for exponential gaps are our own integrals; the tests simulate them.
"""

from __future__ import annotations

from typing import Any

from ..algebra.formula import Formula
from ..algebra.vocabulary import Relation, Term, Vocabulary
from ..theory import linear
from .special import EXIT_ODDS, EXP_PHI, PHI

vocabulary = Vocabulary(
    (
        *linear.vocabulary.terms,
        Term("volatility", "sigma", "volatility of the log price", "per square root of a year"),
        Term("drift", "mu", "expected growth of the price", "per year", "number"),
        Term("log_drift", "nu", "drift of the log price", "per year", "number"),
        Term("horizon", "T", "how far ahead one looks", "years"),
        Term("look_interval", "Delta", "time between two looks at the price", "years"),
        Term("log_distance", "b", "distance to the liquidation price in log price", "log of a ratio"),
        Term("target_price", "G", "price at which the profit is taken", "USDT per coin"),
        Term("target_distance", "u", "distance to the target in log price", "log of a ratio"),
        Term("looked_distance", "b_look", "distance whose touching at any time is as likely", "log of a ratio"),
        Term("chance", "p", "chance", "fraction", "probability"),
        Term("takeover_cost", "K", "expected margin lost to the takeover", "USDT", "non-negative"),
        Term("stop_price", "S", "price that triggers the close", "USDT per coin"),
        Term("mean_gap", "y", "mean overshoot beyond the trigger, in log price", "log of a ratio"),
        Term("fill_price", "P_fill", "expected price of the close", "USDT per coin"),
        Term("deficit", "D", "expected shortfall beyond the bankruptcy price", "USDT per coin", "non-negative"),
        Term("fund_change", "Z", "expected gain (+) or loss (−) of the insurance fund", "USDT per coin", "number"),
        Term("growth_rate", "gamma", "growth rate of the logarithm of the wealth", "per year", "number"),
        Term("remaining_fraction", "q", "part of the wealth that is left", "fraction", "rate"),
    ),
    (PHI, EXP_PHI, EXIT_ODDS),
)


def _is_finite(side: Any, gap: Any) -> Any:
    return side * gap > -1


_FINITE_CLOSE = Relation(
    ("side", "mean_gap"),
    _is_finite,
    "a short's mean gap must be below 1, or the expected price of its close is infinite",
)


_PASSAGE = "Karatzas and Shreve, Brownian Motion and Stochastic Calculus, 3.5.C"
_GAPS = "an integral over the exponential gap, our own"
_KELLY = "Kelly (1956), “A new interpretation of information rate”"


def _formula(equation: str, about: str, source: str) -> Formula:
    return Formula(equation, equation.split(" =")[0], vocabulary, about, source)


log_drift = _formula(
    "log_drift = drift - volatility**2/2",
    "Drift of the log price, if the price itself is expected to grow by the drift.",
    _PASSAGE,
)
log_distance = _formula(
    "log_distance = side*log(mark_price/liquidation_price)",
    "How far off the liquidation price is, in log price.",
    "the definition of a log return",
)
target_distance = _formula(
    "target_distance = side*log(target_price/mark_price)",
    "How far off the target is, in log price.",
    "the definition of a log return",
)

closing_beyond = _formula(
    "chance = Phi(-(log_distance + side*log_drift*horizon)/(volatility*sqrt(horizon)))",
    "Chance that the price at the horizon is beyond the liquidation price.",
    _PASSAGE,
)
ever_touching = _formula(
    "chance = exp(-2*side*log_drift*log_distance/volatility**2)",
    "Chance of touching at any time, with no horizon, if the drift leads away (side × log drift above 0; else 1).",
    _PASSAGE,
)
touching = _formula(
    "chance = Phi(-(log_distance + side*log_drift*horizon)/(volatility*sqrt(horizon)))"
    " + ExpPhi(-2*side*log_drift*log_distance/volatility**2,"
    " -(log_distance - side*log_drift*horizon)/(volatility*sqrt(horizon)))",
    "Chance that the price touches the liquidation price within the horizon. Without log drift: twice the chance of "
    "closing beyond it.",
    _PASSAGE,
)
before_target = _formula(
    "chance = ExitOdds(2*side*log_drift/volatility**2, -log_distance, target_distance)",
    "Chance that the liquidation price is touched before the target, whenever that is.",
    _PASSAGE,
)
# The constant is -zeta(1/2)/sqrt(2 pi): the mean overshoot of a random walk of Normal steps, in steps.
looked_distance = _formula(
    "looked_distance = log_distance + 0.5825971579390107*volatility*sqrt(look_interval)",
    "Looking only now and then is about as good as a liquidation price this far off: to 0.001 from 100 looks on.",
    "Broadie, Glasserman and Kou (1997), “A continuity correction for discrete barrier options”",
)

takeover_cost = _formula(
    "takeover_cost = chance*maintenance_margin",
    "What the takeover is expected to cost: at the liquidation price the equity equals the requirement, and is lost. "
    "Without drift, fees and gaps this is the whole expected loss of the trader: the market itself is fair.",
    "optional stopping of a fair game, our own",
)

expected_fill = _formula(
    "fill_price = stop_price/(1 + side*mean_gap)",
    "Mean price of a market order whose trigger was overshot by an exponential gap in log price.",
    _GAPS,
).provided(_FINITE_CLOSE)
fill_beyond_bankruptcy = _formula(
    "chance = exp(side*log(bankruptcy_price/stop_price)/mean_gap)",
    "Chance that such an order is filled beyond the bankruptcy price: for a takeover, the chance of a bad debt.",
    _GAPS,
).provided(_FINITE_CLOSE)
expected_deficit = _formula(
    "deficit = bankruptcy_price*exp(side*log(bankruptcy_price/stop_price)/mean_gap)*mean_gap/(1 + side*mean_gap)",
    "Mean shortfall beyond the bankruptcy price, counting 0 where there is none; per coin of a linear contract.",
    _GAPS,
).provided(_FINITE_CLOSE)
expected_fund_change = (
    _formula("fund_change = side*(fill_price - bankruptcy_price)", "", _GAPS)
    .substitute(fill_price=expected_fill)
    .described(
        "What the insurance fund gains or loses on average per coin of a linear contract taken over at the stop price."
    )
)

growth_rate = _formula(
    "growth_rate = leverage*drift - (leverage*volatility)**2/2",
    "Growth of a wealth that is kept at the same leverage all the time.",
    _KELLY,
)
growth_optimal_leverage = (
    _formula("drift = leverage*volatility**2", "", _KELLY)
    .solve_for("leverage")
    .described("Leverage at which the growth rate is largest (Kelly); at twice that the growth is 0.")
)
ever_falling_to = ever_touching.substitute(
    side=1, log_drift=growth_rate, volatility="leverage*volatility", log_distance="-log(remaining_fraction)"
).described("Chance that a wealth kept at one leverage ever falls to a fraction of itself.", _KELLY)
