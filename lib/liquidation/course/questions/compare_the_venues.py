"""Exercise 11. Ben's position on other exchanges: short 2 ETH from 3,000 at 20x, 0.6%; and the mark that kills it."""

from liquidation import GATE, LONG, SHORT, Formula, NoPrice, inverse, linear, price_formula, price_of_coins

from ..mira import on_venues
from ..question import Design, Expression, Function, Number, Part, Word

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


# Question 11: every exchange at one rate, by a name that can be typed; and how much more room one has to leave.
_MARKETS = {name.replace("Ⓢ", "S"): market for name, market in on_venues(0.004).items()}
_MORE = 0.25


def _room(side, leverage, name):
    """How far a position is from its liquidation price on an exchange; None if there is no such price."""
    sign = LONG if side == "long" else SHORT
    price = price_of_coins(_MARKETS[name], side=sign, entry_price=50_000, coins=0.1, leverage=leverage)
    return None if isinstance(price, NoPrice) else sign * (50_000 - price)


def _names_two(side, leverage, first, second):
    return f"{first} is one exchange, and two are compared." if first == second else None


def _can_be_liquidated(side, leverage, first, second):
    for name in (first, second):
        room = _room(side, leverage, name)
        if room is None:
            return f"at {leverage:g}x a {side} is never liquidated on {name}, so there is nothing to compare."
        if room <= 0:
            return f"at {leverage:g}x a {side} is liquidated on {name} the moment it's opened."
    return None


def _leaves_a_quarter_more(side, leverage, first, second):
    one, other = _room(side, leverage, first), _room(side, leverage, second)
    more = max(one, other) / min(one, other) - 1
    if more < _MORE * (1 - 1e-9):
        return (
            f"at {leverage:g}x a {side} has {one:,.2f} dollars of room on {first} and {other:,.2f} on {second}. That's "
            f"{more:.1%} more, and you want a quarter."
        )
    return None


def _report(side, leverage, first, second):
    one, other = _room(side, leverage, first), _room(side, leverage, second)
    more = max(one, other) / min(one, other) - 1
    return (
        f"At {leverage:g}x a {side} has {one:,.2f} dollars of room on {first} and {other:,.2f} on {second}, {more:.0%} "
        f"more."
    )


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
            "What must be left isn't fixed here. It grows with the price, just as his loss does.",
            "At the price P his margin less his loss is left, and 0.6% of what the two coins are worth then must be "
            "left. Set the two equal.",
            "300 − 2 (P − 3,000) = 0.006 · 2P, that is 6,300 = 2P (1 + 0.006).",
        ),
        praise="0.8 dollars nearer than the 3,132 of maintenance at entry: a short's requirement grows as it loses.",
    ),
    Number(
        answer=_COUNTED,
        unit="dollars",
        slips={
            "there is no fee in that.": _MARK,
            "the fee is asked for as well, so more must be left: 1 + 0.6% + 0.05%.": 3_150 / (1 + _RATE - _FEE),
            "this exchange counts the fee; it reserves none.": _BOTH,
        },
        hints=(
            "The fee is asked for on top of the maintenance margin. On which side of the equation does it stand?",
            "It stands beside the rate: what must be left is the rate and the fee, of the value at P. The rest is as "
            "in question 1.",
            "3,150 / (1 + 0.006 + 0.0005).",
        ),
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
        hints=(
            "Now the fee stands on both sides: it's asked for, and he has paid it in.",
            "The margin is larger by the fee on his value at entry. Use that margin in question 2.",
            "The fee on 6,000 dollars is 3, so the margin is 303: (3,000 + 303 / 2) / (1 + 0.006 + 0.0005).",
        ),
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
            "Count in coins, for that is what he has put up and what he is paid in.",
            "A short's gain in coins is what his dollars are worth in coins now, less what they were worth at entry "
            "(a loss, when the price has risen). With the 0.1 coins of margin that's what is left, and 0.6% of what "
            "the dollars are worth now must be left.",
            "0.1 + 6,000/P − 2 = 0.006 · 6,000/P, so P is 6,000 (1 − 0.006) over 1.9.",
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
            "You have computed all of these but one. Rounding only goes one way here.",
            "For a short, away from the entry is up. So which of the prices has 3,131.3 as the next tenth above it?",
            "3,132.0 and 3,139.0 are above it already, and 3,129.7 is far below. Two are left, 3,131.15 and 3,131.21: "
            "which of them goes up to 3,131.3?",
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
        hints=(
            "One exchange divides what must be left by what is left, and the other one divides the other way.",
            "So one number is one over the other. Take the percentage as a plain number first.",
            "250% is 2.5: one over that, in percent, is 100 / 2.5.",
        ),
        praise="And 100% is 100% on both.",
    ),
    Word(
        answer="4",
        options={
            "1": "it has no maintenance rate in it, so at every leverage it is the bankruptcy price.",
            "2": "it is right, for maintenance on the value at entry.",
            "3": "its sign is wrong at every leverage.",
        },
        hints=(
            "Don't trust your eyes: put numbers into all four of them.",
            "The right price at 10x and 1% is E (1 − 1/L + m). Two of the four give it. Which of these is right at "
            "other leverages as well?",
            "At 10x, 1/L − m is 9%, and so the right price is 0.91 E. Which one comes to 0.91 E without any m in it?",
        ),
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
        hints=(
            "For one coin: what is left at the price P, and what must be left? Both move with P.",
            "E/L + P − E is left, and m P must be left. Set them equal, and bring what has P in it to one side.",
            "P − m P = E − E/L. Factor P out on the left, and divide.",
        ),
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
            "It's question 3 with names, for either side.",
            "The equity is the margin, and side times the move times the coins; the requirement is rate and fee, "
            "times the value at the price. Solve for the price.",
            "It comes to price × (1 - side * (maintenance_margin_rate + fee_rate)) = entry_price - side * "
            "position_margin / (quantity * contract_size).",
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
            "Where does her long die now, as a part of the entry price? On the new exchange it's to be the same part.",
            "With maintenance on the mark value a long dies at (1 − 1/L) / (1 − m) of its entry. Compute that for 25x "
            "and 0.4%, and solve the same for L with 1%.",
            "She dies at 0.96 / 0.996 of her entry. So 1 − 1/L = 0.99 · 0.96 / 0.996, and L is one over what that "
            "leaves of 1.",
        ),
        praise="A higher rate costs leverage: about 3x here, for the same room.",
    ),
    Design(
        parts={
            "side": Part(words=["long", "short"]),
            "leverage": Part("times", 1, 200),
            "first": Part(words=list(_MARKETS)),
            "second": Part(words=list(_MARKETS)),
        },
        conditions=(_names_two, _can_be_liquidated, _leaves_a_quarter_more),
        report=_report,
        hints=(
            "At 25x it's a few dollars of 1,800. What would make such a difference larger, and what would make the "
            "road shorter?",
            "There are two ways. At low leverage the price has a long way to go, and what the margin is made of "
            "matters most. At very high leverage there's hardly any room, and a fee that is counted takes a good part "
            "of it.",
            "Try 3x on a contract that's settled in the coin and on one that's settled in dollars; or 175x on OKX and "
            "on an exchange that counts no fee. Then divide the larger room by the smaller.",
        ),
        praise="So a price from another exchange is no help, unless you know the rules of both.",
    ),
)
