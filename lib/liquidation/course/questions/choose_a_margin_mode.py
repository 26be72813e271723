"""Exercise 04. Ben's account: short 0.3 ETH from 2,000 at 20x, long 0.01 BTC from 50,000 at 10x, 100 USDT."""

from dataclasses import replace

from liquidation import LONG, SHORT, Account, Formula, Market, Position, linear, liquidation_price

from ..known import known
from ..mira import BTC, ETH
from ..question import Expression, Function, Number, Word

NUMBER = "04"

_BEN = Account(
    100,
    [Position(ETH, SHORT, 30, 2_000, 20), Position(BTC, LONG, 100, 50_000, 10)],
    marks={"ETH_USDT": 2_000, "BTC_USDT": 50_000},
)
_ON_MARK = Market(ETH.contract, ETH.tiers, maintenance_basis="mark")
_PAIR = Account(90, [Position(_ON_MARK, side, 30, 2_000, 20) for side in (LONG, SHORT)], marks={"ETH_USDT": 2_000})
# The change of price for each USDT, under a name of the vocabulary that is a price difference.
_PER_USDT = Formula("price_gap = -side / (quantity * contract_size)", "price_gap", linear.vocabulary)


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


QUESTIONS = (
    Number(
        answer=replace(
            _BEN,
            positions=tuple(replace(p, margin=p.initial_margin) for p in _BEN.positions),
        ).free_balance,
        unit="USDT",
        slips={
            "that takes the requirements off; set apart are the margins.": 89,
            "one of the two margins is missing.": 70,
            "one of the two margins is missing, the short's.": 50,
        },
        hints=("What is set apart for each position is its margin.", "100 - 30 - 50 USDT."),
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
        hints=("How much of the 100 USDT may be lost?", "100 - 9 - 2 = 89 USDT, over 0.3 ETH, upward."),
        praise="296.67 dollars of room in the place of 70, and 100 USDT at stake in the place of 30.",
    ),
    Number(
        answer=known(_BEN.at({"BTC_USDT": 45_000}).liquidation_price("ETH_USDT")),
        unit="USDT",
        slips={
            "the loss on the BTC is missing: his ETH price moves although ETH stands still.": 2_000 + 89 / 0.3,
            "a fall of BTC is a loss for his long.": 2_000 + 139 / 0.3,
            "a fall of 10% costs 10% of the position's value, 50 USDT, not of its margin.": 2_000 + 84 / 0.3,
        },
        hints=("What has the long lost?", "0.01 BTC × 5,000 = 50 USDT; 39 are left to lose."),
        praise="166.67 dollars nearer, and ETH has not moved.",
    ),
    Expression(
        answer=_PER_USDT,
        slips={
            "the sign is the wrong way round: a gain elsewhere moves the price away.": lambda x: (
                x["side"] / (x["quantity"] * x["contract_size"])
            ),
            "the side is missing: what moves a long's price down moves a short's up.": lambda x: (
                -1 / (x["quantity"] * x["contract_size"])
            ),
            "the contract size is missing.": lambda x: -x["side"] / x["quantity"],
        },
        hints=("The formula is E - s (W + U - ...)/(n c). Take the derivative by U.", "Minus s over n c."),
        praise="The smaller the position, the farther its price moves.",
    ),
    Number(
        answer=100 * known(_BEN.joint_moves()[1]),
        unit="%",
        within=0.05,
        slips={
            "that forgets what must be left, 9 + 2 USDT.": 100,
            "that is the short alone; the long gains 5 USDT for each percent.": 89 / 6,
            "a rise is a gain for the long: 6 less 5, not 6 plus 5.": 89 / 11,
        },
        hints=(
            "What does a rise of 1% cost him in all?",
            "6 USDT on the ETH less 5 on the BTC: 1 USDT; 89 may be lost.",
        ),
        praise="A hedge, though not a perfect one.",
    ),
    Number(
        answer=2_000 + 69 / 0.3,
        unit="USDT",
        slips={
            "the order has no effect in that; on MEXC what it reserves leaves the pool.": 2_000 + 89 / 0.3,
            "the requirements of 9 + 2 USDT are missing.": 2_000 + 80 / 0.3,
            "the order takes money out of the pool, it does not add any.": 2_000 + 109 / 0.3,
        },
        hints=("How much is left in the pool?", "80 USDT, of which 11 must be left."),
        praise="66.67 dollars nearer, for an order that has bought nothing.",
    ),
    Word(
        answer="isolated",
        options={
            "cross": "the loss of 150 USDT uses up the pool, and the short dies with it.",
            "both": "in cross the loss of 150 USDT uses up the pool, and the short dies with it.",
            "neither": "isolated, the BTC can lose no more than its own 50 USDT.",
        },
        hints=(
            "What does the long lose, and who pays that in each mode?",
            "150 USDT; isolated, only its own margin of 50.",
        ),
        praise="Isolated, what one idea can cost is its own margin.",
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
            "It is the isolated formula, with the pool's money in the place of the margin.",
            "The spare money is cash + other_pnl - other_requirement - requirement.",
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
        hints=("What is required at the price P?", "0.6 ETH × 1.5% × P; set it equal to 90."),
        praise="Five times the price, and the pair has not lost a cent.",
    ),
)
