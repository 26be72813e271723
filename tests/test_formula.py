"""The formula object: shown, solved, substituted, compared, called; and what it refuses."""

import math
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from liquidation import ALREADY, LONG, NEVER, SHORT, Formula, inverse, linear, liquidation_price
from liquidation.algebra import evaluation, fast
from liquidation.algebra.fast import PIECE, SHARE

MIRA = dict(
    side=LONG,
    entry_price=50_000,
    quantity=1_000,
    contract_size=0.0001,
    position_margin=200,
    maintenance_margin=20,
)
# A short of another coin, contract size not 1, maintenance not half the initial margin.
BEN = dict(side=SHORT, entry_price=2_000, quantity=30, contract_size=0.01, position_margin=30, maintenance_margin=9)


def test_a_formula_shows_latex_and_a_legend_with_units():
    assert liquidation_price._repr_latex_() == r"$\displaystyle P_{liq} = E - \frac{s\,\left(M - R\right)}{n\,c}$"
    legend = liquidation_price.legend._repr_markdown_()
    assert "| $P_{liq}$ | `liquidation_price` | liquidation price | USDT per coin |" in legend
    assert "contract_size: contract size [coins per contract]" in repr(liquidation_price.legend)
    assert "contract size [USD per contract]" in repr(inverse.liquidation_price.legend)


def test_the_fixed_names_that_lessons_rely_on():
    E = liquidation_price.symbols["entry_price"]
    assert isinstance(E, sympy.Symbol) and str(E) == "E"
    assert list(liquidation_price.symbols) == [*MIRA, "liquidation_price"]
    assert liquidation_price.expression.free_symbols <= set(liquidation_price.symbols.values())
    assert isinstance(liquidation_price.equation, sympy.Equality)
    assert liquidation_price.arguments == tuple(MIRA)


def test_solving_for_each_name_gives_back_its_number():
    case = {**BEN, "liquidation_price": liquidation_price(**BEN)}
    for name in set(case) - {"side"}:
        others = {other: value for other, value in case.items() if other != name}
        assert liquidation_price.solve_for(name)(**others) == pytest.approx(case[name], rel=1e-12)


def test_long_and_short_put_the_sign_in():
    for formula, sign, case in [(liquidation_price.long, 1, MIRA), (liquidation_price.short, -1, BEN)]:
        rest = {name: value for name, value in case.items() if name != "side"}
        assert "side" not in formula.arguments
        assert formula(**rest) == liquidation_price(**case)
        assert formula.expression == liquidation_price.substitute(side=sign).expression


def test_substitution_of_numbers_formulas_expressions_and_text():
    at_25x = liquidation_price.substitute(position_margin=linear.initial_margin)
    assert "leverage" in at_25x.arguments and "position_margin" not in at_25x.arguments
    assert at_25x.substitute(leverage=25)(
        **{name: value for name, value in MIRA.items() if name != "position_margin"}
    ) == pytest.approx(48_200)
    E = liquidation_price.symbols["entry_price"]
    assert liquidation_price.substitute(maintenance_margin=E / 2500)(
        **{name: value for name, value in MIRA.items() if name != "maintenance_margin"}
    ) == pytest.approx(48_200)
    assert linear.position_value.substitute(mark_price="entry_price").arguments == (
        "entry_price",
        "quantity",
        "contract_size",
    )
    exact = linear.initial_margin.substitute(contract_size=Fraction(1, 3))
    assert exact(entry_price=Fraction(7), quantity=2, leverage=5) == pytest.approx(14 / 15)


def test_comparison_is_symbolic_and_for_both_sides():
    by_hand = liquidation_price.symbols
    E, n, c, s = (by_hand[name] for name in ("entry_price", "quantity", "contract_size", "side"))
    M, R = by_hand["position_margin"], by_hand["maintenance_margin"]
    assert liquidation_price.equals(E - s * (M - R) / (n * c))
    assert liquidation_price.equals(E - (M - R) / (s * n * c)), "1/s is s for a sign"
    assert not liquidation_price.equals(E - (M - R) / (n * c)), "a formula right only for longs is not equal"
    assert not linear.bankruptcy_price_by_leverage.equals(inverse.bankruptcy_price_by_leverage)


def test_fractions_in_exact_out():
    exact = {name: Fraction(str(value)) if name != "side" else value for name, value in MIRA.items()}
    assert liquidation_price(**exact) == Fraction(48_200)
    assert isinstance(liquidation_price(**exact), Fraction)
    thirds = {**exact, "quantity": Fraction(1, 3), "contract_size": Fraction(1, 7)}
    assert liquidation_price(**thirds) == 50_000 - Fraction(180) * 21


def test_scalar_array_and_symbolic_agree_to_the_last_bit():
    values = {name: np.array([MIRA[name], BEN[name]], dtype=float) for name in MIRA}
    together = liquidation_price(**values)
    for i, case in enumerate([MIRA, BEN]):
        assert together[i] == liquidation_price(**{name: float(value) for name, value in case.items()})
        exact = liquidation_price.expression.subs(
            {liquidation_price.symbols[name]: sympy.Rational(str(value)) for name, value in case.items()}
        )
        assert together[i] == pytest.approx(float(exact), rel=1e-15)


def test_arrays_broadcast_and_may_be_whole_or_empty():
    leverage = np.array([5, 10, 25])[:, None]
    rate = np.array([0.004, 0.01])
    grid = linear.liquidation_price_by_leverage(
        side=SHORT, entry_price=2_000, leverage=leverage, maintenance_margin_rate=rate
    )
    assert grid.shape == (3, 2)
    assert grid[1, 1] == linear.liquidation_price_by_leverage(
        side=SHORT, entry_price=2_000, leverage=10, maintenance_margin_rate=0.01
    )
    big = np.full(3, 60_000, dtype=np.int32)
    assert (linear.position_value(mark_price=big, quantity=big, contract_size=1) == 3.6e9).all(), "int32 would overflow"
    assert liquidation_price(**{**MIRA, "entry_price": np.array([])}).shape == (0,)
    assert liquidation_price(**{**MIRA, "entry_price": [50_000, 51_000]}).tolist() == pytest.approx([48_200, 49_200])


LIKELY = {
    "side": lambda rng, n: rng.choice([-1, 1], n),
    "entry_price": lambda rng, n: rng.uniform(100, 1_000, n)[::-1],
    "quantity": lambda rng, n: rng.integers(1, 50, n),
    "contract_size": lambda rng, n: 0.01,
    "position_margin": lambda rng, n: rng.uniform(1, 500, n),  # of a value of 1 to 500: now and then there is no price
    "maintenance_margin": lambda rng, n: rng.uniform(0.1, 20, n),
    "maintenance_margin_rate": lambda rng, n: rng.uniform(0.001, 0.1, n),
    "maintenance_amount": lambda rng, n: 0.5,
    "liquidation_fee_rate": lambda rng, n: 0.0006,
    "leverage": lambda rng, n: rng.uniform(1, 9, n),
}


@pytest.mark.parametrize("size", [7, PIECE + 1, 3 * PIECE + 17, 2 * SHARE + 5], ids=["one", "two", "four", "threads"])
@pytest.mark.parametrize(
    "formula",
    [
        liquidation_price,
        inverse.liquidation_price,
        linear.liquidation_price_mark_basis,
        linear.liquidation_price_by_leverage,
        linear.initial_margin,
    ],
    ids=["linear", "inverse", "mark basis", "leverage", "initial margin"],
)
def test_an_array_of_any_length_gives_the_very_bits_that_its_elements_give(formula, size):
    """Short arrays go in one piece, longer ones in several, in used memory, very long ones in several threads."""
    rng = np.random.default_rng(5)
    given = {name: LIKELY[name](rng, size) for name in formula.program.arguments}
    found = formula(**given)
    assert found.shape == (size,)
    ends = [0, PIECE - 1, PIECE, 2 * PIECE, SHARE - 1, SHARE, SHARE + 2, size - 1]
    for i in {*(end for end in ends if end < size), *rng.integers(0, size, 60).tolist()}:
        one = {name: x[i].item() if isinstance(x, np.ndarray) else x for name, x in given.items()}
        alone = formula(**one)
        if alone in (NEVER, ALREADY):
            alone = math.inf * one["side"] * (1 if alone is ALREADY else -1)
        assert found[i] == alone, i


def test_a_large_grid_gives_the_very_bits_that_its_elements_give():
    """Views that do not lie in a row are copied piece by piece, in two threads, never whole."""
    leverage, rate = np.linspace(1, 9, 700)[:, None], np.linspace(0.001, 0.1, 900)[::-1]
    given = dict(side=SHORT, entry_price=100, leverage=leverage, maintenance_margin_rate=rate)
    found = linear.liquidation_price_by_leverage(**given)
    assert found.shape == (700, 900) and found.size > 2 * SHARE
    rows = [linear.liquidation_price_by_leverage(**{**given, "leverage": x}) for x in leverage[:, 0]]
    assert (found == np.array(rows)).all()
    for i, j in [(0, 0), (349, 899), (350, 0), (699, 450)]:
        one = dict(leverage=leverage[i, 0].item(), maintenance_margin_rate=rate[j].item())
        assert found[i, j] == linear.liquidation_price_by_leverage(**{**given, **one})
    wide = liquidation_price(
        **{**MIRA, "quantity": np.array([[1_000], [2_000]]), "entry_price": np.arange(200_000) + 9e3}
    )
    assert wide.shape == (2, 200_000) and wide[1, 7] == liquidation_price(
        **{**MIRA, "quantity": 2_000, "entry_price": 9_007.0}
    )
    assert liquidation_price(**{**MIRA, "quantity": np.ones((3, 1)), "entry_price": np.empty((1, 0))}).shape == (3, 0)


@pytest.mark.parametrize("place", [0, PIECE + 3, 2 * SHARE - 1])
def test_one_bad_value_in_a_long_array_is_found_and_named(place):
    quantity = np.full(2 * SHARE, 1_000.0)
    for bad in (-2.0, math.inf, math.nan):
        quantity[place] = bad
        with pytest.raises(ValueError, match=rf"quantity={bad} \(at position {place}\)"):
            liquidation_price(**{**MIRA, "quantity": quantity})
    rate = np.full(2 * SHARE, 0.004)
    rate[place] = 0.2
    with pytest.raises(ValueError, match=r"maintenance_margin_rate=0\.2 with leverage=25"):
        linear.liquidation_price_by_leverage(side=LONG, entry_price=100, leverage=25, maintenance_margin_rate=rate)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"side": 2}, r"side=2 is not allowed: side must be \+1 for a long or -1 for a short"),
        ({"side": "long"}, "side='long' is not allowed"),
        ({"entry_price": math.nan}, "entry_price=nan is not allowed"),
        ({"entry_price": math.inf}, "entry_price=inf is not allowed"),
        ({"entry_price": None}, "entry_price=None is not allowed"),
        ({"quantity": -1}, "quantity=-1 is not allowed: quantity must be a finite number above 0"),
        ({"quantity": 0}, "quantity=0 is not allowed"),
        ({"quantity": True}, "quantity=True is not allowed"),
        ({"maintenance_margin": -5}, "maintenance_margin=-5 is not allowed"),
        ({"leverage": 25}, "does not know leverage; its arguments are: side, entry_price"),
        ({"entry_price": np.array([1.0, np.nan])}, r"entry_price=nan \(at position 1\)"),
        ({"quantity": np.array([[1.0, 2.0], [0.0, 1.0]])}, r"quantity=0.0 \(at position \(1, 0\)\)"),
        # These would give a price that looks right.
        ({"quantity": np.array([1.0, -2.0])}, r"quantity=-2.0 \(at position 1\)"),
        ({"maintenance_margin": np.array([20.0, -20.0])}, r"maintenance_margin=-20.0 \(at position 1\)"),
        ({"side": np.array([1, 2])}, r"side=2 \(at position 1\)"),
        ({"side": np.array([1, -1, 0])}, r"side=0 \(at position 2\)"),
        ({"position_margin": np.array([1.0, np.inf])}, r"position_margin=inf \(at position 1\)"),
        ({"quantity": np.array([1.0, np.inf])}, r"quantity=inf \(at position 1\)"),
        (
            {"entry_price": np.ones(3), "quantity": np.ones(4)},
            r"do not fit together: entry_price \(3,\), quantity \(4,\)",
        ),
        ({"entry_price": np.array(["a"])}, "entry_price is an array of <U1"),
    ],
)
def test_bad_arguments_are_refused_and_named(changed, says):
    with pytest.raises(ValueError, match=says):
        liquidation_price(**{**MIRA, **changed})


def test_an_infinite_divisor_in_an_array_is_refused_although_the_result_is_finite():
    case = {name: value for name, value in MIRA.items() if name != "maintenance_margin"}
    with pytest.raises(ValueError, match=r"quantity=inf \(at position 1\)"):
        linear.bankruptcy_price(**{**case, "quantity": np.array([1.0, np.inf])})


def test_a_missing_argument_is_named():
    with pytest.raises(ValueError, match="still needs maintenance_margin"):
        liquidation_price(**{name: value for name, value in MIRA.items() if name != "maintenance_margin"})


@pytest.mark.parametrize("leverage", [250, np.array([10, 300])])
def test_a_rate_that_eats_the_whole_margin_is_refused(leverage):
    with pytest.raises(ValueError, match="must be below 1/leverage"):
        linear.liquidation_price_by_leverage(
            side=LONG, entry_price=100, leverage=leverage, maintenance_margin_rate=0.004
        )
    with pytest.raises(ValueError, match="must be below 1/leverage"):
        linear.liquidation_price_by_leverage.substitute(leverage=250)(
            side=LONG, entry_price=100, maintenance_margin_rate=0.004
        )


def test_misuse_of_the_formula_itself_is_explained():
    with pytest.raises(ValueError, match="is not solved for anything yet"):
        linear.trigger(position_margin=1, unrealized_pnl=1)
    with pytest.raises(ValueError, match="'leverage' is not in this equation"):
        liquidation_price.solve_for("leverage").expression  # noqa: B018
    with pytest.raises(ValueError, match="unknown name 'price'; the names are: side, entry_price"):
        liquidation_price.solve_for("price")
    with pytest.raises(ValueError, match="leverage=0 is not allowed"):
        linear.initial_margin.substitute(leverage=0)
    with pytest.raises(ValueError, match="write exactly one '='"):
        Formula("position_value", "position_value", linear.vocabulary)
    with pytest.raises(ValueError, match="uses notional; the names are"):
        Formula("position_value = notional", "position_value", linear.vocabulary).expression  # noqa: B018


def test_a_result_that_cannot_be_is_an_error_not_a_number():
    with pytest.raises(ValueError, match="there is no leverage"):
        linear.largest_leverage(adverse_move=-0.5, maintenance_margin_rate=0.004)
    with pytest.raises(ValueError, match="there is no margin_ratio"):
        linear.margin_ratio(**MIRA, mark_price=47_000)
    with pytest.raises(ValueError, match="there is no margin_ratio"):
        linear.margin_ratio(**MIRA, mark_price=np.array([49_000, 47_000]))


def test_numbers_too_large_to_compute_with_are_an_error_not_never():
    huge = {**MIRA, "entry_price": 1e200, "quantity": 1e200}
    for case in (huge, {**huge, "entry_price": np.array([1e200])}):
        with pytest.raises(ValueError, match="there is no liquidation_price"):
            liquidation_price(**case)


# Trap: "no price" returned as 0, a negative number or NaN, and acted upon.
NO_PRICE = [
    (liquidation_price, {**MIRA, "position_margin": 6_000}, NEVER, "an over-collateralized long"),
    (liquidation_price, {**BEN, "position_margin": 10, "maintenance_margin": 700}, ALREADY, "a short that owes all"),
    (linear.bankruptcy_price_by_leverage, dict(side=LONG, entry_price=100, leverage=1), NEVER, "1x long"),
    (inverse.bankruptcy_price_by_leverage, dict(side=SHORT, entry_price=100, leverage=1), NEVER, "1x inverse short"),
    (inverse.liquidation_price, {**BEN, "contract_size": 100, "position_margin": 3}, NEVER, "inverse short, 2x"),
    (
        inverse.liquidation_price,
        {**BEN, "side": LONG, "contract_size": 100, "position_margin": 1, "maintenance_margin": 3},
        ALREADY,
        "an inverse long that owes more than it could ever have",
    ),
]


@pytest.mark.parametrize(("formula", "case", "answer", "why"), NO_PRICE, ids=[row[3] for row in NO_PRICE])
def test_no_price_is_said_in_words_and_as_an_infinity_in_arrays(formula, case, answer, why):
    if formula is inverse.liquidation_price and answer is NEVER:
        case = {**case, "maintenance_margin": 0.01}
    assert formula(**case) is answer
    (in_array,) = formula(**{**case, "entry_price": np.array([float(case["entry_price"])])})
    # The infinity answers "is the position liquidated?" by plain comparison, at any mark price.
    for mark in (1e-9, 1e12):
        assert (case["side"] * (mark - in_array) <= 0) == (answer is ALREADY)


def test_a_1x_linear_short_is_not_safe():
    assert linear.bankruptcy_price_by_leverage(side=SHORT, entry_price=100, leverage=1) == 200


def test_no_price_marks_only_the_places_without_one():
    margins = np.array([200.0, 6_000.0, 400.0])
    found = liquidation_price(**{**MIRA, "position_margin": margins})
    assert found.tolist() == pytest.approx([48_200, -math.inf, 46_200])
    assert repr(NEVER) == "NEVER" and str(ALREADY) == "already"


# Trap: at 1x floats that cancel leave a price of 7e-12 (or 7e20, inverse) where there is none.
decimals = st.tuples(st.integers(1, 10**9), st.integers(0, 6)).map(lambda pair: pair[0] / 10 ** pair[1])


@given(decimals, decimals, st.sampled_from([1, 0.0001, 0.001, 10, 100]), st.integers(0, 5))
def test_a_margin_of_the_whole_value_however_it_is_typed_is_never_used_up(price, quantity, size, order):
    typed = [price * quantity * size, size * quantity * price, price * size * quantity, quantity * (size * price)]
    long = dict(side=LONG, entry_price=price, quantity=quantity, contract_size=size, position_margin=typed[order % 4])
    assert linear.bankruptcy_price(**long) is NEVER
    assert linear.liquidation_price(maintenance_margin=0, **long) is NEVER
    assert linear.bankruptcy_price.substitute(entry_price=price)(
        **{name: x for name, x in long.items() if name != "entry_price"}
    ) is NEVER  # fmt: skip
    coins = [quantity * size / price, size * quantity / price, quantity * (size / price), quantity / price * size]
    short = {**long, "side": SHORT, "position_margin": coins[order % 4]}
    assert inverse.bankruptcy_price(**short) is NEVER
    for formula, case, infinity in (linear, long, -math.inf), (inverse, short, math.inf):
        for count in (2, evaluation.PLAIN + 1):
            prices = np.full(count, price)
            assert (formula.bankruptcy_price(**{**case, "entry_price": prices}) == infinity).all()
            margins = {**case, "position_margin": np.full(count, case["position_margin"])}
            assert (formula.bankruptcy_price(**margins) == infinity).all()


def test_a_tiny_price_that_is_one_is_still_found():
    case = dict(side=LONG, entry_price=50_000.0, quantity=1, contract_size=1)
    assert linear.bankruptcy_price(position_margin=50_000 - 1e-6, **case) == pytest.approx(1e-6, rel=1e-4)
    found = linear.bankruptcy_price(position_margin=np.array([50_000 - 1e-6, 50_000]), **case)
    assert found[0] > 0 and found[1] == -math.inf
    exact = {**case, "entry_price": Fraction(50_000)}
    assert linear.bankruptcy_price(position_margin=50_000 - Fraction(1, 10**30), **exact) == Fraction(1, 10**30)
    assert linear.bankruptcy_price(position_margin=Fraction(50_000), **exact) is NEVER
    # Nothing cancels in a short that is rich beyond measure, nor in an inverse long near 0.
    rich = dict(side=SHORT, entry_price=2.0, quantity=1, contract_size=1, position_margin=1e20)
    assert linear.bankruptcy_price(**rich) == pytest.approx(1e20)
    assert linear.bankruptcy_price(**{**rich, "position_margin": np.array([1e20])}) == pytest.approx([1e20])
    coins = dict(side=LONG, entry_price=2.0, quantity=1, contract_size=1, position_margin=1e20)
    assert inverse.bankruptcy_price(**coins) == pytest.approx(1e-20)
    assert inverse.bankruptcy_price(**{**coins, "quantity": np.array([1.0])}) == pytest.approx([1e-20])
    # On its own scale: a coin of a billionth of a cent.
    assert linear.bankruptcy_price(position_margin=4e-12, **{**case, "entry_price": 8e-12}) == 4e-12


prices = st.floats(1e-3, 1e6)
sizes = st.floats(1e-4, 1e4)


@given(st.sampled_from([LONG, SHORT]), prices, sizes, st.floats(1.01, 150), st.floats(0, 0.9))
def test_any_array_piece_agrees_with_the_scalar(side, entry, quantity, leverage, share):
    case = dict(
        side=side, entry_price=entry, quantity=quantity, contract_size=0.01,
        position_margin=entry * quantity * 0.01 / leverage,
        maintenance_margin=share * entry * quantity * 0.01 / leverage,
    )  # fmt: skip
    scalar = liquidation_price(**case)
    (array,) = liquidation_price(**{**case, "entry_price": np.array([entry])})
    assert array == scalar


def test_importing_the_library_loads_no_sympy_matplotlib_or_ipywidgets():
    code = (
        "import sys, liquidation; from liquidation import linear; linear.liquidation_price.long\n"
        "print([n for n in ('sympy', 'matplotlib', 'ipywidgets', 'liquidation.odds.chance') if n in sys.modules])\n"
        "from liquidation import *; dir(liquidation)\n"
        "print([n for n in ('sympy', 'mpmath', 'matplotlib', 'ipywidgets') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n") == ["[]", "[]", ""]


# -- the plain path is the specification -----------------------------------------------------------------------------


def book(count):
    rng = np.random.default_rng(count)
    side, price = rng.choice([-1.0, 1.0], count), rng.uniform(1, 100_000, count)
    quantity = rng.uniform(1, 1_000, count)
    margin = price * quantity * 0.01 / rng.uniform(0.5, 100, count)  # some can never be liquidated
    return dict(
        side=side, entry_price=price, quantity=quantity, contract_size=0.01, position_margin=margin,
        maintenance_margin=margin / 7,
    )  # fmt: skip


@pytest.mark.parametrize("count", [1, 5_000, evaluation.PLAIN, evaluation.PLAIN + 1, 700_001])
def test_long_arrays_give_what_plain_numpy_gives_to_the_last_bit(count, monkeypatch):
    case = book(count)
    monkeypatch.setattr(evaluation, "PLAIN", 10**9)
    plain = liquidation_price(**case)
    monkeypatch.setattr(evaluation, "PLAIN", 0)
    assert np.array_equal(liquidation_price(**case), plain)
    assert count < 100 or np.isinf(plain).any(), "NEVER is among them"
    with pytest.raises(ValueError, match=rf"quantity=nan \(at position {count - 1}\)"):
        liquidation_price(**case | {"quantity": np.append(case["quantity"][:-1], np.nan)})


def test_long_arrays_need_no_thread(monkeypatch):
    case = book(600_000)
    usual = liquidation_price(**case)

    def none(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(fast, "THREADS", 4)
    monkeypatch.setattr("threading.Thread.start", none)
    assert np.array_equal(liquidation_price(**case), usual)
    with pytest.raises(ValueError, match=r"quantity=-1.0 \(at position 599999\)"):
        liquidation_price(**case | {"quantity": np.append(case["quantity"][:-1], -1)})


def test_grids_of_more_dimensions_and_empty_arrays_take_the_plain_path_too():
    case = {**book(6), "quantity": np.linspace(1, 2, 5)[:, None]}
    grid = liquidation_price(**case)
    assert grid.shape == (5, 6)
    one = {name: x[2] if np.ndim(x) == 1 else x for name, x in case.items()} | {"quantity": case["quantity"][3, 0]}
    found = liquidation_price(**one)
    assert grid[3, 2] == (found if isinstance(found, float) else -math.inf * one["side"])
    assert liquidation_price(**{**book(6), **{n: np.empty(0) for n in book(6) if n != "contract_size"}}).shape == (0,)
    with pytest.raises(ValueError, match=r"maintenance_margin_rate=0.05 with leverage=25.0"):
        linear.liquidation_price_by_leverage(
            side=1, entry_price=1, maintenance_margin_rate=np.full((2, 3), 0.05), leverage=np.array([[10.0], [25.0]])
        )
