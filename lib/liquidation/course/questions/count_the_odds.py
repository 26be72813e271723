"""Exercise 10. Ben's short: 0.3 ETH from 2,000, margin 30, requirement 9, liquidated at 2,070; volatility 100%."""

import math

from liquidation import LONG, SHORT, Formula, chance_before_target, chance_of_touching, linear, liquidation_price
from liquidation.odds.formulas import closing_beyond, log_distance, takeover_cost, vocabulary

from ..known import known
from ..question import Design, Expression, Function, Number, Part, Word

NUMBER = "10"

_BEN = dict(side=SHORT, mark_price=2_000, liquidation_price=2_070, volatility=1.0)
_WEEK = 7 / 365
_TOUCH = chance_of_touching(**_BEN, horizon=_WEEK)
_DISTANCE = log_distance(side=SHORT, mark_price=2_000, liquidation_price=2_070)
_WALK = dict(side=SHORT, volatility=1.0, log_drift=-0.5, horizon=_WEEK, log_distance=_DISTANCE)
_CLOSE = closing_beyond(**_WALK)
_TARGET_FIRST = Formula(
    "chance = (mark_price - liquidation_price)/(target_price - liquidation_price)", "chance", vocabulary
)


def _first(*, side, entry_price, quantity, contract_size, position_margin, maintenance_margin, target_price):
    """Compute the chance that a position is liquidated before the price reaches its target.

    Arguments:
        side: +1 long, -1 short.
        entry_price: where the price is now [USDT].
        quantity: contracts.
        contract_size: coins in one contract.
        position_margin: [USDT].
        maintenance_margin: the requirement [USDT].
        target_price: where the owner takes the profit [USDT].
    """
    price = liquidation_price(
        side=side,
        entry_price=entry_price,
        quantity=quantity,
        contract_size=contract_size,
        position_margin=position_margin,
        maintenance_margin=maintenance_margin,
    )
    return chance_before_target(
        side=side, mark_price=entry_price, liquidation_price=price, target_price=target_price, volatility=1.0
    )


def _with(**changed):
    """:func:`_first`, with the same arguments, of which some are ignored."""

    def wrong(*, side, entry_price, quantity, contract_size, position_margin, maintenance_margin, target_price):
        case = (
            dict(
                side=side,
                quantity=quantity,
                contract_size=contract_size,
                position_margin=position_margin,
                maintenance_margin=maintenance_margin,
            )
            | changed
        )
        room = (case["position_margin"] - case["maintenance_margin"]) / (case["quantity"] * case["contract_size"])
        return (target_price - entry_price) / (target_price - entry_price + case["side"] * room)

    return wrong


# Question 9: the largest chance of a liquidation, the smallest one of the target, and the smallest gain there, over the
# margin.
_DANGER, _HOPE, _GAIN = 0.10, 0.40, 0.30


def _time(days):
    return f"{days:g} day{'' if days == 1 else 's'}"


def _dies_at(leverage):
    return known(
        linear.liquidation_price_by_leverage(
            side=SHORT, entry_price=2_000, leverage=leverage, maintenance_margin_rate=0.015
        )
    )


def _touched(price, days):
    """Chance that a price above or below 2,000 is touched within some days."""
    side = SHORT if price > 2_000 else LONG
    return chance_of_touching(side=side, mark_price=2_000, liquidation_price=price, volatility=1.0, horizon=days / 365)


def _gained(leverage, target):
    return linear.return_on_margin(side=SHORT, entry_price=2_000, mark_price=target, leverage=leverage)


def _is_safe(leverage, days, target):
    if leverage * 0.015 >= 1:
        return f"at {leverage:g}x no more is put up than must be left: it's liquidated at once."
    dies = _dies_at(leverage)
    if (chance := _touched(dies, days)) > _DANGER:
        return (
            f"at {leverage:g}x it's liquidated at {dies:,.2f}, and within {_time(days)} ether gets there with a chance "
            f"of {chance:.1%}. {_DANGER:.0%} is the limit."
        )
    return None


def _is_likely_to_succeed(leverage, days, target):
    if (chance := _touched(target, days)) < _HOPE:
        return f"within {_time(days)} ether gets to {target:,.10g} with a chance of {chance:.1%} only, and not of 40%."
    return None


def _is_worth_it(leverage, days, target):
    if (gained := _gained(leverage, target)) < _GAIN * (1 - 1e-9):
        return f"at {target:,.10g} a short at {leverage:g}x has gained {gained:.1%} of its margin, and 30% are wanted."
    return None


def _report(leverage, days, target):
    return (
        f"Within {_time(days)} it's liquidated with a chance of {_touched(_dies_at(leverage), days):.1%} and gets to "
        f"{target:,.10g} with one of {_touched(target, days):.1%}, for {_gained(leverage, target):.0%} of the margin."
    )


QUESTIONS = (
    Number(
        answer=100 / math.sqrt(365),
        unit="percent",
        slips={
            "volatility grows with the root of time: divide by the root of 365.": 100 / 365,
            "coins are traded on 365 days a year, not on 252.": 100 / math.sqrt(252),
            "that is a week.": 100 * math.sqrt(_WEEK),
        },
        hints=(
            "Volatility doesn't grow with time, but with the root of it.",
            "A day is one of the 365 of a year (coins are traded on all of them). Divide by the root of that.",
            "100% over the root of 365: 100 / 365 ** 0.5.",
        ),
        praise="A day of 5% is nothing special for ether, at 100% a year.",
    ),
    Number(
        answer=100 * _TOUCH,
        unit="percent",
        within=0.05,
        slips={
            "that is the chance that the week ends beyond 2,070; one touch is enough.": 100 * _CLOSE,
            "that is twice the chance of ending beyond; it is not exact, for the log price drifts.": 200 * _CLOSE,
            "80.38 is the rule that a touch is twice as likely as a close beyond. It holds without log drift. But "
            "where "
            "the price has no drift its logarithm has one: 1% down in this week, away from a short.": 100
            * closing_beyond(**{**_WALK, "log_drift": 0})
            * 2,
            "that is one day; a week is 7/365 of a year.": 100 * chance_of_touching(**_BEN, horizon=1 / 365),
            "the horizon is in years: a week is 7/365.": 100 * chance_of_touching(**_BEN, horizon=7),
            "that is a long's, liquidated at 1,930.": 100
            * chance_of_touching(side=LONG, mark_price=2_000, liquidation_price=1_930, volatility=1.0, horizon=_WEEK),
        },
        hints=(
            "One touch is enough, whenever it comes. The lesson has a function for just that.",
            "`chance_of_touching` takes side, mark_price, liquidation_price, volatility and horizon. Volatility is "
            "per year, and the horizon is in years. Then take it times 100, for percent.",
            "Ben is SHORT at 2_000 and liquidated at 2_070; the volatility is 1.0, and a week is 7 / 365. Put them "
            "in, times 100.",
        ),
        praise="Four weeks in five, for a position that is 3.5% away.",
    ),
    Word(
        answer="half",
        options={
            "none": "a price that has touched 2,070 may fall again.",
            "a few": "from 2,070 the way down is as likely as the way up.",
            "nearly all": "from 2,070 the way up is as likely as the way down.",
        },
        hints=(
            "Stand at 2,070, in the very moment in which the price gets there. Which way does it go on?",
            "Without drift, up is about as likely as down. So of those who have touched, how many end on either side?",
            "Touching is about twice as likely as ending beyond. So of the hundred that have touched, how many end "
            "beyond, and how many don't?",
        ),
        praise="It comes back for about half of them, and too late for all.",
    ),
    Word(
        answer="too low",
        options={
            "too high": "no touch is counted that did not happen; some that did are not seen.",
            "right": "the price may touch 2,070 between two closes and come back.",
        },
        hints=(
            "What is it that your friend doesn't see?",
            "During a day the price may touch 2,070, and be below it again at the close.",
            "He misses some of the touches, and counts none that didn't happen.",
        ),
        praise="Looking seldom always errs on the pleasant side.",
    ),
    Expression(
        answer=_TARGET_FIRST,
        slips={
            "that is the chance that liquidation comes first.": lambda x: (
                (x["target_price"] - x["mark_price"]) / (x["target_price"] - x["liquidation_price"])
            ),
            "those are the odds of the one against the other; a chance is a part of the whole way.": lambda x: (
                (x["mark_price"] - x["liquidation_price"]) / (x["target_price"] - x["mark_price"])
            ),
        },
        hints=(
            "In a fair game you are, on average, where you began.",
            "There are two ends: the target, with the chance p, and the liquidation price, with 1 − p. Their average "
            "is the price now.",
            "p G + (1 − p) P_liq = P. Solve it for p.",
        ),
        praise="The nearer end is the likelier one, by exactly so much.",
    ),
    Number(
        answer=100 * chance_before_target(**_BEN, target_price=1_860),
        unit="percent",
        within=0.05,
        slips={
            "that is the chance of the target first.": 100 / 3,
            "those are the odds, two to one; of three times, two.": 200,
            "liquidation is at 2,070; 2,100 is the bankruptcy price.": 100 * 140 / 240,
        },
        hints=(
            "The nearer end is the likelier one. How far away is each?",
            "The chance of one end is the distance to the *other*, over the distance between them. Mind which of the "
            "two is asked for.",
            "The target is 140 dollars away and liquidation 70; they're 210 apart. Liquidation is the nearer one: 100 "
            "× 140 / 210.",
        ),
        praise="Twice the gain at half the chance: a fair game, before the takeover.",
    ),
    Function(
        answer=_first,
        cases=(
            dict(
                side=LONG,
                entry_price=50_000,
                quantity=1_000,
                contract_size=0.0001,
                position_margin=200,
                maintenance_margin=20,
                target_price=53_600,
            ),
            dict(
                side=SHORT,
                entry_price=2_000,
                quantity=30,
                contract_size=0.01,
                position_margin=30,
                maintenance_margin=9,
                target_price=1_860,
            ),
            dict(
                side=SHORT,
                entry_price=0.4,
                quantity=500,
                contract_size=10,
                position_margin=450,
                maintenance_margin=40,
                target_price=0.3,
            ),
        ),
        slips={
            "it leaves the maintenance margin out: that is bankruptcy, not liquidation.": _with(maintenance_margin=0),
            "it forgets the contract size.": _with(contract_size=1),
            "it treats a short like a long.": _with(side=LONG),
            "it returns the chance of the target first.": lambda **case: 1 - _first(**case),
        },
        hints=(
            "First find out where it would be liquidated. Then it's question 6 once more.",
            "The liquidation price is that of lesson 02. The chance is the distance to the target over the distance "
            "between both ends; with their signs it's right for both sides.",
            "With price = entry_price - side * (position_margin - maintenance_margin) / (quantity * contract_size), "
            "it's target_price - entry_price, over target_price - price.",
        ),
        praise="No volatility and no leverage in it: only how far the two ends are.",
    ),
    Number(
        answer=takeover_cost(chance=_TOUCH, maintenance_margin=9),
        unit="USDT",
        within=0.01,
        slips={
            "he loses the margin in any case when the price goes there; the takeover takes the 9 USDT.": 30 * _TOUCH,
            "that is the loss on the way to 2,070, which a fair market gives back on average.": 21 * _TOUCH,
            "it costs 9 USDT only if it happens.": 9,
            "that is the chance of ending beyond.": 9 * _CLOSE,
        },
        hints=(
            "On average the market gives back what it takes. What does the takeover keep?",
            "At 2,070 the requirement is left, and he never sees it again. Multiply it by the chance that he gets "
            "there.",
            "It's 9 USDT, times the chance of question 2 as a fraction, 0.79 or so (take all its digits).",
        ),
        praise="Nearly a quarter of his margin, for one week, before any fee.",
    ),
    Design(
        parts={
            "leverage": Part("times", 1, 500),
            "days": Part("days", 0.01, 365),
            "target": Part("dollars", 1, 1_999),
        },
        conditions=(_is_safe, _is_likely_to_succeed, _is_worth_it),
        report=_report,
        hints=(
            "Both chances depend on how far away a price is, compared with how far ether typically gets in the time.",
            "Fix the days first. They say how near the target has to be, and how far away the liquidation price. That "
            "gives you the highest leverage; then see whether the target is worth it.",
            "In 5 days ether typically moves by 12%. A target at 1,810 is reached with a chance of 41%, and at 4x the "
            "short is liquidated with one of 6%. What does it gain there, 9.5% times 4?",
        ),
        praise="5 days at 4x are about as likely to go wrong as 20 days at 2x, for in four times the time ether gets "
        "twice as far.",
    ),
)
