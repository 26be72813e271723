"""A reader's own prices: what is read, and which bad rows are named."""

import bz2
import collections
import datetime as dt
import gzip
import io
import itertools
import lzma
import math
import random
import struct
import time
import types
import zipfile
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from liquidation import geometric_brownian, read_prices
from liquidation.algebra.checks import InputError
from liquidation.trader.price_file import _Table

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


# -- files as people have them ---------------------------------------------------------------------------------------

TWO = "time,price\n2026-01-01,50000\n2026-01-02,51000\n"
"""Read, it is two days at 50,000 and 51,000, however it is packed, written or given."""
BARS = "1767225600000,50000,50000,50000,50000,7\n1767312000000,51000,51000,51000,51000,8\n"


def zipped(*files, **how):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", **how) as archive:
        for name, text in files:
            archive.writestr(name, text)
    return data.getvalue()


def encrypted():
    """The flags say so; what they say is all that is looked at without a password."""
    data = bytearray(zipped(("a.csv", TWO)))
    for place in (6, data.find(b"PK\x01\x02") + 8):
        data[place] |= 1
    return bytes(data)


def broken_lzma():
    data = bytearray(zipped(("a.csv", TWO * 99), compression=zipfile.ZIP_LZMA))
    data[60:70] = b"\xff" * 10
    return bytes(data)


PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 4
FILES = {
    "as it is": TWO.encode(),
    "in a .gz": gzip.compress(TWO.encode()),
    "in a .zip": zipped(("a.csv", TWO)),
    "in a folder of a .zip": zipped(("x/", ""), ("x/a.csv", TWO), ("__MACOSX/._a.csv", "x")),
    "in a .zip by lzma": zipped(("a.csv", TWO), compression=zipfile.ZIP_LZMA),
    "UTF-8 with a mark": TWO.encode("utf-8-sig"),
    "UTF-16 with a mark": TWO.encode("utf-16"),
    "UTF-16 without one": TWO.encode("utf-16-le"),
    "UTF-16, the other end first": TWO.encode("utf-16-be"),
    "Windows-1252": TWO.replace("price", "price,€").replace("000\n", "000,é\n").encode("cp1252"),
    "old ends of lines": TWO.replace("\n", "\r").encode(),
    "ends of Windows": TWO.replace("\n", "\r\n").encode(),
    "ends of Windows, twice": TWO.replace("\n", "\r\r\n").encode(),
    "no last end": TWO.rstrip().encode(),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_however_it_is_kept(name, tmp_path):
    file = tmp_path / "prices"
    file.write_bytes(FILES[name])
    with file.open("rb") as opened:
        for source in (file, str(file), opened, io.BytesIO(FILES[name])):
            prices = read_prices(source)
            assert prices.times.tolist() == [MIDNIGHT, MIDNIGHT + DAY] and prices.closes.tolist() == [50_000, 51_000]


TEXTS = {
    "semicolons": TWO.replace(",", ";"),
    "tabs": TWO.replace(",", "\t"),
    "spaces after the commas": TWO.replace(",", ", "),
    "quotes": TWO.replace(",", '","').replace("\n", '"\n"').rstrip('"').replace("time", '"time'),
    "spaces before quotes": 'time, "price"\n2026-01-01, "50000"\n2026-01-02, "51000"\n',
    "no header": TWO.split("\n", 1)[1],
    "bars without a header": BARS,
    "an address above": f"https://example.com\n{TWO}",
    "a semicolon above": f"# made by us; all times UTC\n{TWO}",
    "a tab above": f"made\tby us\n{TWO}",
    "a date above": f"2026-02-01,exported by us\n{TWO}",
    "a quoted line end above": f'"made\nby, us",now\n{TWO}',
    "a quoted line end in the header": TWO.replace("price\n", 'price,"volume\n(coins)"\n').replace("000\n", "000,1\n"),
    "quoted line ends in the rows": TWO.replace("price", "price,note").replace("000\n", '000,"a\nb"\n'),
    "forty-nine lines above": "x\n" * 49 + TWO,
    "separators at the end of every line": TWO.replace("\n", ",\n"),
    "separators at the beginning": "".join(f",{line}\n" for line in TWO.splitlines()),
    "empty lines and fields": TWO.replace("\n", "\n\n , \n"),
    "the header again": TWO.replace("2026-01-02", "time, price\n2026-01-02"),
    "a whole file again, with a mark": TWO.replace("2026-01-02", "\ufefftime,price\n2026-01-02"),
    "newest first": "time,price\n2026-01-02,51000\n2026-01-01,50000\n",
    "a semicolon in a note": TWO.replace("price", "price,note").replace("000\n", "000,a;b\n"),
    "times of any kind": "time,price\n2026-01-01T02:00+02:00,50000\n1767312000,51000\n",
    "a zone, and then none": "time,price\n2026-01-01T09:00:00+09:00,50000\n2026-01-02 00:00:00,51000\n",
    "snapped_at": TWO.replace("time", "snapped_at").replace(",5", " 00:00:00 UTC,5"),
    "exponents and signs": "time,price\n2026-01-01,5e4\n2026-01-02,+51000.\n",
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_read_however_it_is_written(name):
    for source in (TEXTS[name], io.StringIO(TEXTS[name]), io.StringIO("\ufeff" + TEXTS[name])):
        prices = read_prices(source)
        assert prices.times.tolist() == [MIDNIGHT, MIDNIGHT + DAY] and prices.closes.tolist() == [50_000, 51_000]


DAYS = pd.date_range("2026-01-01", periods=2)
MEMORY = {
    "lines": TWO.splitlines(),
    "lines with their ends": io.StringIO(TWO).readlines(),
    "lines that come one by one": lambda: (line for line in TWO.splitlines()),
    "an array of lines": np.array(TWO.splitlines()),
    "rows of ccxt": [[MIDNIGHT * 1_000, *[50_000] * 4, None], [(MIDNIGHT + DAY) * 1_000, *[51_000] * 4, 8.0]],
    "rows that come one by one": lambda: ((MIDNIGHT + i * DAY, 50_000 + i * 1_000) for i in range(2)),
    "rows of different lengths": [[MIDNIGHT, *[50_000] * 4], [MIDNIGHT + DAY, *[51_000] * 4, 8]],
    "an array of rows": np.array([[MIDNIGHT, 50_000.0], [MIDNIGHT + DAY, 51_000.0]]),
    "deques": [collections.deque([MIDNIGHT, 50_000]), collections.deque([MIDNIGHT + DAY, 51_000])],
    "dicts": [{"time": MIDNIGHT, "price": 50_000}, types.MappingProxyType({"time": MIDNIGHT + DAY, "price": 51_000})],
    "columns": {"time": ["2026-01-01", "2026-01-02"], "price": range(50_000, 51_001, 1_000)},
    "columns that come one by one": lambda: {"time": iter([MIDNIGHT, MIDNIGHT + DAY]), "price": iter([50_000, 51_000])},
    "text": [["2026-01-01", "50000"], ["2026-01-02", " 51000 "]],
    "Decimals": [[Decimal(MIDNIGHT), Decimal("5e4")], [Decimal(MIDNIGHT + DAY), Decimal(51_000)]],
    "Fractions": [[Fraction(MIDNIGHT), Fraction(100_000, 2)], [MIDNIGHT + DAY, Fraction(51_000)]],
    "numbers of numpy": [[np.int64(MIDNIGHT), np.float32(50_000)], [np.uint64(MIDNIGHT + DAY), np.float64(51_000)]],
    "dates": [[dt.date(2026, 1, 1), 50_000], [dt.date(2026, 1, 2), 51_000]],
    "naive times": [[dt.datetime(2026, 1, 1), 50_000], [pd.Timestamp("2026-01-02"), 51_000]],
    "times of a zone": [
        [dt.datetime(2026, 1, 1, 9, tzinfo=dt.timezone(dt.timedelta(hours=9))), 50_000],
        [pd.Timestamp("2026-01-02 09:00", tz="Asia/Tokyo"), 51_000],
    ],
    "times of numpy": [[np.datetime64("2026-01-01"), 50_000], [np.datetime64("2026-01-02T00:00:00.000000000"), 51_000]],
    "a frame": pd.DataFrame({"Date": DAYS, "Close": [50_000, 51_000]}),
    "a frame of objects": pd.DataFrame(
        {"time": [str(MIDNIGHT), MIDNIGHT + DAY], "price": [50_000, "51000"]}, dtype=object
    ),
    "a frame with its times beside it": pd.DataFrame({"Close": [50_000.0, 51_000.0]}, index=DAYS),
    "a frame with times of a zone": pd.DataFrame(
        {"Close": [50_000.0, 51_000.0]}, index=DAYS.tz_localize("UTC").tz_convert("Asia/Tokyo")
    ),
    "an index that is called like a column": pd.DataFrame({"price": [50_000, 51_000]}, index=DAYS.rename("price")),
}


@pytest.mark.parametrize("name", MEMORY)
def test_what_a_program_holds_is_read(name):
    source = MEMORY[name]
    prices = read_prices(source() if callable(source) else source)
    assert prices.times.tolist() == [MIDNIGHT, MIDNIGHT + DAY] and prices.closes.tolist() == [50_000, 51_000]
    assert prices.times.dtype == prices.bars.dtype == np.float64


PLACES = {
    "names": ({"time": "t ", "price": "P"}, "x,p,t\n1,50000,2026-01-01\n2,51000,2026-01-02\n"),
    "places, under a header": ({"time": 2, "price": 1}, "x,p,t\n1,50000,2026-01-01\n2,51000,2026-01-02\n"),
    "places, under none": ({"time": 2, "price": 1}, "1,50000,2026-01-01\n2,51000,2026-01-02\n"),
    "places of a name twice there": ({"time": 0, "price": 2}, "time,price,price\n2026-01-01,1,5e4\n2026-01-02,2,51e3"),
    "one for all": (
        types.MappingProxyType({"time": "time", **dict.fromkeys(("open", "high", "low", "close"), "price")}),
        TWO,
    ),
    "of rows": ({"time": 1, "price": 0}, [[50_000, MIDNIGHT], [51_000, MIDNIGHT + DAY]]),
    "of a frame": ({"time": "a", "price": "b"}, pd.DataFrame({"b": [50_000, 51_000], "a": DAYS})),
}  # fmt: skip


@pytest.mark.parametrize("name", PLACES)
def test_columns_are_where_the_reader_says(name):
    columns, source = PLACES[name]
    prices = read_prices(source, columns=columns)
    assert prices.times.tolist() == [MIDNIGHT, MIDNIGHT + DAY] and prices.closes.tolist() == [50_000, 51_000]


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"time": "x", "price": "price"}, "columns: there is no 'x'; the file has time, price"),
        ({"time": 0, "price": 2}, "columns: there is no place 2: there are 2 columns, counted from 0"),
        ({"time": 0, "price": -1}, "columns: there is no place -1"),
        ({"time": 0, "price": 10**5_000}, "columns: there is no place a number of about 5,000 digits"),
        ({"time": 0, "price": "price"}, "columns: there is no header; say the places"),
        ({"time": 0, "price": 0}, "line 2: price='2026-01-01' is not a number"),
        *[
            (wrong, "columns=.* is not allowed: columns must be a mapping of time and price")
            for wrong in (5, "time", {}, {"time": 0}, {1: 2}, [("time", 0), ("price", 1)], {"time": True, "price": 1},
                          {"time": None, "price": None}, {"time": 0.0, "price": 1}, math.nan)
        ],
    ],
)  # fmt: skip
def test_columns_that_are_not_there(columns, says):
    with pytest.raises(InputError, match=says):
        read_prices(TWO, columns=columns)


NOT_READ = {
    "a picture": (PNG, "source is no text in UTF-8, UTF-16 or Windows-1252: save it as CSV"),
    "a packed picture": (gzip.compress(PNG), "source is no text"),
    "UTF-32": (TWO.encode("utf-32"), "source is no text"),
    "half a letter": (TWO.encode("utf-16") + b"x", "source is no text"),
    "what Windows-1252 lacks": (b"time,price,x\n2026-01-01,5,\x81\n", "source is no text"),
    "a .gz cut off": (gzip.compress(TWO.encode() * 99)[:60], "source is packed and cannot be unpacked: "),
    "a .gz of its first bytes": (b"\x1f\x8b", "source is packed and cannot be unpacked"),
    "a .gz with more behind": (gzip.compress(TWO.encode()) + b"xx", "source is packed and cannot be unpacked"),
    "a .zip cut off": (zipped(("a.csv", TWO))[:40], "source is packed and cannot be unpacked"),
    "a .zip with a password": (encrypted(), "source is packed and cannot be unpacked: .*password"),
    "a broken .zip": (broken_lzma(), "source is packed and cannot be unpacked"),
    "a .zip of two": (zipped(("a.csv", TWO), ("b.csv", TWO)), "source is a .zip of a.csv, b.csv: unpack it"),
    "a .zip of a folder": (zipped(("x/", "")), "source is a .zip of nothing"),
    "a .zip of nothing": (zipped(), "source is a .zip of nothing"),
    "a spreadsheet": (
        zipped(("[Content_Types].xml", ""), ("xl/workbook.xml", "")),
        r"source is a spreadsheet \(.xlsx\)",
    ),
    "an old spreadsheet": (b"\xd0\xcf\x11\xe0" + bytes(500), r"source is a spreadsheet \(.xls\): save it as CSV"),
    "another packing": (lzma.compress(TWO.encode() * 9), "source is packed with xz: unpack it"),
    "yet another": (bz2.compress(TWO.encode() * 9), "source is packed with bzip2: unpack it"),
    "a table of Parquet": (b"PAR1" + struct.pack("<d", 5), "source is a Parquet file: save it as CSV"),
    "nothing": (b"", "source is empty"),
    "nothing but a mark": (b"\xff\xfe", "source is empty"),
    "nothing but spaces": (b"  \n \n", "source is empty"),
    "a header": (b"time,price\n", "there are no prices below the first line"),
    "a column": (b"price\n1\n", "source has no two columns; it begins 'price'"),
    "one long line": (b"1" * 1_000_001, "line 1 has 1,000,001 characters: source is no table"),
    "one long row": (b"time,price\n" + b"1," * 500_001, "line 2 has 1,000,002 characters"),
    "a page": (
        b"<html>\n<body>404, not found</body>\n",
        "the first line names the columns <body>404, not found</body>;",
    ),
    "positions": (b"Contracts,Side,Qty\nBTCUSDT,Buy,0.12\n", "the first line names the columns Contracts, Side, Qty;"),
    "fifty lines above": (b"x\n" * 50 + TWO.encode(), "source has no two columns; it begins 'x'"),
    "bars between other signs": (TWO.replace(",", "|").encode(), "source has no two columns; it begins 'time"),
    "three columns without a header": (b"2026-01-01,5,6\n", "source has no header, and 3 columns could be anything"),
    "another header": (b"day,price\n2026-01-01,5\n", "the first line names the columns day, price; needed"),
    "two prices": (b"time,price,price\n2026-01-01,5,6\n", "source has 2 columns price: say with columns="),
    "two times": (b"time,TIME,price\n2026-01-01,2026-01-02,6\n", "source has 2 columns time"),
    "a quote that never ends": (
        TWO.replace("5", '"5', 1).encode(),
        "line 2 is no row of a table: a quote is opened and",
    ),
    "a quote in the middle": (b'time,price\n2026-01-01,"5"0\n', "line 2 is no row of a table: ',' expected"),
}


@pytest.mark.parametrize("name", NOT_READ)
def test_a_file_that_cannot_be_read_says_why(name, tmp_path):
    data, says = NOT_READ[name]
    file = tmp_path / "prices"
    file.write_bytes(data)
    for leave_out in (False, True):
        for source in (file, io.BytesIO(data)):
            with pytest.raises(InputError, match=says):
                read_prices(source, leave_out_bad_rows=leave_out)


class Reads:
    """A thing that is called like a file."""

    def __init__(self, answer):
        self.answer = answer

    def read(self):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def closed():
    file = io.StringIO(TWO)
    file.close()
    return file


NO_SOURCE = {
    "nothing": (None, "source=None is not allowed: source must be a path"),
    "a number": (5, "source=5 is not allowed"),
    "bytes": (TWO.encode(), "source=b'time,price"),
    "a type": (pd.DataFrame, "source=<class 'pandas.*DataFrame'> is not allowed"),
    "a class of files": (io.StringIO, "source cannot be read: "),
    "a closed file": (closed(), "source cannot be read: I/O operation on closed file"),
    "a file of nothing": (Reads(None), "source must be an open file of text or bytes"),
    "a file that fails": (Reads(KeyError("x")), "source cannot be read: 'x'"),
    "an array of no axis": (np.array(5), "source must be a path, or the lines of a file"),
    "arrays of no axis": ([np.array(5)], r"source holds array\(5\): give lines of text, or rows"),
    "numbers without end": (itertools.repeat(0), "source holds 0: give lines of text, or rows"),
    "a series": (pd.Series([1.0, 2.0], index=DAYS), "source holds 1.0: give"),
    "lines of bytes": ([b"time,price"], "source holds b'time,price': give"),
    "lines and rows": (["time,price", [1, 2]], r"source holds \[1, 2\]: give"),
    "dicts and rows": ([{"time": 1}, [1, 2]], r"source holds \[1, 2\]: give"),
    "rows of nothing": ([None], "source holds None: give"),
    "empty rows": ([[]], "source has no header, and 0 columns could be anything"),
    "no rows": ([], "source is empty"),
    "uneven columns": ({"time": [1], "price": [1, 2]}, "source: the columns do not fit together"),
    "columns of one": ({"time": 1, "price": 2}, "source: the columns do not fit together"),
    "columns without an order": ({"time": {1}, "price": {2}}, "source: the columns do not fit together"),
    "no columns": (pd.DataFrame(), "the first line names the columns of nothing"),
    "a frame of two prices": (pd.DataFrame([[1, 2, 3]], columns=["time", "price", "price"]), "has 2 columns price"),
    "a frame with no time": (pd.DataFrame({"price": [5]}, index=pd.DatetimeIndex([None])), "time=NaT is not a time"),
    "a folder": (Path.cwd(), "cannot be read: it is a folder: give one file"),
    "no file": ("nowhere.csv", "source='nowhere.csv' cannot be read: .*No such file"),
    "no path": ("a\0b", "cannot be read: embedded null"),
    "a path with a line end": ("no/where\n.csv", "source has no two columns; it begins 'no/where'"),
    "a Path with a line end": (Path("no/where\n.csv"), "cannot be read"),
    "too long a path": ("a" * 100_000, "source='aaa.* cannot be read"),
    "no text": ("", "source is empty"),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_SOURCE)
def test_what_is_no_source_is_refused(name):
    source, says = NO_SOURCE[name]
    with pytest.raises(InputError, match=says) as caught:
        read_prices(source)
    assert len(str(caught.value)) < 700


# -- rows ------------------------------------------------------------------------------------------------------------

MORE_BAD = {
    "another separator": ("2026-01-03;50000", "it has 1 fields"),
    "a tab": ("2026-01-03\t50000", "it has 1 fields"),
    "a separator at the end": ("2026-01-03,50000,", "it has 3 fields and the first line has 2"),
    "no time": (",50000", "time='' is neither a date"),
    "words": ("x,y", "time='x' is neither a date"),
    "a currency": ("2026-01-03,$50000", r"price='\$50000' is not a number"),
    "a space in the number": ("2026-01-03,50 000", "price='50 000' is not a number"),
    "an underscore in it": ("2026-01-03,50_000", "price='50_000' is not a number"),
    "a hexadecimal number": ("2026-01-03,0x10", "price='0x10' is not a number"),
    "a truth": ("2026-01-03,TRUE", "price='TRUE' is not a number"),
    "a comment": ("2026-01-03,5 # new", "price='5 # new' is not a number"),
    "a decimal comma": ('2026-01-03,"50000,5"', "a comma in a number is not read, write 82132.9"),
    "a NUL": ("2026-01-03,50\x000", r"price='50\\x000' is not a number"),
    "more than floats hold": ("2026-01-03,1e400", "price=1e400 is not a finite price above 0"),
    "less than floats hold": ("2026-01-03,1e-400", "price=1e-400 is not a finite price above 0"),
    "minus zero": ("2026-01-03,-0.0", "price=-0.0 is not a finite price above 0"),
    "many digits": ("2026-01-03," + "1" * 400, "price=1{60} is not a finite price"),
    "many zeros": ("2026-01-03," + "0" * 100_000, "price=0{60} is not a finite price"),
    "a month too many": ("2026-13-01,5", "time='2026-13-01' is not a time: month"),
    "a day too many": ("2026-02-30,5", "time='2026-02-30' is not a time: day"),
    "an hour too many": ("2026-01-03T25:00,5", "is not a time: hour"),
    "a second too many": ("2026-01-03T23:59:60,5", "is not a time: second"),
    "a zone too far": ("2026-01-03T12:00+24:00,5", "is not a time: offset"),
    "another zone": ("2026-01-03 00:00:00 EST,5", "is neither a date"),
    "half a day": ("2026-01-03 12:00 AM,5", "is neither a date"),
    "no year": ("0000-01-01,5", "time='0000-01-01' is not a time"),
    "before all years": ("0001-01-01T00:00+14:00,5", "is not a time between 2009 and 2100"),
    "after all years": ("9999-12-31T23:59-14:00,5", "is not a time between 2009 and 2100"),
    "1970": ("1970-01-01,5", "is not a time between 2009 and 2100"),
    "2200": ("2200-01-01,5", "is not a time between 2009 and 2100"),
    "a day as in England": ("03/01/2026,5", "time='03/01/2026' is neither a date"),
    "a day as in America": ("1/3/26,5", "is neither a date"),
    "a day in words": ("Jan 3 2026,5", "is neither a date"),
    "a day without dashes": ("20260103,5", "a date is written 2025-01-31"),
    "a day and an hour without dashes": ("20260103T000000,5", "is neither a date"),
    "a spreadsheet's day": ("46025,5", "it looks like a spreadsheet's day number"),
    "a spreadsheet's rounding": ("1.7674E+12,5", "was rounded by a spreadsheet"),
    "seconds below 0": ("-1767398400,5", "is not a time between 2009 and 2100"),
    "a time of many digits": ("1" * 400 + ",5", "time='1{59} ... is not a time between"),
    "a header of another case": ("Time,Price", "time='Time' is neither a date"),
}


@pytest.mark.parametrize("last", [True, False], ids=["last", "in the middle"])
@pytest.mark.parametrize("name", MORE_BAD)
def test_more_bad_rows_are_named_and_left_out(name, last):
    row, says = MORE_BAD[name]
    text = TWO + row + ("" if last else "\n2026-01-09,52000")
    with pytest.raises(InputError, match=r"^1 bad rows; mend them first:\nline 4: .*" + says) as caught:
        read_prices(text)
    assert len(str(caught.value)) < 400
    left = read_prices(text, leave_out_bad_rows=True)
    assert left.left_out == 1 and left.closes.tolist() == [50_000, 51_000] + [52_000] * (not last)


NO_NUMBER = [
    None, True, np.bool_(True), "", "x", b"5", bytearray(b"5"), 1j, np.complex128(1), [5], (5,), {}, object(), int,
    np.array(5.0), np.array([5.0]), np.ma.masked, pd.NA, pd.NaT, pd.Timestamp("2026-01-01"), dt.timedelta(1),
    np.timedelta64(5, "s"), 10**400, -(10**400), 10**5_000, Fraction(10**400), Decimal("sNaN"),
]  # fmt: skip
NO_PRICE = [
    0, -1, math.nan, math.inf, -math.inf, np.float64("nan"), Decimal("NaN"), Decimal("1e400"), Decimal("Infinity"),
    Fraction(1, 10**400), "nan", "-inf", "0",
]  # fmt: skip


@pytest.mark.parametrize("value", [*NO_NUMBER, *NO_PRICE], ids=lambda value: type(value).__name__)
def test_a_value_that_is_no_price_or_no_time(value):
    says = "is not a finite price above 0" if any(value is other for other in NO_PRICE) else "is not a number"
    column = pd.Series([value, 5], dtype=object)
    frame = pd.DataFrame({"time": [MIDNIGHT, MIDNIGHT + 60], "price": column})
    for source in ([[MIDNIGHT, value], [MIDNIGHT + 60, 5]], frame):
        with pytest.raises(InputError, match=f"1 bad rows; mend them first:\nrow [01]: price=.* {says}") as caught:
            read_prices(source)
        assert len(str(caught.value)) < 300
        assert read_prices(source, leave_out_bad_rows=True).left_out == 1
    if isinstance(value, pd.Timestamp):
        return
    with pytest.raises(InputError, match=r"row 1: time=.* is (neither a date|not a time)"):
        read_prices([[value, 5], [MIDNIGHT + 60, 5]])


@pytest.mark.parametrize(
    "moment",
    [
        dt.datetime.min, dt.datetime.max, dt.datetime.min.replace(tzinfo=dt.timezone(dt.timedelta(hours=14))),
        dt.datetime.max.replace(tzinfo=dt.timezone(dt.timedelta(hours=-14))), dt.date.min, dt.time(12),
        pd.Period("2026-01"), np.datetime64("NaT"), np.datetime64("2610-07-01"), np.datetime64(600_000, "Y"),
        np.datetime64(2**62, "s"), np.datetime64(5, "as"),
    ],
    ids=str,
)  # fmt: skip
def test_moments_far_from_our_days(moment):
    """The year 2610 is 2026 again, counted in nanoseconds."""
    with pytest.raises(InputError, match=r"row 1: time=.* is (neither a date|not a time)"):
        read_prices([[moment, 5]])


@pytest.mark.parametrize(
    ("times", "says"),
    [
        ([MIDNIGHT, MIDNIGHT + 1, (MIDNIGHT + 2) * 1_000], "line 4: .* in milliseconds; the rows before are in sec"),
        ([MIDNIGHT * 1_000, MIDNIGHT * 10**6, MIDNIGHT * 10**6 + 5], "^2 bad rows.*\nline 3: .* is in microseconds"),
        (["2026-01-09", "2026-01-08", "2026-01-06", "2026-01-07"], "line 5: time=2026-01-07 is not earlier"),
        (["2026-01-01", "2026-01-02", "2026-01-02"], "line 4: time=2026-01-02 is not later than in the row before"),
        (["2026-01-01T01:00", "2026-01-01T03:00+02:00"], "line 3: .*is not later than in the row before"),
    ],
)  # fmt: skip
def test_one_unit_and_one_direction(times, says):
    with pytest.raises(InputError, match=says):
        read_prices(["time,price", *(f"{moment},5" for moment in times)])


@pytest.mark.parametrize("ends", ["\n", "\r", "\r\n"])
@pytest.mark.parametrize("rows", [["1,2,9", "3,4"], ["1,2", "3,4,9"], ["1,2,9", "3,4,9"]])
def test_no_column_is_shifted_and_no_field_cut_off(rows, ends):
    """Pandas takes the first of many fields for an index."""
    lines = ["time,price", *(f"{MIDNIGHT + int(row[0])}{row[1:]}" for row in rows)]
    with pytest.raises(InputError, match="it has 3 fields and the first line has 2"):
        read_prices(ends.join(lines))


def test_a_quote_that_never_ends_takes_no_rows_along():
    rows = [f"2026-02-{day:02},{day},b" for day in range(1, 20)]
    for spoilt in ('2026-01-03,"7,b', '2026-01-03,7,"b', '"2026-01-03,7,b'):
        text = "\n".join(["time,price,note", "2026-01-01,5,a", spoilt, *rows])
        for leave_out in (True, False):
            with pytest.raises(InputError, match="line 3 is no row of a table: a quote is opened and not closed"):
                read_prices(text, leave_out_bad_rows=leave_out)


def test_a_bad_first_row_is_no_header():
    with pytest.raises(InputError, match="line 1: price='x' is not a number"):
        read_prices("2026-01-01,x\n2026-01-02,5\n")
    assert read_prices("2026-01-01,x\n2026-01-02,5\n", leave_out_bad_rows=True).left_out == 1


def test_lines_are_counted_as_an_editor_counts_them():
    text = 'made\nby us\n"time",price,"note\nof ours"\n\n2026-01-01,5,"a\nb"\n2026-01-02,x,"a\nb"\n2026-01-03,y,c\n'
    with pytest.raises(InputError, match="line 8: price='x' is not a number\nline 10: price='y'"):
        read_prices(text)


def test_left_out_rows_are_counted():
    rows = ["x,y", "2026-01-01,5", "", ",", "2026-01-02,nan", "2026-01-03,7", "2026-01-02,8", "2026-01-04,9,9"]
    found = read_prices(["time,price", *rows], leave_out_bad_rows=True)
    assert found.left_out == 4 and found.closes.tolist() == [5, 7] and len(found.frame) == 2
    with pytest.raises(InputError, match=r"^2 bad rows"):
        read_prices(["time,price", "x,y", "z,5"], leave_out_bad_rows=True)
    assert read_prices(TWO, leave_out_bad_rows=True).left_out == 0


@pytest.mark.parametrize("value", [None, 1, 0, "yes", [], np.bool_(True), math.nan])
def test_leave_out_is_yes_or_no(value):
    with pytest.raises(InputError, match="leave_out_bad_rows must be True or False"):
        read_prices(TWO, leave_out_bad_rows=value)


# -- two ways to read a text -----------------------------------------------------------------------------------------


def written(draw):
    """A number in one of the ways in which people and programs write it."""
    shape = draw.choice(["{:.8f}", "{!r}", "{:.17g}", "{:e}", "{:.30f}", "{:.0f}."])
    return shape.format(draw.uniform(1, 10) * 10.0 ** draw.randint(-300 if shape in ("{!r}", "{:e}") else 0, 15))


def test_every_digit_is_read_as_python_reads_it():
    draw = random.Random(5)
    texts = [written(draw) for _ in range(100_000)]
    found = read_prices("time,price\n" + "\n".join(f"{MIDNIGHT + i},{text}" for i, text in enumerate(texts)))
    assert [x.hex() for x in found.closes.tolist()] == [float(text).hex() for text in texts]


ODD = [
    "", " ", "nan", "TRUE", "5d0", "0x1", "1_0", "1e400", "5 ", "'5'", "５", "5\x00", "5\xa0", "+-5", "2026/01/03",
    "20260103T000000", "2026-01-03t12:00", "2026-01-03T24:00", "2026-01-03 12:00 +02", "2026-01-03Z", "now", "1e9",
]  # fmt: skip
MOMENTS = ["%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%dT%H:%MZ", "%Y-%m-%d %H:%M UTC", "%s"]


def odd_table(draw):
    """Some rows, of which some are odd."""
    sep, ends, odds = draw.choice(",,;\t"), draw.choice(["\n", "\r\n", "\r"]), draw.choice([0, 0, 0.1])
    shape, step = draw.choice(MOMENTS), draw.choice([-1, 1])
    lines = [sep.join(["time", "price", "x"])]
    for i in range(draw.randint(1, 5)):
        moment = dt.datetime(2026, 1, 1 + 9, tzinfo=dt.UTC) + step * i * dt.timedelta(days=1)
        stamp = str(int(moment.timestamp())) if shape == "%s" else moment.strftime(shape)
        if draw.random() < odds and "T" in stamp and "Z" not in stamp:
            stamp += "+02:00"
        row = [draw.choice(ODD) if draw.random() < odds else field for field in (stamp, written(draw), "7")]
        row = [f'"{field}"' if draw.random() < odds else field for field in row]
        lines.append(sep.join(row[: 2 if draw.random() < odds / 3 else 3]))
    return ends.join(lines) + ends


def outcome(text):
    try:
        found = read_prices(text)
    except InputError as error:
        return str(error)
    return found.times.round(5).tolist(), found.bars.tolist()


def test_both_ways_to_read_a_text_agree(monkeypatch):
    """What pandas reads at once, and what is read row by row: the same prices, the same refusals."""
    draw = random.Random(7)
    texts = [odd_table(draw) for _ in range(1_500)]
    at_once = [outcome(text) for text in texts]
    monkeypatch.setattr(_Table, "quick", lambda table: None)
    by_rows = [outcome(text) for text in texts]
    assert at_once == by_rows
    assert 500 < sum(isinstance(found, tuple) for found in at_once) < 1_400


def test_a_column_of_nothing_but_truth_is_no_column_of_ones():
    with pytest.raises(InputError, match="price='TRUE' is not a number"):
        read_prices("time,price\n2026-01-01,TRUE\n2026-01-02,TRUE\n")
    assert read_prices("time,price\n2026-01-01,1\n2026-01-02,1.0\n").closes.tolist() == [1, 1]


def test_broken_files_end_in_words():
    """Bytes changed, lost and added at random, in texts and in archives."""
    draw = random.Random(11)
    whole = list(FILES.values())
    for _ in range(1_500):
        data = bytearray(draw.choice(whole))
        for _ in range(draw.randint(1, 4)):
            place = draw.randrange(len(data) + 1)
            data[place : place + draw.randint(0, 3)] = draw.randbytes(draw.randint(0, 3))
        try:
            found = read_prices(io.BytesIO(bytes(data)))
        except InputError as error:
            assert len(str(error)) < 1_500
        else:
            assert (found.bars > 0).all() and (np.diff(found.times) > 0).all()
