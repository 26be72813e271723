"""A reader's own prices, from the files that exchanges, price sites and spreadsheets give.

Every bad row is named, and nothing is guessed: a time that could be another time, or a price that could be another
price, is refused in words.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from ..algebra.checks import Array, InputError, as_number, one_of, refuse, shown
from .text_file import as_frame, lines_of, read_text, reader_of, rows_of

if TYPE_CHECKING:
    import pandas  # type: ignore[import-untyped]  # pandas ships no types

OHLC = ("open", "high", "low", "close")
TIME_NAMES = (
    "time", "open_time", "opentime", "timeopen", "unix", "unix_timestamp", "timestamp", "snapped_at", "datetime",
    "date",
)  # fmt: skip
"""What the column of times is called, the first that is there; of several, the one that says when a bar begins."""
PRICE_NAMES = ("price", "close")
"""What the column of prices is called where there are no bars."""
_NAMED = 10
_SAID = 60
"""Characters of a value in a message."""
_HEAD = 50
"""Lines in which the header, or the first row, must come."""
_FIRST, _LAST = 1_230_768_000, 4_133_894_400  # of 2009 and, exclusively, of 2101
_UNITS = {"seconds": 1, "milliseconds": 10**3, "microseconds": 10**6, "nanoseconds": 10**9}
_MOMENT = r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}(?::\d{2}(?::\d{2}(?:[.]\d{1,9})?)?)?))?\s*"
_ZONE = r"(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)"
_ISO = re.compile(f"{_MOMENT}{_ZONE}?", re.IGNORECASE)
_PLAIN = re.compile(r"[+-]?(\d+([.]\d*)?|[.]\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True)
class Prices:
    """Prices in rising order of time.

    >>> prices = read_prices(["time,price", "2026-01-01,50000", "2026-01-02,51000"])
    >>> prices.bars.shape, round(prices.volatility, 3)
    ((2, 4), 0.378)

    ``times``: seconds since 1970 (UTC), shape ``(n,)``; ``bars``: open, high, low and close, shape ``(n, 4)``, all
    four the same where the file has a single price; ``left_out``: how many bad rows were left out, if that was asked.
    """

    times: Array
    bars: Array
    left_out: int = 0

    @property
    def closes(self) -> Array:
        """The last column of ``bars``."""
        return self.bars[:, 3]

    @property
    def frame(self) -> pandas.DataFrame:
        """The bars as a pandas DataFrame: columns ``open, high, low, close``, index the time (UTC)."""
        import pandas

        index = pandas.DatetimeIndex(pandas.to_datetime(self.times, unit="s", utc=True), name="time")
        return pandas.DataFrame(self.bars, index=index, columns=list(OHLC))

    @property
    def volatility(self) -> float:
        """Yearly volatility of the log price: squared moves over the time that they took. Needs two rows."""
        if len(self.times) < 2:
            raise InputError("one row of prices has no volatility: give at least two")
        moves = np.diff(np.log(self.closes))
        return math.sqrt(float(moves @ moves) / ((self.times[-1] - self.times[0]) / (365 * 86_400)))


def read_prices(
    source: str | Path | IO[Any] | Iterable[Any] | Mapping[str, Any] | pandas.DataFrame,
    *,
    columns: Mapping[str, str | int] | None = None,
    leave_out_bad_rows: bool = False,
) -> Prices:
    """Read prices or bars from a file as people have them, or from what a program has in memory.

    Arguments:
        source: a path (also packed, .gz or .zip), an open file, the text or its lines; rows of time, open, high, low,
            close as ccxt's ``fetch_ohlcv`` returns them; a mapping of columns or a pandas DataFrame.
        columns: the name (or place, from 0) of the columns ``time`` and ``price``, or ``time, open, high, low,
            close``, where a file calls them otherwise.
        leave_out_bad_rows: leave bad rows out, and count them in ``left_out``, instead of refusing the file.

    A file has fields between commas, semicolons or tabs, with or without a header, perhaps some lines before it, in
    UTF-8, UTF-16 or Windows-1252. Times are ISO 8601 (UTC unless they say otherwise) or a number of seconds, milli-,
    micro- or nanoseconds since 1970, one unit a file, between 2009 and 2100; they rise or fall throughout.

    >>> read_prices("unix;close\\n1767225600000;50000\\n1767312000000;51000\\n").closes.tolist()
    [50000.0, 51000.0]

    Raises ``ValueError`` that names every bad line (the first ten of many): a missing or unreadable value, a price
    that is not above 0, a high or low that does not enclose the others, a time that is none, is in another unit or
    does not go on in the same direction. Prices are never repaired.
    """
    wanted = _wanted(columns)
    leave_out = one_of("leave_out_bad_rows", leave_out_bad_rows, True, False)
    table = _Table.of(source, wanted)
    found = table.quick() or table.row_by_row()
    if found.wrong and not (leave_out and found.times):
        more = f"\n... and {found.wrong - _NAMED} more" if found.wrong > _NAMED else ""
        raise InputError(f"{found.wrong} bad rows; mend them first:\n" + "\n".join(found.named) + more)
    if not len(found.times):
        raise InputError("there are no prices below the first line")
    times, bars = np.asarray(found.times, dtype=np.float64), np.asarray(found.bars, dtype=np.float64)
    if len(times) > 1 and times[0] > times[-1]:
        times, bars = times[::-1].copy(), bars[::-1].copy()
    return Prices(times, bars, found.wrong)


def _wanted(columns: Mapping[str, str | int] | None) -> dict[str, str | int]:
    if columns is None:
        return {}
    good = isinstance(columns, Mapping) and all(type(place) in (str, int) for place in columns.values())
    if not good or set(columns) not in ({"time", "price"}, {"time", *OHLC}):
        raise refuse("columns", columns, "a mapping of time and price, or of time, open, high, low and close, to names")
    return dict(columns)


@dataclass
class _Found:
    """Rows that were read, and what was wrong with others."""

    times: Any
    bars: Any
    wrong: int
    named: list[str]


@dataclass
class _Table:
    """Rows of fields, where the columns are, and what a row is called in a message."""

    fields: Callable[[], Iterable[tuple[int, Sequence[Any]]]]
    width: int | None
    places: list[int]
    names: list[str]
    row: str
    text: str | None = None
    delimiter: str = ","
    first: int = 0

    @classmethod
    def of(cls, source: Any, wanted: Mapping[str, str | int]) -> _Table:
        """Find out what was given."""
        if isinstance(source, Mapping) or as_frame(source) is not None:
            return cls._of_columns(source, wanted)
        if isinstance(source, (str, Path)) or hasattr(source, "read"):
            return cls._of_text(read_text(source), wanted)
        if not isinstance(source, Iterable) or isinstance(source, (bytes, bytearray)):
            raise refuse("source", source, "a path, a file, its text or its lines, rows, columns or a DataFrame")
        if isinstance(source, np.ndarray) and not source.ndim:
            raise refuse("source", source, "a path, or the lines of a file")
        rows: list[Any] = []
        is_one: Callable[[object], bool] | None = None
        for row in source:
            is_one = is_one or next((kind for kind in (_is_line, _is_record, _is_sequence) if kind(row)), None)
            if is_one is None or not is_one(row):
                raise InputError(
                    f"source holds {shown(row)}: give lines of text, or rows of time, open, high, low and close"
                )
            rows.append(row)
        if is_one in (None, _is_line):
            return cls._of_text("\n".join(line.rstrip("\r\n") for line in rows).removeprefix("\ufeff"), wanted)
        if is_one is _is_record:
            return cls._of_columns([dict(row) for row in rows], wanted)
        places, names = _numbered(max(map(len, rows)), wanted)
        return cls(lambda: enumerate(rows, 1), None, places, names, "row")

    @classmethod
    def _of_columns(cls, source: Any, wanted: Mapping[str, str | int]) -> _Table:
        import pandas

        try:
            frame = pandas.DataFrame(dict(source) if isinstance(source, Mapping) else source)
        except (TypeError, ValueError, OverflowError) as error:
            raise InputError(f"source: the columns do not fit together: {error}"[:300]) from None
        columns = [frame.iloc[:, place] for place in range(frame.shape[1])]
        header = [str(name) for name in frame.columns]
        at_index = isinstance(frame.index, pandas.DatetimeIndex) and not wanted
        if at_index and not set(TIME_NAMES) & {_plain(name) for name in header}:
            header, columns = ["time", *header], [frame.index, *columns]
        places, names = _named(header, wanted)
        picked = [columns[place] for place in places]
        return cls(lambda: enumerate(zip(*picked, strict=True)), None, [*range(len(places))], names, "row")

    @classmethod
    def _of_text(cls, text: str, wanted: Mapping[str, str | int]) -> _Table:
        """Find the separator, and the header or the first row, in the first lines."""
        head = list(islice(lines_of(text), _HEAD))
        begun = [(*found, mark) for mark in "\t;," if (found := _beginning(head, mark, wanted))]
        if not begun:
            raise _no_beginning(text, head, wanted)
        first, header, width, delimiter = min(begun)
        places, names = _named(header, wanted) if header else _numbered(width, wanted)

        def fields() -> Iterable[tuple[int, Sequence[Any]]]:
            for number, row in rows_of(text, delimiter, first):
                stripped = [field.strip().removeprefix("\ufeff") for field in row]
                if any(stripped) and stripped != header:  # as files have it that were put one after another
                    yield number, stripped

        return cls(fields, width, places, names, "line", text, delimiter, first)

    def quick(self) -> _Found | None:
        """Read a text in which all is well with pandas; ``None`` if something isn't, which is then to be named."""
        if self.text is None or "\0" in self.text or self.places[0] in self.places[1:] or not self._even():
            return None  # pandas would cut a field at its NUL, shift the columns, or cut a row off
        import pandas

        time, *prices = self.places
        # Before 3.1 pandas is off by a last digit, now and then, unless it is asked not to be; since then it warns.
        old = tuple(map(int, pandas.__version__.split(".")[:2])) < (3, 1)
        exact: Any = {"float_precision": "round_trip"} if old else {}
        below = io.StringIO(self.text, newline="")
        for _ in range(self.first):
            below.readline()
        try:
            frame = pandas.read_csv(
                below,
                sep=self.delimiter,
                header=None,
                usecols=self.places,
                dtype={time: "str", **dict.fromkeys(prices, "float64")},
                keep_default_na=False,
                skipinitialspace=True,
                **exact,
            )
        except (ValueError, OverflowError):
            return None
        bars = frame[prices].to_numpy()
        bars = bars if len(prices) == 4 else np.repeat(bars, 4, axis=1)
        times = _all_seconds(frame[time])
        if times is None or not len(bars):
            return None
        steps = np.diff(times)
        in_order = bool((steps > 0).all() or (steps < 0).all())
        enclosed = (bars[:, 2] <= bars[:, [0, 3]].min(axis=1)) & (bars[:, 1] >= bars[:, [0, 3]].max(axis=1))
        # A column of nothing but TRUE would be a column of ones.
        good = np.isfinite(bars).all() and (bars > 0).all() and (bars != 1).any(axis=0).all() and enclosed.all()
        return _Found(times, bars, 0, []) if in_order and good else None

    def _even(self) -> bool:
        """Whether all rows have as many fields as the first."""
        assert self.text is not None and self.width is not None
        if '"' not in self.text:
            commas = self.width - 1
            lines = islice(io.StringIO(self.text, newline=""), self.first, None)
            return all(line.count(self.delimiter) == commas for line in lines if not line.isspace())
        return all(len(row) == self.width for _, row in rows_of(self.text, self.delimiter, self.first) if row)

    def row_by_row(self) -> _Found:
        """Read each row by itself, and name what is wrong."""
        found, clock = _Found([], [], 0, []), _Clock()
        for number, row in self.fields():
            try:
                if self.width is not None and len(row) != self.width:
                    raise InputError(f"it has {len(row)} fields and the first line has {self.width}")
                if len(row) <= max(self.places):
                    raise InputError(f"it has {len(row)} fields; needed are {max(self.places) + 1}")
                time, *prices = (row[place] for place in self.places)
                seconds = clock.read(time)
                bar = _bar(self.names[1:], prices)
                clock.go_on(time, seconds)
            except InputError as error:
                found.wrong += 1
                if len(found.named) < _NAMED:
                    found.named.append(f"{self.row} {number}: {error}")
                continue
            found.times.append(seconds)
            found.bars.append(bar)
        return found


_NEEDED = "needed: time and price, or time, open, high, low and close (or say with columns= what they are called)"


def _plain(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip().lower())


def _is_header(fields: Sequence[str], wanted: Mapping[str, str | int]) -> bool:
    names = {_plain(name) for name in fields}
    if wanted and all(isinstance(name, str) for name in wanted.values()):
        return {_plain(str(name)) for name in wanted.values()} <= names
    prices = set(OHLC) <= names or bool(set(PRICE_NAMES) & names)
    return bool(set(TIME_NAMES) & names) and prices


def _named(header: Sequence[str], wanted: Mapping[str, str | int]) -> tuple[list[int], list[str]]:
    """Return the places of the columns, and their names."""
    if wanted and any(isinstance(place, int) for place in wanted.values()):
        return _numbered(len(header), wanted)
    names = [_plain(name) for name in header]
    if wanted:
        asked = {key: _plain(str(name)) for key, name in wanted.items()}
        missing = [name for key, name in wanted.items() if asked[key] not in names]
        if missing:
            raise InputError(f"columns: there is no {missing[0]!r}; the file has {', '.join(header)}"[:300])
        return [_place(names, name) for name in asked.values()], list(wanted)
    time = next((name for name in TIME_NAMES if name in names), None)
    prices = OHLC if set(OHLC) <= set(names) else next(((name,) for name in PRICE_NAMES if name in names), ())
    if time is None or not prices:
        said = ", ".join(header[:20]) or "of nothing"
        raise InputError(f"the first line names the columns {said}; {_NEEDED}"[:400])
    return [_place(names, name) for name in (time, *prices)], [time, *prices]


def _place(names: Sequence[str], name: str) -> int:
    """Return the place of a column of which there is one."""
    if names.count(name) > 1:
        raise InputError(
            f"source has {names.count(name)} columns {name[:_SAID]}: say with columns= at which place, from 0"
        )
    return names.index(name)


def _numbered(width: int, wanted: Mapping[str, str | int]) -> tuple[list[int], list[str]]:
    """Return the places of the columns where no header names them: time first, then the price or the bar."""
    if wanted:
        if any(isinstance(place, str) for place in wanted.values()):
            raise InputError("columns: there is no header; say the places of the columns, from 0")
        places = [int(place) for place in wanted.values()]
        wrong = next((place for place in places if not 0 <= place < width), None)
        if wrong is not None:
            raise InputError(f"columns: there is no place {shown(wrong)}: there are {width} columns, counted from 0")
        return places, list(wanted)
    if width == 2:
        return [0, 1], ["time", "price"]
    if width < 5:
        raise InputError(
            f"source has no header, and {width} columns could be anything: say with columns= what they are"
        )
    return [*range(5)], ["time", *OHLC]


def _is_line(row: object) -> bool:
    return isinstance(row, str)


def _is_record(row: object) -> bool:
    return isinstance(row, Mapping)


def _is_sequence(row: object) -> bool:
    if isinstance(row, np.ndarray):
        return row.ndim > 0
    return isinstance(row, Sequence) and not isinstance(row, (str, bytes, bytearray))


def _beginning(
    head: Sequence[str], delimiter: str, wanted: Mapping[str, str | int]
) -> tuple[int, list[str], int] | None:
    """Find how many lines come before the rows, the header, if there is one, and how many fields a row has."""
    reader, found, first = reader_of(head, delimiter), None, 0
    above: list[str] = []
    try:
        for row in reader:
            fields = [field.strip() for field in row]
            if len(fields) > 1:
                if _is_header(fields, wanted):
                    return reader.line_num, fields, len(fields)
                if found is None and _has_time(fields, wanted):
                    # A line as wide as the first row is its header, though its names be unknown: that is then said.
                    found = first, above if len(above) == len(fields) else [], len(fields)
                if found is not None and _is_row(fields, wanted):
                    break
                above = fields
            first = reader.line_num
    except csv.Error:  # a field that no table has, with this separator
        pass
    return found


def _no_beginning(text: str, head: Sequence[str], wanted: Mapping[str, str | int]) -> InputError:
    """Say what is there in the place of a table."""
    if not text.strip():
        return InputError("source is empty")
    delimiter = next((mark for mark in "\t;" if any(mark in line for line in head)), ",")
    seen = [fields for line in head if len(fields := [field.strip().strip('"') for field in line.split(delimiter)]) > 1]
    if not seen:
        one = " ".join("".join(head[:1]).split())
        return InputError(f"source has no two columns; it begins {shown(one[:_SAID])}; {_NEEDED}")
    if len(seen) > 1 and any(map(_looks_decimal, seen[1])) and not _is_header(seen[0], wanted):
        return InputError(f"line 2 has a number with a comma in it: {shown(seen[1][:6])}; write 82132.9")
    try:
        _named(seen[0], wanted)  # says which columns there are
    except InputError as error:
        return error
    return InputError(f"no line is a header or a row of time and prices; {_NEEDED}")


def _parts(fields: Sequence[str], wanted: Mapping[str, str | int]) -> Sequence[str]:
    """Where no header says it: the time, and then the price or the bar."""
    places = [place for place in wanted.values() if isinstance(place, int) and 0 <= place < len(fields)]
    return [fields[place] for place in places] if places else fields[: 5 if len(fields) >= 5 else 2]


def _is_row(fields: Sequence[str], wanted: Mapping[str, str | int]) -> bool:
    """Whether it begins with a time, or a number, and goes on with numbers."""
    first, *rest = _parts(fields, wanted)
    return bool(_ISO.fullmatch(first) or _PLAIN.fullmatch(first)) and all(map(_PLAIN.fullmatch, rest))


def _has_time(fields: Sequence[str], wanted: Mapping[str, str | int]) -> bool:
    """Whether it is a row, perhaps one that is wrong in its prices."""
    first = _parts(fields, wanted)[0]
    plain = _PLAIN.fullmatch(first) and _unit(float(first)) is not None
    return bool(_ISO.fullmatch(first) or plain) or _is_row(fields, wanted)


def _looks_decimal(field: str) -> bool:
    return bool(re.fullmatch(r"\d[\d.]*,\d+", field))


class _Clock:
    """Reads times one after the other: all in one unit, and always in one direction."""

    def __init__(self) -> None:
        self.unit: str | None = None
        self.before: float | None = None
        self.direction = 0

    def read(self, given: Any) -> float:
        """Return a time in seconds since 1970."""
        text = given.strip() if isinstance(given, str) else given
        if isinstance(text, str) and not _PLAIN.fullmatch(text):
            return _moment(text)
        if isinstance(text, (date, np.datetime64)):
            return _checked(_seconds(text), given)
        if isinstance(text, str) and "e" in text.lower():
            raise InputError(
                f"time={shown(text)} was rounded by a spreadsheet: export the file again with the whole number"
            )
        number = _float(text)
        if number is None:
            raise InputError(f"time={shown(given)} is neither a date such as 2026-01-31T12:00 nor a number")
        unit = _unit(number)
        if unit is None:
            raise InputError(f"time={shown(given)} is not a time between 2009 and 2100{_hint(number)}")
        if self.unit not in (None, unit):
            raise InputError(f"time={shown(given)} is in {unit}; the rows before are in {self.unit}")
        self.unit = unit
        return number / _UNITS[unit]

    def go_on(self, given: Any, seconds: float) -> None:
        """Refuse a time that does not go on in the direction of the first two."""
        if self.before is not None:
            step = (seconds > self.before) - (seconds < self.before)
            if not step or step == -self.direction:
                way = "earlier" if self.direction < 0 else "later"
                raise InputError(f"time={str(given).strip()[:_SAID]} is not {way} than in the row before")
            self.direction = step
        self.before = seconds


def _unit(number: float) -> str | None:
    return next((name for name, size in _UNITS.items() if _FIRST * size <= number < _LAST * size), None)


def _hint(number: float) -> str:
    if 20090101 <= number <= 21001231 and number == int(number):
        return ": a date is written 2025-01-31"
    if 39_800 <= number <= 73_100:
        return ": it looks like a spreadsheet's day number; export the column as a date, 2025-01-31 12:00"
    return ": seconds, or milli-, micro- or nanoseconds, since 1970"


def _float(value: Any) -> float | None:
    """Digits, a number or a Decimal as a float; ``None`` for what is none."""
    try:
        number: Any = value if isinstance(value, (str, Decimal)) else as_number(value)
        return None if number is None else float(number)
    except (TypeError, ValueError, OverflowError):
        return None


def _seconds(moment: date | np.datetime64) -> float:
    """Seconds since 1970 of a date with or without a time, NaN for what is far from our days."""
    try:
        if isinstance(moment, np.datetime64):  # nanoseconds reach from 1678 to 2262 and then begin again
            near = np.datetime64("2009") <= moment < np.datetime64("2101")
            return float(moment.astype("datetime64[ns]").astype("int64")) / 1e9 if near else math.nan
        full = moment if isinstance(moment, datetime) else datetime(moment.year, moment.month, moment.day)
        return (full if full.tzinfo else full.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return math.nan


def _checked(seconds: float, given: Any) -> float:
    if not _FIRST <= seconds < _LAST:
        raise InputError(f"time={shown(given)} is not a time between 2009 and 2100")
    return seconds


def _moment(text: str) -> float:
    found = _ISO.fullmatch(text)
    if not found:
        raise InputError(f"time={text!r} is neither a date such as 2026-01-31T12:00 nor a number"[:200])
    day, clock, zone = found.groups()
    zone = "+00:00" if not zone or zone.upper() in ("Z", "UTC", "GMT") else zone
    try:
        whole, _, part = (clock or "00:00").partition(".")
        seconds = datetime.fromisoformat(f"{day}T{whole}{zone}").timestamp() + float(f"0.{part or 0}")
    except (ValueError, OverflowError) as error:
        raise InputError(f"time={text!r} is not a time: {error}") from None
    return _checked(seconds, text)


def _all_seconds(texts: pandas.Series[str]) -> Array | None:
    """All times in seconds since 1970 at once, or ``None`` if they must be looked at one by one."""
    import pandas

    stripped = texts.str.strip()
    if stripped.str.fullmatch(r"\d+([.]\d+)?").all():
        numbers = stripped.astype("float64").to_numpy()
        unit = _unit(float(numbers[0])) if len(numbers) else None
        if unit is None:
            return None
        low, high = _FIRST * _UNITS[unit], _LAST * _UNITS[unit]
        return numbers / _UNITS[unit] if bool(((numbers >= low) & (numbers < high)).all()) else None
    first = _ISO.fullmatch(stripped.iloc[0]) if len(stripped) else None
    if first is None:
        return None
    # All with a zone or all without: from one that has none, pandas before 3 takes the zone of the row before.
    if not stripped.str.fullmatch(_MOMENT + _ZONE if first[3] else _MOMENT, flags=re.IGNORECASE).all():
        return None
    if first[3] and first[3].upper() in ("UTC", "GMT"):
        stripped = stripped.str.replace(r"(?i)\s*(UTC|GMT)$", "Z", regex=True)
    try:
        moments = pandas.to_datetime(stripped, format="ISO8601", utc=True)
        seconds = (moments - pandas.Timestamp(0, tz="UTC")) / pandas.Timedelta(seconds=1)
    except (ValueError, OverflowError):
        return None
    times = seconds.to_numpy(dtype=np.float64)
    return times if bool(((times >= _FIRST) & (times < _LAST)).all()) else None


def _bar(names: Sequence[str], given: Sequence[Any]) -> list[float]:
    prices = []
    for name, value in zip(names, given, strict=True):
        text = value.strip() if isinstance(value, str) else value
        if isinstance(text, str) and not _PLAIN.fullmatch(text) and text.lower().lstrip("+-") not in _NO_PRICE:
            comma = ": a comma in a number is not read, write 82132.9" if _has_comma(text) else ""
            raise InputError(f"{name}={text!r} is not a number{comma}"[:200])
        price = _float(text)
        if price is None:
            raise InputError(f"{name}={shown(value)} is not a number")
        if not 0 < price < math.inf:
            raise InputError(f"{name}={str(text)[:_SAID]} is not a finite price above 0")
        prices.append(price)
    if len(prices) == 1:
        return prices * 4
    opened, high, low, close = prices
    if low > min(opened, close) or high < max(opened, close):
        raise InputError(f"low={low:g} to high={high:g} does not enclose open={opened:g} and close={close:g}")
    return prices


_NO_PRICE = ("nan", "inf", "infinity")


def _has_comma(text: str) -> bool:
    return "," in text and bool(re.fullmatch(r"[\d.,\s'’+-]+", text))
