"""The formulas: against the textbook's, against their definition, against limits and published numbers."""

import dataclasses
from fractions import Fraction

import pytest
import sympy
from hypothesis import assume, given
from hypothesis import strategies as st
from liquidation import LONG, SHORT, Contract, Formula, inverse, linear, liquidation_price

SIDES = [LONG, SHORT]
sides = st.sampled_from(SIDES)
positive = st.fractions(Fraction(1, 100), 10_000, max_denominator=1_000)


# -- the textbook's two formulas ---------------------------------------------------------------------------------


def test_the_published_long_and_short_formulas_equal_ours():
    x = liquidation_price.symbols
    E, n, c, M, R = (
        x[k] for k in ("entry_price", "quantity", "contract_size", "position_margin", "maintenance_margin")
    )
    assert liquidation_price.long.equals((R - M + E * n * c) / (n * c))
    assert liquidation_price.short.equals((E * n * c - R + M) / (n * c))


@pytest.mark.parametrize("theory", [linear, inverse], ids=lambda t: t.kind)
def test_every_formula_solves_its_own_equation(theory):
    for field in dataclasses.fields(theory):
        formula = getattr(theory, field.name)
        if isinstance(formula, Formula) and formula.target:
            target = formula.symbols[formula.target]
            left, right = (side.subs(target, formula.expression) for side in formula.equation.args)
            for sign in SIDES:
                side = theory.vocabulary.by_name["side"].symbol
                assert sympy.simplify((left - right).subs(side, sign)) == 0, field.name


# -- put back: ratio exactly 1, equity exactly 0 -------------------------------------------------------------------


def equity(theory, case, price):
    """Margin plus PnL from the definition of the contract, not from the library."""
    n, c, E = case["quantity"], case["contract_size"], case["entry_price"]
    gain = (price - E) * n * c if theory is linear else n * c / E - n * c / price
    return case["position_margin"] + case["side"] * gain


def value(theory, case, price):
    n, c = case["quantity"], case["contract_size"]
    return price * n * c if theory is linear else n * c / price


@pytest.mark.parametrize("theory", [linear, inverse], ids=lambda t: t.kind)
@given(
    side=sides, E=positive, n=positive, c=positive,
    leverage=st.fractions(Fraction(11, 10), 150, max_denominator=100),
    share=st.fractions(0, Fraction(9, 10), max_denominator=100),
    fee=st.fractions(0, Fraction(1, 500), max_denominator=10_000),
    amount=st.fractions(0, Fraction(1, 10), max_denominator=100),
)  # fmt: skip
def test_put_back_exactly(theory, side, E, n, c, leverage, share, fee, amount):
    case = dict(side=side, entry_price=E, quantity=n, contract_size=c)
    case["position_margin"] = theory.initial_margin(entry_price=E, quantity=n, contract_size=c, leverage=leverage)
    assert case["position_margin"] == value(theory, case, E) / leverage
    margin = case["position_margin"]

    required = share * margin
    price = theory.liquidation_price(maintenance_margin=required, **case)
    assert equity(theory, case, price) == required
    if required:
        assert theory.margin_ratio(mark_price=price, maintenance_margin=required, **case) == 1
    assert equity(theory, case, theory.bankruptcy_price(**case)) == 0

    rate = share / leverage
    deducted = amount * rate * value(theory, case, E)
    rates = dict(maintenance_margin_rate=rate, maintenance_amount=deducted, liquidation_fee_rate=fee)
    price = theory.liquidation_price_entry_basis(**rates, **case)
    needed = rate * value(theory, case, E) - deducted + fee * value(theory, case, price)
    assert equity(theory, case, price) == needed
    price = theory.liquidation_price_mark_basis(**rates, **case)
    assert equity(theory, case, price) == (rate + fee) * value(theory, case, price) - deducted


@given(
    sides,
    positive,
    positive,
    positive,
    st.fractions(2, 100, max_denominator=10),
    st.fractions(0, 1, max_denominator=99),
)
def test_margin_to_add_and_largest_leverage_do_what_they_say(side, E, n, c, leverage, share):
    case = dict(side=side, entry_price=E, quantity=n, contract_size=c)
    margin = E * n * c / leverage
    wanted = E * (1 - side * Fraction(1, 3))
    added = linear.margin_to_add(position_margin=margin, maintenance_margin=share, liquidation_price=wanted, **case)
    assume(margin + added > 0)
    assert liquidation_price(position_margin=margin + added, maintenance_margin=share, **case) == wanted

    rate = share / leverage / 2
    for theory in (linear, inverse):
        move = Fraction(1, 7)
        given_side = {"side": side} if theory is inverse else {}
        most = theory.largest_leverage(adverse_move=move, maintenance_margin_rate=rate, **given_side)
        price = theory.liquidation_price_by_leverage(
            side=side, entry_price=E, leverage=most, maintenance_margin_rate=rate
        )
        assert side * (E - price) / E == move
        assert theory.adverse_move(leverage=most, maintenance_margin_rate=rate, **given_side) == move


def test_the_reserve_for_the_closing_fee_is_inside_the_margin():
    case = dict(entry_price=2_000, quantity=30, contract_size=Fraction(1, 100), leverage=20)
    assert linear.position_margin(taker_fee_rate=0, **case) == linear.initial_margin(**case) == 30
    assert linear.position_margin(taker_fee_rate=Fraction(4, 10_000), **case) == 30 + Fraction(24, 100)


# -- symmetries and limits -----------------------------------------------------------------------------------------


@given(positive, positive, positive, positive, st.fractions(0, 1, max_denominator=99))
def test_long_and_short_are_mirror_images_around_the_entry(E, n, c, margin, share):
    case = dict(entry_price=E, quantity=n, contract_size=c, position_margin=margin)
    assume(margin < E * n * c)
    up, down = (liquidation_price(side=s, maintenance_margin=share * margin, **case) for s in SIDES)
    assert (up + down) / 2 == E
    up, down = (linear.bankruptcy_price(side=s, **case) for s in SIDES)
    assert (up + down) / 2 == E


@given(sides, positive, st.fractions(2, 100, max_denominator=10), st.fractions(0, Fraction(9, 10), max_denominator=99))
def test_an_inverse_long_at_p_is_a_linear_short_at_1_over_p(side, E, leverage, share):
    rate = share / leverage
    ours = inverse.liquidation_price_by_leverage(
        side=side, entry_price=E, leverage=leverage, maintenance_margin_rate=rate
    )
    other = linear.liquidation_price_by_leverage(
        side=-side, entry_price=1 / E, leverage=leverage, maintenance_margin_rate=rate
    )
    assert ours == 1 / other
    harmonic = [1 / inverse.bankruptcy_price_by_leverage(side=s, entry_price=E, leverage=leverage) for s in SIDES]
    assert sum(harmonic) / 2 == 1 / E


def test_inverse_bankruptcy_is_not_the_linear_one():
    for s in SIDES:
        found = inverse.bankruptcy_price_by_leverage(side=s, entry_price=100, leverage=Fraction(10))
        assert found == Fraction(1000, 10 + s) != 100 * (1 - s * Fraction(1, 10))


def test_inverse_closed_form_at_10x_and_half_a_percent_on_mark_value():
    # Solved by hand from Q s (1/E - 1/P) + Q/(E L) = m Q/P.
    case = dict(entry_price=100, quantity=7, contract_size=100)
    rates = dict(maintenance_margin_rate=0.005, maintenance_amount=0, liquidation_fee_rate=0)
    margin = inverse.initial_margin(leverage=10, **case)
    for s, price in [(LONG, 91.363636), (SHORT, 110.555556)]:
        found = inverse.liquidation_price_mark_basis(side=s, position_margin=margin, **rates, **case)
        assert found == pytest.approx(price, abs=5e-7)


def test_entry_and_mark_basis_differ_by_the_known_gap():
    case = dict(entry_price=100, quantity=3, contract_size=0.1)
    margin = linear.initial_margin(leverage=10, **case)
    rates = dict(maintenance_margin_rate=0.005, maintenance_amount=0, liquidation_fee_rate=0)
    for s, gap in [(LONG, -0.047739), (SHORT, -0.047264)]:
        on_mark = linear.liquidation_price_mark_basis(side=s, position_margin=margin, **rates, **case)
        on_entry = linear.liquidation_price_entry_basis(side=s, position_margin=margin, **rates, **case)
        assert on_mark - on_entry == pytest.approx(gap, abs=5e-7)
        assert on_mark == pytest.approx(100 * (1 - s / 10) / (1 - s * 0.005))


@given(sides, positive, positive, st.floats(1.5, 100), st.floats(0, 0.9), st.floats(0.01, 0.4))
def test_added_margin_moves_the_price_away(side, E, n, leverage, share, more):
    margin = float(E * n) / leverage
    case = dict(side=side, entry_price=float(E), quantity=float(n), contract_size=1, maintenance_margin=share * margin)
    near = liquidation_price(position_margin=margin, **case)
    far = liquidation_price(position_margin=margin * (1 + more), **case)
    assert side * (near - far) > 0


def test_maintenance_amount_counts():
    # Trap: the amount dropped. 10 BTC at 60,000, 20x, 1 % on mark value with an amount of 1,300: published code that
    # drops it gives 57,575.76.
    case = dict(side=LONG, entry_price=60_000, quantity=10, contract_size=1, position_margin=30_000)
    rates = dict(maintenance_margin_rate=0.01, liquidation_fee_rate=0)
    assert linear.liquidation_price_mark_basis(maintenance_amount=0, **rates, **case) == pytest.approx(57_575.7576)
    assert linear.liquidation_price_mark_basis(maintenance_amount=1_300, **rates, **case) == pytest.approx(57_444.4444)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda E, L, m: E * (1 - 1 / L - m),
        lambda E, L, m: E * (1 - 1 / L + m / L),
        lambda E, L, m: E * (1 - 1 / L / 2),
        lambda E, L, m: E * (1 - 0.9 / L),
        lambda E, L, m: E * (1 - 1 / L + m) * 0.9967,
        lambda E, L, m: E * (1 - 1 / L),
    ],
    ids=["rate with the wrong sign", "rate over leverage", "half the margin", "90 % of it", "fudge", "bankruptcy"],
)
def test_formulas_found_in_the_wild_are_not_ours(wrong):
    price = linear.liquidation_price_by_leverage(
        side=LONG, entry_price=50_000, leverage=10, maintenance_margin_rate=0.004
    )
    assert abs(wrong(50_000, 10, 0.004) - price) > 100


# -- published numbers ---------------------------------------------------------------------------------------------
# MEXC's public pages and interface documentation, read in 2026. Margin examples, then liquidation prices.

MARGINS = [
    # MEXC Learn, "Margins and PnL calculations": 10,000 contracts of 0.0001 BTC, 200x
    (linear, dict(entry_price=50_000, quantity=10_000, contract_size=Fraction(1, 10_000), leverage=200), 250),
    # MEXC Learn 17827791513099: 100 contracts of 100 USD, 125x
    (inverse, dict(entry_price=50_000, quantity=100, contract_size=100, leverage=125), Fraction(16, 10_000)),
    # MEXC blog, "What is margin in MEXC futures": 0.1 BTC at 25x, linear and inverse (0.1 BTC = 5,000 USD)
    (linear, dict(entry_price=50_000, quantity=1, contract_size=Fraction(1, 10), leverage=25), 200),
    (inverse, dict(entry_price=50_000, quantity=50, contract_size=100, leverage=25), Fraction(4, 1_000)),
    # MEXC Learn 17827791509980: a value of 30,000 at a "margin ratio" of 0.5 %, here meaning 200x
    (linear, dict(entry_price=30_000, quantity=10, contract_size=Fraction(1, 10), leverage=200), 150),
]


@pytest.mark.parametrize(("theory", "case", "published"), MARGINS)
def test_published_margins(theory, case, published):
    exact = {name: Fraction(number) for name, number in case.items()}
    assert theory.initial_margin(**exact) == published


def test_published_example_with_a_wrong_step_and_a_wrong_copy():
    """MEXC blog, "Liquidation in futures" (blog.mexc.fm/liquidation-in-futures-2), and a re-post of it."""
    case = dict(entry_price=50_000, quantity=1_000, contract_size=Fraction(1, 10_000))
    margin = linear.initial_margin(leverage=25, **case)
    required = linear.maintenance_margin_entry_basis(
        maintenance_margin_rate=Fraction(4, 1_000), maintenance_amount=0, **case
    )
    assert (margin, required) == (200, 20)
    long, short = (
        liquidation_price(side=s, position_margin=margin, maintenance_margin=required, **case) for s in SIDES
    )
    assert long == 48_200, "the published result"
    assert (20 - 200 + 50_000 * 0.01) / 0.1 == 3_200, "its printed step has 0.01 in the place of 0.1"
    assert short == 51_800, "which the re-post (makeyousmile.net) labels as the long's price"
    assert (200 - 29 + 50_000 * 0.01) / 0.1 == 6_710, "and its printed step, with 29 for 20, gives neither"


SAMPLES = [
    # MEXC interface documentation, "Account and trading endpoints"; rates, tier 1, from "Get contract info".
    dict(entry_price=109_777.5, leverage=2, taker_fee_rate=0, published=55_020.5, textbook=54_998.5),
    dict(entry_price=118_272.2, leverage=20, taker_fee_rate=0.0004, published=112_474.5, textbook=112_476.9),
]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: str(s["published"]))
def test_published_liquidation_prices_to_the_tick(sample):
    btc = Contract("BTC_USDT", contract_size=0.0001, tick=0.1)
    with_reserve = linear.liquidation_price_entry_basis.substitute(position_margin=linear.position_margin)
    size = dict(quantity=5, contract_size=btc.contract_size)
    terms = dict(side=LONG, maintenance_margin_rate=0.001, maintenance_amount=0, liquidation_fee_rate=0.0004, **size)
    given = {name: sample[name] for name in ("entry_price", "leverage", "taker_fee_rate")}
    assert btc.to_tick(with_reserve(**given, **terms), LONG) == sample["published"]
    # Without the fee, without the reserve, and on mark value it misses: the samples rule those variants out.
    no_fee = linear.liquidation_price_by_leverage(
        side=LONG, entry_price=given["entry_price"], leverage=given["leverage"], maintenance_margin_rate=0.001
    )
    assert round(no_fee, 1) == sample["textbook"] != sample["published"]
    on_mark = linear.liquidation_price_mark_basis.substitute(position_margin=linear.position_margin)
    assert abs(on_mark(**given, **terms) - sample["published"]) > 1
    # The documents' own figures: initial margin 27.444375, and a margin ratio at entry printed as 0.0027.
    if sample["published"] == 55_020.5:
        margin = linear.position_margin(**given, **size)
        assert margin == pytest.approx(27.444375, abs=1e-9)
        required = linear.maintenance_margin_entry_basis(
            maintenance_margin_rate=0.001, maintenance_amount=0, entry_price=given["entry_price"], **size
        ) + 0.0004 * linear.position_value(mark_price=given["entry_price"], **size)
        assert required / margin == pytest.approx(0.0028, abs=1e-6), "printed 0.0027: truncated, or a mark above entry"
    else:
        margin = linear.position_margin(**given, **size)
        assert 0.1747 / margin == pytest.approx(0.0586, abs=5e-5), "the profit ratio published with the sample"
