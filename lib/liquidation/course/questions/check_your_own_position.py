"""Exercise 12. Ben's file on Binance: short 0.96 BTC and 100 SOL, and a pair of 5 ETH whose legs don't help each other.

Each of three things is wrong with it: a stop, a hedge, and a tier. One line can't be read.
"""

from dataclasses import replace

from liquidation import SHORT, Account, chance_of_touching, check_account, read_positions

from ..known import known
from ..question import Design, Number, Part, Word

NUMBER = "12"

_FILE = """contract,side,quantity,entry_price,mark_price,leverage,margin,maintenance_margin_rate,stop_price
BTCUSDT,short,0.96,50000,51000,10,4800,,54000
ETHUSDT,long,5,2000,1990,20,500,0.01,
ETHUSDT,short,5,2040,1990,20,510,0.01,
ADAUSDT,long,2,000,0.50,0.49,5,200,0.02,0.45
SOLUSDT,short,100,100,104.5,10,1000,0.02,109
"""
_VOLATILITY, _WEEK = 0.6, 7 / 365
_READ = read_positions(_FILE, "Binance")
_CHECKED = check_account(_READ.account(), volatility=_VOLATILITY, stops=_READ.stops)
_BTC, _ETH_LONG, _ETH_SHORT, _SOL = (position.position for position in _CHECKED.positions)
_CHANCES = [100 * position.chance_in_a_week for position in _CHECKED.positions]
_MARKS = _CHECKED.account.marks

# Question 4: to where ether falls, and where it is in the morning.
_LOW, _MORNING = 1_870, 2_000


def _pair_in_the_morning():
    """What the pair has brought after the night: of a leg that was liquidated its margin is lost."""
    held = Account(1_010, [_ETH_LONG, _ETH_SHORT], marks={"ETHUSDT": _LOW})
    gone = [p for p in held.positions if p.requirement(_LOW) >= p.margin + p.pnl(_LOW)]
    return sum(-p.margin if p in gone else p.pnl(_MORNING) for p in held.positions)


# Question 6: where the short of bitcoin is to be liquidated.
_WANTED = 56_000


def _to_add(required):
    """What is missing in the margin, if so much is required there."""
    return required - (_BTC.margin + _BTC.pnl(_WANTED))


# Question 9: what lies idle, the largest chance of a liquidation in a week, and of the stop.
_FREE, _DANGER, _FIRES = 450, 0.25, 0.5
_ROUNDED = 0.00005  # 25.00% is 25%
_LEGS = {"both": (_ETH_LONG, _ETH_SHORT), "long": (_ETH_LONG,), "short": (_ETH_SHORT,), "neither": ()}


def _money(close):
    """What is free once the legs are closed at the mark price."""
    return _FREE + sum(leg.margin + leg.pnl(_MARKS["ETHUSDT"]) for leg in _LEGS[close])


def _page(close, BTC, to_BTC, to_SOL, stop):
    """What the page says about the account then. What is bought back leaves its money, less its loss, in the margin."""
    realized = _BTC.pnl(_MARKS["BTCUSDT"]) * (1 - BTC / _BTC.quantity)
    held = [
        replace(_BTC, quantity=BTC, margin=_BTC.margin + realized + to_BTC),
        *(leg for leg in (_ETH_LONG, _ETH_SHORT) if leg not in _LEGS[close]),
        replace(_SOL, margin=_SOL.margin + to_SOL),
    ]
    as_typed = int(stop) if stop == int(stop) else stop
    marks = {position.key[0]: _MARKS[position.key[0]] for position in held}
    account = Account(sum(position.margin for position in held), held, marks=marks)
    return check_account(account, volatility=_VOLATILITY, stops={**_READ.stops, _SOL.key: as_typed}).positions


def _called(position):
    return f"{position.name.removesuffix('USDT')} {position.side}"


def _fires(stop):
    """How likely the stop of the SOL is to fire within the week."""
    mark = _MARKS["SOLUSDT"]
    return chance_of_touching(
        side=SHORT, mark_price=mark, liquidation_price=stop, volatility=_VOLATILITY, horizon=_WEEK
    )


def _has_the_money(close, BTC, to_BTC, to_SOL, stop):
    if to_BTC + to_SOL > _money(close) * (1 + 1e-9):
        legs = {"both": "both legs", "neither": "neither leg"}.get(close, f"the {close} leg")
        return f"that is {to_BTC + to_SOL:,.10g} USDT. With {legs} of the ETH closed, {_money(close):,.10g} are free."
    return None


def _leaves_no_note(close, BTC, to_BTC, to_SOL, stop):
    for position in _page(close, BTC, to_BTC, to_SOL, stop):
        for note in position.notes:
            return f"under {_called(position)} the page still says: {note}."
    return None


def _is_unlikely(close, BTC, to_BTC, to_SOL, stop):
    worst = max(_page(close, BTC, to_BTC, to_SOL, stop), key=lambda position: position.chance_in_a_week)
    if worst.chance_in_a_week > _DANGER + _ROUNDED:
        return (
            f"{_called(worst)} is liquidated at {known(worst.liquidation_price):,.2f} then, and the market gets there "
            f"within a week with a chance of {worst.chance_in_a_week:.2%}. {_DANGER:.0%} is the limit."
        )
    return None


def _seldom_stops(close, BTC, to_BTC, to_SOL, stop):
    if (chance := _fires(stop)) > _FIRES + _ROUNDED:
        return f"a stop at {stop:,.10g} fires within a week with a chance of {chance:.2%}, and half is the limit."
    return None


def _report(close, BTC, to_BTC, to_SOL, stop):
    page = _page(close, BTC, to_BTC, to_SOL, stop)
    chances = " and ".join(f"{_called(position)} {position.chance_in_a_week:.1%}" for position in page)
    return (
        f"{to_BTC + to_SOL:,.0f} of {_money(close):,.0f} USDT are used. In a week: {chances}; the stop fires with "
        f"{_fires(stop):.0%}."
    )


QUESTIONS = (
    Word(
        answer="quantity",
        options={
            "mark_price": "0.49 is a mark price like any other.",
            "margin": "200 is what 1,000 dollars of ADA take at 5x.",
            "maintenance_margin_rate": "0.02 is a rate like any other.",
            "stop_price": "0.45 is a stop like any other, below the mark price of a long.",
        },
        hints=(
            "Let `read_positions` read the file. What does it say about the line that it leaves out?",
            "That line has one field too many. Lay the names of the first line above it, and see from where on they "
            "no longer fit.",
            "In this line 000 would be an entry price, and a mark price of 0.50 would be next. Which number has been "
            "cut in two?",
        ),
        praise="2,000 ADA, with a comma in it. A line that can't be read is said, and never guessed.",
    ),
    Number(
        answer=known(_ETH_LONG.liquidation_price()),
        unit="USDT",
        slips={
            "that is maintenance on the value at entry; Binance takes the mark price.": 2_000 - (500 - 100) / 5,
            "that leaves nothing: it is the bankruptcy price.": 1_900,
            "a long's requirement falls with the price: divide by 1 − 1%.": 9_500 / (5 * 1.01),
            "that is the short's.": known(_ETH_SHORT.liquidation_price()),
        },
        hints=(
            "It's isolated, so the other leg plays no part. What is left at a price P, and what must be left?",
            "Its margin is left, less what 5 ether have lost since 2,000. 1% of what they are worth at P must be left. "
            "Set the two equal.",
            "500 − 5 (2,000 − P) = 0.01 · 5P, that is 5P (1 − 0.01) = 9,500.",
        ),
        praise="3.6% away, at 20x.",
    ),
    Word(
        answer="sol",
        options={
            "btc": "at 54,000 it still has 960 USDT, and some 210 are required: this one fires.",
            "both": "at 54,000 the BTC still has 960 USDT, and some 210 are required: that one fires.",
            "none": "work out both of the liquidation prices, or let the page do it. One lies before its stop.",
        },
        hints=(
            "Follow the price of each from its mark upward. What does it meet first?",
            "At the price of each stop: what is left of the margin, and what must be left?",
            "At 54,000 the BTC has 4,800 − 3,840 left and needs some 210. At 109 the other one has 1,000 − 900 left, "
            "and needs 2% of 10,900.",
        ),
        praise="It's taken over at 107.84. That's the first of the three faults.",
    ),
    Number(
        answer=_pair_in_the_morning(),
        unit="USDT",
        slips={
            "that is what both legs would bring, if both were still there.": 200,
            "that is the long's loss; the short is still there, and has gained.": -500,
            "that is what it was at 1,870; the price has come back since.": 350,
            "what is left at the liquidation price isn't his: a takeover costs the whole margin.": (
                -5 * (2_000 - 9_500 / 4.95) + 200
            ),
        },
        hints=(
            "Which of the two legs is still there in the morning?",
            "A leg that is taken over has cost all that stood behind it, and doesn't come back with the price. Then "
            "add what the other one has gained by the morning.",
            "The long is gone, with its 500. The short is still there: from 2,040 to 2,000, on 5 ether, it has gained "
            "200. Add the two, and mind the sign.",
        ),
        praise="In one pool it would have been the 200 of which he speaks. That's the second fault.",
    ),
    Number(
        answer=50_000 / 0.96,
        unit="USDT",
        slips={
            "divide: the value is the price times the bitcoin.": 50_000 * 0.96,
            "that is the value there; what is one bitcoin worth then?": 50_000,
            "that is where tier 2 ends.": 600_000 / 0.96,
        },
        hints=(
            "A tier goes by the value of the position. What is that, in terms of the price?",
            "The value at the mark price P is 0.96 P. Tier 2 begins where it is 50,000.",
            "0.96 P = 50,000. Divide.",
        ),
        praise="2.1% up, on the side where a short loses. The third fault is a small one under the marginal rule: "
        "nothing jumps, but each dollar beyond requires more.",
    ),
    Number(
        answer=_to_add(_BTC.requirement(_WANTED)),
        unit="USDT",
        slips={
            "that is the rate of tier 1; at 56,000 the position is worth more than 50,000.": _to_add(0.004 * 53_760),
            "the 50 USDT of tier 2 are missing: its rate counts only for what lies above 50,000.": _to_add(
                0.005 * 53_760
            ),
            "that leaves nothing at 56,000, and something must be left.": _to_add(0),
            "the loss counts from his entry, at 50,000.": 0.96 * 5_000 + 218.8 - 4_800,
            "that is all that must stand behind it; 4,800 are there.": 4_800 + _to_add(218.8),
        },
        hints=(
            "What has he lost at 56,000, and what must be left there? And in which tier is he by then?",
            "The loss counts from the entry. The position is worth 53,760 there, so it's in tier 2. Loss and "
            "requirement together must stand behind it; part of that is there.",
            "The loss is 0.96 × 6,000 = 5,760. The requirement is 0.5% of 53,760 less 50, that is 218.80. Take off "
            "the 4,800 that he has.",
        ),
        praise="For 1,222 dollars more room. Put it back: (4,800 + 1,178.80 + 48,000 + 50) / (0.96 · 1.005) is 56,000.",
    ),
    Number(
        answer=max(_CHANCES),
        unit="percent",
        within=0.05,
        slips={
            "that is the ETH long, the one with the highest leverage. Another one is nearer to its end.": _CHANCES[1],
            "that is the BTC, the one with the most money in it. Others are nearer to their end.": _CHANCES[0],
            "that is the ETH short; the others on the page are likelier.": _CHANCES[2],
            "that is within a day.": 100 * _CHECKED.positions[3].chance_in_a_day,
            "that is its margin ratio, and not a chance.": 100 * _CHECKED.positions[3].margin_ratio,
        },
        hints=(
            "The one with the highest leverage, or the one that is nearest?",
            "`check_account` says a chance in a week for each of its positions, as `chance_in_a_week`. It needs the "
            "volatility, as a fraction. Then times 100.",
            "`max(p.chance_in_a_week for p in check_account(read.account(), volatility=0.6).positions)`, times 100, "
            "where `read` is the file as `read_positions` reads it.",
        ),
        praise="It's the SOL, at 10x. Leverage says how near the end was when it was opened, and not how near it is.",
    ),
    Word(
        answer="close",
        options={
            "add": "that takes 7,911 USDT, and he has 3,000.",
            "stop": "from 53,882 an hour would be enough, but a stop there fires in about one week in two.",
            "none": "look at all three ways out; one of them is within what he'd do.",
        },
        hints=(
            "Have the page computed, and hold each of the three numbers against what Ben says.",
            "`check_account(...).positions[0].ways_out` has them all. Without a word about `chance` it leads to one "
            "chance in a hundred.",
            "Its `add` is in USDT, and its `stop_chance` is a fraction: compare them with 3,000 and with one third. "
            "Then look at the bitcoin, too.",
        ),
        praise="0.646 of his 0.96 BTC. On the money behind it, not even a third of this short is as safe as he wants.",
    ),
    Design(
        parts={
            "close": Part(words=list(_LEGS)),
            "BTC": Part("bitcoin that he keeps", 0.9, 0.96),
            "to_BTC": Part("USDT", 0, 1_000_000),
            "to_SOL": Part("USDT", 0, 1_000_000),
            "stop": Part("dollars", 1, 1_000_000),
        },
        conditions=(_has_the_money, _leaves_no_note, _is_unlikely, _seldom_stops),
        report=_report,
        hints=(
            "Where does Ben have money that does nothing for him? What do the two legs of ETH bring together?",
            "Fix what costs nothing first: the legs, and how many bitcoin he keeps. Then find the price that is "
            "touched with a chance of 25%, for the SOL and for the BTC, and what each needs to be liquidated there. "
            "The stop comes last.",
            "With both legs closed 1,660 USDT are free. 9.77% up is touched with a chance of 25%: 114.71 for the SOL, "
            "and 55,981 for the BTC. 100 SOL need 700.06 more for that; how much do 0.9 BTC need? And half of all "
            "weeks get to 110.3.",
        ),
        praise="With 1,545 USDT and 0.9 BTC it just works; most of it was tied up in two legs that cancel out.",
    ),
)
