"""Exercise 08. Ben's small exchange: a row of longs, a thin book, and a shock of 30 ticks."""

import numpy as np

from liquidation import Crowd, Formula, OrderBook, linear, run_cascade

from ..question import Expression, Function, Number, Word

NUMBER = "08"


def _fund(*, side, entry_price, quantity, contract_size, position_margin, fill_price):
    """Compute what the fund gains (or, negative, pays) by a position taken over and sold.

    Arguments:
        side: +1 long, -1 short.
        entry_price: [dollars].
        quantity: contracts.
        contract_size: coins in one contract.
        position_margin: [dollars].
        fill_price: at which it is sold, or bought back, on average [dollars].
    """
    bankrupt = linear.bankruptcy_price(
        side=side,
        entry_price=entry_price,
        quantity=quantity,
        contract_size=contract_size,
        position_margin=position_margin,
    )
    return side * (fill_price - bankrupt) * quantity * contract_size


def _wrong(**changed):
    return lambda **case: _fund(**{**case, **changed})


def simulated(shock=3_000, quantity=150, depth=200):
    """The same fall, from the engine, for the test of the answer."""
    count, price = 5 * shock, 100_000
    crowd = Crowd(
        np.ones(count, int), np.full(count, quantity), np.full(count, price), quantity * np.arange(1, count + 1), 0.0
    )
    outside = np.full(500, price - shock)
    outside[0] = price
    return run_cascade(crowd, outside, OrderBook(depth), fund=10**15).drop / shock


QUESTIONS = (
    Number(
        answer=0.75,
        unit="ticks per tick",
        slips={
            "that is the other way round: coins that die on a tick over coins that are wanted there.": 4 / 3,
            "that is the number of coins; divide by those that are wanted on a tick.": 3,
        },
        hints=("Each tick of fall sells 3 coins.", "3 coins eat 3 of the 4 on a tick."),
        praise="Below 1: it will end.",
    ),
    Number(
        answer=4,
        unit="times",
        slips={
            "that is one over the product; it is one over what the product leaves of 1.": 4 / 3,
            "that is the first round only.": 1.75,
            "that is what is left of 1, not one over it.": 0.25,
        },
        hints=("1 / (1 − product).", "1 / 0.25."),
        praise="Three quarters of the fall is made by the selling itself.",
    ),
    Number(
        answer=120,
        unit="ticks",
        slips={
            "that is the first round after the shock, and the shock.": 52.5,
            "that is the forced part only; the shock comes on top.": 90,
        },
        hints=("The gain times the shock.", "4 · 30."),
        praise="30 come from outside and 90 from the others.",
    ),
    Number(
        answer=22.5,
        unit="ticks",
        slips={
            "that is the number of traders that the shock reaches.": 30,
            "these are the coins; each moves the price by a quarter of a tick.": 90,
        },
        hints=("30 traders are reached, with 90 coins.", "90 coins over 4 on a tick."),
        praise="And the next round is three quarters of that.",
    ),
    Number(
        answer=6,
        unit="coins",
        slips={
            "that gives a gain of 3; the product must be one half.": 4.5,
            "that is the density.": 3,
            "twice as deep is 8: a gain of 1.6.": 8,
        },
        hints=("A gain of 2 leaves one half of 1.", "3 / depth = 1/2."),
        praise="Half as much depth again, and the gain is halved.",
    ),
    Word(
        answer="3",
        options={
            "4": "4 coins a tick are the critical point for 4 that are wanted; with 3 that are wanted it lies lower.",
            "2": "2 of 3 is a gain of 3: it ends.",
            "1": "1 of 3 is a gain of 1.5: it ends.",
        },
        hints=("At the critical point each seller makes one more.", "As many coins die on a tick as are wanted there."),
        praise="The book has become a quarter thinner, and nobody has done anything.",
    ),
    Expression(
        answer=Formula("price_gap = closed_quantity / (1 - quantity / contract_size)", "price_gap", linear.vocabulary),
        slips={
            "that is only the part that selling adds.": lambda x: (
                x["closed_quantity"] * (1 / (1 - x["quantity"] / x["contract_size"]) - 1)
            ),
            "the sign is wrong: selling adds to the fall.": lambda x: (
                x["closed_quantity"] / (1 + x["quantity"] / x["contract_size"])
            ),
            "that is the first round only.": lambda x: x["closed_quantity"] * (1 + x["quantity"] / x["contract_size"]),
        },
        hints=("The fall is the shock, and n/c of the fall.", "D = x + D n/c."),
        praise="One sentence, solved for what it speaks of.",
    ),
    Number(
        answer=-1_000,
        unit="dollars",
        slips={
            "the sign is the fund's: it has to pay.": 1_000,
            "that is the loss against the entry; the margin bears 2,000 a coin of it.": -5_000,
            "for one coin that is right; it sold two.": -500,
        },
        hints=(
            "Taken over at 48,000, sold at 47,500.",
            "2 coins, 500 dollars each below the bankruptcy price.",
        ),
        praise="What it took over at 48,000 brought 47,500.",
    ),
    Function(
        answer=_fund,
        cases=(
            dict(
                side=1,
                entry_price=50_000,
                quantity=20_000,
                contract_size=0.0001,
                position_margin=4_000,
                fill_price=47_500,
            ),
            dict(side=-1, entry_price=2_000, quantity=30, contract_size=0.01, position_margin=30, fill_price=2_090),
            dict(side=1, entry_price=2_000, quantity=300, contract_size=0.01, position_margin=900, fill_price=1_850),
        ),
        slips={
            "the side is not used: a short is bought back, and dear is bad.": _wrong(side=1),
            "the contract size is missing.": _wrong(contract_size=1),
            "that is what the trader has lost against the entry; the margin bears the first part.": (
                _wrong(position_margin=1e-9)
            ),
        },
        hints=(
            "The bankruptcy price is the entry, less side times margin for each coin.",
            "side · (fill − bankruptcy price) · coins.",
        ),
        praise="Sell a long below it, or buy a short back above it, and somebody has to pay.",
    ),
    Word(
        answer="less leverage",
        options={
            "a larger fund": "what a fund pays for is sold in the market: if anything, the price falls farther.",
            "a faster engine": "selling faster is more selling in the same second.",
            "more traders": "more of the same traders are more coins on each tick: a higher density.",
        },
        hints=("What is in the gain?", "It has the density, and the impact."),
        praise="It takes coins away from the ticks just below the price.",
    ),
)
