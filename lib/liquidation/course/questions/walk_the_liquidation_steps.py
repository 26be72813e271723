"""Exercise 05. Ben's pool with an order, Dora's hedge, Emil's ladder, Fay's bill."""

import math
from fractions import Fraction

from liquidation import LONG, SHORT, Account, Contract, Market, Order, Position, RiskTiers, isolated, liquidate

from ..known import known
from ..mira import BTC, ETH
from ..question import Number, Word

NUMBER = "05"

_BEN = Account(
    100,
    [Position(ETH, SHORT, 30, 2_000, 20)],
    [Order(BTC, LONG, 80, 50_000, 10)],
    marks={"ETH_USDT": 2_180, "BTC_USDT": 50_000},
)
_DORA = Account(15, [Position(ETH, LONG, 50, 2_000), Position(ETH, SHORT, 30, 2_000)], marks={"ETH_USDT": 2_000})

_LADDER = RiskTiers([(0, 2_000, 0.005), (2_000, 12_000, 0.01), (12_000, 99_999, 0.02)], "contracts", "flat")
_SWAP = Market(Contract("SWAP", Fraction(1, 100), 0.1), _LADDER, maintenance_basis="entry")


def _emil() -> Account:
    """Short from 100 at 10x; the mark at which 1.3 times the equity is required."""
    position = isolated(_SWAP, SHORT, 15_000, 100, 10)
    margin, equity = known(position.margin), position.requirement(100) / 1.3
    return Account(margin, [position], marks={"SWAP": 100 + (margin - equity) / 150})


_FAY = Account(4_000, [isolated(BTC, LONG, 20_000, 50_000, 25)], marks={"BTC_USDT": 48_150})
_HALF = _FAY.close(_FAY.positions[0], 10_000, known(_FAY.bankruptcy_price("BTC_USDT")))

QUESTIONS = (
    Number(
        answer=100 * _BEN.margin_ratio(),
        unit="%",
        within=0.5,
        slips={
            "the 40 USDT that the order reserves do not count in the pool.": 100 * 9 / 46,
            "equity over requirement is the ratio upside down.": 100 * 6 / 9,
            "a short loses when the price rises.": 100 * 9 / 114,
        },
        hints=("What is left of 100 USDT?", "100 - 40 - 54 = 6 USDT, of which 9 are required."),
        praise="The trigger has fired.",
    ),
    Number(
        answer=100 * liquidate(_BEN).after.margin_ratio(),
        unit="%",
        within=0.05,
        slips={
            "that is still with the order; step 1 cancels it.": 150,
            "the loss of 54 USDT stays when the order goes.": 9,
        },
        hints=("What does canceling the order free?", "40 USDT: 9 of 46."),
        praise="Far below 100%: the procedure ends, and his position is untouched.",
    ),
    Word(
        answer="takeover",
        options={
            "cancellation": "plain isolated, orders do not back the position; canceling them would save nothing.",
            "netting": "netting is for cross only; isolated, each side stands alone.",
            "reduction": "in the lowest tier there is no lower rate to go down to.",
        },
        hints=(
            "Go through the table of the four steps.",
            "1: cross, or auto-margin. 2: cross. 3: above the lowest tier.",
        ),
        praise="Small and isolated, a position has only the last step.",
    ),
    Number(
        answer=liquidate(_DORA).after.requirement(),
        unit="USDT",
        slips={
            "that is before the netting: 80 contracts.": 24,
            "the sides are closed as far as they match: 30 of each, and 20 long are left.": 15,
            "the contract size is missing.": 600,
        },
        hints=("How many contracts are left?", "20 contracts of 0.01 ETH, worth 400 at entry."),
        praise="From 24 to 6, without a gain or a loss.",
    ),
    Number(
        answer=liquidate(_emil(), "SWAP").taken[0].quantity,
        unit="contracts",
        within=0.5,
        slips={
            "that goes straight to the lowest tier.": 13_000,
            "12,000 is what he keeps.": 12_000,
        },
        hints=("What is beyond the cap of the next lower tier?", "15,000 - 12,000."),
        praise="A fifth of the position.",
    ),
    Number(
        answer=100 * liquidate(_emil(), "SWAP").after.margin_ratio("SWAP"),
        unit="%",
        within=0.05,
        slips={
            "at the bankruptcy price the equity shrinks with the size: only the rate helps.": 130 * 0.8,
            "that lowers both the size and the rate; the equity shrinks with the size.": 130 * 0.8 * 0.5,
            "a lower rate means a lower ratio.": 260,
        },
        hints=("What happens to the ratio from one tier to the next?", "It is multiplied by 1% over 2%."),
        praise="Half. 12,000 contracts are saved.",
    ),
    Number(
        answer=liquidate(_emil(), "SWAP", tiers_at_a_time=math.inf).taken[0].quantity,
        unit="contracts",
        within=0.5,
        slips={
            "that goes down by one tier only.": 3_000,
            "2,000 is what he would have kept.": 2_000,
        },
        hints=("How much fits into the lowest tier?", "15,000 - 2,000."),
        praise="The number in OKX's own example. The milder rule costs him 3,000.",
    ),
    Number(
        answer=_FAY.close(_FAY.positions[0], 10_000, 48_150).balance - _HALF.balance,
        unit="USDT",
        slips={
            "that is for both bitcoins; half of them went.": 300,
            "that is what the half has lost since the entry.": 2_000,
            "that is what she loses by selling at the mark.": 1_850,
        },
        hints=("What did the market pay, and what was she booked at?", "1 BTC × (48,150 - 48,000)."),
        praise="The engine got a bitcoin 150 dollars below the market.",
    ),
    Number(
        answer=known(_HALF.positions[0].margin),
        unit="USDT",
        slips={
            "half of the position took half of the margin with it.": 4_000,
            "that is the margin less 150; margin leaves in proportion to the contracts.": 3_850,
        },
        hints=("At the bankruptcy price the loss per coin is the margin per coin.", "Half of 4,000."),
        praise="And half of the equity: her ratio has changed only as far as the rate has.",
    ),
)
