"""Lesson 11: every formula and every printed number is judged by the trigger, and the tables say what it says."""

import numpy as np
import pytest
from liquidation import LONG, SHORT, Formula, isolated, linear
from liquidation.course.figures import compare_the_venues as figures
from liquidation.course.mira import BTC, LOWEST_RATES, on_venues
from liquidation.course.museum import FORMULAS, PRINTS, TRUE, WRONG, Exhibit

LATER = ((25, 0.004), (50, 0.004), (10, 0.01), (7, 0.02))


@pytest.mark.parametrize("exhibit", FORMULAS, ids=lambda e: e.text)
def test_a_formula_is_called_what_it_is_by_brute_force(exhibit):
    """At four leverages: right formulas give a price at which the equity is the requirement, wrong ones do not."""
    off = {"entry": [], "mark": [], "coin": [], "bankrupt": []}
    for leverage, rate in LATER:
        price = exhibit.price(entry_price=50_000, leverage=leverage, maintenance_margin_rate=rate)
        equity = 50_000 / leverage + price - 50_000
        off["entry"].append(equity - rate * 50_000)
        off["mark"].append(equity - rate * price)
        off["coin"].append(1 / leverage + 1 - 50_000 / price - rate)
        off["bankrupt"].append(equity)
    fits = [words for words, found in off.items() if np.allclose(found, 0, atol=1e-6)]
    said = dict(zip(TRUE, ("entry", "mark", "bankrupt", "coin"), strict=True))
    assert fits == ([] if exhibit.verdict == WRONG else [said[exhibit.verdict]])
    assert bool(exhibit.fault) == (exhibit.verdict == WRONG)


def test_two_of_the_formulas_are_right_and_one_is_by_accident():
    assert [x.verdict.startswith("right, with") for x in FORMULAS].count(True) == 2
    mira = {"entry_price": 50_000, "leverage": 25, "maintenance_margin_rate": 0.004}
    (accident,) = (x for x in FORMULAS if x.verdict == WRONG and x.price(**mira) == pytest.approx(48_200))
    assert accident.price(**{**mira, "leverage": 50}) == pytest.approx(49_100), "100 dollars too far away"


def test_an_exhibit_that_is_right_in_another_spelling_is_called_right():
    """The verdict is found, not written down."""
    spelled = Exhibit("entry_price * (leverage - 1 + leverage*maintenance_margin_rate) / leverage", "a test")
    assert spelled.verdict == "right, with maintenance on the value at entry"
    assert isinstance(spelled.formula, Formula) and Exhibit("entry_price * 2", "a test").verdict == WRONG


def test_the_printed_numbers_and_what_is_right():
    assert [(x.printed, x.right) for x in PRINTS] == [
        (7_481, 7_481), (51_800, 48_200), (59_560.2, 59_570.2), (99.61, 996.1), (55_020.5, 55_020.5), (49_950, 49_749),
    ]  # fmt: skip
    assert all(bool(x.why) == (x.printed != x.right) for x in PRINTS)
    assert "| 2 | 51,800 | 48,200 | wrong: it is the short's |" in figures.recomputed()._repr_markdown_()


def test_nothing_on_the_walls_gives_an_answer_away():
    for table in (figures.formulas(), figures.printed()):
        shown = table._repr_markdown_() + repr(table)
        assert "\\right" in shown or "right" not in shown
        assert "wrong" not in shown and not any(x.seen in shown for x in (*FORMULAS, *PRINTS))


def test_the_screens_by_hand():
    """Mira's long at 0.4%: the textbook on BitMEX, 48,000 over 0.996 on Binance, and with the fee on OKX."""
    found = figures.prices(on_venues(0.004), figures.MIRA)
    assert found["BitMEX"] == 48_200 and found["Binance USDⓈ-M"] == found["dYdX v4"] == found["Bybit USDT"] == 48_192.7
    assert found["OKX"] == 48_216.9 and pytest.approx(48_216.98, abs=0.01) == 48_000 / 0.9955
    assert found["Gate"] == 48_191.4 and pytest.approx(48_191.41, abs=0.01) == (48_000 - 37.5) / 0.99525
    assert found["Binance COIN-M"] == 48_269.2 and pytest.approx(48_269.23, abs=0.01) == 5_000 * 1.004 / 0.104
    assert next(iter(found)) == "Bybit inverse" and list(found)[-1] == "Gate"
    short = figures.prices(on_venues(0.004), {**figures.MIRA, "side": SHORT})
    assert list(short)[-1] in ("Bybit inverse", "Binance COIN-M"), "a short in the coin goes last"
    assert set(figures.prices(on_venues(), figures.MIRA)) == set(LOWEST_RATES)


def test_the_eight_combinations_by_hand():
    rows = {row[0]: row[1:] for row in figures.combinations(figures.MIRA, rate=0.004, fee=0.0005).rows}
    assert rows["no fee"] == ("48,200.00", "48,192.77")
    assert rows["fee counted"] == (f"{48_200 / 0.9995:,.2f}", f"{48_000 / 0.9955:,.2f}")
    assert rows["fee reserved"] == ("48,175.00", f"{47_975 / 0.996:,.2f}")
    assert rows["counted and reserved"] == (f"{48_175 / 0.9995:,.2f}", f"{47_975 / 0.9955:,.2f}")


def test_one_ratio_is_one_over_the_other():
    found = figures.both_ratios(isolated(BTC, LONG, 1_000, 50_000, 25))
    np.testing.assert_allclose(found.rising * found.falling, 1)
    assert (found.rising[0], found.falling[0]) == pytest.approx((0.1, 10))
    assert found.rising[-1] == pytest.approx(1) and found.marks[-1] == 48_200
    assert found.rising[100] == pytest.approx(20 / 110) and found.falling[100] == pytest.approx(5.5)


@pytest.mark.parametrize(("crashed", "mean_dies", "median_dies"), [(1, True, False), (2, True, False), (3, True, True)])
def test_a_median_stands_until_the_majority_is_wrong(crashed, mean_dies, median_dies):
    found = figures.index_of(5, crashed, 0.2)
    assert (found.mean.min() < 48_200) == mean_dies and (found.median.min() < 48_200) == median_dies
    calm = (found.seconds < 20) | (found.seconds >= 40)
    assert np.abs(found.median[calm] - 50_000).max() < 100


def test_the_true_formulas_are_the_librarys_own():
    assert linear.liquidation_price_by_leverage in TRUE.values()
