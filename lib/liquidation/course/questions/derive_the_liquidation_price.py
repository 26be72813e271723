"""Exercise 02. Ben shorts ether: 30 contracts of 0.01 ETH at 2,000, 20x, maintenance rate 1.5%."""

from liquidation import LONG, SHORT, bankruptcy_price, linear, liquidation_price

from ..question import Design, Expression, Function, Number, Part, Word

NUMBER = "02"

_SIZE = {"entry_price": 2_000, "quantity": 30, "contract_size": 0.01}
_MARGIN = {"position_margin": 30, "maintenance_margin": 9}
# The long of question 7: the dip that it must live through, the price at which nothing may be left in it.
_DIP, _OUT, _WANTED, _BUDGET = 1_900, 1_850, 80, 75


def _price(**changed):
    return liquidation_price(**{"side": SHORT, **_SIZE, **_MARGIN, **changed})


def _broke(**case):
    return bankruptcy_price(**{name: value for name, value in case.items() if name != "maintenance_margin"})


def _long(contracts, leverage):
    """Liquidation price, bankruptcy price and margin of a long that Ben might open."""
    size = {"side": LONG, "entry_price": 2_000, "quantity": contracts, "contract_size": 0.01}
    margin = 20 * contracts / leverage
    return (
        liquidation_price(position_margin=margin, maintenance_margin=0.015 * 20 * contracts, **size),
        bankruptcy_price(position_margin=margin, **size),
        margin,
    )


def _gain(contracts):
    return linear.unrealized_pnl(side=LONG, entry_price=2_000, mark_price=2_200, quantity=contracts, contract_size=0.01)


def _lives_through_the_dip(contracts, leverage):
    dies, _, _ = _long(contracts, leverage)
    return f"at {leverage:g}x he's liquidated at {dies:,.2f}, and ether dips to 1,900." if dies >= _DIP else None


def _is_out_in_time(contracts, leverage):
    _, broke, margin = _long(contracts, leverage)
    if broke <= _OUT:
        left = margin - (2_000 - _OUT) * 0.01 * contracts
        return (
            f"at {leverage:g}x his bankruptcy price is {broke:,.2f}: at 1,850 he may still have {left:,.2f} USDT in a "
            "position that he no longer believes in."
        )
    return None


def _earns_enough(contracts, leverage):
    if _gain(contracts) < _WANTED * (1 - 1e-9):
        return f"at 2,200 a long of {contracts:,} contracts has gained {_gain(contracts):,.2f} USDT, and he wants 80."
    return None


def _costs_no_more_than_he_has(contracts, leverage):
    _, _, margin = _long(contracts, leverage)
    if margin > _BUDGET * (1 + 1e-9):
        return f"{contracts:,} contracts at {leverage:g}x take {margin:,.2f} USDT of margin, and he puts up 75."
    return None


def _report(contracts, leverage):
    dies, broke, margin = _long(contracts, leverage)
    return (
        f"{contracts:,} contracts at {leverage:g}x take {margin:,.2f} USDT, are liquidated at {dies:,.2f} and bankrupt "
        f"at {broke:,.2f}, and gain {_gain(contracts):,.2f}."
    )


QUESTIONS = (
    Number(
        answer=linear.maintenance_margin_entry_basis(maintenance_margin_rate=0.015, maintenance_amount=0, **_SIZE),
        unit="USDT",
        slips={
            "0.015 is the rate; the requirement is an amount of money.": 0.015,
            "900 leaves the contract size out.": 900,
            "that takes the rate of the margin; it is the rate of the position value.": 0.45,
        },
        hints=(
            "The rate is a part of something: of his margin, or of what the position is worth?",
            "It's the rate times the position value at entry, and the value is contracts × contract size × price.",
            "The position is worth 600 USDT at entry, and the rate is 1.5%: 0.015 × 600.",
        ),
        praise="1.5% of 600 USDT. (Not half of the 30 USDT of margin: beware of formulas that assume half.)",
    ),
    Number(
        answer=_price(),
        unit="USDT",
        slips={
            "that is the long's price; a short dies when the price rises.": _price(side=LONG),
            "2,100 is the bankruptcy price; the requirement of 9 USDT is missing.": 2_100,
            "the maintenance margin has the wrong sign: it brings the price nearer to the entry.": 2_130,
            "the contract size is missing: 21 USDT are spread over 0.3 ETH, not over 30.": _price(contract_size=1),
            "that uses the rate where the amount of 9 USDT belongs.": _price(maintenance_margin=0.015),
        },
        hints=(
            "How much can he lose until only the requirement is left?",
            "Margin less requirement may be lost. Spread it over his ether, and you have how far the price may go. "
            "Which way is that, for a short?",
            "30 − 9 USDT may be lost on 0.3 ETH. Divide, and go up from 2,000.",
        ),
        praise="21 USDT over 0.3 ETH are 70 dollars of room: 2,070.",
    ),
    Number(
        answer=bankruptcy_price(side=SHORT, position_margin=30, **_SIZE),
        unit="USDT",
        slips={
            "2,070 is the liquidation price; at bankruptcy nothing is left.": 2_070,
            "1,900 is the long's bankruptcy price.": 1_900,
            "the contract size is missing.": 2_001,
        },
        hints=(
            "At bankruptcy nothing is left, so the requirement plays no part in it.",
            "Spread all of the margin over his ether, and go up from the entry.",
            "30 USDT over 0.3 ETH are 100 dollars. Go up from 2,000 by that much.",
        ),
        praise="5% above the entry, 1/20.",
    ),
    Expression(
        answer=linear.price_gap.substitute(maintenance_margin=linear.maintenance_margin_entry_basis).substitute(
            maintenance_amount=0
        ),
        slips={
            "that is the requirement in money; spread it over the coins.": lambda x: (
                x["maintenance_margin_rate"] * x["entry_price"] * x["quantity"] * x["contract_size"]
            ),
            "the gap is a price, so the rate must be multiplied by one.": lambda x: x["maintenance_margin_rate"],
        },
        hints=(
            "On the way from one price to the other he loses just the requirement, and nothing else.",
            "Divide the requirement by the number of coins. The value in the requirement has the coins in it, too.",
            "The requirement is m E n c, and there are n c coins. Cancel what cancels.",
        ),
        praise="m E, whatever the size, the leverage and the side.",
    ),
    Expression(
        answer=linear.liquidation_price_by_leverage.short,
        slips={
            "that is the long's formula.": lambda x: linear.liquidation_price_by_leverage.long.expression,
            "that is the short's bankruptcy price; the maintenance rate is missing.": lambda x: (
                linear.bankruptcy_price_by_leverage.short.expression
            ),
            "the maintenance rate has the wrong sign: it brings the price nearer to the entry.": lambda x: (
                x["entry_price"] * (1 + 1 / x["leverage"] + x["maintenance_margin_rate"])
            ),
        },
        hints=(
            "Take a single coin. What is left behind it when the price is P, and what must be left?",
            "The margin of one coin is E/L, and a short's gain on it is E − P. Together that's the equity; set it "
            "equal to the requirement m E.",
            "E/L + E − P = m E. Bring P to one side, and all the rest to the other.",
        ),
        praise="E (1 + 1/L - m): the mirror image of the long's E (1 - 1/L + m).",
    ),
    Number(
        answer=linear.margin_to_add(side=SHORT, liquidation_price=2_200, **_SIZE, **_MARGIN),
        unit="USDT",
        slips={
            "130 is the distance in price; Ben has 0.3 ETH.": 130,
            "3,900 leaves the contract size out.": 3_900,
            "69 is the margin needed in all; 30 of it are there already.": 69,
            "60 is the whole loss at 2,200; 30 of margin are there already, and 9 must be left.": 60,
            "30 makes 2,200 the bankruptcy price; 9 USDT must be left there.": 30,
        },
        hints=(
            "When the price gets there, his loss must be covered, and the requirement must be left on top of it.",
            "Work out the loss at the wanted price, add the requirement, and take off the margin that he has already.",
            "At 2,200 he has lost 200 × 0.3 = 60 USDT, 9 must be left, and 30 are there: 60 + 9 − 30.",
        ),
        praise="130 × 0.3 = 39 USDT.",
    ),
    Design(
        parts={"contracts": Part("contracts", 1, 1_000_000, whole=True), "leverage": Part("times", 2, 500)},
        conditions=(_lives_through_the_dip, _is_out_in_time, _earns_enough, _costs_no_more_than_he_has),
        report=_report,
        hints=(
            "One of your two choices places both prices, whatever the other one is. Begin with that one.",
            "A long is liquidated at E (1 − 1/L + m) and bankrupt at E (1 − 1/L). For which leverages is the first "
            "below the dip, and the second above 1,850? Then choose the size, by what it earns and what it costs.",
            "1/L must lie between 0.065 and 0.075. A contract gains 0.01 × 200 USDT, so you need at least 80 / 2 of "
            "them; and contracts × 20 / leverage may be 75.",
        ),
        praise="The leverage has placed both prices, whatever the size. The size sets the money.",
    ),
    Function(
        answer=liquidation_price,
        cases=(
            {
                "side": LONG,
                "entry_price": 50_000,
                "quantity": 1_000,
                "contract_size": 0.0001,
                "position_margin": 200,
                "maintenance_margin": 20,
            },
            {"side": SHORT, **_SIZE, **_MARGIN},
            {
                "side": SHORT,
                "entry_price": 0.4,
                "quantity": 500,
                "contract_size": 10,
                "position_margin": 450,
                "maintenance_margin": 40,
            },
        ),
        slips={
            "it forgets the contract size.": lambda **case: liquidation_price(**{**case, "contract_size": 1}),
            "it treats a short like a long.": lambda **case: liquidation_price(**{**case, "side": LONG}),
            "that is the bankruptcy price; the maintenance margin is missing.": _broke,
            "the maintenance margin has the wrong sign.": lambda **case: 2 * _broke(**case) - liquidation_price(**case),
        },
        hints=(
            "You did it with numbers in question 2. Now do it with names.",
            "Start at the entry and go against the side, by the loss that the margin can bear, spread over the coins.",
            "That loss is position_margin - maintenance_margin, and the coins are quantity * contract_size. Going "
            "against the side means taking off side times it.",
        ),
        praise="Six names in, one price out, both sides.",
    ),
    Word(
        answer="low",
        options={"high": "for Mira, at 25x, it shows 48,000, and she is liquidated at 48,200 already."},
        hints=(
            "Put the formula's own price back into the equation: what is left of the margin there?",
            "If nothing is left, it's the bankruptcy price. On which side of the liquidation price does a long's lie?",
            "Try it on Mira: at 25x from 50,000 the formula gives 48,000, and she is liquidated at 48,200.",
        ),
        praise="It is the bankruptcy price. The position is gone a gap earlier, so the danger is nearer than shown.",
    ),
)
