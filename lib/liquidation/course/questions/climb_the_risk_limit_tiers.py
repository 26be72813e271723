"""Exercise 03. Ben shorts 24,000 contracts of 0.01 ETH at 2,000, 10x, on a made-up ladder of three tiers."""

from liquidation import LONG, SHORT, Contract, Market, RiskTiers, linear

from ..question import Expression, Function, Number, Word

NUMBER = "03"

_ROWS = [(0, 100_000, 0.005, 0.01), (100_000, 500_000, 0.01, 0.02), (500_000, 2_000_000, 0.02, 0.04)]
_LADDER = RiskTiers(_ROWS, measure="value", rule="marginal")
_FLAT = RiskTiers(_ROWS, measure="value", rule="flat")
_VALUE, _MARGIN = 480_000, 48_000
_BEN = {"side": SHORT, "entry_price": 2_000, "quantity": 24_000, "contract_size": 0.01, "position_margin": _MARGIN}
_BY_TIER = linear.liquidation_price_mark_basis.substitute(liquidation_fee_rate=0)


def _price(contract_size, tiers=_LADDER, **position):
    return Market(Contract("ETH", contract_size=contract_size, tick=0.01), tiers).liquidation_price(**position)


def _in_tier(size, amount=True, **position):
    """Price from the tier of some other size than the value at liquidation."""
    tier = _LADDER.index(size)
    return _BY_TIER(
        maintenance_margin_rate=_LADDER.rates[tier],
        maintenance_amount=_LADDER.amounts[tier] if amount else 0,
        **position,
    )


def _at_entry(**position):
    return _in_tier(position["entry_price"] * position["quantity"] * position["contract_size"], **position)


QUESTIONS = (
    Number(
        answer=_LADDER.largest_leverage(_VALUE),
        unit="times",
        slips={
            "100x is one over the maintenance rate; opening takes the initial margin rate.": 100,
            "25x is tier 3; a position of 480,000 is still in tier 2.": 25,
            "2 is the rate in percent; the leverage is one over it.": 2,
        },
        hints=("Find the tier of his position value first.", "480,000 USDT is tier 2. One over its initial rate."),
        praise="One over 2%.",
    ),
    Number(
        answer=_FLAT.maintenance_margin(_VALUE),
        unit="USDT",
        slips={
            "that takes the rate of the margin; it is the rate of the position value.": 480,
            "that is the marginal rule: flat means one rate on everything.": 4_300,
            "480,000 leaves the contract size out.": 480_000,
            "that is the rate of tier 3.": 9_600,
            "that is the rate of tier 1; 480,000 is above its cap.": 2_400,
        },
        hints=("Flat: the rate of the tier times the whole value.", "1% of 480,000 USDT."),
        praise="1% of 480,000.",
    ),
    Number(
        answer=5_000,
        unit="USDT",
        within=0.05,
        slips={
            "10,000 is the requirement after the jump.": 10_000,
            "that is the jump where tier 2 begins.": 500,
            "that is the rise of the rate on Ben's value; the jump is where tier 3 begins.": 4_800,
        },
        hints=("The rate rises from 1% to 2%, on the whole value.", "One percentage point of 500,000."),
        praise="From 5,000 to 10,000: one dollar of value more, 5,000 of margin more.",
    ),
    Number(
        answer=_LADDER.amounts[2],
        unit="USDT",
        slips={
            "5,000 is what is added at the floor of tier 3; the amount of tier 2 is still missing.": 5_000,
            "that is the amount of tier 2.": 500,
            "that takes the cap of tier 3; the lines meet at its floor.": 20_500,
            "that is the whole rate at the floor; it is the rise of the rate that counts.": 10_500,
        },
        hints=(
            "Tier 1 has none. Climb: amount below plus floor times the rise of the rate.",
            "500 in tier 2; then 500 + 500,000 × 1%.",
        ),
        praise="500 + 5,000: the sum of the flat rule's jumps.",
    ),
    Number(
        answer=_LADDER.maintenance_margin(_VALUE),
        unit="USDT",
        slips={
            "that is the flat rule; the first 100,000 pay only 0.5%.": 4_800,
            "the amount is a deduction: it makes the requirement smaller.": 5_300,
            "that takes the amount of tier 3; at entry he is in tier 2.": -700,
            "those are the slices above 100,000 alone; the first slice pays 0.5% of 100,000.": 3_800,
        },
        hints=("Rate of tier 2 on the whole, less the amount of tier 2.", "4,800 - 500"),
        praise="500 for the first 100,000 and 3,800 for the rest.",
    ),
    Expression(
        answer=_BY_TIER.short,
        slips={
            "that is the long's formula.": lambda x: _BY_TIER.long.expression,
            "the maintenance amount is missing.": lambda x: _BY_TIER.short.expression.subs(x["maintenance_amount"], 0),
            "the amount has the wrong sign: it lowers the requirement, which moves the price away.": lambda x: (
                _BY_TIER.short.expression.subs(x["maintenance_amount"], -x["maintenance_amount"])
            ),
            "the rate has the wrong sign: a short's requirement grows as the price rises.": lambda x: (
                _BY_TIER.short.expression.subs(x["maintenance_margin_rate"], -x["maintenance_margin_rate"])
            ),
        },
        hints=(
            "Equity of a short is M + (E - P) n c; the requirement is m P n c - A.",
            "Set them equal; collect P: (1 + m) P n c = E n c + M + A.",
        ),
        praise="The rate in the denominator, the amount beside the margin: a deduction works like margin.",
    ),
    Number(
        answer=_price(**_BEN),
        unit="USDT",
        within=0.006,
        slips={
            "that is the price by tier 2, but there the position is worth more than 500,000.": _at_entry(**_BEN),
            "that takes the tier of the margin.": _in_tier(_MARGIN, **_BEN),
            "that is tier 3 without its maintenance amount.": _in_tier(600_000, amount=False, **_BEN),
            "2,200 is the bankruptcy price.": 2_200,
            "that is the price of a long.": _price(**{**_BEN, "side": LONG}),
            "that takes the requirement at entry; it grows with the price.": 2_000 + (48_000 - 4_300) / 240,
        },
        hints=(
            "A short's value grows as it loses. In which tier is it at about 2,180?",
            "Tier 3: rate 2%, amount 5,500. (480,000 + 48,000 + 5,500) / (240 × 1.02)",
        ),
        praise="He opened in tier 2 and dies in tier 3.",
    ),
    Function(
        answer=_price,
        cases=(
            _BEN,
            {**_BEN, "side": LONG},
            {
                "side": LONG,
                "entry_price": 50_000,
                "quantity": 101_000,
                "contract_size": 0.0001,
                "position_margin": 120_000,
            },
            {"side": SHORT, "entry_price": 0.4, "quantity": 20_000, "contract_size": 10, "position_margin": 9_000},
        ),
        slips={
            "it looks the tier up with the value at entry.": _at_entry,
            "it looks the tier up with the margin.": lambda **case: _in_tier(case["position_margin"], **case),
            "it is the price under a single rate, that of tier 1.": lambda **case: _in_tier(0, **case),
            "it forgets the contract size.": lambda **case: _price(**{**case, "contract_size": 1}),
            "it treats a short like a long.": lambda **case: _price(**{**case, "side": LONG}),
        },
        hints=(
            "Compute the price that each tier's rate and amount would give.",
            "Wrong tiers give prices too far from the entry: take the highest of a long's, the lowest of a short's.",
        ),
        praise="Exact, in whatever tier the position ends.",
    ),
    Word(
        answer="far",
        options={"near": "a wrong tier asks for too little, so the position seems to live longer than it does."},
        hints=(
            "Compute it: tier 1 has the rate 0.5% and no amount.",
            "It gives 2,189.05. Ben's liquidation price is 2,179.33.",
        ),
        praise="Almost ten dollars too far: the bot believes in room that is not there.",
    ),
)
