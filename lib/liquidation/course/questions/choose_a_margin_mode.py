"""Exercise 04. Ben's account: short 0.3 ETH from 2,000 at 20x, long 0.01 BTC from 50,000 at 10x, 100 USDT."""

from dataclasses import replace

from liquidation import LONG, SHORT, Account, Formula, Market, Position, linear, liquidation_price

from ..known import known
from ..mira import BTC, ETH
from ..question import Design, Expression, Function, Number, Part

NUMBER = "04"

_BEN = Account(
    100,
    [Position(ETH, SHORT, 30, 2_000, 20), Position(BTC, LONG, 100, 50_000, 10)],
    marks={"ETH_USDT": 2_000, "BTC_USDT": 50_000},
)
_ON_MARK = Market(ETH.contract, ETH.tiers, maintenance_basis="mark")
_PAIR = Account(90, [Position(_ON_MARK, side, 30, 2_000, 20) for side in (LONG, SHORT)], marks={"ETH_USDT": 2_000})
# The change of price for each USDT lost elsewhere, under a name of the vocabulary that is a price difference.
_PER_USDT = Formula("price_gap = side / (quantity * contract_size)", "price_gap", linear.vocabulary)


def _price(*, side, entry_price, quantity, contract_size, cash, requirement, other_pnl, other_requirement):
    """Compute the liquidation price of one position of a pool.

    Arguments:
        side: +1 long, -1 short.
        entry_price: [USDT].
        quantity: contracts.
        contract_size: coins in one contract.
        cash: of the pool [USDT].
        requirement: of the position itself [USDT].
        other_pnl: unrealized, of all other positions [USDT].
        other_requirement: of all other positions [USDT].
    """
    return liquidation_price(
        side=side,
        entry_price=entry_price,
        quantity=quantity,
        contract_size=contract_size,
        position_margin=cash + other_pnl - other_requirement,
        maintenance_margin=requirement,
    )


def _with(**changed):
    return lambda **case: _price(**{**case, **changed})


# Question 9: what may happen, and whose end it must not be.
_CRASH, _RISE, _DIP = {"BTC_USDT": 35_000}, {"ETH_USDT": 2_200}, {"BTC_USDT": 47_500}


def _arranged(**purses):
    """Ben's account with what each position has in a purse of its own, or with "cross"."""
    margins = {"ETH_USDT": purses["ETH"], "BTC_USDT": purses["BTC"]}
    own = [None if margins[p.key[0]] == "cross" else margins[p.key[0]] for p in _BEN.positions]
    return replace(_BEN, positions=[replace(p, margin=x) for p, x in zip(_BEN.positions, own, strict=True)])


def _end_of(name, account):
    """How a position comes to its end at the account's marks, in words; None if it lives."""
    position = account.position(name)
    key = position.key if position.isolated else ()
    if not account.is_liquidatable(*key):
        return None
    where = "in its purse" if position.isolated else "in the pool"
    return f"{account.equity(*key):,.2f} USDT are left {where}, and {account.requirement(*key):,.2f} must be left"


def _has_so_much(**purses):
    given = sum(purse for purse in purses.values() if purse != "cross")
    return f"the purses hold {given:,.10g} USDT together, and Ben has 100." if given > 100 else None


def _keeps_the_short_in_a_crash(**purses):
    ended = _end_of("ETH_USDT", _arranged(**purses).at(_CRASH))
    return f"when BTC crashes to 35,000, {ended}: the short goes down with it." if ended else None


def _lives_through_the_rise(**purses):
    account = _arranged(**purses).at(_RISE)
    for name in ("ETH", "BTC"):
        if ended := _end_of(f"{name}_USDT", account):
            return f"when ETH rises to 2,200, {ended}: the {name} position is liquidated."
    return None


def _lives_through_the_dip(**purses):
    account = _arranged(**purses).at(_DIP)
    for name in ("BTC", "ETH"):
        if ended := _end_of(f"{name}_USDT", account):
            return f"when BTC falls to 47,500, {ended}: the {name} position is liquidated."
    return None


def _report(**purses):
    rise, dip = (_arranged(**purses).at(marks) for marks in (_RISE, _DIP))
    ratios = []
    for name, account in (("ETH", rise), ("BTC", dip)):
        position = account.position(f"{name}_USDT")
        ratios.append(account.margin_ratio(*(position.key if position.isolated else ())))
    return f"The rise brings the short to a ratio of {ratios[0]:.0%}, and the dip the long to one of {ratios[1]:.0%}."


QUESTIONS = (
    Number(
        answer=replace(
            _BEN,
            positions=tuple(replace(p, margin=p.initial_margin) for p in _BEN.positions),
        ).free_balance,
        unit="USDT",
        slips={
            "that takes the requirements off; what is set apart is the margins.": 89,
            "one of the two margins is missing.": 70,
            "one of the two margins is missing, the short's.": 50,
        },
        hints=(
            "Isolated, each position has a purse of its own, and it was filled when the position was opened.",
            "Take both margins off what he has. (The requirements don't come off: they are a part of the margins.)",
            "He has 100 USDT, and the purses took 30 and 50 of them.",
        ),
        praise="It lies there and protects neither position.",
    ),
    Number(
        answer=known(_BEN.liquidation_price("ETH_USDT")),
        unit="USDT",
        slips={
            "the other position's requirement of 2 USDT must be left as well.": 2_000 + 91 / 0.3,
            "that leaves nothing: 9 + 2 USDT must be left.": 2_000 + 100 / 0.3,
            "a short dies when the price rises.": 2_000 - 89 / 0.3,
            "in cross the margin of the other position backs this one too.": 2_000 + (50 - 11) / 0.3,
            "2,070 is the isolated price; in cross 100 USDT stand behind it.": 2_070,
            "the contract size is missing: 0.3 ETH, not 30.": 2_000 + 89 / 30,
        },
        hints=(
            "In cross everything that he has stands behind both positions. How much of that may be lost?",
            "All his money less what both positions require may be lost. Spread it over the ether of the short, and "
            "go up.",
            "100 − 9 − 2 = 89 USDT may be lost on 0.3 ETH. Divide, and go up from 2,000.",
        ),
        praise="296.67 dollars of room instead of 70, and 100 USDT at stake instead of 30.",
    ),
    Number(
        answer=known(_BEN.at({"BTC_USDT": 45_000}).liquidation_price("ETH_USDT")),
        unit="USDT",
        slips={
            "the loss on the BTC is missing: his ETH price moves although ETH stands still.": 2_000 + 89 / 0.3,
            "a fall of BTC is a loss for his long.": 2_000 + 139 / 0.3,
            "a fall of 10% costs 10% of the position's value, 50 USDT, not of its margin.": 2_000 + 84 / 0.3,
        },
        hints=(
            "His ETH price depends on his money, and some of the money has just gone.",
            "Work out what the long has lost, and take that off what may still be lost on the ether.",
            "0.01 BTC × 5,000 is a loss of 50 USDT, so 89 − 50 = 39 may still be lost on 0.3 ETH. Divide, and go up "
            "from 2,000.",
        ),
        praise="166.67 dollars nearer, and ETH has not moved.",
    ),
    Expression(
        answer=_PER_USDT,
        slips={
            "the sign is the wrong way round: a loss elsewhere brings a long's price up, nearer to the market.": (
                lambda x: -x["side"] / (x["quantity"] * x["contract_size"])
            ),
            "the side is missing: what moves a long's price up moves a short's down.": lambda x: (
                1 / (x["quantity"] * x["contract_size"])
            ),
            "the contract size is missing.": lambda x: x["side"] / x["quantity"],
        },
        hints=(
            "What is gone elsewhere can't be lost here any more. How many dollars of price is one USDT, for a position "
            "of so many coins?",
            "It's one over the number of coins. A long's price comes up toward the market and a short's comes down: "
            "the side says which.",
            "There are n c coins, and the side is s. For Mira's long s is +1 and n c is 0.1, and your answer must "
            "come to +10 for her.",
        ),
        praise="The smaller the position, the farther its price moves.",
    ),
    Number(
        answer=100 * known(_BEN.joint_moves()[1]),
        unit="percent",
        within=0.05,
        slips={
            "that forgets what must be left, 9 + 2 USDT.": 100,
            "that is the short alone; the long gains 5 USDT for each percent.": 89 / 6,
            "a rise is a gain for the long: 6 less 5, not 6 plus 5.": 89 / 11,
        },
        hints=(
            "Add up what a rise of one percent does to both of them.",
            "The short loses 1% of its value, and the long gains 1% of its own. The difference is what each percent "
            "costs him; how many percent use up what may be lost?",
            "One percent costs 6 USDT on the ether and brings 5 on the bitcoin. And 100 − 9 − 2 USDT may be lost.",
        ),
        praise="A hedge, though not a perfect one.",
    ),
    Number(
        answer=2_000 + 69 / 0.3,
        unit="USDT",
        slips={
            "that leaves the order out; on MEXC what it reserves leaves the pool.": 2_000 + 89 / 0.3,
            "the requirements of 9 + 2 USDT are missing.": 2_000 + 80 / 0.3,
            "the order takes money out of the pool, it does not add any.": 2_000 + 109 / 0.3,
        },
        hints=(
            "What has become of the money that the order reserves?",
            "It has left the pool, though nothing was bought. Take it off what may be lost, and go on as in question "
            "2.",
            "100 − 20 − 9 − 2 = 69 USDT may be lost on 0.3 ETH. Divide, and go up from 2,000.",
        ),
        praise="66.67 dollars nearer, for an order that has bought nothing.",
    ),
    Function(
        answer=_price,
        cases=(
            {
                "side": LONG,
                "entry_price": 50_000,
                "quantity": 1_000,
                "contract_size": 0.0001,
                "cash": 600,
                "requirement": 20,
                "other_pnl": -200,
                "other_requirement": 30,
            },
            {
                "side": SHORT,
                "entry_price": 2_000,
                "quantity": 30,
                "contract_size": 0.01,
                "cash": 100,
                "requirement": 9,
                "other_pnl": 40,
                "other_requirement": 2,
            },
            {
                "side": SHORT,
                "entry_price": 0.4,
                "quantity": 500,
                "contract_size": 10,
                "cash": 450,
                "requirement": 40,
                "other_pnl": -7,
                "other_requirement": 75,
            },
        ),
        slips={
            "it forgets what the other positions gain or lose.": _with(other_pnl=0),
            "it forgets what the other positions require.": _with(other_requirement=0),
            "it forgets the contract size.": _with(contract_size=1),
            "it treats a short like a long.": _with(side=LONG),
        },
        hints=(
            "You know this formula from lesson 02. Only the money in it is different.",
            "Instead of the position margin take what the pool has for this position: its cash and what the others "
            "gain or lose, less what they require.",
            "The spare money is cash + other_pnl - other_requirement - requirement. Spread it over quantity * "
            "contract_size, and go against the side.",
        ),
        praise="One formula for both modes: only the money on the left has changed.",
    ),
    Number(
        answer=known(_PAIR.liquidation_price("ETH_USDT")),
        unit="USDT",
        within=0.05,
        slips={
            "each leg requires its own 1.5%.": 20_000,
            "the contract size is missing.": 100,
            "at 2,000 nothing is wrong: 18 USDT are required and 90 are there.": 2_000,
        },
        hints=(
            "What one leg loses the other one gains, so her equity stays. What else changes when the price goes up?",
            "Each leg requires a part of its value at the mark price. Set what both require equal to what she has.",
            "0.6 ETH × 1.5% × P = 90. So P is 90 over 0.6 × 0.015.",
        ),
        praise="Five times the price, and the pair has not lost a cent.",
    ),
    Design(
        parts={
            "ETH": Part("USDT", 30, 1_000, words=["cross"]),
            "BTC": Part("USDT", 20, 1_000, words=["cross"]),
        },
        conditions=(_has_so_much, _keeps_the_short_in_a_crash, _lives_through_the_rise, _lives_through_the_dip),
        report=_report,
        hints=(
            "In which arrangement can the crash get at the short at all? Rule that one out first.",
            "Work out what each position needs in its own bad hour: what it loses then, and what must be left after "
            "that. Is what he has enough for both?",
            "The rise costs the short 60 USDT and 9 must be left; the dip costs the long 25 and 2 must be left. Give "
            "the long a purse with a little more than it needs, and see that the short still has more than it needs.",
        ),
        praise="What the crash can take is what you have put behind the bitcoin, and no more.",
    ),
)
