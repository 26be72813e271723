"""Exercise 07. Ben's short of 0.3 ETH from 2,000 at a mark of 1,900, deleveraged at 1,960; three winners."""

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
from ..question import Function, Number

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

QUESTIONS = (
    Number(
        answer=100 * _GAIN / ETH.value(2_000, 30),
        unit="%",
        slips={
            "that is over the margin; the ranking takes the value at entry.": 100,
            "a short gains when the price falls: the return is positive.": -5,
            "that is over the value at the mark; the ranking takes the value at entry.": 100 * 30 / 570,
        },
        hints=("Gain over value at entry.", "30 of 600 USDT."),
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
        hints=("Value at the mark over equity.", "570 over 60."),
        praise="A gain lowers the effective leverage.",
    ),
    Number(
        answer=_BEN_SCORE,
        unit="(a plain number)",
        within=0.0005,
        slips={
            "take the return as a fraction, 0.05.": 100 * _BEN_SCORE,
            "he is in profit: multiply, do not divide.": 0.05 / 9.5,
        },
        hints=("Return times effective leverage.", "0.05 × 9.5."),
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
            "The return is side * (mark_price - entry_price) / entry_price.",
            "If it is above 0 multiply by mark_price * quantity * contract_size / equity, else divide.",
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
        hints=("What would the mark have given him, and what did he get?", "60 dollars on 0.3 ETH."),
        praise="Six tenths of his gain; and the position is gone.",
    ),
    Number(
        answer=_AFTER.balance - _BEN.balance,
        unit="USDT",
        within=0.0005,
        slips={
            "that was the gain at the mark; he is closed at 1,960.": 30,
            "closed at 1,960, a short from 2,000 has gained.": -12,
            "that is what he gives up.": 18,
            "the contract size is missing.": 1_200,
        },
        hints=("He sold at 2,000 and buys back at 1,960.", "40 dollars on 0.3 ETH."),
        praise="Still a gain, but not the one he saw.",
    ),
    Number(
        answer=queue(20, _HELD, by_score(_SCORES))[1],
        unit="contracts",
        slips={
            "the queue does not close more than the engine holds: the last one is closed in part.": 30,
            "the order is by score, not by place: the second winner has the highest.": 10,
            "that is pro rata.": 6,
        },
        hints=("Who has the highest score?", "The second, and 30 contracts are enough for 20."),
        praise="The other two are not touched at all.",
    ),
    Number(
        answer=pro_rata(20, _HELD)[1],
        unit="contracts",
        slips={
            "that is a third each; pro rata is by size.": 20 / 3,
            "that is the queue.": 20,
        },
        hints=("Which part of all winners' contracts must go?", "20 of 100, so a fifth of 30."),
        praise="Everybody loses a fifth.",
    ),
    Number(
        answer=pro_rata(20, _HELD, caps=[10, 30, 5])[1],
        unit="contracts",
        slips={
            "what the third cannot give has to be shared by the others.": 6,
            "what is left, 15, is shared in proportion, not evenly.": 7.5,
        },
        hints=("The third gives 5. Who gives the other 15?", "15 shared by 10 and 30."),
        praise="One rate for all who are below their cap: 37.5%.",
    ),
)
