"""A reader's own prices: what is read, and which bad rows are named."""

import math
import time

import numpy as np
import pytest
from liquidation import geometric_brownian, read_prices

DAY = 86_400


def test_one_price_a_row(tmp_path):
    file = tmp_path / "prices.csv"
    file.write_text("\ufeffTime,Volume,Price\n2026-01-01,5,50000\n2026-01-02T00:00:00Z,6,51000.5\n\n", encoding="utf-8")
    prices = read_prices(file)
    assert np.diff(prices.times).tolist() == [DAY]
    assert prices.closes.tolist() == [50_000, 51_000.5] and (prices.bars[1] == 51_000.5).all()
    assert (read_prices(str(file)).bars == prices.bars).all()


def test_bars_in_any_order_of_columns_and_times_in_seconds_or_milliseconds():
    rows = ["close,time,low,high,open", "101,{},99,103,100", "104,{},100,105,101"]
    for unit in (1, 1_000):
        times = [1_767_225_600 * unit, (1_767_225_600 + 3_600) * unit]
        prices = read_prices([rows[0], *(row.format(t) for row, t in zip(rows[1:], times, strict=True))])
        assert prices.times.tolist() == [1_767_225_600, 1_767_229_200]
        assert prices.bars.tolist() == [[100, 103, 99, 101], [101, 105, 100, 104]]


MIDNIGHT = 1_767_225_600  # of 2026-01-01, in London


@pytest.fixture
def nine_hours_east(monkeypatch):
    monkeypatch.setenv("TZ", "EAST-9")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system has no time zone to set")
@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-01-01", 0),
        ("2026-01-01T12:00", 12 * 3_600),
        ("2026-01-01 12:00:30Z", 12 * 3_600 + 30),
        ("2026-01-01T12:00:00+02:00", 10 * 3_600),
        ("2025-12-31T20:15:00-04:30", 45 * 60),
    ],
)
def test_times_are_utc_unless_they_say_otherwise_wherever_the_reader_is(nine_hours_east, text, seconds):
    assert time.mktime((2026, 1, 1, 9, 0, 0, 0, 0, 0)) == MIDNIGHT, "the clock on the wall is another"
    assert read_prices(["time,price", f"{text},5"]).times.tolist() == [MIDNIGHT + seconds]


BAD = {
    "no number": ("2026-01-03,n/a", "line 4: price='n/a' is not a number"),
    "no price": ("2026-01-03,", "line 4: price='' is not a number"),
    "not a number, by name": ("2026-01-03,nan", "line 4: price=nan is not a finite price above 0"),
    "zero": ("2026-01-03,0", "line 4: price=0 is not a finite price above 0"),
    "negative": ("2026-01-03,-5", "line 4: price=-5 is not"),
    "infinite": ("2026-01-03,inf", "line 4: price=inf is not"),
    "a comma in the number": ('2026-01-03,"50,000"', "line 4: price='50,000' is not a number"),
    "too few fields": ("2026-01-03", "line 4: it has 1 fields and the first line has 2"),
    "too many fields": ("2026-01-03,50,000", "line 4: it has 3 fields"),
    "a date in another order": ("03.01.2026,50000", "line 4: time='03.01.2026' is neither a date"),
    "no time": ("nan,50000", "line 4: time='nan' is neither a date such as 2026-01-31T12:00 nor a number"),
    "the same time twice": ("2026-01-02,50000", "line 4: time=2026-01-02 is not later than in the row before"),
    "back in time": ("2025-01-02,50000", "line 4: time=2025-01-02 is not later"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_row_is_named_and_refused(name):
    row, says = BAD[name]
    with pytest.raises(ValueError, match=r"1 bad rows; mend them first:\n" + says):
        read_prices(["time,price", "2026-01-01,50000", "2026-01-02,51000", row])


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("104,103,99,101", "low=99 to high=103 does not enclose open=104 and close=101"),
        ("100,103,99,104", "low=99 to high=103 does not enclose open=100 and close=104"),
        ("100,103,100.5,102", "low=100.5 to high=103 does not enclose open=100"),
        ("100,103,99.5,99", "low=99.5 to high=103 does not enclose open=100 and close=99"),
    ],
)
def test_extremes_must_enclose_the_others(row, says):
    with pytest.raises(ValueError, match=f"line 2: {says}"):
        read_prices(["time,open,high,low,close", f"2026-01-01,{row}"])


def test_extremes_may_be_the_open_and_the_close():
    rows = ["2026-01-01,100,103,100,103", "2026-01-02,103,103,100,100"]
    assert read_prices(["time,open,high,low,close", *rows]).closes.tolist() == [103, 100]


def test_many_bad_rows_are_counted():
    with pytest.raises(ValueError, match=r"(?s)13 bad rows.*line 2.*line 11.*and 3 more") as caught:
        read_prices(["time,price", *(f"2026-01-{d:02},x" for d in range(1, 14))])
    assert "line 12" not in str(caught.value)


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([], "source is empty"),
        (["day,price", "2026-01-01,5"], "names the columns day, price; needed: time and price, or"),
        (["time,open,high,low", "2026-01-01,5,5,5"], "needed: time and price"),
        (["time,price"], "there are no prices below the first line"),
    ],
)
def test_files_that_are_something_else(lines, says):
    with pytest.raises(ValueError, match=says):
        read_prices(lines)


def test_a_steady_rise_is_not_calm():
    """A tenth more each day: the moves are squared as they are, without their mean."""
    prices = read_prices(["time,price", "2026-01-01,100", "2026-01-02,110", "2026-01-03,121", "2026-01-05,121"])
    assert prices.volatility == pytest.approx(math.log(1.1) * math.sqrt(2 * 365 / 4))


def test_volatility_comes_back():
    path = geometric_brownian(np.random.default_rng(3), start=100, volatility=0.6, horizon=1, steps=8_760, paths=1)[0]
    prices = read_prices(["time,price", *(f"{MIDNIGHT + 3_600 * i},{p}" for i, p in enumerate(path))])
    assert prices.volatility == pytest.approx(0.6, rel=4 / math.sqrt(2 * 8_760))
    with pytest.raises(ValueError, match="one row of prices has no volatility"):
        read_prices(["time,price", "2026-01-01,1"]).volatility  # noqa: B018
