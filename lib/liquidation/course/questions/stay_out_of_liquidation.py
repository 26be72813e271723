"""Exercise 09. Ben's short: 0.3 ETH from 2,000, margin 30, requirement 9, liquidated at 2,070."""

from liquidation import LONG, SHORT, LiquidationWarning, StopLoss, liquidation_price, replay_stop, size_for_loss

from ..question import Expression, Function, Number, Word

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


QUESTIONS = (
    Number(
        answer=liquidation_price(**{**_BEN, "position_margin": 60}),
        unit="USDT",
        slips={
            "that leaves nothing; 9 USDT must be left.": 2_200,
            "a short dies when the price rises.": 1_830,
            "that is without the 30 USDT added.": 2_070,
            "the contract size is missing: 0.3 ETH, not 30.": 2_000 + 51 / 30,
        },
        hints=("How much may be lost now?", "60 - 9 = 51 USDT, on 0.3 ETH, upward."),
        praise="100 dollars farther away; and 60 USDT are at stake in the place of 30.",
    ),
    Number(
        answer=2_000 + 12 / 0.3,
        unit="USDT",
        slips={
            "a short's stop lies above its entry.": 1_960,
            "the contract size is missing: 0.3 ETH, not 30.": 2_000.4,
            "the maintenance margin plays no part: a stop is an ordinary close.": 2_010,
        },
        hints=("How many dollars are 12 USDT on 0.3 ETH?", "40 dollars, upward."),
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
        hints=("At which price is the order filled?", "At 2,055, on 0.3 ETH."),
        praise="Planned were 12 USDT; the gap cost 4.50.",
    ),
    Number(
        answer=_after_a_jump(2_090),
        unit="USDT",
        slips={
            "the price opens beyond 2,070: the exchange is first.": -12,
            "the stop has no chance any more; the takeover costs the margin.": -27,
            "the maintenance margin is not returned.": -21,
        },
        hints=("Is 2,090 beyond the liquidation price?", "He is taken over and loses his whole margin."),
        praise="All of it, although at 2,090 he had lost only 27.",
    ),
    Word(
        answer="never",
        options={
            "save": "before 2,080 the price passes 2,070.",
            "sometimes": "however the price gets to 2,080, at 2,070 or beyond the position is taken over first.",
        },
        hints=("What is at 2,070?", "At 2,080 there is no position left to close."),
        praise="That is why such a stop should be refused. (One that watches the last price can fire, in a wick.)",
    ),
    Number(
        answer=_warning(**_BEN, threshold=0.6),
        unit="USDT",
        slips={
            "the ratio does not grow evenly along the road; that is 60% of the way.": 2_042,
            "that is where 60% of the margin are lost; the ratio is requirement over equity.": 2_060,
            "that is the liquidation price, a ratio of 100%.": 2_070,
            "a short's ratio rises when the price rises.": 1_950,
        },
        hints=("What is the equity when 9 USDT are 60% of it?", "15 USDT: he has lost 15, on 0.3 ETH."),
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
        hints=("What do n contracts lose at the stop?", "s (E - S) n c = X; solve it for n."),
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
            "What is the equity when the requirement is this part of it?",
            "Equity is the requirement over the threshold; put that in the place of the requirement.",
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
        hints=("When does the first one come, and until when is it quiet then?", "At 10 and at 40."),
        praise="Between them his ratio was 70%, and nobody told him.",
    ),
)
