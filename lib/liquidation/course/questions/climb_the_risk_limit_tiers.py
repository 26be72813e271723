"""Exercise 03. Ben shorts 24,000 contracts of 0.01 ETH at 2,000, 10x, on a made-up ladder of three tiers."""

from liquidation import LONG, SHORT, Contract, Market, RiskTiers, linear

from ..question import Design, Expression, Function, Number, Part

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


# Question 9: what three accounts hold together, the mark at which it counts, and the most that they may require.
_HELD, _LATER, _MOST = 24_000, 2_100, 4_200


def _later(contracts):
    """Value, tier (from 1) and requirement, under the flat rule, of an account at the mark of question 9."""
    value = linear.position_value(mark_price=_LATER, quantity=contracts, contract_size=0.01)
    return value, _FLAT.index(value) + 1, _FLAT.maintenance_margin(value)


def _holds_it_all(**accounts):
    total = sum(accounts.values())
    return f"your accounts hold {total:,} contracts, and Ben is short {_HELD:,}." if total != _HELD else None


def _requires_little(**accounts):
    found = {name: _later(contracts) for name, contracts in accounts.items() if contracts}
    total = sum(required for _, _, required in found.values())
    if total <= _MOST * (1 + 1e-9):
        return None
    told = ", ".join(f"{name} is worth {value:,.0f} (tier {tier})" for name, (value, tier, _) in found.items())
    return f"at 2,100 {told}: {total:,.2f} USDT are required, and {_MOST:,} is the most."


def _report(**accounts):
    found = [_later(contracts)[2] for contracts in accounts.values() if contracts]
    told = " + ".join(f"{required:,.2f}" for required in found)
    return f"At 2,100 your accounts require {told} = {sum(found):,.2f} USDT."


QUESTIONS = (
    Number(
        answer=_LADDER.largest_leverage(_VALUE),
        unit="times",
        slips={
            "100x is one over the maintenance rate; opening takes the initial margin rate.": 100,
            "25x is tier 3; a position of 480,000 is still in tier 2.": 25,
            "2 is the rate in percent; the leverage is one over it.": 2,
        },
        hints=(
            "The table has two rates in each row. Which of them says how much must be put up at the start?",
            "Find the tier of his position value first. The largest leverage is one over that tier's initial margin "
            "rate.",
            "His position is worth 24,000 × 0.01 × 2,000 = 480,000 USDT: tier 2, with an initial margin rate of 2%. 1 "
            "/ 0.02.",
        ),
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
        hints=(
            "Flat means one rate on everything, and it's that of the tier he is in.",
            "Take his tier's maintenance rate, on the whole position value.",
            "Tier 2 asks for 1%, and the position is worth 480,000 USDT: 0.01 × 480,000.",
        ),
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
        hints=(
            "Compare what is required a dollar below the border with what is required a dollar above it.",
            "The value is nearly the same on both sides, so multiply it by the rise of the rate.",
            "Tier 3 begins at 500,000, and there the rate rises from 1% to 2%: 0.01 × 500,000.",
        ),
        praise="From 5,000 to 10,000: one dollar more of value, 5,000 more of margin.",
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
            "The amount is there so that nothing jumps where a tier begins.",
            "Climb from below: the amount of the tier below, plus the floor times the rise of the rate. Tier 1 has "
            "none.",
            "Tier 2 has 100,000 × 0.5% = 500. On top of that tier 3 has 500,000 × 1%.",
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
        hints=(
            "Under the marginal rule a higher rate is asked only of what lies above the border.",
            "Take the rate of his tier on the whole value, less the amount of his tier. Or go slice by slice; both "
            "agree.",
            "In tier 2 it's 1% of 480,000, which is 4,800, less the amount of 500.",
        ),
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
            "The requirement moves with the price, so the price stands on both sides of the equation.",
            "A short's equity is M + (E − P) n c, and its requirement m P n c − A. Set them equal and collect what "
            "has P in it.",
            "(1 + m) P n c = E n c + M + A. Divide by what stands beside P.",
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
            "A short is worth more when it dies than when it was opened. So don't take it for granted that the tier "
            "is the same.",
            "Compute the price with tier 2, and see what the position would be worth there. If that's beyond the "
            "tier's cap, take the next tier.",
            "It's tier 3, with a rate of 2% and an amount of 5,500: (480,000 + 48,000 + 5,500) / (240 × 1.02).",
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
            "You don't know the tier before you know the price. But you can try them all.",
            "Compute the price that each tier's rate and amount would give. Wrong tiers ask for too little, so their "
            "prices lie too far from the entry.",
            "A tier gives (side × E × coins − M − A) / (coins × (side − m)). Take the highest of these for a long, "
            "and the lowest for a short.",
        ),
        praise="Exact, in whatever tier the position ends.",
    ),
    Design(
        parts={name: Part("contracts", 0, 1_000_000, whole=True) for name in "ABC"},
        conditions=(_holds_it_all, _requires_little),
        report=_report,
        hints=(
            "What saves money is contracts that pay the lowest rate. How many of them can one account hold?",
            "The tier goes by the value at 2,100, not by the value at entry. See how many contracts fit into tier 1 "
            "there. Give two of the accounts nearly that many, and the third the rest.",
            "At 2,100 a contract is worth 21, so 100,000 / 21 of them fit into tier 1. Each of them requires 0.105 "
            "there and 0.21 in tier 2, where all 24,000 would require 5,040.",
        ),
        praise="The cap that counts is the one at the price that you want to live through, not the one at entry.",
    ),
)
