"""Exercise 01. Ben shorts ether: 30 contracts of 0.01 ETH at 2,000, 20x; Mira holds coin-margined contracts."""

from liquidation import LONG, SHORT, inverse, linear

from ..question import Design, Function, Number, Part, Word

NUMBER = "01"

_BEN = {"entry_price": 2_000, "quantity": 30, "contract_size": 0.01}
_COIN = {"entry_price": 40_000, "quantity": 20, "contract_size": 100}
# The plan of question 8: what he puts up, what the fall has to earn, and the jump that may come before it.
_BUDGET, _WANTED, _JUMP, _TARGET = 50, 25, 2_120, 1_900


def _without(name):
    """Return the PnL of somebody who forgot one factor."""
    return lambda **case: linear.unrealized_pnl(**{**case, name: 1})


def _margin(contracts, leverage):
    return linear.initial_margin(entry_price=2_000, quantity=contracts, contract_size=0.01, leverage=leverage)


def _gain(contracts, mark_price):
    return linear.unrealized_pnl(
        side=SHORT, entry_price=2_000, mark_price=mark_price, quantity=contracts, contract_size=0.01
    )


def _costs_no_more_than_he_has(contracts, leverage):
    margin = _margin(contracts, leverage)
    if margin > _BUDGET * (1 + 1e-9):
        return f"{contracts:,} contracts at {leverage:g}x take {margin:,.2f} USDT of margin, and he puts up {_BUDGET}."
    return None


def _earns_enough(contracts, leverage):
    gain = _gain(contracts, _TARGET)
    if gain < _WANTED * (1 - 1e-9):
        return f"at 1,900 a short of {contracts:,} contracts has gained {gain:,.2f} USDT, and he wants {_WANTED}."
    return None


def _lives_through_the_jump(contracts, leverage):
    if _margin(contracts, leverage) + _gain(contracts, _JUMP) <= 0:
        end = 2_000 * (1 + 1 / leverage)
        return f"at {leverage:g}x the whole margin is gone at {end:,.2f}, and before it falls ether jumps to {_JUMP:,}."
    return None


def _report(contracts, leverage):
    margin, left = _margin(contracts, leverage), _margin(contracts, leverage) + _gain(contracts, _JUMP)
    return (
        f"{contracts:,} contracts at {leverage:g}x take {margin:,.2f} USDT; the jump leaves {left:,.2f} of them, and "
        f"the fall earns {_gain(contracts, _TARGET):,.2f}."
    )


QUESTIONS = (
    Number(
        answer=linear.position_value(mark_price=2_000, quantity=30, contract_size=0.01),
        unit="USDT",
        slips={
            "60,000 is price times contracts; each contract is only 0.01 ETH.": 60_000,
            "20 is the value of one contract; Ben has 30.": 20,
        },
        hints=(
            "He doesn't sell ether, he sells contracts. How much ether do all of them stand for?",
            "Multiply the number of contracts by the size of one, and you have his ether. Then multiply by its price.",
            "30 contracts of 0.01 ETH are 0.3 ETH, and one ETH costs 2,000. So it's 0.3 × 2,000.",
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
        hints=(
            "Leverage tells you how many times larger the position is than what he puts up.",
            "Leverage is value over margin, so margin is value over leverage.",
            "The value is 600 USDT and the leverage 20: 600 / 20.",
        ),
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
            "Which way does a short want the price to go? That gives you the sign.",
            "It's side times price move times coins, and the side of a short is −1.",
            "The price has moved by 60 dollars, and he's short 0.3 ETH: −1 × 60 × 0.3.",
        ),
        praise="-1 × 60 × 0.3: a rise of 3% costs the short 18 USDT.",
    ),
    Number(
        answer=linear.return_on_margin(side=SHORT, entry_price=2_000, mark_price=2_060, leverage=20),
        form="a fraction of the margin, such as -0.5 for minus one half",
        within=0.0005,
        slips={
            "the sign is the long's.": 0.6,
            "-0.03 is the price move; the margin sees it through the leverage.": -0.03,
            "that divides by the leverage.": -0.0015,
        },
        hints=(
            "You know what he has lost and what he put up. It's one over the other.",
            "PnL over initial margin. Or without any amounts: price move times leverage, with a short's sign.",
            "He has lost 18 of his 30 USDT: −18 / 30.",
        ),
        praise="-60%: a move of 3% seen through 20x.",
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
            "Start with somebody who is long one coin. Then ask what more coins change, and what being short changes.",
            "The price move, times the coins behind the contracts, times the side. A short's side is −1, and that "
            "flips the sign by itself.",
            "The move is mark_price - entry_price, and the coins are quantity * contract_size. Multiply both, and the "
            "side.",
        ),
        praise="One line for longs and shorts of any contract size.",
    ),
    Number(
        answer=inverse.unrealized_pnl(side=LONG, mark_price=50_000, **_COIN),
        unit="BTC",
        within=0.000005,
        slips={
            "0.0125 divides the dollars' gain by the entry price; the gain is paid at the price it has now.": 0.0125,
            "500 is the gain in dollars.": 500,
            "0.0001 leaves the contract size out.": 0.0001,
        },
        hints=(
            "She is paid in coins. So ask what her dollars are worth in coins, then and now.",
            "An inverse long gains the coins that it was worth at entry, less the coins that it's worth now. Dollars "
            "divided by a price are coins.",
            "20 contracts are 2,000 dollars: 2,000 / 40,000 coins at entry and 2,000 / 50,000 coins now. Subtract.",
        ),
        praise="0.05 - 0.04 BTC. The linear long would have gained 500 USDT, which at 50,000 is the same 0.01 BTC.",
    ),
    Word(
        answer="mark",
        options={
            "last": "the last price can be pushed by one order; that is why it does not decide.",
            "index": "the index leaves out what the contract itself trades at; it is only a part of the right one.",
        },
        hints=(
            "If one large order could move it, anybody could liquidate Ben.",
            "It isn't the latest trade, and it isn't the average of the spot markets alone. It's the exchange's own "
            "estimate of what the contract is worth.",
            "MEXC calls it the fair price. Elsewhere it's called by what a teacher puts on a test.",
        ),
        praise="The mark price decides; MEXC's name for it is fair price.",
    ),
    Design(
        parts={"contracts": Part("contracts", 1, 1_000_000, whole=True), "leverage": Part("times", 1, 500)},
        conditions=(_costs_no_more_than_he_has, _earns_enough, _lives_through_the_jump),
        report=_report,
        hints=(
            "Take the three wishes one by one: one is about the contracts alone, one about the leverage alone, and one "
            "about both.",
            "What does one contract earn in the fall? That gives you the fewest contracts. A move of one over the "
            "leverage takes the whole margin; that gives you the highest leverage. Then see what your choice costs.",
            "A contract earns 0.01 × 100 USDT, the leverage must stay below 1 / 0.06, and contracts × 20 / leverage "
            "may be 50. Take 30 contracts, and see which leverages that leaves.",
        ),
        praise="The contracts decide what a move earns. The leverage only decides how far away the end is.",
    ),
)
