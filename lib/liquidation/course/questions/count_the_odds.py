"""Exercise 10. Ben's short: 0.3 ETH from 2,000, margin 30, requirement 9, liquidated at 2,070; volatility 100%."""

import math

from liquidation import LONG, SHORT, Formula, chance_before_target, chance_of_touching, liquidation_price
from liquidation.odds.formulas import closing_beyond, log_distance, takeover_cost, vocabulary

from ..question import Expression, Function, Number, Word

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


QUESTIONS = (
    Number(
        answer=100 / math.sqrt(365),
        unit="%",
        slips={
            "volatility grows with the root of time: divide by the root of 365.": 100 / 365,
            "coins are traded on 365 days a year, not on 252.": 100 / math.sqrt(252),
            "that is a week.": 100 * math.sqrt(_WEEK),
        },
        hints=("A day is 1/365 of a year; volatility grows with the root of time.", "100% over the root of 365."),
        praise="A day of 5% is nothing special for ether, at 100% a year.",
    ),
    Number(
        answer=100 * _DISTANCE,
        unit="%",
        slips={
            "that is the simple return; take the logarithm of the ratio.": 3.5,
            "that is the way to the bankruptcy price.": 100 * math.log(2_100 / 2_000),
            "that is a long's way, to 1,930.": 100 * math.log(2_000 / 1_930),
        },
        hints=("The logarithm of one price over the other.", "100 times log(2,070 / 2,000)."),
        praise="A little less than the 3.5% of the simple return: a rise is shorter in log price.",
    ),
    Number(
        answer=100 * _TOUCH,
        unit="%",
        within=0.05,
        slips={
            "that is the chance that the week ends beyond 2,070; one touch is enough.": 100 * _CLOSE,
            "that is twice the chance of ending beyond; it is not exact, for the log price drifts.": 200 * _CLOSE,
            "that is twice Φ(−b/(σ√T)), right without log drift; in a week the log price drifts down by 1%, away from "
            "a short.": 100 * closing_beyond(**{**_WALK, "log_drift": 0}) * 2,
            "that is one day; a week is 7/365 of a year.": 100 * chance_of_touching(**_BEN, horizon=1 / 365),
            "the horizon is in years: a week is 7/365.": 100 * chance_of_touching(**_BEN, horizon=7),
            "that is a long's, liquidated at 1,930.": 100
            * chance_of_touching(side=LONG, mark_price=2_000, liquidation_price=1_930, volatility=1.0, horizon=_WEEK),
        },
        hints=(
            "chance_of_touching takes side, mark_price, liquidation_price, volatility and horizon.",
            "side=SHORT, volatility=1.0, horizon=7 / 365; times 100.",
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
        hints=("Stand at 2,070: which way does the price go from there?", "Touching is twice ending beyond."),
        praise="It comes back for about half of them, and too late for all.",
    ),
    Word(
        answer="too low",
        options={
            "too high": "no touch is counted that did not happen; some that did are not seen.",
            "right": "the price may touch 2,070 between two closes and come back.",
        },
        hints=("What happens between two closes?", "Some touches are not seen."),
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
            "The average of the two ends, weighted with their chances, is the price now.",
            "p G + (1 - p) P_liq = P; solve it for p.",
        ),
        praise="The nearer end is the likelier one, by exactly so much.",
    ),
    Number(
        answer=100 * chance_before_target(**_BEN, target_price=1_860),
        unit="%",
        within=0.05,
        slips={
            "that is the chance of the target first.": 100 / 3,
            "those are the odds, two to one; of three times, two.": 200,
            "liquidation is at 2,070; 2,100 is the bankruptcy price.": 100 * 140 / 240,
        },
        hints=("How far is each end, and how far are they apart?", "140 of 210 dollars."),
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
            "First the liquidation price: entry - side * (margin - requirement) / (quantity * contract size).",
            "Then (target - entry) / (target - liquidation price), for both sides.",
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
        hints=("What is left at 2,070, and how likely is it that he gets there?", "The chance times 9 USDT."),
        praise="Nearly a quarter of his margin, for one week, before any fee.",
    ),
)
