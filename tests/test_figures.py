"""Every picture: right numbers, finite at every corner of its controls, labelled, reproducible, safe in two threads."""

import importlib
import inspect
import itertools
import math
import pkgutil
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from statistics import NormalDist

import matplotlib as mpl
import matplotlib.style
import numpy as np
import pytest
from liquidation import (
    LONG,
    SHORT,
    Account,
    Case,
    Estimate,
    Jumps,
    Market,
    Position,
    RiskTiers,
    Ruins,
    deleverage,
    geometric_brownian,
    isolated,
    linear,
    liquidate,
    simulate_liquidations,
    sweep,
)
from liquidation.course import drawing as draw
from liquidation.course import figures
from liquidation.course.drawing import LONG_STYLE, SHORT_STYLE, Picture, Scene, image_size, new_figure
from liquidation.course.explore import Explorer, explore
from liquidation.course.figures import (
    _fund_numbers,
    _prices_numbers,
    _steps_numbers,
    _storms_numbers,
    _tiers_numbers,
    choose_a_margin_mode,
    climb_the_risk_limit_tiers,
    compare_the_venues,
    count_the_odds,
    derive_the_liquidation_price,
    fill_the_insurance_fund,
    meet_auto_deleveraging,
    open_a_leveraged_position,
    start_here,
    stay_out_of_liquidation,
    walk_the_liquidation_steps,
    watch_a_cascade,
)
from liquidation.course.mira import BIG_BTC, BTC, ETH, on_venues
from liquidation.course.storms import Plan, make_storms, season, try_plan
from matplotlib.figure import Figure
from PIL import Image

MODULES = [importlib.import_module(f"{figures.__name__}.{m.name}") for m in pkgutil.iter_modules(figures.__path__)]
SCENES = [
    thing
    for module in MODULES
    for thing in vars(module).values()
    if inspect.isclass(thing) and issubclass(thing, Scene) and thing is not Scene
]
ETHER = dict(entry_price=2_000, quantity=30, contract_size=0.01)  # not the lesson's numbers
ON_MARK = Market(BTC.contract, RiskTiers([(0, 10**9, 0.01)], "value", "flat"))
LADDER = RiskTiers([(0, 2_000, 0.02), (2_000, 9_000, 0.03), (9_000, 40_000, 0.05)], "value", "marginal")


def falling():
    prices = np.arange(2_000, 1_929, -1.0)
    case = dict(position_margin=30, maintenance_margin=9, **ETHER)
    return prices, linear.margin_ratio.long(mark_price=prices, **case)


def two_positions():
    held = [isolated(BTC, LONG, 2_000, 60_000, 20), isolated(ETH, LONG, 150, 3_000, 8)]
    return Account(1_500, held, marks={"BTC_USDT": 61_000, "ETH_USDT": 2_950})


def large(mark_price=59_100):
    return Account(20_000, [isolated(BIG_BTC, LONG, 200_000, 60_000, 60)], marks={"BTC_USDT": mark_price})


def deleveraged():
    account = meet_auto_deleveraging.winners(46_000)[5]
    return account, *deleverage(meet_auto_deleveraging.TAKEN, [account], [40_000]).accounts


def hedge():
    on_mark = Market(ETH.contract, ETH.tiers)
    return Account(90, [Position(on_mark, side, 30, 2_000) for side in (LONG, SHORT)], marks={"ETH_USDT": 2_000})


def funds():
    numbers = dict(gain_chance=0.8, mean_gain=10, mean_loss=30, liquidations=300, paths=2_000)
    rng = np.random.default_rng(2)
    return {start: simulate_liquidations(rng, starting_balance=start, **numbers) for start in (0, 150, 300)}


def few_storms():
    return make_storms(np.random.default_rng(3), 60)


def two_days():
    rng = np.random.default_rng(3)
    return geometric_brownian(rng, start=2_000, volatility=1.1, horizon=2 / 365, steps=48, paths=12)


PICTURES = {
    "life_of_a_long": lambda: start_here.life_of_a_long(2_000, leverage=8, maintenance_margin_rate=0.02),
    "profit_and_loss": lambda: open_a_leveraged_position.profit_and_loss(move=0.1, **ETHER),
    "same_move": lambda: open_a_leveraged_position.same_move(0.02, [2, 10, 100], entry_price=2_000),
    "linear_and_inverse": lambda: open_a_leveraged_position.linear_and_inverse(2_000, dollars=600, move=0.3),
    "three_prices": lambda: open_a_leveraged_position.three_prices(open_a_leveraged_position.one_wick(3), 48_300),
    "what_is_left": lambda: derive_the_liquidation_price.what_is_left(
        side=SHORT, position_margin=30, maintenance_margin=9, **ETHER
    ),
    "equity_and_requirement": lambda: derive_the_liquidation_price.equity_and_requirement(
        position_margin=30, maintenance_margin=9, **ETHER
    ),
    "walk": lambda: derive_the_liquidation_price.walk(*falling()),
    "price_against_leverage": lambda: derive_the_liquidation_price.price_against_leverage(2_000, 0.007),
    "three_falls": lambda: choose_a_margin_mode.three_falls(two_positions()),
    "two_prices": lambda: choose_a_margin_mode.two_prices(two_positions()),
    "worth": lambda: choose_a_margin_mode.worth(two_positions(), lowest=50_000),
    "moving_price": lambda: choose_a_margin_mode.moving_price(two_positions()),
    "hedged_pair": lambda: choose_a_margin_mode.hedged_pair(hedge(), "ETH_USDT"),
    "what_each_term_changes": lambda: derive_the_liquidation_price.what_each_term_changes(2_000, 0.007, 0.001, 0.0005),
    "room_and_depth": lambda: climb_the_risk_limit_tiers.room_and_depth(2_000, 5, 0.02, LADDER, coins=0.5),
    "flat_and_marginal": lambda: climb_the_risk_limit_tiers.flat_and_marginal(LADDER, 12_000),
    "highest_line": lambda: climb_the_risk_limit_tiers.highest_line(LADDER, 12_000),
    "signed_value": lambda: climb_the_risk_limit_tiers.signed_value(LADDER, 8_000, 3_000),
    "flat_and_marginal_equity": lambda: climb_the_risk_limit_tiers.flat_and_marginal_equity(LADDER, 50, 181, 400),
    "five_rules": lambda: walk_the_liquidation_steps.five_rules(large()),
    "a_fifth_handed_over": walk_the_liquidation_steps.a_fifth_handed_over,
    "staircase": lambda: walk_the_liquidation_steps.staircase(liquidate(large(), "BTC_USDT")),
    "what_is_kept": lambda: walk_the_liquidation_steps.what_is_kept(large()),
    "the_queue": lambda: meet_auto_deleveraging.the_queue(meet_auto_deleveraging.winners(46_000), 90_000),
    "who_pays": lambda: meet_auto_deleveraging.who_pays(meet_auto_deleveraging.sold_by_the_engine(), 12_000),
    "four_rules": lambda: meet_auto_deleveraging.four_rules(30_000),
    "hedge_undone": lambda: meet_auto_deleveraging.hedge_undone(*deleveraged()),
    "two_sides": lambda: fill_the_insurance_fund.two_sides(
        Position(ETH, SHORT, 30, 2_100), Position(ETH, LONG, 50, 1_900), reach=50
    ),
    "break_even": lambda: fill_the_insurance_fund.break_even(0.01, mean_gap=1 / 60),
    "running_balance": lambda: fill_the_insurance_fund.running_balance([80, 95, 40, 120, 130, 60, 75], drawdown=0.4),
    "ruin_against_balance": lambda: fill_the_insurance_fund.ruin_against_balance(funds(), 1 / 150, mean_loss=30),
    "bills": lambda: fill_the_insurance_fund.bills(funds(), mean_loss=30),
    "mirrored_pair": lambda: count_the_odds.mirrored_pair(two_days(), liquidation_price=1_900, hours=48),
    "touched_and_ended": lambda: count_the_odds.touched_and_ended(two_days(), liquidation_price=1_900, hours=48),
    "chance_against_horizon": lambda: count_the_odds.chance_against_horizon(
        np.random.default_rng(3),
        side=SHORT,
        mark_price=2_000,
        liquidation_price=2_070,
        volatility=1.1,
        days=[2, 9],
        paths=500,
    ),
    "fat_tails": lambda: count_the_odds.fat_tails(
        {4: 0.003, 20: 0.2, 60: 0.5},
        volatility=0.8,
        diffusion=0.5,
        jumps=Jumps(60, 0.4, 0.04, 0.05),
        maintenance_margin_rate=0.01,
    ),
    "rounds": lambda: watch_a_cascade.rounds(quantity=3, depth=5, shock=12),
    "rules_compared": lambda: watch_a_cascade.rules_compared(
        Case(seed=2, traders=2_000, leverage=20, depth=30, shock=0.03)
    ),
    "depth_against_leverage": lambda: watch_a_cascade.depth_against_leverage(
        sweep(
            [
                Case(seed=2, traders=500, leverage=leverage, depth=depth, shock=0.03, volatility=0)
                for leverage in (10, 30)
                for depth in (5, 50)
            ],
            workers=0,
        )
    ),
    "three_storms": lambda: stay_out_of_liquidation.three_storms(season(), liquidation_price=49_100),
    "outcomes": lambda: stay_out_of_liquidation.outcomes(
        [try_plan(few_storms(), plan) for plan in (Plan("short", side=SHORT), Plan("stop", margin=150, stop=49_400))]
    ),
    "ways_to_fail": stay_out_of_liquidation.ways_to_fail,
    "screens": lambda: compare_the_venues.screens(on_venues(0.006), {**compare_the_venues.MIRA, "side": SHORT}),
    "two_ratios": lambda: compare_the_venues.two_ratios(ON_MARK),
    "index": lambda: compare_the_venues.index(crashed=2),
    "notice": lambda: stay_out_of_liquidation.notice(few_storms(), thresholds=[0.15, 0.35, 0.9]),
}


def test_every_still_picture_is_tested_here():
    written = {
        name
        for module in MODULES
        for name, thing in vars(module).items()
        if inspect.isfunction(thing) and inspect.get_annotations(thing, eval_str=False).get("return") == "draw.Picture"
    }
    assert written == set(PICTURES)


def finite(figure):
    for ax in figure.axes:
        for line in ax.lines:
            assert np.isfinite(np.asarray(line.get_data(orig=False), dtype=float)).all()
        for text in ax.texts:
            assert not {"nan", "inf"} & set(text.get_text().split())


def ordinary(figure):
    for ax in figure.axes:
        assert not ax.xaxis_inverted(), "higher prices stand to the right, in every picture"


def stated(caption):
    assert len(caption.split()) >= 10 and any(c.isdigit() for c in caption)
    assert not {"nan", "inf", "-inf", "nan%", "inf%"} & set(caption.replace(",", " ").split())


@pytest.mark.parametrize("name", PICTURES)
def test_still_pictures_are_finite_labelled_and_reproducible(name):
    picture = PICTURES[name]()
    assert isinstance(picture, Picture)
    finite(picture.figure)
    ordinary(picture.figure)
    stated(picture.caption)
    for ax in picture.figure.axes:
        assert ax.get_xlabel(), "name the horizontal axis"
        shared = ax is not picture.figure.axes[0] and ax.get_shared_y_axes().joined(ax, picture.figure.axes[0])
        assert ax.get_ylabel() or ax.get_yticks().size == 0 or shared
    assert picture.png() == picture.png() == PICTURES[name]().png()


@pytest.mark.parametrize("scene", SCENES, ids=lambda s: s.__name__)
def test_every_control_at_every_corner_draws_finite_values(scene):
    drawn = scene()
    assert len(scene.controls) <= 4
    for values in corners(scene):
        png, caption = drawn.frame(**values)
        assert png.startswith(b"\x89PNG")
        stated(caption)
        finite(drawn.figure)
        ordinary(drawn.figure)
    # Two controls together may ask for the impossible; one alone, moved to its end, may not.
    for control in scene.controls:
        for end in control.corners:
            _, caption = drawn.frame(**drawn.start() | {control.name: end})
            assert " must " not in caption, f"{control.name}={end} is impossible from the start"


@pytest.mark.parametrize("scene", SCENES, ids=lambda s: s.__name__)
def test_widgets_follow_their_sliders_and_say_what_they_show(scene):
    explorer = explore(scene)
    first = explorer.image.value
    for control, row in zip(scene.controls, explorer.box.children, strict=False):
        widget = explorer.controls[control.name]
        assert control.label == (
            row.description if row is widget else row.children[0].description or row.children[0].value
        )
        assert "(" in control.label or hasattr(control, "options"), "a label gives the unit"
        widget.value = control.corners[-1] if widget.value != control.corners[-1] else control.corners[0]
        assert explorer.image.value != first
        assert explorer.caption in explorer.sentence.value.replace("&#x27;", "'").replace("&quot;", '"')
        assert "could not be drawn" not in explorer.caption
    size = image_size(explorer.scene.figure)["image/png"]
    assert (explorer.image.width, explorer.image.height) == (str(size["width"]), str(size["height"]))


# -- the numbers, each against sums done by hand ----------------------------------------------------------------------


def test_the_rounds_of_a_cascade_by_hand():
    """20 are reached; each coin of the 4 moves the price by a fifth of a tick, in whole ticks of all that was sold."""
    falls, reached = [20], 20
    while (further := 20 + reached * 4 // 5 - sum(falls)) > 0:
        falls.append(further)
        reached = sum(falls)
    assert watch_a_cascade.rounds_of(4, 5, 20) == falls and sum(falls) == 96
    assert sum(watch_a_cascade.rounds_of(5, 5, 20)) == 220, "at the critical point it goes through all two hundred"


def test_a_fate_is_split_into_the_world_and_the_crowd():
    case = Case(seed=1, depth=50, shock=0.02, refill=0.02, fund=watch_a_cascade.ENDLESS)
    first, later, never = (watch_a_cascade.fate(case, leverage) for leverage in (50, 25, 10))
    assert first.second == 10 and first.here == first.elsewhere
    assert later.second > 10 and later.here > later.elsewhere and later.here >= 1 - 0.96 / 0.996
    assert never.second == -1


def test_what_a_fund_buys_is_conserved():
    case = Case(seed=1, traders=2_000, depth=10, shock=0.02, refill=0.02)
    none, some, much = watch_a_cascade.bills(case, [0, 5_000, 10**6])
    assert none.deleveraged > some.deleveraged > much.deleveraged == 0 == much.winners
    assert none.winners > some.winners and some.start > some.end
    assert none.fell < much.fell, "what the fund pays for is sold, and what winners take over is not"


def test_the_product_ahead_by_hand():
    case = Case(seed=1, traders=2_000, leverage=25, depth=40, shock=0.02)
    crowd = watch_a_cascade.crowd_of(case)
    prices = crowd.liquidation_price[crowd.side > 0]
    held = crowd.quantity[crowd.side > 0][(prices <= 98_000) & (prices > 97_000)].sum()
    assert watch_a_cascade.ahead(case) == (pytest.approx(held / 1_000), 40)


def test_the_edge_is_the_first_leverage_that_falls_twice_as_far():
    case = Case(seed=3, depth=100, shock=0.02, refill=0.02, fund=watch_a_cascade.ENDLESS)
    leverage, before, there = watch_a_cascade.edge_of(case)
    fell = [replace(case, leverage=x).run().drop / case.price for x in (leverage - 1, leverage)]
    assert fell[0] < 0.04 < fell[1] and before < there
    assert watch_a_cascade.ahead(replace(case, leverage=leverage))[0] == near(there * 100)
    # The lesson's sixth crowd: one trader of 100 coins comes within the percent.
    large = [watch_a_cascade.crowd_of(replace(case, seed=6, leverage=x)) for x in (24, 25)]
    within = [(c.side > 0) & (c.liquidation_price <= 98_000) & (c.liquidation_price > 97_000) for c in large]
    assert [c.quantity[w].max() for c, w in zip(large, within, strict=True)] == [27_407, 100_000]


def near(value, **tolerance):
    """Equal up to rounding."""
    return pytest.approx(value, **{"rel": 1e-9, "abs": 1e-9} | tolerance)


def test_the_private_modules_of_numbers_draw_nothing():
    for module in (_fund_numbers, _prices_numbers, _steps_numbers, _storms_numbers, _tiers_numbers):
        source = inspect.getsource(module)
        assert "matplotlib" not in source and "drawing" not in source


def test_a_long_turns_where_margin_and_requirement_say():
    # 250 of margin, 40 of requirement on each coin from 2,000.
    assert start_here.turning_points(2_000, 8, 0.02) == near((1_790, 1_750))


def test_the_inverse_long_is_paid_in_coins():
    straight, bent = open_a_leveraged_position.gains_of_dollars(np.array([1_000, 2_000, 3_000]), 2_000, dollars=600)
    assert straight == near(np.array([-300, 0, 300]))
    assert bent == near(np.array([600 / 2_000 - 600 / 1_000, 0, 600 / 2_000 - 600 / 3_000]))


def test_a_debt_in_dollars_grows_in_coins_when_the_coin_falls():
    # 600 dollars at 2,000 are 0.3 coins; at 1,400 they are 600 / 1,400.
    caption = open_a_leveraged_position.linear_and_inverse(2_000, dollars=600, move=0.3).caption
    assert "that is 0.3 BTC" in caption and "makes that 0.4286 BTC and loses 0.1286," in caption
    assert "gains only 0.0692" in caption, "0.3 less 600 / 2,600"


def test_a_price_that_is_just_reached_counts_as_reached():
    index = np.full(4, 100)
    series = {"index": index, "last": np.array([100, 90, 95, 80]), "mark": np.array([100, 99, 97, 98])}
    assert open_a_leveraged_position.wick_against(series, 95) == (3, 0, 3)


def test_a_shorts_return_is_the_fall_times_the_leverage():
    assert open_a_leveraged_position.return_after(SHORT, 20, -2) == near((250, 0.4))
    margin, returns = open_a_leveraged_position.return_after(LONG, 100, np.array([-15, 1]))
    assert margin == 50 and returns == near(np.array([-15, 1]))


def test_critical_prices_of_both_sides():
    # 0.3 coins: 30 of margin are used up by a move of 100, and 21 by one of 70.
    found = _prices_numbers.critical_prices(30, 9, **ETHER)
    assert found == {LONG: near((1_930, 1_900)), SHORT: near((2_070, 2_100))}


def test_what_is_left_of_a_margin_by_hand():
    # 0.3 coins: 30 cents a dollar; 21 of 30 may be lost.
    case = dict(position_margin=30, maintenance_margin=9, **ETHER)
    for side, goes, dies, broke in [(SHORT, "rises", "2,070", "2,100"), (LONG, "falls", "1,930", "1,900")]:
        caption = derive_the_liquidation_price.what_is_left(side, **case).caption
        assert f"of 30 USDT while the price {goes} from 2,000: 30 cents less for each dollar" in caption
        assert f"At {dies} it is the 9 that" in caption and f"At {broke} nothing would be left" in caption
    assert "At 48,200 it is the 20 that" in derive_the_liquidation_price.what_is_left().caption


def test_half_of_the_margin_ratio_is_found_where_it_is_just_reached():
    assert _prices_numbers.milestones(np.array([0.1, 0.2, 0.4, 0.5, 0.9, 1])) == (3, 3, 5)
    assert _prices_numbers.milestones(np.array([0.1, 0.6, 0.7, 0.8, 1])) == (2, 1, 4)


def test_each_term_shifts_the_price_by_what_it_takes():
    # At 10x the margin is 200 and the requirement 14: the textbook's price is 1,814.
    leverage = np.array([10, 20])
    fee, reserve, mark = _prices_numbers.shifts(leverage, 2_000, 0.007, 0.001, 0.0005)
    assert fee == near(np.array([1_814 / 0.999 - 1_814, 1_914 / 0.999 - 1_914]))
    assert reserve == near(np.array([-1, -1])), "0.05% of 2,000 more margin"
    assert mark == near(np.array([1_800 / 0.993 - 1_814, 1_900 / 0.993 - 1_914]))


def test_the_trigger_of_a_short_with_margin_added():
    marks = np.array([50_000, 52_000])
    margin, requirement, price, equity = _prices_numbers.trigger_of(SHORT, 40, 1, 75, marks)
    assert (margin, requirement, price) == near((200, 50, 51_500))
    assert equity == near(np.array([200, 0]))
    with pytest.raises(ValueError, match="250 USDT of margin do not cover the 250 that must be left"):
        _prices_numbers.trigger_of(LONG, 20, 5, 0, marks)


def test_the_line_of_room_ends_where_no_room_is_left():
    leverage, room = _prices_numbers.room_line(2)
    assert leverage[[0, -1]] == near(np.array([1.9, 0.999 / 0.02]))
    assert room[[0, -1]] == near(np.array([1 / 1.9 - 0.02, 0.02 / 0.999 - 0.02]))
    assert _prices_numbers.room_line(0.4)[0][-1] == near(125)


def test_a_ladder_under_another_rule_and_in_another_unit():
    doubled = _tiers_numbers.ruled(LADDER, "flat", 2)
    assert [doubled.maintenance_margin(size) for size in (4_000, 4_001)] == near([80, 120.03])
    corners = _tiers_numbers.at_corners(LADDER, 1_000, 9_000)
    assert corners.min() == 1_000 and corners.max() == 9_000 and 2_000 in corners
    assert 0 < corners[np.searchsorted(corners, 2_000, "right")] - 2_000 < 1e-5


def test_room_and_selling_cost_in_coins():
    sizes, room = _tiers_numbers.room_by_size(2_000, LADDER, coins=0.5)
    assert sizes[-1] == 20_000 and set(room.tolist()) == {40, 60, 100}
    assert room[sizes <= 1_000].max() == 40 and room[sizes > 1_000].min() == 60
    assert _tiers_numbers.selling_cost(400, depth=5) == 40, "80 down the book at the last coin"
    assert _tiers_numbers.size_that_spends(40, depth=5) == 400


def test_jumps_are_size_times_the_step_of_the_rate():
    assert _tiers_numbers.jumps(LADDER, 12_000) == {2_000: near((40, 20)), 9_000: near((270, 180))}
    assert set(_tiers_numbers.jumps(LADDER, 9_000)) == {2_000}


def test_the_marginal_requirement_is_the_highest_line():
    values, lines, highest = _tiers_numbers.tier_lines(LADDER, 12_000)
    assert [line[-1] for line in lines] == near([240, 340, 400]) and values[-1] == 12_000
    assert highest == near(np.max(lines, axis=0))
    assert highest[-1] == near(2_000 * 0.02 + 7_000 * 0.03 + 3_000 * 0.05)


def test_targets_on_the_ladder():
    found = _tiers_numbers.targets(LADDER, 8_000, 3_000)
    assert found[LONG] == (5_000, near((5_000 - 20) / 0.97), 2)
    assert found[SHORT] == (-11_000, near(-(11_000 + 200) / 1.05), 3)
    assert _tiers_numbers.less_requirement(LADDER, np.array([-2_000, 0, 2_000])) == near(np.array([-2_040, 0, 1_960]))


def test_a_long_is_liquidatable_twice_if_flat_and_once_if_marginal():
    # 181 coins from 50: equity 181 P - 8,650, and above a value of 9,000 a requirement of 5% in the place of 3%.
    found = _tiers_numbers.two_triggers(LADDER, 50, 181, 400)
    assert [end for span in found.spans for end in span] == near(
        [0, 8_650 / 0.97 / 181, 9_000 / 181, 8_650 / 0.95 / 181]
    )
    price = (8_650 - 20) / 0.97 / 181
    assert found.once == near((price, 0.03 * 181 * price - 20))
    assert found.equity == near(181 * found.prices - 8_650)
    last = 181 * found.prices[-1]
    assert (found.flat[-1], found.marginal[-1]) == near((0.05 * last, 0.05 * last - 200))


def test_venues_ladders_in_dollars():
    flat, marginal = (_tiers_numbers.ladder_of("MEXC", rule) for rule in _tiers_numbers.RULES)
    assert _tiers_numbers.required(flat, 250_000) == near((250, 0.001, 1))
    assert _tiers_numbers.required(flat, 400_000) == near((1_600, 0.004, 2))
    money, part, tier = _tiers_numbers.required(marginal, np.array([250_000, 400_000]))
    assert money == near(np.array([250, 850])) and part == near(money / [250_000, 400_000]) and [*tier] == [1, 2]


def test_room_of_a_size_is_margin_less_requirement():
    sizes = np.array([1, 10])
    # Equity 1/16 - d of the value at entry meets the rate times 1 - d of it; worth 500,000, less 1,300 if marginal.
    assert _tiers_numbers.room_of("flat", sizes, 16) == near((1 / 16 - np.array([0.004, 0.01])) / [0.996, 0.99])
    assert _tiers_numbers.room_of("marginal", sizes, 16)[1] == near((1 / 16 - 0.01 + 1_300 / 500_000) / 0.99)
    assert _tiers_numbers.room_of("flat", np.array([21]), 40) == [0], "2.5% required, and 2.5% there"
    # 20.5 BTC at 20x: 2.5% of 1,025,000 would be met at 48,718, worth 998,718 and so in the tier of 1%.
    assert _tiers_numbers.room_of("flat", np.array([20.5]), 20) == near((1 / 20 - 0.01) / 0.99)


def test_prices_of_two_positions_apart_and_together():
    # 0.2 BTC with 600 of margin and 48 required; 1.5 ETH with 562.5 and 67.5; cross: 1,625 of equity, 115.5 required.
    apart = two_positions()
    cross = choose_a_margin_mode.in_cross(apart)
    assert choose_a_margin_mode.liquidation_prices(apart) == near((57_240, 2_670))
    assert choose_a_margin_mode.liquidation_prices(cross) == near((61_000 - 1_509.5 / 0.2, 2_950 - 1_509.5 / 1.5))
    edge = choose_a_margin_mode.edge_in_cross(cross, np.array([61_000, 61_000 - 1_509.5 / 0.2]), far=0)
    assert edge == near([2_950 - 1_509.5 / 1.5, 2_950])
    assert choose_a_margin_mode.price_of_bitcoin(apart, np.array([2_950, 2_655])) == near(np.array([53_452.5, 55_665]))


def test_a_cross_account_dies_soonest_if_both_fall():
    # 1,509.5 may be lost, on 0.2 BTC at 61,000 and 1.5 ETH at 2,950.
    bitcoin, ether = 0.2 * 61_000, 1.5 * 2_950
    found = choose_a_margin_mode.falls_to_death(two_positions())
    assert [*found.values()] == near([-1_509.5 / bitcoin, -1_509.5 / ether, -1_509.5 / (bitcoin + ether)])
    apart = choose_a_margin_mode.mira_at(True, LONG, 50_000, 2_000)
    caption = choose_a_margin_mode.three_falls(apart).caption
    assert "only BTC falls: -11%. If only ETH falls: -27.5%. If both fall alike: -7.86%." in caption


def test_a_death_in_cross_takes_the_whole_account():
    found = choose_a_margin_mode.deaths(two_positions())
    assert found["isolated"] == near((57_240, 1_500 - 0.2 * 2_760, 900))
    assert found["cross"] == near((53_452.5, 1_500 - 0.2 * 6_547.5, 0))


def test_a_hedged_pair_dies_where_its_requirement_has_grown_to_its_equity():
    dies, prices, equity, required = choose_a_margin_mode.pair_against_price(hedge(), "ETH_USDT")
    assert dies == near(90 / (2 * 0.015 * 0.3)) and equity == near([90, 90, 90])
    assert required == near([0.009 * price for price in prices]) and prices[-1] == near(11_500)


def test_who_is_dead_at_the_very_price():
    at = choose_a_margin_mode.mira_at
    assert choose_a_margin_mode.dead(at(True, LONG, 48_200, 2_000)) == ["BTC"]
    assert choose_a_margin_mode.dead(at(True, SHORT, 48_225, 2_170)) == ["ETH"]
    assert choose_a_margin_mode.dead(at(False, SHORT, 50_000, 2_550)) == ["BTC", "ETH"]
    assert choose_a_margin_mode.dead(at(False, SHORT, 50_000, 2_525)) == []
    rich = np.array([50_000, 200_000])  # 15,000 gained: one coin of ether cannot lose that
    assert choose_a_margin_mode.edge_in_cross(at(False, LONG, 50_000, 2_000), rich, far=1_400) == near([1_450, 1_400])


def test_what_reduction_leaves_of_a_position():
    # 20 BTC from 60,000 at 60x and a mark of 59,100: 2,000 of equity, and each reduction takes its share of it.
    sizes, ratios = _steps_numbers.reductions(liquidate(large(), "BTC_USDT"))
    assert sizes == [200_000, 120_000, 50_000]
    assert ratios == near([1_200_000 * 0.005 / 2_000, 720_000 * 0.004 / 1_200, 300_000 * 0.001 / 500])
    assert _steps_numbers.kept(large()) == near((2_000, 500, 50_000))


def test_a_fifth_less_leaves_the_ratio_and_a_lower_rate_lowers_it():
    # 15 BTC from 50,000, margin 15,000, lost 12,150 at 49,190. Of 15 BTC, 3 go at 49,000, and 570 of 2,850 with them.
    before, handed, lower = _steps_numbers.first_reduction(_steps_numbers.CASES["tiers"]())
    assert before == near((2_850, 750_000 * 0.005, 150_000, 0.005))
    assert handed == near((2_850 * 4 / 5, 600_000 * 0.005, 120_000, 0.005))
    assert lower == near((2_280, 600_000 * 0.004, 120_000, 0.004))
    assert before.ratio == near(handed.ratio) == near(3_750 / 2_850) and lower.ratio == near(2_400 / 2_280)
    caption = walk_the_liquidation_steps.a_fifth_handed_over().caption
    assert "stays 131.6%" in caption and "to 105.3%" in caption and "3 of her 15 BTC" in caption


def test_a_stage_of_a_liquidation():
    hedged = walk_the_liquidation_steps.long_and_short()
    assert _steps_numbers.contracts_of(hedged, SHORT) == 600
    trace = liquidate(hedged)  # 0.06 BTC are closed against themselves; 0.04 have lost 12,000 each
    now = _steps_numbers.stage(trace, 2)
    assert (now.equity, now.required, now.ratio) == near((20, 8, 0.4)) and now.over
    assert now.held == {SHORT: 0, LONG: 400} and now.ledger == {}
    before = _steps_numbers.stage(trace, 0)
    assert before.held == {SHORT: 600, LONG: 1_000} and not before.over and before.done == ()
    assert (before.equity, before.required) == near((20, 4_000 * 0.004 * 2))
    assert _steps_numbers.stage(trace, 5) == now
    assert _steps_numbers.most_money(trace) == near(32)


def test_the_stage_at_which_nothing_is_left():
    trace = _steps_numbers.CASES["nothing"]()
    now = _steps_numbers.stage(trace, len(trace.steps))
    assert (now.equity, now.required, now.ratio) == (0, 0, None)
    assert now.held == {SHORT: 0, LONG: 0} and now.ledger == near({"trader": -15_000, "clearing": 15_000})


def test_the_fund_gains_what_is_better_than_bankruptcy():
    short = Position(ETH, SHORT, 30, 2_100)
    assert _fund_numbers.coins(short) == near(0.3)
    assert _fund_numbers.change_of_fund(short, np.array([2_050, 2_100, 2_150])) == near(np.array([15, 0, -15]))


def test_one_liquidation_with_a_mean_gap_of_one_half():
    # The overshoot is exponential, so that the price is a power of a uniform number: the square root, here.
    change = np.array([-0.9, -0.4, 0.1])
    density, bad = _fund_numbers.one_liquidation(change, 0.1, 0.5)
    assert density == near(np.array([0, 1, 2])) and bad == near(0.9**2)
    assert _fund_numbers.mean_change(np.array([0, 1 / 3]), 0.5) == near(np.array([-1 / 3, 0])), "2/3 is the mean root"


def test_where_a_fund_stops():
    first, place, balance = _fund_numbers.where_it_stops(np.array([80, 95, 40, 120.0]), 0.4)
    assert first == 2 and place == near(1 + (95 - 57) / (95 - 40)) and balance == near(57)
    assert _fund_numbers.where_it_stops(np.array([100, 60.0]), 0.4) is None, "at the limit it still pays"


def test_counted_ruins():
    estimates = {0: Estimate(0.5, 0.05, 100), 50: Estimate(0.25, 0.04, 100)}
    simulated = {start: Ruins(estimate, np.array([1.0])) for start, estimate in estimates.items()}
    starts, frequencies, errors = _fund_numbers.counted(simulated)
    assert [*starts] == [0, 50] and [*frequencies] == [0.5, 0.25] and errors == near(np.array([0.15, 0.12]))
    missing = _fund_numbers.missing_more(np.array([1, 2, 3, 4]), np.array([0, 2, 4]))
    assert [*missing] == [1, 0.5, 0], "a deficit of just 2 does not miss more than 2"


def test_walking_the_book_until_it_is_empty():
    ends, better, change, mean = _fund_numbers.walk_the_book(3, 2, SHORT)
    assert [*ends] == [2, 3] and better == [150, 140]
    assert (change, mean) == near((2 * 150 + 140, 440 / 3))
    ends, better, change, _ = _fund_numbers.walk_the_book(120, 1, LONG)
    assert ends[-1] == 60 and better[-1] == 150 - 590 and change == near(60 * 150 - 10 * 59 * 60 / 2)


def test_the_book_that_is_walked_falls_by_ten_dollars_a_level():
    ends, better = _fund_numbers.whole_book(3)
    assert [*ends[[0, 1, -1]]] == [3, 6, 180] and [better[0], better[15], better[-1]] == [150, 0, -440]
    walked, prices, *_ = _fund_numbers.walk_the_book(6, 3, LONG)
    assert [*walked] == [*ends[:2]] and prices == better[:2], "what is sold is the first of it"


def test_funds_followed_one_by_one():
    funds = _fund_numbers.follow_funds(0.4, 0.6, 100)  # 20 come in, 30 go out
    assert (funds.gain, funds.mean_loss, funds.emptied, funds.ever) == near((20, 30, 10, 1))
    draws = np.random.default_rng(3).standard_exponential((6_000, 300), dtype=np.float32)
    for fund in range(40):
        balance, alive = 100, [100]
        for slip in draws[fund].tolist():
            balance += 20 - 30 * slip
            alive.append(balance)
            if balance < 0:
                break
        path = funds.path(fund)
        assert path[:, 0].tolist() == [*range(len(alive))] and path[:, 1] == near(np.array(alive), abs=0.01)
        assert funds.ruined[fund] == (balance < 0)
    earning = _fund_numbers.follow_funds(0.5, 0.4, 200)
    # exp(-25 R) = 1 - 20 R = 0.62861 at R = 0.0185694.
    assert earning.emptied == 300 and earning.ever == near(0.62861 * math.exp(-0.0185694 * 200), rel=1e-3)


def test_a_fifth_of_everybody_is_closed_pro_rata():
    found = meet_auto_deleveraging.deleveraged_by("pro rata", 37_000)
    assert meet_auto_deleveraging.held_by(meet_auto_deleveraging.winners()) == [5 * closed for closed in found.closed]
    assert found.closed == near([6_000, 4_000, 12_000, 5_000, 2_000, 8_000])
    assert found.lost == near([0.2 * closed for closed in found.closed]), "2,000 dollars on 0.0001 BTC each"
    dee = 400 + 2.5 * 500
    assert (found.equity[3], found.left[3]) == near((dee, dee - 1_000)) and found.bankrupt == []
    # Of 75,000 contracts, Dee closes 10,135: they cost 2,027 dollars, and there are 1,650.
    assert meet_auto_deleveraging.deleveraged_by("pro rata", 75_000).bankrupt == ["Dee"]


def test_gils_hedge_after_a_common_fall():
    gil = meet_auto_deleveraging.winners()[5]  # short 4 BTC from 51,000, long 100 ETH from 2,000
    equity = meet_auto_deleveraging.equity_after_moves(gil, np.array([0, -0.1]))
    assert equity == near([32_000 + 16_000 - 40_000, 32_000 + 4 * 8_700 - 100 * 560])


def test_first_at_or_below_a_level():
    storms = np.array([[3, 2, 1], [3, 3, 3], [2, 5, 1]])
    assert [*_storms_numbers.first_at_or_below(storms, 2)] == [1, -1, 0]


def test_notice_is_the_median_and_counts_what_was_in_vain():
    # Liquidated at 48,200; half of the ratio, 40 USDT left, is at 48,400.
    storms = np.array([[50_000, 48_400, 48_300, 48_200], [50_000, 48_350, 50_000, 50_000], [50_000, 48_100, 48_000, 1]])
    minutes, vain = _storms_numbers.notice_of(storms, 0.5)
    assert minutes == 1 and vain == near(1 / 3)


@pytest.mark.parametrize(
    ("name", "ending", "pnl"),
    [
        ("gap past the stop", "stopped", 0.1 * (48_600 - 50_000)),
        ("gap past both", "liquidated", -200),
        ("too few buyers", "liquidated", 0.04 * (49_000 - 50_000) + 0.04 * (48_700 - 50_000) - 200 / 5),
        ("a lone wick", "stopped", 0.1 * (49_000 - 50_000)),
        ("last price lags", "liquidated", -200),
        ("too little to close", "liquidated", -200),
        ("both in one bar", "stopped", 0.1 * (49_000 - 50_000)),
    ],
)
def test_how_stops_end(name, ending, pnl):
    outcome = _storms_numbers.CASES[name].outcome()
    assert outcome.ending == ending and outcome.pnl == near(pnl)


@pytest.mark.parametrize(
    ("name", "bar", "price"),
    [("gap past both", 1, 48_000), ("too few buyers", 2, 48_200), ("last price lags", 1, 48_200)],
)
def test_where_the_exchange_sees_that_it_may_take_over(name, bar, price):
    case = _storms_numbers.CASES[name]
    assert case.seen_at(bar) == price and bar in {fill.bar for fill in case.outcome().fills}


def test_a_storm_replayed_by_hand():
    path = season()[_storms_numbers.THREE["gap"]]
    lived = _storms_numbers.replay("gap", leverage=15, stop=1, threshold=50)
    over = int((path <= 49_500).argmax())
    assert (lived.over, lived.ending, lived.stop) == (over, "stopped", 49_500)
    assert (lived.margin, lived.liquidation) == near((5_000 / 15, 50_000 - (5_000 / 15 - 20) / 0.1))
    assert lived.result == near(0.1 * (path[over] - 50_000))
    open_ = _storms_numbers.replay("gap", leverage=5, stop=0, threshold=95)
    assert (open_.stop, open_.ending, open_.over) == (None, "open", 1_440) and not open_.alerts.size
    assert open_.result == near(0.1 * (path[-1] - 50_000))


def test_a_warning_in_a_storm_comes_when_the_ratio_is_reached():
    path = season()[_storms_numbers.THREE["slide"]]
    lived = _storms_numbers.replay("slide", leverage=25, stop=0, threshold=50)
    assert lived.alerts[0] == (path <= 48_400).argmax(), "40 USDT left of 200"
    assert lived.ending == "liquidated" and lived.result == -200 and lived.over == (path <= 48_200).argmax()


def test_fates_of_paths():
    prices = np.array([[10, 9, 9], [10, 8, 9], [10, 7, 8], [10, 9, 7]])
    never, came_back, ended = count_the_odds.fates(prices, 8)
    assert [*map(list, (never, came_back, ended))] == [
        [True, False, False, False],
        [False, True, False, False],
        [False, False, True, True],
    ]


def test_a_mirrored_day_by_hand():
    # The second is the first that ends below 8; it touches 8 after one of two hours, and 8 * 8 / 4 = 16.
    prices = np.array([[10, 8, 9], [10, 8, 4], [10, 7, 8]])
    caption = count_the_odds.mirrored_pair(prices, liquidation_price=8, hours=2).caption
    assert "touches 8 after 1.0 hours" in caption
    assert "ends below it, at 4;" in caption and "ends above, at 16" in caption


def by_reflection(side, distance, volatility, horizon):
    """Chances of touching and of ending beyond, by the reflection principle with a drift of minus half the variance."""
    drift, deviation = -side * volatility**2 / 2, volatility * math.sqrt(horizon)
    beyond = NormalDist().cdf(-(distance + drift * horizon) / deviation)
    mirrored = NormalDist().cdf(-(distance - drift * horizon) / deviation)
    return beyond + math.exp(-2 * drift * distance / volatility**2) * mirrored, beyond


@pytest.mark.parametrize(("side", "price"), [(SHORT, 2_070), (LONG, 1_900)])
def test_chances_by_the_reflection_principle(side, price):
    distance = abs(math.log(price / 2_000))
    found = count_the_odds.chances(side, 2_000, price, 1.1, np.array([2, 9]))
    for i, days in enumerate([2, 9]):
        touch, beyond = by_reflection(side, distance, 1.1, days / 365)
        deviations = distance / (1.1 * math.sqrt(days / 365))
        assert tuple(x[i] for x in found) == near((touch, beyond, deviations))


def test_frequencies_are_near_the_chances_and_one_look_sees_less():
    rng = np.random.default_rng(8)
    always, daily = count_the_odds.frequencies(rng, [2, 9], 4_000, start=2_000, barrier=1_900, volatility=1.1)
    for days, touched, seen in zip([2, 9], always, daily, strict=True):
        touch, beyond = by_reflection(LONG, math.log(20 / 19), 1.1, days / 365)
        assert abs(touched.value - touch) < 4 * touched.standard_error
        assert beyond - 4 * seen.standard_error < seen.value < touched.value


def test_a_long_within_a_day_with_and_without_jumps():
    price = count_the_odds.liquidation_price_on_mark(10, 0.01)
    assert price == near(0.9 / 0.99), "where 1% of the value is left"
    smooth = count_the_odds.smooth_chance(10, 0.8, 0.01)
    assert smooth == near(by_reflection(LONG, -math.log(0.9 / 0.99), 0.8, 1 / 365)[0])
    hardly = Jumps(rate=1e-6, up_chance=0.5, up_mean=0.01, down_mean=0.01)
    assert count_the_odds.jumping_chance(10, 0.8, hardly, 0.01) == near(smooth, rel=1e-4)


# -- the scenes, by what they say -------------------------------------------------------------------------------------


def test_numbers_at_the_corners_come_from_the_definition():
    scene = derive_the_liquidation_price.EquityAgainstRequirement()
    for side, leverage, rate, added in [(1, 20, 0.1, 300), (-1, 100, 0.9, 0), (-1, 20, 2, 150)]:
        margin, required = 5_000 / leverage + added, 5_000 * rate / 100
        price = 50_000 - side * (margin - required) / 0.1
        _, caption = scene.frame(side=side, leverage=leverage, rate=rate, added=added)
        assert f"liquidated at {price:,.0f}" in caption


def test_who_dies_in_the_plane_comes_from_the_definition():
    scene = choose_a_margin_mode.TwoPrices()
    for isolate, side, bitcoin, ether in [
        (True, 1, 48_250, 1_825),
        (False, 1, 46_500, 1_800),
        (False, 1, 46_750, 1_800),
        (False, -1, 40_000, 1_600),
        (False, -1, 42_000, 1_600),
        (True, -1, 48_000, 2_200),
    ]:
        gains = {"BTC": 0.1 * (bitcoin - 50_000), "ETH": side * (ether - 2_000)}
        requires = {"BTC": 20, "ETH": 30}
        dead = [name for name, gain in gains.items() if 200 + gain <= requires[name]]
        if not isolate:
            dead = ["BTC", "ETH"] if 600 + sum(gains.values()) <= 50 else []
        words = " and ".join(dead) + (" die." if len(dead) == 2 else " dies.") if dead else "both live."
        _, caption = scene.frame(isolated=isolate, side=side, bitcoin=bitcoin, ether=ether)
        assert words in caption


def test_the_tier_scenes_agree_with_slices_added_up_by_hand():
    climber = climb_the_risk_limit_tiers.TierClimber()
    for ladder, value, flat, marginal in [
        ("Binance", 1_000, 6_500, 50_000 * 0.004 + 550_000 * 0.005 + 400_000 * 0.0065),
        ("Bybit", 2_500, 14_000, 2_000_000 * 0.005 + 500_000 * 0.0056),
        ("MEXC", 400, 1_600, 250_000 * 0.001 + 150_000 * 0.004),
    ]:
        _, caption = climber.frame(ladder=ladder, value=value)
        assert f"Flat requires {flat:,.2f} USDT" in caption and f"marginal {marginal:,.2f}, " in caption
    room = climb_the_risk_limit_tiers.RoomAgainstSize()
    _, caption = room.frame(leverage=16, size=10)  # worth 500,000: 1% flat; slices of 200, 1,000 and 2,500
    assert "Flat: liquidated by a move of 5.30%. Marginal: liquidated by a move of 5.57%." in caption
    _, caption = room.frame(leverage=40, size=21)
    assert "Flat: liquidated the moment it opens." in caption


def test_the_walk_shows_the_ledger_and_stops_where_the_procedure_does():
    scene = walk_the_liquidation_steps.Walk()
    for case, last, said in [
        ("canceling", 1, "Equity 160, requirement 20 USDT, ratio 12%"),
        ("netting", 2, "Equity 20, requirement 8 USDT, ratio 40%"),
        ("tiers", 4, "trader -10,000, clearing +10,000"),
        ("nothing", 5, "trader -15,000, clearing +15,000"),
    ]:
        captions = [scene.frame(case=case, step=step)[1] for step in range(6)]
        assert [("ends here" in caption) for caption in captions] == [step >= last for step in range(6)]
        assert said in captions[-1]


def test_the_buttons_of_a_walk_stay_within_its_ends():
    explorer = explore(walk_the_liquidation_steps.Walk)
    slider = explorer.controls["step"]
    back, on, _ = explorer.box.children[1].children[1].children
    back.click()
    assert slider.value == 0
    for _ in range(8):
        on.click()
    assert slider.value == slider.max


def test_a_walk_ends_with_its_story_and_starts_anew_with_each_case():
    explorer = explore(walk_the_liquidation_steps.Walk)
    slider, case = explorer.controls["step"], explorer.controls["case"]
    for name, steps in {"canceling": 1, "netting": 2, "tiers": 4, "nothing": 5}.items():
        case.value = name
        assert (slider.value, slider.max) == (0, steps) and explorer.caption.startswith(f"Step 0 of {steps}. ")
        slider.value = steps
        assert explorer.caption.startswith(f"Step {steps} of {steps}. ") and "ends here" in explorer.caption


@pytest.mark.parametrize(
    ("scene", "setting", "says"),
    [
        ("EquityAgainstRequirement", dict(leverage=100, rate=2), "50 USDT of margin do not cover the 100"),
        ("EquityAgainstRequirement", dict(leverage=100, rate=2, added=50), "100 USDT of margin do not cover the 100"),
        ("EquityAgainstRequirement", dict(leverage=100, rate=2, added=60), "The long is liquidated at 49,900"),
        (
            "RoomAgainstLeverage",
            dict(leverage=50, rate=2),
            "50x is too much for a maintenance rate of 2%: the margin, 2.00%",
        ),
        ("RoomAgainstLeverage", dict(leverage=49, rate=2), "At 49x"),
        ("StormReplay", dict(leverage=40, stop=2.25), "A stop 2.25% below the entry can never fire at 40x"),
        ("StormReplay", dict(leverage=40, stop=2), "stopped"),
    ],
)
def test_an_impossible_setting_is_said_in_the_words_of_the_sliders(scene, setting, says):
    (kind,) = (scene_ for scene_ in SCENES if scene_.__name__ == scene)
    drawn = kind()
    _, caption = drawn.frame(**drawn.start() | setting)
    assert says in caption and "=" not in caption and "_" not in caption


def test_every_rule_takes_the_same_sum_and_only_the_cap_ruins_nobody():
    scene = meet_auto_deleveraging.WhoPays()
    for rule in meet_auto_deleveraging.RULES:
        _, caption = scene.frame(rule=rule, contracts=75_000, mark=47_000)
        assert "give up 15,000 USDT" in caption, "7.5 BTC, 2,000 dollars each"
        assert ("below zero: Dee" in caption) == (rule in ("queue", "pro rata"))


def test_the_fund_scenes_agree_with_sums_done_by_hand():
    book = fill_the_insurance_fund.WalkTheBook()
    for side, size, depth, said in [
        (1, 20, 2, "105 USDT better than the bankruptcy price. That fills the fund, by 2,100 USDT"),
        (-1, 80, 2, "45 USDT worse than the bankruptcy price. That draws on the fund, by 3,600 USDT"),
        (1, 62, 2, "That neither fills the fund nor draws on it"),
        (-1, 120, 1, "by 8,700 USDT. Then the book is empty, and 60 BTC are left"),
    ]:
        assert said in book.frame(side=side, size=size, depth=depth)[1]
    explorer = fill_the_insurance_fund.FundExplorer()
    for maintenance, slippage, start, said in [
        (0.5, 0.4, 200, "1.53%"),  # 0.62861 * exp(-0.0185694 * 200)
        (0.5, 0.4, 225, "0.96%"),
        (0.5, 0.5, 500, "100%"),
        (0.2, 1, 500, "100%"),
    ]:
        _, caption = explorer.frame(maintenance=maintenance, slippage=slippage, start=start)
        assert f"ever, by the formula, {said}." in caption


def test_a_fund_that_stops_paying_and_one_that_does_not():
    fund = fill_the_insurance_fund.running_balance
    assert "peak of 130. That happens at liquidation 5, with 78 USDT" in fund([80, 95, 90, 120, 130, 60], 0.4).caption
    assert "It never falls so far" in fund([80, 95, 90, 120], 0.4).caption
    assert (
        "4 of them filled it; it went from 80 to 75 USDT, and in between down to 40"
        in fund([80, 95, 40, 120, 130, 60, 75]).caption
    )


def test_the_odds_on_the_picture_are_the_published_ones():
    _, caption = count_the_odds.Odds().frame(side=-1, leverage=25, volatility=80, days=1)
    assert "liquidated at 51,800" in caption and "touches it is 39.13%" in caption
    picture = PICTURES["touched_and_ended"]()
    prices = two_days()
    came_back = ((prices <= 1_900).any(axis=1) & (prices[:, -1] > 1_900)).sum()
    assert f"the other {came_back} came back" in picture.caption and 0 < came_back < 12


def test_the_replay_of_a_storm_agrees_with_its_prices():
    scene = stay_out_of_liquidation.StormReplay()
    start = scene.start() | {"storm": "turn", "stop": 0}
    lowest = season()[stay_out_of_liquidation.THREE["turn"]].min()
    for leverage, word in [(23, "open at the end"), (24, "liquidated after")]:
        assert (50_000 * (1 - 1 / leverage + 0.004) >= lowest) == (word == "liquidated after")
        assert word in scene.frame(**start | {"leverage": leverage})[1]
    _, caption = scene.frame(storm="gap", leverage=15, stop=1, threshold=50)
    assert "stopped after 5.7 hours, -211 USDT" in caption
    _, caption = scene.frame(storm="slide", leverage=40, stop=3.5, threshold=50)
    assert "can never fire" in caption


def test_an_impossible_combination_is_said_in_the_picture_and_the_next_one_drawn():
    scene = derive_the_liquidation_price.EquityAgainstRequirement()
    good, _ = scene.frame(**scene.start())
    bad, caption = scene.frame(side=1, leverage=100, rate=2, added=0)
    assert "100x is too much for a maintenance rate of 2%" in caption and bad != good
    assert scene.frame(**scene.start())[0] == good


class Broken(derive_the_liquidation_price.RoomAgainstLeverage):
    def update(self, **values):
        raise ZeroDivisionError("division by zero")


def test_an_error_in_a_callback_is_said_not_swallowed():
    explorer = Explorer(Broken())
    assert "could not be drawn: ZeroDivisionError" in explorer.sentence.value


def test_the_bundle_has_a_picture_and_a_sentence_for_readers_without_a_kernel(monkeypatch):
    published = []
    monkeypatch.setattr("IPython.display.display", lambda data, **_: published.append(data))
    explore(derive_the_liquidation_price.RoomAgainstLeverage)._ipython_display_()
    live, caption = published
    assert {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"} <= set(live)
    assert caption["text/markdown"].startswith("**Figure.** At 25x")
    assert "application/vnd.jupyter.widget-view+json" in caption


def test_two_threads_draw_the_same_as_one():
    """Widget callbacks run beside cells: pictures drawn at the same time must not disturb each other."""
    scene = open_a_leveraged_position.ReturnOnMargin()
    moves = [scene.start() | {"leverage": leverage} for leverage in (2, 40, 90)]
    alone = [scene.frame(**values)[0] for values in moves]
    still = PICTURES["walk"]().png()
    wrong = []

    def slide():
        for i in range(30):
            if scene.frame(**moves[i % 3])[0] != alone[i % 3]:
                wrong.append("scene")

    def plot():
        for _ in range(6):
            if PICTURES["walk"]().png() != still:
                wrong.append("still")

    threads = [threading.Thread(target=target) for target in (slide, plot, slide)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_no_pyplot_anywhere_in_the_library():
    import subprocess
    import sys

    code = (
        "import sys\n"
        "from liquidation.course.explore import explore\n"
        "from liquidation.course.figures.derive_the_liquidation_price import RoomAgainstLeverage\n"
        "explore(RoomAgainstLeverage)\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_a_picture_is_finished_with_labels_and_numbers():
    figure, ax = new_figure()
    picture = draw.finish(figure, ax, "A caption", x="leverage", y=("equity (USDT)", draw.THOUSANDS))
    assert picture == (figure, "A caption")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("leverage", "equity (USDT)")
    assert ax.yaxis.get_major_formatter()(-12_500, 0) == "-12,500"
    draw.write_numbers(ax.xaxis, draw.signed_percent)
    assert [ax.xaxis.get_major_formatter()(x, 0) for x in (-0.05, 0, 0.05)] == ["-5%", "0%", "+5%"]
    assert draw.wrap("one two three", 7) == "one two\nthree"


def test_long_and_short_differ_in_grey_and_by_line_style():
    def luminance(color):
        r, g, b = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    assert LONG_STYLE["linestyle"] != SHORT_STYLE["linestyle"]
    assert abs(luminance(LONG_STYLE["color"]) - luminance(SHORT_STYLE["color"])) > 0.01


def test_pictures_are_small_and_have_the_course_width():
    figure, _ = new_figure()
    png = Picture(figure, "An empty picture").png()
    import io

    assert Image.open(io.BytesIO(png)).size[0] == 1152
    assert image_size(figure)["image/png"]["width"] == 720


# -- the reader's settings ----------------------------------------------------------------------------------------


def corners(scene):
    """The values of a scene's controls at all their ends."""
    names = [control.name for control in scene.controls]
    for corner in itertools.product(*(control.corners for control in scene.controls)):
        yield dict(zip(names, corner, strict=True))


SETTINGS = {
    "a dark style": lambda: mpl.style.use("dark_background"),
    "another style": lambda: mpl.style.use("ggplot"),
    "TeX": lambda: mpl.rcParams.update({"text.usetex": True}),
    "another font": lambda: mpl.rcParams.update({"font.family": "serif", "font.size": 17, "mathtext.fontset": "stix"}),
    "another sans": lambda: mpl.rcParams.update({"font.sans-serif": ["DejaVu Serif"]}),
    "few dots": lambda: mpl.rcParams.update({"figure.dpi": 30, "savefig.dpi": 30, "savefig.bbox": "tight"}),
    "by hand": lambda: mpl.rcParams.update({"path.sketch": (1, 100, 2), "axes.grid": True, "xtick.direction": "in"}),
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_pictures_come_out_the_same_whatever_the_reader_has_set_and_leave_it_set(setting):
    stills = "touched_and_ended", "ways_to_fail", "break_even", "the_queue"
    scene = derive_the_liquidation_price.EquityAgainstRequirement
    plain = [PICTURES[name]().png() for name in stills], scene().frame(**scene().start())
    with mpl.rc_context():
        SETTINGS[setting]()
        before = dict(mpl.rcParams)
        assert ([PICTURES[name]().png() for name in stills], scene().frame(**scene().start())) == plain
        assert dict(mpl.rcParams) == before, "the reader's settings are theirs"


@pytest.mark.parametrize("scene", SCENES)
def test_a_scene_that_is_made_moves_the_same_whatever_is_set_later_and_in_any_thread(scene):
    made = scene()
    moves = list(corners(made))[:6]
    plain = [made.frame(**values) for values in moves]
    with mpl.rc_context():
        for change in SETTINGS.values():
            change()
        with ThreadPoolExecutor(1) as other:
            assert list(other.map(lambda values: made.frame(**values), moves)) == plain


def test_the_readers_plots_keep_their_style_beside_a_slider_that_is_dragged():
    made = derive_the_liquidation_price.EquityAgainstRequirement()
    moves, stop, moved = list(corners(made)), threading.Event(), []

    def drag():
        while not stop.is_set():
            moved.append([made.frame(**values) for values in moves])

    with mpl.rc_context():
        mpl.style.use("dark_background")
        dragging = threading.Thread(target=drag)
        dragging.start()
        try:
            for _ in range(150):
                figure = Figure()
                ax = figure.subplots()
                ax.plot([1, 2])
                assert figure.get_facecolor() == (0, 0, 0, 1) and ax.get_facecolor() == (0, 0, 0, 1)
        finally:
            stop.set()
            dragging.join()
    assert moved and all(frames == moved[0] for frames in moved)
