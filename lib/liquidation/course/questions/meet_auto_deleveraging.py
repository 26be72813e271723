"""Exercise 07. Ben's short of 0.3 ETH from 2,000 at a mark of 1,900, deleveraged at 1,960; three winners."""

import math

from liquidation import (
    LONG,
    SHORT,
    Account,
    Position,
    by_score,
    deleverage,
    isolated,
    leveraged_return,
    linear,
    pro_rata,
    queue,
)

from ..mira import ETH
from ..question import Function, Number, Rule

NUMBER = "07"

_SHORT = isolated(ETH, SHORT, 30, 2_000, 20)
_BEN = Account(30, [_SHORT], marks={"ETH_USDT": 1_900})
_AFTER = deleverage(Position(ETH, LONG, 30, 1_960), [_BEN], [30]).accounts[0]
_HELD, _SCORES = [10, 30, 60], [0.2, 0.9, 0.4]


def _score(*, side, entry_price, mark_price, quantity, contract_size, equity):
    """Compute the score of BitMEX and MEXC.

    Arguments:
        side: +1 long, -1 short.
        entry_price: [USDT].
        mark_price: [USDT].
        quantity: contracts.
        contract_size: coins in one contract.
        equity: what backs the position [USDT].
    """
    size = {"quantity": quantity, "contract_size": contract_size}
    return leveraged_return(
        pnl=linear.unrealized_pnl(side=side, entry_price=entry_price, mark_price=mark_price, **size),
        entry_value=linear.position_value(mark_price=entry_price, **size),
        mark_value=linear.position_value(mark_price=mark_price, **size),
        equity=equity,
    )


def _always_a_product(**case):
    earned = case["side"] * (case["mark_price"] / case["entry_price"] - 1)
    return earned * case["mark_price"] * case["quantity"] * case["contract_size"] / case["equity"]


_GAIN, _VALUE, _EQUITY = _SHORT.pnl(1_900), ETH.value(1_900, 30), _BEN.equity("ETH_USDT")
_BEN_SCORE = leveraged_return(_GAIN, ETH.value(2_000, 30), _VALUE, _EQUITY)

# Question 9: the engine's long was taken over at 1,960 and the mark is 1,900, so each contract that a winner gives up
# costs 60 dollars on 0.01 ETH. The most of what could be taken from a winner that is to be taken.
_COST, _PART = 0.6, 0.75


def _day(wanted, held, pays_for):
    """Collect the arguments of a reader's rule."""
    return {"wanted": wanted, "held": held, "pays_for": pays_for}


def _after(closed, held, pays_for):
    """What is left, in USDT, of each winner whose equity pays for so many contracts."""
    winners = [
        Account(_COST * most - number, [Position(ETH, SHORT, number, 2_000)], marks={"ETH_USDT": 1_900})
        for number, most in zip(held, pays_for, strict=True)
    ]
    done = deleverage(Position(ETH, LONG, sum(held), 1_960), winners, closed)
    return [account.balance if not account.positions else account.equity() for account in done.accounts]


def _is_one_for_each(closed, wanted, held, pays_for):
    if len(closed) != len(held):
        return f"it returns {len(closed)} numbers for {len(held)} winners."
    for place, (part, number) in enumerate(zip(closed, held, strict=True), 1):
        if not -1e-9 <= part <= number * (1 + 1e-9):
            return f"it closes {part:g} contracts of winner {place}, who holds {number}."
    return None


def _closes_what_is_wanted(closed, wanted, held, pays_for):
    if not math.isclose(sum(closed), wanted, rel_tol=1e-6):
        return f"it closes {sum(closed):g} contracts in all, and {wanted} are wanted."
    return None


def _pushes_nobody_below_zero(closed, wanted, held, pays_for):
    given = [min(max(part, 0), number) for part, number in zip(closed, held, strict=True)]
    for place, (part, left) in enumerate(zip(given, _after(given, held, pays_for), strict=True), 1):
        if left < -1e-6:
            return f"winner {place} gives {part:g} contracts and ends with {left:,.2f} USDT, below zero."
    return None


def _leaves_everybody_a_quarter(closed, wanted, held, pays_for):
    for place, (part, number, most) in enumerate(zip(closed, held, pays_for, strict=True), 1):
        could = min(number, most)
        if part > _PART * could * (1 + 1e-6):
            return f"it takes {part:g} of the {could} contracts that winner {place} can give at most, more than 3/4."
    return None


QUESTIONS = (
    Number(
        answer=100 * _GAIN / ETH.value(2_000, 30),
        unit="percent",
        slips={
            "that is over the margin; the ranking takes the value at entry.": 100,
            "a short gains when the price falls: the return is positive.": -5,
            "that is over the value at the mark; the ranking takes the value at entry.": 100 * 30 / 570,
        },
        hints=(
            "The ranking doesn't look at the margin here, but at what the position was worth when he opened it.",
            "It's the gain over the value at entry, in percent.",
            "He has gained 30 USDT on a position that was worth 600: 100 × 30 / 600.",
        ),
        praise="The same for any leverage; leverage comes in separately.",
    ),
    Number(
        answer=_VALUE / _EQUITY,
        unit="times",
        slips={
            "that is the leverage he opened with; the gain has grown his equity.": 20,
            "that is the value at entry; take the value at the mark.": 10,
            "the equity is the margin and the gain, 60 USDT.": 19,
        },
        hints=(
            "The leverage that he once chose is history. How large is his position now, beside what he has now?",
            "It's the value at the mark over the equity, and his equity is the margin with the gain.",
            "0.3 ETH at 1,900 are 570 USDT, and 30 + 30 stand behind them: 570 / 60.",
        ),
        praise="A gain lowers the effective leverage.",
    ),
    Number(
        answer=_BEN_SCORE,
        form="a plain number, such as 0.5",
        within=0.0005,
        slips={
            "take the return as a fraction, 0.05.": 100 * _BEN_SCORE,
            "he is in profit: multiply, do not divide.": 0.05 / 9.5,
        },
        hints=(
            "Is he in profit or in loss? That decides what is done with the two numbers.",
            "In profit the score is the return times the effective leverage, with the return as a fraction.",
            "0.05 × 9.5.",
        ),
        praise="His gain over his equity, times mark over entry.",
    ),
    Function(
        answer=_score,
        cases=(
            {
                "side": LONG,
                "entry_price": 50_000,
                "mark_price": 52_000,
                "quantity": 1_000,
                "contract_size": 0.0001,
                "equity": 390,
            },
            {
                "side": SHORT,
                "entry_price": 2_000,
                "mark_price": 1_900,
                "quantity": 30,
                "contract_size": 0.01,
                "equity": 60,
            },
            {
                "side": SHORT,
                "entry_price": 0.4,
                "mark_price": 0.43,
                "quantity": 500,
                "contract_size": 10,
                "equity": 260,
            },
        ),
        slips={
            "it forgets the side: a falling price is a gain for a short.": lambda **c: _score(**{**c, "side": LONG}),
            "it forgets the contract size.": lambda **c: _score(**{**c, "contract_size": 1}),
            "in loss the return is divided by the leverage.": _always_a_product,
        },
        hints=(
            "It's questions 1 to 3 with names, but the position may be losing, too.",
            "Compute the return, with the side in it, and the effective leverage. Above 0 multiply them, else divide "
            "the return by the leverage.",
            "The return is side * (mark_price - entry_price) / entry_price, and the leverage mark_price * quantity * "
            "contract_size / equity. What's missing is an if.",
        ),
        praise="Signed values: it ranks longs and shorts alike.",
    ),
    Number(
        answer=_BEN.equity("ETH_USDT") - _AFTER.balance,
        unit="USDT",
        slips={
            "the contract size is missing.": 1_800,
            "60 is the distance in price; he has 0.3 ETH.": 60,
            "that is his whole gain; a part of it is left.": 30,
            "that is the gain he keeps.": 12,
        },
        hints=(
            "What would he have at the mark, and what did he get?",
            "Take the distance between the mark and the price at which he was closed, times his ether.",
            "1,960 is 60 dollars above the mark, and he was short 0.3 ETH: 60 × 0.3.",
        ),
        praise="Six tenths of his gain. He still realizes the other 12 USDT; but the position is gone.",
    ),
    Number(
        answer=queue(20, _HELD, by_score(_SCORES))[1],
        unit="contracts",
        slips={
            "the queue does not close more than the engine holds: the last one is closed in part.": 30,
            "the order is by score, not by place: the second winner has the highest.": 10,
            "that is pro rata.": 6,
        },
        hints=(
            "In a queue the first one gives all that's needed, before the next one is asked at all.",
            "Who has the highest score? Compare what that winner holds with what the engine must close.",
            "The second winner is first in line and holds 30 contracts. How many does the engine need?",
        ),
        praise="The other two are not touched at all.",
    ),
    Number(
        answer=pro_rata(20, _HELD)[1],
        unit="contracts",
        slips={
            "that is a third each; pro rata is by size.": 20 / 3,
            "that is the queue.": 20,
        },
        hints=(
            "Everybody gives the same part of what he holds.",
            "Which part of all the winners' contracts must be closed? Take that part of the second winner's.",
            "20 of 100 contracts must go, a fifth. So it's a fifth of 30.",
        ),
        praise="Everybody loses a fifth.",
    ),
    Number(
        answer=pro_rata(20, _HELD, caps=[10, 30, 5])[1],
        unit="contracts",
        slips={
            "what the third cannot give has to be shared by the others.": 6,
            "what is left, 15, is shared in proportion, not evenly.": 7.5,
        },
        hints=(
            "One of them can't give his share. So who gives it?",
            "Let the third give all that he can. What is missing then is shared by the other two, in proportion to "
            "what they hold.",
            "The third gives 5, so 15 are missing, and 10 and 30 share them: 15 × 30 / 40.",
        ),
        praise="One rate for all who are below their cap: 37.5%.",
    ),
    Rule(
        cases=(
            _day(20, [10, 30, 60], [40, 90, 5]),
            _day(50, [30, 20, 60, 25, 10, 40], [120, 42, 375, 8, 235, 40]),
            _day(6, [10, 10], [0, 20]),
            _day(63, [40, 40, 40], [40, 30, 20]),
        ),
        conditions=(
            _is_one_for_each,
            _closes_what_is_wanted,
            _pushes_nobody_below_zero,
            _leaves_everybody_a_quarter,
        ),
        hints=(
            "Ask first what could be taken from each winner at most. Then it no longer matters whether contracts or "
            "money set the limit.",
            "The smaller of held and pays_for is what each can give. If all of them give the same part of that, nobody "
            "gives too much. Which part does it have to be?",
            "With most = [min(h, p) for h, p in zip(held, pays_for)] the part is wanted / sum(most). Return a list "
            "with that part of what each can give.",
        ),
        praise="Nobody is ruined, and nobody is emptied. There are other such rules: a queue in which each gives three "
        "quarters at most would do as well.",
    ),
)
