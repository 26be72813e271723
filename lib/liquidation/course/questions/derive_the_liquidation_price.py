"""Exercise 02. Ben shorts ether: 30 contracts of 0.01 ETH at 2,000, 20x, maintenance rate 1.5%."""

from liquidation import LONG, SHORT, bankruptcy_price, linear, liquidation_price

from ..question import Expression, Function, Number, Word

NUMBER = "02"

_SIZE = {"entry_price": 2_000, "quantity": 30, "contract_size": 0.01}
_MARGIN = {"position_margin": 30, "maintenance_margin": 9}


def _price(**changed):
    return liquidation_price(**{"side": SHORT, **_SIZE, **_MARGIN, **changed})


def _broke(**case):
    return bankruptcy_price(**{name: value for name, value in case.items() if name != "maintenance_margin"})


QUESTIONS = (
    Number(
        answer=linear.maintenance_margin_entry_basis(maintenance_margin_rate=0.015, maintenance_amount=0, **_SIZE),
        unit="USDT",
        slips={
            "0.015 is the rate; the requirement is an amount of money.": 0.015,
            "900 leaves the contract size out.": 900,
            "that takes the rate of the margin; it is the rate of the position value.": 0.45,
        },
        hints=("The rate is taken of the position value at entry.", "1.5% of 600 USDT."),
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
            "How much may be lost before only the requirement is left?",
            "30 - 9 = 21 USDT, spread over 0.3 ETH, above the entry.",
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
        hints=("All of the margin is used up.", "30 USDT over 0.3 ETH, above the entry; or 2,000 × (1 + 1/20)."),
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
            "The gap is the requirement divided by the number of coins.",
            "The requirement is m E n c. Divide by n c.",
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
            "Equity is E/L + (E - P) for one coin, the requirement m E.",
            "Set E/L + E - P equal to m E and solve for P.",
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
            "Every USDT of margin moves the price by 1/0.3 dollars.",
            "From 2,070 to 2,200 are 130 dollars; each costs 0.3 USDT.",
        ),
        praise="130 × 0.3 = 39 USDT.",
    ),
    Number(
        answer=linear.largest_leverage(adverse_move=0.2, maintenance_margin_rate=0.015),
        unit="times",
        slips={
            "5x forgets the maintenance rate.": 5,
            "the maintenance rate has the wrong sign.": 1 / (0.2 - 0.015),
        },
        hints=("The move survived is 1/L - m.", "1 ÷ (0.2 + 0.015)"),
        praise="A little below 5x; 1/L alone would promise too much.",
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
            "Start from the entry and move against the side.",
            "The distance is (position_margin - maintenance_margin) / (quantity * contract_size).",
        ),
        praise="Six names in, one price out, both sides.",
    ),
    Word(
        answer="low",
        options={"high": "for Mira, at 25x, it shows 48,000, and she is liquidated at 48,200 already."},
        hints=(
            "Compute it for Mira: 25x, entry 50,000. Which of her two prices is it?",
            "It gives 48,000. Her liquidation price is 48,200.",
        ),
        praise="It is the bankruptcy price. The position is gone a gap earlier, so the danger is nearer than shown.",
    ),
)
