"""Exercise 08. Ben's small exchange: a row of longs, a thin book, and a shock of 30 ticks; and then a large one."""

from functools import lru_cache

from liquidation import Cascade, Case, Formula, linear

from ..question import Design, Expression, Function, Number, Part, Word

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


# Question 10: what each 1x less than today and each coin of depth more cost Ben, what he has, and the fall that he can
# live with, in the crowd that is there and in others.
_LEVERAGE, _DEPTH, _BUDGET, _PER_1X, _WORST = 30, 100, 75, 10, 0.03
_OTHERS = (2, 3, 4)


@lru_cache(maxsize=16)
def _run(leverage, depth, rule, crowd) -> Cascade:
    return Case(seed=crowd, leverage=leverage, depth=depth, portion=rule, shock=0.02, refill=0.02, fund=10**15).run()


def _fall(leverage, depth, rule, crowd=1):
    return _run(leverage, depth, rule, crowd).drop / 100_000


def _cost(leverage, depth):
    return _PER_1X * (_LEVERAGE - leverage) + (depth - _DEPTH)


def _can_be_paid(leverage, depth, rule):
    cost = _cost(leverage, depth)
    if cost > _BUDGET:
        less = _cost(leverage, _DEPTH)
        return f"{less:,.10g} for the leverage and {cost - less:,.10g} for the depth are more than Ben's {_BUDGET}."
    return None


def _holds(leverage, depth, rule):
    fall = _fall(leverage, depth, rule)
    if fall >= _WORST:
        gone = int((_run(leverage, depth, rule, 1).died >= 0).sum())
        return (
            f"at {leverage:g}x, with {depth} coins and the rule {rule!r}, the shock of 2% becomes {100 * fall:.1f}%, "
            f"and {gone:,} of the ten thousand are gone."
        )
    return None


def _holds_elsewhere(leverage, depth, rule):
    for crowd in _OTHERS:
        fall = _fall(leverage, depth, rule, crowd)
        if fall >= _WORST:
            first = _fall(leverage, depth, rule)
            return (
                f"in the first crowd it's {100 * first:.1f}%, but in crowd {crowd} the same shock becomes "
                f"{100 * fall:.1f}%: you have stopped just before the edge. Leave some room."
            )
    return None


def _report(leverage, depth, rule):
    falls = [f"{100 * _fall(leverage, depth, rule, crowd):.1f}%" for crowd in (1, *_OTHERS)]
    return f"It costs {_cost(leverage, depth):.10g}, and the falls are {', '.join(falls[:-1])} and {falls[-1]}."


QUESTIONS = (
    Number(
        answer=0.75,
        unit="ticks per tick",
        slips={
            "that is the other way round: coins that die on a tick over coins that are wanted there.": 4 / 3,
            "that is the number of coins; divide by those that are wanted on a tick.": 3,
        },
        hints=(
            "Let the price fall by one tick, and count: how many coins are sold, and how far do they push the price?",
            "Take the coins that are liquidated on a tick, times the part of a tick by which one coin moves the price.",
            "3 coins are sold, and each of them moves the price by 1/4 of a tick: 3 × 1/4.",
        ),
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
        hints=(
            "What counts is not the product, but what it leaves of 1.",
            "The gain is one over (1 − product).",
            "1 / (1 − 0.75).",
        ),
        praise="Three quarters of the fall is made by the selling itself.",
    ),
    Number(
        answer=120,
        unit="ticks",
        slips={
            "that is the first round after the shock, and the shock.": 52.5,
            "that is the forced part only; the shock comes on top.": 90,
        },
        hints=(
            "The gain says how many times larger the fall gets than the push from outside.",
            "Multiply the shock by the gain.",
            "30 ticks, 4 times over.",
        ),
        praise="30 come from outside and 90 from the others.",
    ),
    Number(
        answer=6,
        unit="coins",
        slips={
            "that gives a gain of 3; the product must be one half.": 4.5,
            "that is the density.": 3,
            "twice as deep is 8: a gain of 1.6.": 8,
        },
        hints=(
            "Go backward: what must be left of 1 for such a gain?",
            "One over the gain must be left of 1, and the rest is the product. The product is the coins that die on a "
            "tick, over the coins that are wanted there.",
            "A gain of 2 leaves 1/2, so the product is 1/2 as well: 3 / depth = 1/2.",
        ),
        praise="Half as much depth again, and the gain is halved.",
    ),
    Word(
        answer="3",
        options={
            "4": "4 coins a tick are the critical point for 4 that are wanted; with 3 that are wanted it lies lower.",
            "2": "2 of 3 is a gain of 3: it ends.",
            "1": "1 of 3 is a gain of 1.5: it ends.",
        },
        hints=(
            "At the critical point nothing is left of 1.",
            "Then each tick of fall makes just one more tick: as many coins die on a tick as are wanted there.",
            "Three coins are wanted on a tick now. How many must die on it to eat them all?",
        ),
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
        hints=(
            "Say it in one sentence: the whole fall is what the shock has pushed, and what the selling has pushed.",
            "On each tick of the fall n coins are sold, and each moves the price by 1/c of a tick. So the selling "
            "pushes n/c of the whole fall D.",
            "D = x + D n/c. Bring both D's to one side and solve.",
        ),
        praise="One sentence, solved for what it is about.",
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
            "The fund gains what the sale brings beyond the price of the takeover, or pays what is missing.",
            "The bankruptcy price is the entry less the margin for each coin. Take the distance from there to the "
            "sale, times the coins; and mind the sign.",
            "It's taken over at 48,000 and sold at 47,500, and there are 2 coins: (47,500 − 48,000) × 2.",
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
            "the side is not used: a short is bought back, and a high price is bad for it.": _wrong(side=1),
            "the contract size is missing.": _wrong(contract_size=1),
            "that is what the trader has lost against the entry; the margin bears the first part.": (
                _wrong(position_margin=1e-9)
            ),
        },
        hints=(
            "It's question 7 with names. A short is bought back, and so everything turns around.",
            "First the bankruptcy price: from the entry, against the side, by the margin for each coin. Then side "
            "times the way from there to the fill, times the coins.",
            "The coins are quantity * contract_size, and the bankruptcy price is entry_price - side * position_margin "
            "/ coins. Take it off the fill, times side and coins.",
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
        hints=(
            "What is in the gain, and what isn't?",
            "The density of the liquidation prices is in it, and the impact of a sale. Which of the four changes one "
            "of these, in the right direction?",
            "A fund only pays, an engine only sells, and a crowd only grows. What moves the liquidation prices away "
            "from the market?",
        ),
        praise="It takes coins away from the ticks just below the price.",
    ),
    Design(
        parts={
            "leverage": Part("times", 1, _LEVERAGE),
            "depth": Part("coins", _DEPTH, 10_000, whole=True),
            "rule": Part(words=["all", "fifth", "least"]),
        },
        conditions=(_can_be_paid, _holds, _holds_elsewhere),
        report=_report,
        hints=(
            "One of the three costs nothing. See how far it takes you, and what is left for the other two.",
            "Near the edge a little does a lot. Look for the edge with `fall`, in the first crowd. Then try what is a "
            "bit on the safe side of it in the other crowds.",
            'At 25x, with 100 coins and the rule "all", crowd 1 falls by 2.4% and crowd 4 by 7.5%, for 50. You have '
            "25 more: 1x less, some ten coins more, or a gentler rule.",
        ),
        praise="You have put the exchange away from the edge, not beside it. The next crowd is never the one that you "
        "have tried.",
    ),
)
