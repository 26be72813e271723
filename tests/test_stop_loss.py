"""The stop-loss and its race with the liquidation: a table of traps, each met in other people's programs."""

import math
from fractions import Fraction

import numpy as np
import pytest
from liquidation import (
    LONG,
    NEVER,
    SHORT,
    ClosedPart,
    Outcome,
    StopLoss,
    geometric_brownian,
    inverse,
    linear,
    replay_stop,
    to_bars,
)

# 0.1 BTC at 25x: liquidation price 48,200 (bankruptcy 48,000). Ben is a short of another coin: 2,070 (2,100).
MIRA = dict(
    side=LONG, entry_price=50_000, quantity=1_000, contract_size=0.0001, position_margin=200, maintenance_margin=20
)
BEN = dict(side=SHORT, entry_price=2_000, quantity=30, contract_size=0.01, position_margin=30, maintenance_margin=9)
CALM = (50_000, 50_100, 49_900, 50_000)
QUIET = (2_000, 2_005, 1_995, 2_000)


def ends(stop, mark, last=None, tradable=math.inf, **who):
    outcome = replay_stop(stop, mark=mark, last=last, tradable=tradable, **(who or MIRA))
    return outcome.ending, [(f.bar, f.price, f.quantity, f.reason) for f in outcome.fills], round(outcome.pnl, 9)


TABLE = {
    # Trap: the liquidation is tested before the stop of the same bar.
    "one bar reaches both: the nearer one, the stop, comes first": (
        [StopLoss(48_500), [(50_000, 50_100, 47_000, 47_500)]],
        ("stopped", [(0, 48_500, 1_000, "stop")], -150),
    ),
    "the same for a short": (
        [StopLoss(2_060), [QUIET, (2_000, 2_200, 1_990, 2_150)]],
        ("stopped", [(1, 2_060, 30, "stop")], -18),
    ),
    # Trap: the stop wins even if the bar opened beyond the liquidation price.
    "the bar opened beyond the liquidation price": (
        [StopLoss(48_500), [CALM, (48_100, 49_900, 48_050, 49_800)]],
        ("liquidated", [(1, 48_000, 1_000, "takeover")], -200),
    ),
    # Trap: the loss of a gap booked at the gap's price, beyond the margin.
    "a gap far beyond the bankruptcy price costs the margin and no more": (
        [None, [CALM, (30_000, 31_000, 29_000, 30_000)]],
        ("liquidated", [(1, 48_000, 1_000, "takeover")], -200),
    ),
    # Trap: the stop filled at the stop's price although the market jumped over it.
    "a gap over the stop fills at the open, not at the stop": (
        [StopLoss(49_000), [CALM, (48_400, 48_900, 48_300, 48_800)]],
        ("stopped", [(1, 48_400, 1_000, "stop")], -160),
    ),
    # Trap: the stop filled at the extreme of its bar.
    "inside a bar it fills at its own price, not at the low": (
        [StopLoss(49_000), [CALM, (49_500, 49_600, 48_400, 49_400)]],
        ("stopped", [(1, 49_000, 1_000, "stop")], -100),
    ),
    # Trap: only closes are looked at.
    "a wick liquidates although the bar closes high": (
        [None, [CALM, (50_000, 50_100, 48_200, 50_000)]],
        ("liquidated", [(1, 48_000, 1_000, "takeover")], -200),
    ),
    "a wick of the last price alone does not liquidate": (
        [None, [CALM, CALM], [CALM, (50_000, 50_100, 47_000, 50_000)]],
        ("open", [], 0),
    ),
    # Trap: the stop watches one price, the liquidation another.
    "a stop on the last price sleeps while the mark price liquidates": (
        [StopLoss(48_500), [CALM, (49_000, 49_100, 48_100, 48_500)], [CALM, (49_400, 49_500, 48_900, 49_000)]],
        ("liquidated", [(1, 48_000, 1_000, "takeover")], -200),
    ),
    "a stop on the last price fires on a wick that the mark price never saw": (
        [StopLoss(48_500), [CALM, CALM], [CALM, (50_000, 50_100, 48_000, 50_000)]],
        ("stopped", [(1, 48_500, 1_000, "stop")], -150),
    ),
    "a stop on the mark price fills at the traded price nearest to it": (
        [
            StopLoss(48_500, watches="mark"),
            [CALM, (49_000, 49_100, 48_400, 48_500)],
            [CALM, (49_000, 49_100, 48_700, 48_800)],
        ],
        ("stopped", [(1, 48_700, 1_000, "stop")], -130),
    ),
    "two prices in one bar: the liquidation was nearer to its open": (
        [StopLoss(48_500), [CALM, (48_400, 48_500, 48_000, 48_100)], [CALM, (49_500, 49_600, 48_000, 48_100)]],
        ("liquidated", [(1, 48_000, 1_000, "takeover")], -200),
    ),
    "two prices in one bar, and the mark price just touches the liquidation price": (
        [StopLoss(48_500), [CALM, (48_400, 48_500, 48_200, 48_300)], [CALM, (49_500, 49_600, 48_000, 48_100)]],
        ("liquidated", [(1, 48_000, 1_000, "takeover")], -200),
    ),
    # Both are 3.6 % away, 1,800 of 50,000 and 1,818 of 50,500.
    "two prices in one bar: a tie is the liquidation's": (
        [StopLoss(48_682), [CALM, (50_000, 50_100, 48_100, 48_500)], [CALM, (50_500, 50_600, 48_600, 48_700)]],
        ("liquidated", [(1, 48_000, 1_000, "takeover")], -200),
    ),
    "the mark price opens just at the liquidation price": (
        [StopLoss(48_500), [CALM, (48_200, 48_900, 48_200, 48_800)]],
        ("liquidated", [(1, 48_000, 1_000, "takeover")], -200),
    ),
    "and that of a short": (
        [StopLoss(2_060), [QUIET, (2_070, 2_070, 2_040, 2_050)]],
        ("liquidated", [(1, 2_100, 30, "takeover")], -30),
    ),
    "the mark price opens just at the stop: it fills at the next traded price, the open": (
        [
            StopLoss(48_500, watches="mark"),
            [CALM, (48_500, 48_900, 48_400, 48_800)],
            [CALM, (48_700, 48_900, 48_400, 48_800)],
        ],
        ("stopped", [(1, 48_700, 1_000, "stop")], -130),
    ),
    "a stop half a dollar above the liquidation price": (
        [StopLoss(48_200.5), [CALM, (50_000, 50_100, 48_200.25, 49_000)]],
        ("stopped", [(1, 48_200.5, 1_000, "stop")], -179.95),
    ),
    "a stop half a dollar below the entry price": (
        [StopLoss(49_999.5), [CALM]],
        ("stopped", [(0, 49_999.5, 1_000, "stop")], -0.05),
    ),
    # Trap: the whole position is always filled.
    "too little to trade: the rest waits for the next open": (
        [StopLoss(49_000), [CALM, (49_500, 49_600, 48_900, 49_000), (48_800, 49_000, 48_600, 48_700)], None, 600],
        ("stopped", [(1, 49_000, 600, "stop"), (2, 48_800, 400, "stop")], -60 - 48),
    ),
    "too little to trade: the rest waits for the next open, whatever that is": (
        [StopLoss(49_000), [CALM, (49_500, 49_600, 48_900, 49_000), (49_300, 49_500, 49_200, 49_400)], None, 600],
        ("stopped", [(1, 49_000, 600, "stop"), (2, 49_300, 400, "stop")], -60 - 28),
    ),
    "too little to trade, and the same bar goes on to the liquidation price": (
        [StopLoss(49_000), [CALM, (49_500, 49_600, 48_100, 48_500)], None, 600],
        ("liquidated", [(1, 49_000, 600, "stop"), (1, 48_000, 400, "takeover")], -60 - 80),
    ),
    "nothing to trade at all": (
        [StopLoss(49_000), [CALM, (49_500, 49_600, 48_900, 49_000), CALM], None, [9, 0, 0]],
        ("open", [], 0),
    ),
    # Trap: a stop is taken for a guaranteed price.
    "slippage makes the fill worse than the stop": (
        [StopLoss(49_000, slippage=0.01), [CALM, (49_500, 49_600, 48_900, 49_000)]],
        ("stopped", [(1, 48_510, 1_000, "stop")], -149),
    ),
    "and for a short higher": (
        [StopLoss(2_050, slippage=0.01), [QUIET, (2_000, 2_060, 1_990, 2_000)]],
        ("stopped", [(1, 2_070.5, 30, "stop")], -21.15),
    ),
    "a stop that is never reached": ([StopLoss(49_000), [CALM, CALM]], ("open", [], 0)),
    "a stop that is just touched": (
        [StopLoss(49_000), [(50_000, 50_100, 49_000, 49_900)]],
        ("stopped", [(0, 49_000, 1_000, "stop")], -100),
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_the_race(name):
    given, expected = TABLE[name]
    who = BEN if given[1][0] == QUIET else MIRA
    assert ends(*given, **who) == expected


@pytest.mark.parametrize(
    ("side", "entry", "margin", "stop", "mark", "last", "expected"),
    [
        # 5 of 100 are 5 %, 5.1 of 104.2 are 4.9 %: the stop, at 99.1, although the liquidation, at 95, is nearer.
        (LONG, 104, 100, 99.1, (100, 104, 94.5, 96), (104.2, 104.3, 98, 99), ("stopped", [(0, 99.1, 10, "stop")], -49)),
        # 5 of 100 are 5 %, 4.6 of 90 are 5.1 %: the liquidation, at 105, although the stop, at 94.6, is nearer.
        (
            SHORT,
            94,
            120,
            94.6,
            (100, 105.5, 99, 101),
            (90, 95, 89, 91),
            ("liquidated", [(0, 106, 10, "takeover")], -120),
        ),
    ],
)
def test_the_race_is_run_in_fractions_of_the_open(side, entry, margin, stop, mark, last, expected):
    who = dict(side=side, entry_price=entry, quantity=10, contract_size=1, position_margin=margin)
    assert ends(StopLoss(stop), [mark], [last], maintenance_margin=10, **who) == expected


# Trap: a stop beyond the liquidation price is accepted and can never fire.
@pytest.mark.parametrize(
    ("who", "price", "says"),
    [
        (MIRA, 48_200, "a stop at price=48200 can never fire: .* liquidation price 48200 first"),
        (MIRA, 40_000, "can never fire"),
        (BEN, 2_075, "price=2075 can never fire: the position is taken over at the liquidation price 2070"),
        (MIRA, 50_500, "would fire at once: a long's stop lies below the entry price 50000"),
        (MIRA, 50_000, "would fire at once: a long's stop lies below the entry price 50000"),
        (BEN, 2_000, "would fire at once: a short's stop lies above the entry price 2000"),
        (BEN, 1_990, "would fire at once: a short's stop lies above"),
    ],
)
def test_a_stop_that_cannot_help_is_refused_with_the_reason(who, price, says):
    bars = [CALM if who is MIRA else QUIET]
    with pytest.raises(ValueError, match=says):
        replay_stop(StopLoss(price), mark=bars, **who)


def test_a_stop_beyond_the_liquidation_price_fires_in_a_wick_of_the_last_price_never_in_time():
    calm, wick = [CALM, (49_600, 49_800, 49_350, 49_700)], [CALM, (49_600, 49_800, 47_950, 49_700)]
    assert ends(StopLoss(48_000), calm, wick, **MIRA) == ("stopped", [(1, 48_000, 1_000, "stop")], -200)
    falls = [CALM, (49_600, 49_600, 47_900, 48_500)]
    assert ends(StopLoss(48_100), falls, falls, **MIRA) == ("liquidated", [(1, 48_000, 1_000, "takeover")], -200)
    quiet, spike = [QUIET] * 2, [QUIET, (2_000, 2_090, 1_990, 2_000)]
    assert ends(StopLoss(2_080), quiet, spike, **BEN)[:2] == ("stopped", [(1, 2_080, 30, "stop")])
    with pytest.raises(ValueError, match="can never fire"):  # without a last price of its own there is no wick
        replay_stop(StopLoss(48_000), mark=calm, **MIRA)
    with pytest.raises(ValueError, match="can never fire"):
        replay_stop(StopLoss(48_000, "mark"), mark=calm, last=wick, **MIRA)


FALLS = [CALM, (49_500, 49_600, 48_900, 49_000), (48_950, 49_000, 48_100, 48_300)]


@pytest.mark.parametrize(
    ("stop", "held", "expected"),
    [
        (StopLoss(49_000), 400, ("liquidated", [(2, 48_000, 1_000, "takeover")], -200, True)),
        (StopLoss(49_000), 0, ("stopped", [(1, 49_000, 1_000, "stop")], -100, False)),
        (
            StopLoss(49_000, quantity=600),
            400,  # exactly what is free
            ("liquidated", [(1, 49_000, 600, "stop"), (2, 48_000, 400, "takeover")], -60 - 80, False),
        ),
        (StopLoss(49_000, quantity=601), 400, ("liquidated", [(2, 48_000, 1_000, "takeover")], -200, True)),
        (StopLoss(49_000, quantity=0.3), 999.7, None),  # a float is its shortest decimal
        (StopLoss(48_950, quantity=1_000), 1_000, ("liquidated", [(2, 48_000, 1_000, "takeover")], -200, True)),
    ],
)
def test_a_stop_closes_only_what_other_orders_leave_free(stop, held, expected):
    outcome = replay_stop(stop, mark=FALLS, closing_orders=held, **MIRA)
    if expected is None:
        assert outcome.fills[0].quantity == 0.3 and not outcome.refused
        return
    *ending, refused = expected
    assert ends(stop, FALLS, closing_orders=held, **MIRA) == tuple(ending) and outcome.refused == refused


def test_a_stop_of_a_part_leaves_the_rest_open_and_waits_for_what_the_bars_do_not_take():
    mark = [CALM, (49_500, 49_600, 48_900, 49_000), (49_300, 49_400, 49_200, 49_300), (49_300, 49_400, 48_900, 49_000)]
    outcome = replay_stop(StopLoss(49_000, quantity=500), mark=mark, tradable=300, **MIRA)
    assert [(fill.bar, fill.price, fill.quantity) for fill in outcome.fills] == [(1, 49_000, 300), (2, 49_300, 200)]
    assert outcome.ending == "open" and outcome.open_quantity == 500


def test_what_can_be_traded_is_compared_with_the_order_as_it_is_meant():
    """A bit less than three tenths: above the float 0.3, and below what it means."""
    less = Fraction(3, 10) - Fraction(1, 2 * 10**17)
    assert 0.3 < less < Fraction(3, 10)
    outcome = replay_stop(StopLoss(49_000, quantity=less), mark=FALLS[:2], tradable=0.3, **MIRA)
    assert [fill.quantity for fill in outcome.fills] == [less] and outcome.open_quantity == 1_000 - less


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (dict(closing_orders=1_001), "closing_orders=1001 is not allowed: the position has 1000 contracts"),
        (dict(stop=StopLoss(49_000, quantity=1_000.5)), "quantity of the stop=1000.5 is not allowed"),
        (dict(closing_orders=-1), "closing_orders=-1 is not allowed"),
    ],
)
def test_orders_for_more_than_there_is_are_refused(changed, says):
    with pytest.raises(ValueError, match=says):
        replay_stop(**{"stop": StopLoss(49_000), "mark": FALLS, **changed}, **MIRA)


def test_the_loss_beyond_the_margin_is_somebody_elses():
    # The last price jumps below bankruptcy while the mark price does not: the stop fills there.
    last = [CALM, (47_000, 47_500, 46_900, 47_200)]
    outcome = replay_stop(StopLoss(49_000), mark=[CALM, (48_900, 49_000, 48_800, 48_900)], last=last, **MIRA)
    assert outcome.ending == "stopped"
    assert outcome.pnl == -200 and outcome.beyond_margin == pytest.approx(100)
    # At 48,400, above the bankruptcy price of 48,000, it is all the trader's.
    outcome = replay_stop(StopLoss(49_000), mark=[CALM, (48_400, 49_000, 48_400, 48_900)], **MIRA)
    assert outcome.pnl == pytest.approx(-160) and outcome.beyond_margin == 0


def test_a_coin_for_less_than_a_dollar_is_a_coin():
    cheap = dict(side=LONG, entry_price=0.5, quantity=1_000, contract_size=10, position_margin=500)
    bars = [(0.5, 0.51, 0.46, 0.5)]
    assert ends(StopLoss(0.47), bars, maintenance_margin=100, **cheap) == ("stopped", [(0, 0.47, 1_000, "stop")], -300)
    assert ends(None, bars, maintenance_margin=100, **cheap)[0] == "liquidated"


def test_a_position_without_a_liquidation_price_can_still_be_stopped():
    rich = {**MIRA, "position_margin": 6_000}
    assert linear.liquidation_price(**rich) is NEVER
    bars = [CALM, (30_000, 31_000, 10, 30_000)]
    assert replay_stop(None, mark=bars, **rich).ending == "open"
    assert replay_stop(StopLoss(20_000), mark=bars, **rich).pnl == pytest.approx(-3_000)


def test_an_inverse_position_loses_coins():
    case = dict(entry_price=50_000, quantity=50, contract_size=100, position_margin=0.004, maintenance_margin=0.0004)
    for side in (LONG, SHORT):
        price = inverse.liquidation_price(side=side, **case)
        stop = (50_000 + price) / 2
        bars = [CALM, sorted([50_000, price * (1 - side * 0.01), stop, stop], key=lambda p: side * p)]
        opened, close, high, low = 50_000, stop, max(bars[1]), min(bars[1])
        bars[1] = (opened, high, low, close)
        outcome = replay_stop(StopLoss(stop), mark=bars, side=side, theory=inverse, **case)
        assert outcome.pnl == pytest.approx(side * 5_000 * (1 / 50_000 - 1 / stop)) and outcome.ending == "stopped"
        held = replay_stop(None, mark=bars, side=side, theory=inverse, **case)
        assert held.ending == "liquidated" and held.pnl == -0.004


@pytest.mark.parametrize("side", [LONG, SHORT])
def test_in_no_storm_is_more_lost_than_the_margin_and_nothing_goes_missing(side):
    case = dict(entry_price=100.0, quantity=70, contract_size=0.1, position_margin=70.0, maintenance_margin=4.0)
    rng = np.random.default_rng(9)
    prices = geometric_brownian(rng, start=100, volatility=2.0, horizon=10 / 365, steps=240, paths=200)
    gaps = to_bars(prices, every=24) * np.exp(rng.normal(0, 0.05, (200, 10, 1)))
    endings = set()
    for bars in gaps:
        for stop in (None, StopLoss(100 - side * 6, "mark", 0.002), StopLoss(100 - side * 6)):
            outcome = replay_stop(stop, mark=bars, last=bars * 1.01, tradable=40, side=side, **case)
            endings.add((stop is None, outcome.ending))
            assert outcome.pnl >= -70 and outcome.beyond_margin >= 0
            assert sum(fill.quantity for fill in outcome.fills) + outcome.open_quantity == pytest.approx(70)
            if stop is None and outcome.ending == "liquidated":
                assert outcome.pnl == -70
    assert endings == {(True, "liquidated"), (True, "open"), *((False, e) for e in ("liquidated", "open", "stopped"))}


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"mark": [50_000, 50_100, 49_900, 50_000]}, r"mark has the shape \(4,\)"),
        ({"mark": [(50_000, 50_100, 49_900)]}, r"mark has the shape \(1, 3\)"),
        ({"mark": np.empty((0, 4))}, r"mark has the shape \(0, 4\)"),
        ({"mark": [CALM, (50_000, 49_000, 48_000, 48_500)]}, "mark bar 1 is .* with no price above high or below low$"),
        ({"mark": [CALM, (50_200, 50_100, 49_900, 50_000)]}, "mark bar 1 is .* no price above high"),
        ({"mark": [CALM, (50_000, 50_100, 49_900, 50_200)]}, "mark bar 1 is .* no price above high"),
        ({"mark": [CALM, (50_000, 50_100, 49_950, 49_900)]}, "mark bar 1 is .* or below low"),
        ({"mark": [CALM, (49_900, 50_100, 49_950, 50_000)]}, "mark bar 1 is .* or below low"),
        ({"mark": [CALM, (50_000, 50_100, 0, 50_000)]}, "mark bar 1 is .* must be finite and above 0"),
        ({"mark": [CALM, (50_000, math.inf, 49_900, 50_000)]}, "mark bar 1 is .* must be finite and above 0"),
        ({"mark": [CALM, CALM], "last": [CALM, (50_000, 50_100, -1, 50_000)]}, "^last bar 1 is .* above 0"),
        ({"mark": [(50_000, math.nan, 49_000, 49_500)]}, "mark bar 0"),
        ({"last": [CALM, CALM]}, "last has 2 bars and mark has 1"),
        ({"tradable": -1}, "tradable=-1 is not allowed"),
        ({**BEN, "position_margin": 10, "maintenance_margin": 700}, "liquidated at every price"),
    ],
)
def test_bars_that_cannot_be_are_refused(changed, says):
    with pytest.raises(ValueError, match=says):
        replay_stop(**{**dict(stop=None, mark=[CALM]), **MIRA, **changed})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("side", 2),
        ("entry_price", 0),
        ("quantity", -5),
        ("contract_size", 0),
        ("position_margin", 0),
        ("maintenance_margin", -1),
        ("stop", 49_000),
        ("theory", "linear"),
    ],
)
def test_what_is_refused_is_named(name, value):
    with pytest.raises(ValueError, match=f"^{name}={value}|^{name}='{value}'"):
        replay_stop(**{**dict(stop=None, mark=[CALM]), **MIRA, name: value})


PART = dict(bar=3, price=48_500.0, quantity=1_000, reason="stop")
OUTCOME = dict(ending="open", fills=(), pnl=0.0, beyond_margin=0.0, open_quantity=1_000)


@pytest.mark.parametrize(
    ("kind", "fields", "name", "value"),
    [
        (StopLoss, dict(price=5), "price", -5),
        (StopLoss, dict(price=5), "watches", "close"),
        (StopLoss, dict(price=5), "slippage", 1),
        (StopLoss, dict(price=5), "quantity", 0),
        (ClosedPart, PART, "bar", -1),
        (ClosedPart, PART, "price", 0),
        (ClosedPart, PART, "quantity", 0),
        (ClosedPart, PART, "reason", "whim"),
        (Outcome, OUTCOME, "ending", "lost"),
        (Outcome, OUTCOME, "fills", 5),
        (Outcome, OUTCOME, "pnl", math.nan),
        (Outcome, OUTCOME, "beyond_margin", -1),
        (Outcome, OUTCOME, "open_quantity", -1),
        (Outcome, OUTCOME, "refused", "no"),
    ],
)
def test_stops_parts_and_outcomes_that_cannot_be_are_refused(kind, fields, name, value):
    kind(**fields)
    with pytest.raises(ValueError, match=f"^{name}={value}|^{name}='{value}'"):
        kind(**{**fields, name: value})


def test_a_stop_holds_plain_numbers():
    stop = StopLoss(np.float64(48_500), slippage=np.float32(0.25), quantity=np.int64(7))
    assert [type(x) for x in (stop.price, stop.slippage, stop.quantity)] == [float, float, int]
    assert ClosedPart(3, NEVER, 5, "takeover").price is NEVER


# -- funding -----------------------------------------------------------------------------------------------------------

STILL = [(50_000, 50_000, 50_000, 50_000)] * 100


def test_a_standing_price_is_liquidated_by_its_payments():
    """200 of margin, 20 required, 1% of 5,000 a payment: three leave 50, the fourth leaves 0."""
    outcome = replay_stop(None, mark=STILL, funding_rate=0.01, **MIRA)
    assert outcome.ending == "liquidated" and outcome.fills[0].bar == 3
    assert outcome.pnl == pytest.approx(-200) and outcome.beyond_margin == 0
    # 0.9%: after four payments 20 are left, just what is required. A short receives them.
    outcome = replay_stop(None, mark=STILL, funding_rate=0.009, **MIRA)
    assert outcome.fills[0].bar == 3 and outcome.fills[0].price == pytest.approx(49_800)
    short = {**MIRA, "side": -1}
    outcome = replay_stop(None, mark=STILL, funding_rate=0.01, **short)
    assert outcome.ending == "open" and outcome.pnl == pytest.approx(5_000)


def test_a_payment_moves_the_price_at_which_a_bar_kills():
    """48,200 becomes 48,450 when 25 have been paid: 0.5% of 5,000."""
    bars = [(50_000, 50_000, 50_000, 50_000), (50_000, 50_000, 48_400, 49_000)]
    assert replay_stop(None, mark=bars, **MIRA).ending == "open"
    outcome = replay_stop(None, mark=bars, funding_rate=[0.005, 0], **MIRA)
    assert outcome.ending == "liquidated" and outcome.pnl == pytest.approx(-200)
    # A stop above it closes first: 150 at 48,500, and the 25.
    outcome = replay_stop(StopLoss(48_500), mark=bars, funding_rate=[0.005, 0], **MIRA)
    assert outcome.ending == "stopped" and outcome.pnl == pytest.approx(-175)


def test_funding_is_paid_on_what_is_left():
    """Half is closed at 49,000 in the first bar; the second bar's payment is on the other half, at its own open."""
    bars = [(50_000, 50_000, 48_900, 49_000), (49_000, 49_000, 49_000, 49_000)]
    outcome = replay_stop(StopLoss(49_000, quantity=500), mark=bars, funding_rate=[0, 0.001], **MIRA)
    assert outcome.ending == "open" and outcome.open_quantity == 500
    assert outcome.pnl == pytest.approx(-50 - 0.001 * 49_000 * 0.05)


def test_a_payment_larger_than_the_margin_takes_only_that():
    outcome = replay_stop(None, mark=STILL, funding_rate=0.1, **MIRA)
    assert outcome.fills[0].bar == 0 and outcome.pnl == pytest.approx(-200) and outcome.beyond_margin == 0
    with pytest.raises(ValueError, match=r"funding_rate has the shape \(3,\)"):
        replay_stop(None, mark=STILL, funding_rate=[0.1, 0, 0], **MIRA)
