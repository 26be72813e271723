"""Exercise 05. Ben's pool with an order, Dora's hedge, Emil's ladder, Fay's bill, Gus's rescue."""

from fractions import Fraction

from liquidation import LONG, SHORT, Account, Contract, Market, Order, Position, RiskTiers, isolated, liquidate

from ..known import known
from ..mira import BTC, ETH
from ..question import Design, Number, Part, Word

NUMBER = "05"

_BEN = Account(
    100,
    [Position(ETH, SHORT, 30, 2_000, 20)],
    [Order(BTC, LONG, 80, 50_000, 10)],
    marks={"ETH_USDT": 2_180, "BTC_USDT": 50_000},
)
_DORA = Account(15, [Position(ETH, LONG, 50, 2_000), Position(ETH, SHORT, 30, 2_000)], marks={"ETH_USDT": 2_000})

_LADDER = RiskTiers([(0, 2_000, 0.005), (2_000, 12_000, 0.01), (12_000, 99_999, 0.02)], "contracts", "flat")
_SWAP = Market(Contract("SWAP", Fraction(1, 100), 0.1), _LADDER, maintenance_basis="entry")


def _emil() -> Account:
    """Short from 100 at 10x; the mark at which 1.3 times the equity is required."""
    position = isolated(_SWAP, SHORT, 15_000, 100, 10)
    margin, equity = known(position.margin), position.requirement(100) / 1.3
    return Account(margin, [position], marks={"SWAP": 100 + (margin - equity) / 150})


_FAY = Account(4_000, [isolated(BTC, LONG, 20_000, 50_000, 25)], marks={"BTC_USDT": 48_150})
_HALF = _FAY.close(_FAY.positions[0], 10_000, known(_FAY.bankruptcy_price("BTC_USDT")))

# Question 9: the engine is about to come, and Gus is faster.
_GUS = Account(
    600,
    [Position(BTC, LONG, 1_000, 50_000, 25), Position(ETH, LONG, 100, 2_000, 10)],
    [Order(BTC, LONG, 40, 50_000, 10)],
    marks={"BTC_USDT": 45_000, "ETH_USDT": 1_930},
)
_WANTED, _MOST = 0.8, 2_000


def _rescued(cancel, **sold):
    """Gus's account after his own steps, and the value of what he has sold."""
    account, value = (_GUS.cancel(_GUS.orders) if cancel == "yes" else _GUS), 0
    for name, contracts in sold.items():
        if contracts:
            position, mark = account.position(f"{name}_USDT"), account.marks[f"{name}_USDT"]
            value += position.market.value(mark, contracts)
            account = account.close(position, contracts, mark)
    return account, value


def _is_cured(cancel, **sold):
    account, _ = _rescued(cancel, **sold)
    ratio = account.margin_ratio()
    if ratio <= _WANTED * (1 + 1e-9):
        return None
    still = "" if cancel == "yes" else " (20 more still lie with the order)"
    left, required = account.equity(), account.requirement()
    return f"then {left:,.2f} USDT are left{still} and {required:,.2f} are required: a ratio of {ratio:.0%}, not 80%."


def _sells_little(cancel, **sold):
    _, value = _rescued(cancel, **sold)
    if value > _MOST * (1 + 1e-9):
        return f"he is cured, but he sells {value:,.0f} USDT's worth for it, and {_MOST:,} is the most."
    return None


def _report(cancel, **sold):
    account, value = _rescued(cancel, **sold)
    left, required = account.equity(), account.requirement()
    return (
        f"{left:,.2f} USDT are left and {required:,.2f} required, a ratio of {account.margin_ratio():.0%}, and "
        f"{value:,.0f} USDT's worth was sold."
    )


QUESTIONS = (
    Number(
        answer=100 * _BEN.margin_ratio(),
        unit="percent",
        within=0.5,
        slips={
            "the 40 USDT that the order reserves do not count in the pool.": 100 * 9 / 46,
            "equity over requirement is the ratio upside down.": 100 * 6 / 9,
            "a short loses when the price rises.": 100 * 9 / 114,
        },
        hints=(
            "The ratio is what must be left, over what is left. And the order makes what is left smaller.",
            "From his money take off what the order reserves and what the short has lost. Then divide the requirement "
            "by that; in percent.",
            "100 − 40 − 54 = 6 USDT are left, and 9 are required: 100 × 9 / 6.",
        ),
        praise="The trigger has fired.",
    ),
    Number(
        answer=100 * liquidate(_BEN).after.margin_ratio(),
        unit="percent",
        within=0.05,
        slips={
            "that is still with the order; step 1 cancels it.": 150,
            "the loss of 54 USDT stays when the order goes.": 9,
        },
        hints=(
            "Step 1 doesn't sell anything. What does it give back?",
            "What the order had reserved is back in the pool, and the loss is what it was. Work out the ratio once "
            "more.",
            "100 − 54 = 46 USDT are left now: 100 × 9 / 46.",
        ),
        praise="Far below 100%: the procedure ends, and his position is untouched.",
    ),
    Word(
        answer="takeover",
        options={
            "cancellation": "plain isolated, orders do not back the position; canceling them would save nothing.",
            "netting": "netting is for cross only; isolated, each side stands alone.",
            "reduction": "in the lowest tier there is no lower rate to go down to.",
        },
        hints=(
            "Go down the list of the four steps. Does each of them concern such a position at all?",
            "The first is for cross, or where auto-margin is on. The second is for cross. The third needs a lower "
            "tier to go down to.",
            "Isolated, without auto-margin, in the lowest tier: the first three fall away. What is left?",
        ),
        praise="Small and isolated, a position has only the last step.",
    ),
    Number(
        answer=liquidate(_DORA).after.requirement(),
        unit="USDT",
        slips={
            "that is before the netting: 80 contracts.": 24,
            "the sides are closed as far as they match: 30 of each, and 20 long are left.": 15,
            "the contract size is missing.": 600,
        },
        hints=(
            "Netting closes the two sides against each other, as far as they match. What is left then?",
            "Count the contracts that are left, work out their value at entry, and take the rate of that.",
            "20 contracts of 0.01 ETH are left, worth 400 USDT at entry: 0.015 × 400.",
        ),
        praise="From 24 to 6, without a gain or a loss.",
    ),
    Number(
        answer=liquidate(_emil(), "SWAP").taken[0].quantity,
        unit="contracts",
        within=0.5,
        slips={
            "that goes straight to the lowest tier.": 13_000,
            "12,000 is what he keeps.": 12_000,
        },
        hints=(
            "The engine takes what doesn't fit into the next lower tier.",
            "Take the cap of that tier off what he has.",
            "He has 15,000 contracts, and the tier below his ends at 12,000.",
        ),
        praise="A fifth of the position.",
    ),
    Number(
        answer=100 * liquidate(_emil(), "SWAP").after.margin_ratio("SWAP"),
        unit="percent",
        within=0.05,
        slips={
            "at the bankruptcy price the equity shrinks with the size: only the rate helps.": 130 * 0.8,
            "that lowers both the size and the rate; the equity shrinks with the size.": 130 * 0.8 * 0.5,
            "a lower rate means a lower ratio.": 260,
        },
        hints=(
            "At the bankruptcy price the equity shrinks just as the position does. So only one thing is left that "
            "changes the ratio.",
            "It's the rate. Multiply the ratio by the new rate over the old one.",
            "130 × 1% / 2%.",
        ),
        praise="Half. 12,000 contracts are saved.",
    ),
    Number(
        answer=_FAY.close(_FAY.positions[0], 10_000, 48_150).balance - _HALF.balance,
        unit="USDT",
        slips={
            "that is for both bitcoins; half of them went.": 300,
            "that is what the half has lost since the entry.": 2_000,
            "that is what she loses by selling at the mark.": 1_850,
        },
        hints=(
            "The same bitcoin had two prices at that moment. Which two?",
            "Compare what the market would have paid her with the price at which the engine took it.",
            "1 BTC was booked at 48,000 while the market paid 48,150.",
        ),
        praise="The engine got a bitcoin 150 dollars below the market.",
    ),
    Number(
        answer=known(_HALF.positions[0].margin),
        unit="USDT",
        slips={
            "half of the position took half of the margin with it.": 4_000,
            "that is the margin less 150; margin leaves in proportion to the contracts.": 3_850,
        },
        hints=(
            "At the bankruptcy price each coin takes along the margin that belongs to it, no more and no less.",
            "So margin leaves in proportion to the coins.",
            "Half of the coins went, and half of the 4,000 went with them.",
        ),
        praise="And half of the equity: her ratio has changed only as far as the rate has.",
    ),
    Design(
        parts={
            "cancel": Part(words=["yes", "no"]),
            "BTC": Part("contracts", 0, 1_000, whole=True),
            "ETH": Part("contracts", 0, 100, whole=True),
        },
        conditions=(_is_cured, _sells_little),
        report=_report,
        hints=(
            "What does he get for free? And which coin lowers the requirement more, for each dollar that he sells?",
            "Selling at the mark price doesn't change what is left, but it lowers what is required. So sell the coin "
            "that requires more for each dollar of its value, until the requirement is 80% of what is left.",
            "Without the order 30 USDT are left, so 0.8 × 30 may be required. A contract of ETH requires 0.30 and is "
            "worth 19.30; one of BTC requires 0.02 and is worth 4.50.",
        ),
        praise="The engine would have canceled as well. But then it would have taken the largest loss, the bitcoin, at "
        "its bankruptcy price, and the ether after it.",
    ),
)
