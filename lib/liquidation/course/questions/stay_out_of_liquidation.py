"""Exercise 09. Ben's short: 0.3 ETH from 2,000, margin 30, requirement 9, liquidated at 2,070."""

from liquidation import LONG, SHORT, LiquidationWarning, StopLoss, liquidation_price, replay_stop, size_for_loss

from ..known import known
from ..question import Design, Expression, Function, Number, Part, Word

NUMBER = "09"

_SIZE = dict(side=SHORT, entry_price=2_000, quantity=30, contract_size=0.01)
_BEN = dict(**_SIZE, position_margin=30, maintenance_margin=9)
_MINUTES, _RATIOS = range(0, 70, 10), (0.4, 0.55, 0.7, 0.45, 0.6, 0.65, 0.65)


def _after_a_jump(to):
    """Ben's result with a stop at 2,040 if the price jumps from 2,030."""
    return replay_stop(StopLoss(2_040), mark=[[2_010, 2_030, 2_000, 2_030], [to, to, to, to]], **_BEN).pnl


def _warning(*, threshold, maintenance_margin, **case):
    return liquidation_price(**case, maintenance_margin=maintenance_margin / threshold)


def _with(**changed):
    return lambda **case: _warning(**{**case, **changed})


def _halfway(**case):
    """The slip of one who divides the road as the ratio is divided."""
    entry = case["entry_price"]
    dies = _warning(**{**case, "threshold": 1})
    return entry + case["threshold"] * (dies - entry)


# Question 9: what he has, what he wants to earn at 1,900, and what a night may cost. A night is two bars of the mark
# price: open, high, low and close.
_BUDGET, _WANTED, _COST = 40, 20, 30
_FALSE_ALARM = [[2_000, 2_060, 2_000, 2_060], [2_060, 2_060, 1_900, 1_900]]
_REAL_ONE = [[2_000, 2_050, 2_000, 2_050], [2_120, 2_200, 2_120, 2_200]]


def _plan(contracts, margin):
    return dict(
        side=SHORT,
        entry_price=2_000,
        quantity=contracts,
        contract_size=0.01,
        position_margin=margin,
        maintenance_margin=0.015 * 20 * contracts,
    )


def _dies_at(contracts, margin):
    return known(liquidation_price(**_plan(contracts, margin)))


def _night(bars, contracts, margin, stop):
    """How a night ends for the plan, and what it has brought by its last price."""
    order = None if stop == "none" else StopLoss(stop)
    ended = replay_stop(order, mark=bars, **_plan(contracts, margin))
    held = (2_000 - bars[-1][-1]) * 0.01 * ended.open_quantity
    return ended, ended.pnl + held


def _can_be_opened(contracts, margin, stop):
    if margin > _BUDGET:
        return f"that is {margin:,.10g} USDT of margin, and Ben has {_BUDGET}."
    required = 0.015 * 20 * contracts
    if margin <= required:
        return (
            f"{contracts:,} contracts require {required:,.2f} USDT, so with {margin:,.10g} he'd be liquidated at once."
        )
    return None


def _has_a_stop_that_can_fire(contracts, margin, stop):
    if stop == "none":
        return None
    if stop <= 2_000:
        return f"a stop at {stop:,.10g} would fire at once: a short's stop lies above its entry."
    dies = _dies_at(contracts, margin)
    if stop >= dies:
        return f"a stop at {stop:,.10g} would never fire: the position is taken over at {dies:,.2f}, before it."
    return None


def _sits_the_false_alarm_out(contracts, margin, stop):
    ended, result = _night(_FALSE_ALARM, contracts, margin, stop)
    if ended.ending == "liquidated":
        return f"he's liquidated at {_dies_at(contracts, margin):,.2f}, and even the false alarm goes to 2,060."
    if ended.ending == "stopped":
        return (
            f"in the false alarm his stop at {stop:,.10g} fires, and he's out with {result:+,.2f} USDT before the fall."
        )
    if result < _WANTED * (1 - 1e-9):
        return f"after the false alarm {contracts:,} contracts have gained {result:,.2f} USDT, and he wants {_WANTED}."
    return None


def _costs_little(contracts, margin, stop):
    ended, result = _night(_REAL_ONE, contracts, margin, stop)
    if result >= -_COST * (1 + 1e-9):
        return None
    how = {
        "stopped": "his stop is filled at 2,120, the next price that is traded",
        "liquidated": f"he's liquidated, at {_dies_at(contracts, margin):,.2f}, and all of his margin goes",
        "open": "nothing throws him out, and at 2,200 he is still in",
    }[ended.ending]
    return f"in the real one {how}: that's {result:+,.2f} USDT, and {_COST} is the most that he wants to lose."


def _report(contracts, margin, stop):
    good, bad = (_night(bars, contracts, margin, stop)[1] for bars in (_FALSE_ALARM, _REAL_ONE))
    return (
        f"He is liquidated at {_dies_at(contracts, margin):,.2f}; the nights bring {good:+,.2f} and {bad:+,.2f} USDT."
    )


QUESTIONS = (
    Number(
        answer=2_000 + 12 / 0.3,
        unit="USDT",
        slips={
            "a short's stop lies above its entry.": 1_960,
            "the contract size is missing: 0.3 ETH, not 30.": 2_000.4,
            "the maintenance margin plays no part: a stop is an ordinary close.": 2_010,
        },
        hints=(
            "How far may the price go against him, on the ether that he has, until that much is lost?",
            "Divide the loss that he allows by his ether. Then: on which side of the entry does a short's stop lie?",
            "12 USDT over 0.3 ETH are 40 dollars. Go up from 2,000 by that much.",
        ),
        praise="And 30 dollars of room to the liquidation price.",
    ),
    Number(
        answer=_after_a_jump(2_055),
        unit="USDT",
        slips={
            "a stop promises a trigger, not its price: it is filled at the next one traded.": -12,
            "he is not liquidated: 2,055 is below 2,070.": -30,
            "at 2,030 the stop has not fired.": -9,
            "the contract size is missing.": -55 * 30,
        },
        hints=(
            "A stop promises a trigger, never a price. At which price is there somebody to trade with?",
            "It fires because the price has passed it, and is filled at the next price that is traded. (Is he "
            "liquidated by then?)",
            "It's filled at 2,055, which is below 2,070: −(2,055 − 2,000) × 0.3.",
        ),
        praise="He had planned on 12 USDT; the gap cost him another 4.50.",
    ),
    Number(
        answer=_after_a_jump(2_090),
        unit="USDT",
        slips={
            "the price opens beyond 2,070: the exchange is first.": -12,
            "the stop has no chance any more; the takeover costs the margin.": -27,
            "the maintenance margin is not returned.": -21,
        },
        hints=(
            "The price opens far up. Who gets there first, the stop or the exchange?",
            "It opens beyond his liquidation price, and so there is nothing left to stop. What does a takeover cost "
            "him?",
            "He is taken over at the bankruptcy price, where all that stood behind the position is used up. And it's "
            "a loss, so mind the sign.",
        ),
        praise="All of it, although at 2,090 he had lost only 27.",
    ),
    Word(
        answer="never",
        options={
            "save": "before 2,080 the price passes 2,070.",
            "sometimes": "however the price gets to 2,080, at 2,070 or beyond the position is taken over first.",
        },
        hints=(
            "Follow the mark price upward, and note what it meets, one after the other.",
            "Stop and liquidation go by the same price here. Which of the two does it meet first?",
            "At 2,070 he is taken over. What is left then for a stop at 2,080?",
        ),
        praise="That is why such a stop should be refused. (One that watches the last price can fire, in a wick.)",
    ),
    Number(
        answer=_warning(**_BEN, threshold=0.6),
        unit="USDT",
        slips={
            "the ratio does not grow evenly along the road; that is 60% of the way.": 2_042,
            "that is where 60% of the margin is lost; the ratio is requirement over equity.": 2_060,
            "that is the liquidation price, a ratio of 100%.": 2_070,
            "a short's ratio rises when the price rises.": 1_950,
        },
        hints=(
            "The ratio doesn't grow evenly along the road. So don't divide the road; ask what is left there.",
            "At the warning the requirement is 60% of the equity. That gives you the equity, hence the loss, hence "
            "the price.",
            "The equity is 9 / 0.6 = 15, so he has lost 15 of his 30. On 0.3 ETH that's 50 dollars, up from 2,000.",
        ),
        praise="Five sevenths of the road are gone.",
    ),
    Expression(
        answer=size_for_loss(),
        slips={
            "the contract size is missing.": lambda x: (
                x["allowed_loss"] / (x["side"] * (x["entry_price"] - x["stop_price"]))
            ),
            "the side is missing: for a short this is negative.": lambda x: (
                x["allowed_loss"] / (x["contract_size"] * (x["entry_price"] - x["stop_price"]))
            ),
            "the sign is the wrong way round: a long's stop is below its entry.": lambda x: (
                x["allowed_loss"] / (x["side"] * x["contract_size"] * (x["stop_price"] - x["entry_price"]))
            ),
        },
        hints=(
            "What do n contracts lose at the stop? Say it for a long, and then for a short.",
            "On each coin a long loses E − S and a short S − E: it's side times (E − S). Times the coins that's the "
            "loss; set it equal to X.",
            "s (E − S) n c = X. Divide by what stands beside n.",
        ),
        praise="Leverage is not in it.",
    ),
    Function(
        answer=_warning,
        cases=(
            dict(
                side=LONG,
                entry_price=50_000,
                quantity=1_000,
                contract_size=0.0001,
                position_margin=200,
                maintenance_margin=20,
                threshold=0.7,
            ),
            dict(**_BEN, threshold=0.6),
            dict(
                side=SHORT,
                entry_price=0.4,
                quantity=500,
                contract_size=10,
                position_margin=450,
                maintenance_margin=40,
                threshold=0.25,
            ),
        ),
        slips={
            "that is the liquidation price: the threshold is missing.": _with(threshold=1),
            "it forgets the contract size.": _with(contract_size=1),
            "it treats a short like a long.": _with(side=LONG),
            "it divides the road to the liquidation price evenly; the ratio does not.": _halfway,
        },
        hints=(
            "Think of somebody of whom more is required. His liquidation price is your warning's price.",
            "What is the equity when the requirement is this part of it? Put that where the requirement stood.",
            "The equity is maintenance_margin / threshold. Go from the entry against the side, by (position_margin - "
            "equity) over the coins.",
        ),
        praise="The same equation once more.",
    ),
    Number(
        answer=len(LiquidationWarning(0.5).run(_MINUTES, {"ETH": _RATIOS})),
        unit="messages",
        within=0.1,
        slips={
            "that is one for every look at or above 50%; it is quiet for 30 minutes after each.": 5,
            "the second one comes at minute 40: the 30 minutes are over.": 1,
            "after minute 40 it is quiet until minute 70.": 3,
        },
        hints=(
            "Go through the minutes, with a clock that starts again at each message.",
            "The first message comes when the ratio first is at the threshold or above. Then it's quiet for 30 "
            "minutes, and after them you look again, whatever happened in between.",
            "The first is at minute 10, and it's quiet until minute 40. Is the ratio at 50% or above then? And when "
            "is the next quiet time over?",
        ),
        praise="Between them his ratio was 70%, and nobody told him.",
    ),
    Design(
        parts={
            "contracts": Part("contracts", 1, 1_000_000, whole=True),
            "margin": Part("USDT", 0, 1_000_000),
            "stop": Part("dollars", 1, 1_000_000, words=["none"]),
        },
        conditions=(_can_be_opened, _has_a_stop_that_can_fire, _sits_the_false_alarm_out, _costs_little),
        report=_report,
        hints=(
            "A stop can't help against the jump. What is it that limits a loss, whatever the price does?",
            "Both his stop and his liquidation price must lie beyond the false alarm. Then see what the jump costs: "
            "either the stop is filled on the far side of it, or the exchange takes the margin, and no more than that.",
            "A contract gains 1 USDT, so he needs 20. With n contracts the false alarm costs 0.6 n, and 0.3 n must be "
            "left: he lives if his margin is above 0.9 n. A takeover costs the margin, which may be 30 then.",
        ),
        praise="A jump gets past any stop. It doesn't get past what stands behind an isolated position.",
    ),
)
