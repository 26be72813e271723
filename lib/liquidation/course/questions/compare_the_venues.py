"""Exercise 11. Ben's position on other exchanges: short 2 ETH from 3,000 at 20x, 0.6%; and the mark that kills it."""

import statistics

from liquidation import GATE, SHORT, Formula, inverse, linear, price_formula

from ..question import Expression, Function, Number, Word

NUMBER = "11"

_RATE, _FEE = 0.006, 0.0005
_BEN = {"side": SHORT, "entry_price": 3_000, "quantity": 2, "contract_size": 1, "position_margin": 300}
_RATES = {"maintenance_margin_rate": _RATE, "maintenance_amount": 0}
_PLAIN = linear.liquidation_price_entry_basis(**_BEN, **_RATES, liquidation_fee_rate=0)
_MARK = linear.liquidation_price_mark_basis(**_BEN, **_RATES, liquidation_fee_rate=0)
_COUNTED = linear.liquidation_price_mark_basis(**_BEN, **_RATES, liquidation_fee_rate=_FEE)
_BOTH = linear.liquidation_price_mark_basis(
    **{**_BEN, "position_margin": 300 + 6_000 * _FEE}, **_RATES, liquidation_fee_rate=_FEE
)
_COIN = inverse.liquidation_price_mark_basis(
    side=SHORT, entry_price=3_000, quantity=6_000, contract_size=1, position_margin=0.1, **_RATES,
    liquidation_fee_rate=0,
)  # fmt: skip
_SOURCES = (3_004, 2_998, 3_001, 3_720, 3_002)
# A long on Deribit, 1% on mark value, that dies where one at 25x does on Binance, 0.4%.
_LEVERAGE = 1 / (1 - 0.96 / 0.996 * 0.99)
_RIGHT = Formula(
    "liquidation_price = entry_price*(1 - 1/leverage)/(1 - maintenance_margin_rate)",
    "liquidation_price",
    linear.vocabulary,
)


def _gate(*, side, entry_price, quantity, contract_size, position_margin, maintenance_margin_rate, fee_rate):
    """Compute the liquidation price on Gate.

    Arguments:
        side: +1 long, -1 short.
        entry_price: [dollars].
        quantity: contracts.
        contract_size: coins in one contract.
        position_margin: with what is reserved in it [dollars].
        maintenance_margin_rate: of the tier [fraction].
        fee_rate: of the closing fee that is counted [fraction].
    """
    return price_formula(GATE, "linear").substitute(maintenance_amount=0)(
        side=side,
        entry_price=entry_price,
        quantity=quantity,
        contract_size=contract_size,
        position_margin=position_margin,
        maintenance_margin_rate=maintenance_margin_rate,
        liquidation_fee_rate=fee_rate,
    )


def _wrong(**changed):
    return lambda **case: _gate(**{**case, **changed})


QUESTIONS = (
    Number(
        answer=_MARK,
        unit="dollars",
        slips={
            "that is maintenance on the value at entry: 36 dollars, whatever the price.": _PLAIN,
            "a short's requirement grows as the price rises: divide by 1 + 0.6%.": 3_150 / (1 - _RATE),
            "that is a long's.": 2_850 / (1 - _RATE),
            "that leaves nothing: it is the bankruptcy price.": 3_150,
        },
        hints=(
            "The clerk takes 0.6% of what the two coins are worth when it dies.",
            "300 − 2(P − 3,000) = 0.006 · 2P.",
            "6,300 = 2P (1 + 0.006).",
        ),
        praise="0.8 dollars nearer than the 3,132 of maintenance at entry: a short's requirement grows as it loses.",
    ),
    Number(
        answer=_COUNTED,
        unit="dollars",
        slips={
            "no fee is in that.": _MARK,
            "the fee is asked for as well, so more must be left: 1 + 0.6% + 0.05%.": 3_150 / (1 + _RATE - _FEE),
            "this exchange counts the fee; it reserves none.": _BOTH,
        },
        hints=("What must be left is 0.65% of the value now.", "3,150 / (1 + 0.006 + 0.0005)."),
        praise="What is counted brings it nearer, here by another 1.6 dollars.",
    ),
    Number(
        answer=_BOTH,
        unit="dollars",
        slips={
            "the reserved fee is missing in the margin: 3 dollars more.": _COUNTED,
            "it is reserved and counted; only reserved, it would be this.": (6_303 / 2) / (1 + _RATE),
            "the fee is 0.05% of 6,000 dollars, 3 dollars for both coins.": (6_600 / 2) / (1 + _RATE + _FEE),
        },
        hints=("The margin is 300 and the fee on 6,000 dollars.", "6,303 / 2 / (1 + 0.006 + 0.0005)."),
        praise="Paid in and asked for: within 7 cents of an exchange that knows no fee at all.",
    ),
    Number(
        answer=_COIN,
        unit="dollars",
        slips={
            "that is settled in dollars.": _MARK,
            "that is a long's: a short's margin comes off.": 6_000 * (1 + _RATE) / 2.1,
            "the requirement is missing: 0.6% of the coins that it is worth.": 6_000 / 1.9,
        },
        hints=(
            "Count in coins. It is short 2 coins' worth, and 0.1 coins back it.",
            "0.1 + 6,000/P − 2 = 0.006 · 6,000/P.",
            "P = 6,000 (1 − 0.006) / 1.9.",
        ),
        praise="Almost eight dollars farther away: a short's coins gain while it loses.",
    ),
    Word(
        answer="mark",
        options={
            "entry": "that would be 3,132.0.",
            "counted": "that would be 3,129.7.",
            "counted and reserved": "that would be 3,131.2.",
            "coin": "that would be 3,139.0.",
        },
        hints=(
            "You have computed all but one. Which is rounded to 3,131.3?",
            "Away from the entry, a short's goes up.",
        ),
        praise="One number was enough here; `explain_price` tries them all.",
    ),
    Number(
        answer=40,
        unit="percent",
        slips={
            "that is the same number on a screen that goes the other way.": 250,
            "that is what is left of 100.": -150,
            "as a fraction that is right; give percent.": 0.4,
        },
        hints=("One is one over the other.", "1 / 2.5."),
        praise="And 100% is 100% on both.",
    ),
    Number(
        answer=statistics.median(_SOURCES),
        unit="dollars",
        slips={
            "that is the mean: one market has moved it by 144 dollars, and Ben's short would be dead.": (
                statistics.mean(_SOURCES)
            ),
            "that is the mean of the four others; the median needs nobody to say which one is broken.": 3_001.25,
        },
        hints=("Sort them.", "The one in the middle of five is the third."),
        praise="By the mean, 3,145, Ben would have been liquidated by one broken market.",
    ),
    Word(
        answer="4",
        options={
            "1": "it has no maintenance rate in it, so at every leverage it is the bankruptcy price.",
            "2": "it is right, for maintenance on the value at entry.",
            "3": "its sign is wrong at every leverage.",
        },
        hints=("Put in 10x and 1%, and then 20x and 1%.", "At 10x, 1/L − m is 9%."),
        praise="At 10x and 1%, 0.9/L is 1/L − m. At 20x it is not.",
    ),
    Expression(
        answer=_RIGHT,
        slips={
            "maintenance stands on the value at the mark price: divide by 1 − m.": lambda x: (
                x["entry_price"] * (1 - 1 / x["leverage"] + x["maintenance_margin_rate"])
            ),
            "that is a short's.": lambda x: (
                x["entry_price"] * (1 + 1 / x["leverage"]) / (1 + x["maintenance_margin_rate"])
            ),
            "the requirement is missing.": lambda x: x["entry_price"] * (1 - 1 / x["leverage"]),
        },
        hints=("Margin and loss on the left, m times the value now on the right.", "E/L + P − E = m P."),
        praise="Three exchanges, each in letters of its own.",
    ),
    Function(
        answer=_gate,
        cases=(
            {**_BEN, "quantity": 200, "contract_size": 0.01, "maintenance_margin_rate": 0.006, "fee_rate": 0.0005},
            dict(
                side=1,
                entry_price=10,
                quantity=700,
                contract_size=0.01,
                position_margin=14,
                maintenance_margin_rate=0.01,
                fee_rate=0.0006,
            ),
            dict(
                side=1,
                entry_price=50_000,
                quantity=1_000,
                contract_size=0.0001,
                position_margin=203.75,
                maintenance_margin_rate=0.004,
                fee_rate=0.00075,
            ),
        ),
        slips={
            "the fee is not counted.": _wrong(fee_rate=0),
            "the side is not used: a short's denominator is 1 + m + f.": _wrong(side=1),
            "the contract size is missing.": _wrong(contract_size=1),
        },
        hints=(
            "Equity: margin and side times the move. Requirement: rate and fee times the value now.",
            "P (1 − side·(m + f)) = E − side·M/(n c).",
        ),
        praise="With another fee and another rate it is OKX's as well.",
    ),
    Number(
        answer=_LEVERAGE,
        unit="times",
        within=0.05,
        slips={
            "that is the same leverage; a rate of 1% kills nearer.": 25,
            "that adds the rates to one over the leverage, as with maintenance on the value at entry.": 1 / 0.046,
        },
        hints=(
            "At 25x and 0.4% it dies at 0.96/0.996 of the entry.",
            "(1 − 1/L) / (1 − 0.01) is to be the same.",
            "1/L = 1 − 0.99 · 0.96/0.996.",
        ),
        praise="A higher rate costs leverage: about 3x here, for the same room.",
    ),
)
