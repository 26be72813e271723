"""Exercise 01. Ben shorts ether: 30 contracts of 0.01 ETH at 2,000, 20x; Mira holds coin-margined contracts."""

from liquidation import LONG, SHORT, inverse, linear

from ..question import Function, Number, Word

NUMBER = "01"

_BEN = {"entry_price": 2_000, "quantity": 30, "contract_size": 0.01}
_COIN = {"entry_price": 40_000, "quantity": 20, "contract_size": 100}


def _without(name):
    """Return the PnL of somebody who forgot one factor."""
    return lambda **case: linear.unrealized_pnl(**{**case, name: 1})


QUESTIONS = (
    Number(
        answer=linear.position_value(mark_price=2_000, quantity=30, contract_size=0.01),
        unit="USDT",
        slips={
            "60,000 is price times contracts; each contract is only 0.01 ETH.": 60_000,
            "20 is the value of one contract; Ben has 30.": 20,
        },
        hints=(
            "The value is what the coins behind the contracts cost.",
            "Coins = contracts × contract size = 30 × 0.01. Multiply them by the price.",
        ),
        praise="0.3 ETH at 2,000 are worth 600 USDT.",
    ),
    Number(
        answer=linear.initial_margin(leverage=20, **_BEN),
        unit="USDT",
        slips={
            "3,000 leaves the contract size out.": 3_000,
            "that multiplies by the leverage; the margin is a part of the value.": 12_000,
        },
        hints=("Leverage is value over margin.", "Divide the answer of question 1 by 20."),
        praise="600 ÷ 20. A short puts up margin exactly as a long does.",
    ),
    Number(
        answer=linear.unrealized_pnl(side=SHORT, mark_price=2_060, **_BEN),
        unit="USDT",
        slips={
            "that is the long's result: a short loses when the price rises.": 18,
            "-1,800 leaves the contract size out.": -1_800,
            "-60 is the price move; Ben has 0.3 ETH, not 1.": -60,
        },
        hints=(
            "First the sign: is a rise good for a short?",
            "A price move of 60 on 0.3 ETH; the side of a short is -1.",
        ),
        praise="-1 × 60 × 0.3: a rise of 3% costs the short 18 USDT.",
    ),
    Number(
        answer=linear.return_on_margin(side=SHORT, entry_price=2_000, mark_price=2_060, leverage=20),
        unit="fractions of the margin (-0.5 for minus half)",
        within=0.0005,
        slips={
            "the sign is the long's.": 0.6,
            "-0.03 is the price move; the margin sees it through the leverage.": -0.03,
            "that divides by the leverage.": -0.0015,
        },
        hints=("PnL over margin.", "Or: minus the price move of 3%, times 20."),
        praise="-60%: a move of 3% seen through 20x.",
    ),
    Number(
        answer=0.25,
        unit="fractions of the price (0.1 for 10%)",
        within=0.0005,
        slips={"that is the leverage, not the move.": 4, "0.2 belongs to 5x.": 0.2},
        hints=("Return on margin is move times leverage; set it to -1.", "The move is 1 divided by the leverage."),
        praise="1 ÷ 4 = 25%.",
    ),
    Function(
        answer=linear.unrealized_pnl,
        cases=(
            {"side": LONG, "entry_price": 50_000, "mark_price": 52_500, "quantity": 1_000, "contract_size": 0.0001},
            {"side": SHORT, "entry_price": 2_000, "mark_price": 2_060, "quantity": 30, "contract_size": 0.01},
            {"side": SHORT, "entry_price": 0.4, "mark_price": 0.35, "quantity": 500, "contract_size": 10},
        ),
        slips={
            "it forgets the contract size.": _without("contract_size"),
            "it forgets the number of contracts.": _without("quantity"),
            "it treats a short like a long; multiply by the side.": _without("side"),
            "it has the sign the wrong way round: a long gains when the mark price is above the entry.": (
                lambda **case: -linear.unrealized_pnl(**case)
            ),
        },
        hints=(
            "Price move, times size, times side.",
            "side * (mark_price - entry_price) * quantity * contract_size",
        ),
        praise="One line for longs and shorts of any contract size.",
    ),
    Number(
        answer=inverse.unrealized_pnl(side=LONG, mark_price=50_000, **_COIN),
        unit="BTC",
        within=0.000005,
        slips={
            "0.0125 divides the dollars' gain by the entry price; the gain is paid at the price of now.": 0.0125,
            "500 is the gain in dollars.": 500,
            "0.0001 leaves the contract size out.": 0.0001,
        },
        hints=(
            "Value in coins at entry, minus value in coins now.",
            "2,000 dollars are 2,000/40,000 BTC at entry and 2,000/50,000 BTC at 50,000.",
        ),
        praise="0.05 - 0.04 BTC. The linear long would have gained 500 USDT, which at 50,000 is the same 0.01 BTC.",
    ),
    Word(
        answer="mark",
        options={
            "last": "the last price can be pushed by one order; that is why it does not decide.",
            "index": "the index leaves out what the contract itself trades at; it is only a part of the right one.",
        },
        hints=("It is neither the latest trade nor the average of the spot markets.", "MEXC calls it the fair price."),
        praise="The mark price decides; MEXC's name for it is fair price.",
    ),
)
