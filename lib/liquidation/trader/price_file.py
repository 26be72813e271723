"""A reader's own prices from a CSV file: every bad row is named, and nothing is guessed."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from ..algebra.checks import Array, InputError, refuse, shown

_OHLC = ("open", "high", "low", "close")
_NAMED = 5


@dataclass(frozen=True)
class Prices:
    """Prices in rising order of time.

    >>> prices = read_prices(["time,price", "2026-01-01,50000", "2026-01-02,51000"])
    >>> prices.bars.shape, round(prices.volatility, 3)
    ((2, 4), 0.378)

    ``times``: seconds since 1970 (UTC), shape ``(n,)``; ``bars``: open, high, low and close, shape ``(n, 4)``, all
    four the same where the file has a single price.
    """

    times: Array
    bars: Array

    @property
    def closes(self) -> Array:
        """The last column of ``bars``."""
        return self.bars[:, 3]

    @property
    def volatility(self) -> float:
        """Yearly volatility of the log price: squared moves over the time that they took. Needs two rows."""
        if len(self.times) < 2:
            raise InputError("one row of prices has no volatility: give at least two")
        moves = np.diff(np.log(self.closes))
        return math.sqrt(float(moves @ moves) / ((self.times[-1] - self.times[0]) / (365 * 86_400)))


def read_prices(source: str | Path | Iterable[str]) -> Prices:
    """Read a CSV file with a header: columns ``time`` and ``price``, or ``time, open, high, low, close``.

    ``source`` is a path, or the lines themselves. Column names may be in capitals; other columns are left alone.
    Times are ISO 8601 (UTC unless they say otherwise), or seconds or milliseconds since 1970.

    >>> read_prices(["time,price", "2026-01-01,50000", "2026-01-02,51000"]).closes.tolist()
    [50000.0, 51000.0]

    Raises ``ValueError`` that names every bad line (the first five of many): a missing or unreadable value, a price
    that is not above 0, a high or low that does not enclose the others, a time that does not rise. Prices are never
    repaired or left out.
    """
    if isinstance(source, (str, Path)):
        try:
            source = Path(source).read_text(encoding="utf-8-sig").splitlines()
        except (OSError, ValueError) as error:
            raise InputError(f"source={shown(source)} cannot be read as a text file: {error}"[:300]) from None
    if not isinstance(source, Iterable) or isinstance(source, (bytes, dict)):
        raise refuse("source", source, "a path, or the lines of a file")
    if isinstance(source, np.ndarray) and not source.ndim:
        raise refuse("source", source, "a path, or the lines of a file")
    source = list(source)
    if not all(isinstance(line, str) for line in source):
        raise refuse("source", source, "a path, or lines of text")
    rows = csv.reader(source)
    names = [name.strip().lower() for name in next(rows, [])]
    columns = _OHLC if set(_OHLC) <= set(names) else ("price",)
    if "time" not in names or not set(columns) <= set(names):
        raise InputError(
            f"the first line names the columns {', '.join(names) or 'of nothing'}; "
            "needed: time and price, or time, open, high, low and close"
        )
    places = [names.index(name) for name in ("time", *columns)]
    times: list[float] = []
    bars: list[list[float]] = []
    wrong: list[str] = []
    for row in rows:
        if not any(field.strip() for field in row):
            continue
        try:
            if len(row) != len(names):
                raise InputError(f"it has {len(row)} fields and the first line has {len(names)}")
            time, *prices = (row[place].strip() for place in places)
            seconds, bar = _seconds(time), _bar(columns, prices)
            if times and seconds <= times[-1]:
                raise InputError(f"time={time} is not later than in the row before")
        except ValueError as error:
            wrong.append(f"line {rows.line_num}: {error}")
            continue
        times.append(seconds)
        bars.append(bar)
    if wrong:
        more = f"\n... and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
        raise InputError(f"{len(wrong)} bad rows; mend them first:\n" + "\n".join(wrong[:_NAMED]) + more)
    if not bars:
        raise InputError("there are no prices below the first line")
    return Prices(np.array(times), np.array(bars))


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise InputError(f"time={text!r} is neither a date such as 2026-01-31T12:00 nor a number") from None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if not 0 <= number < math.inf:
        raise InputError(f"time={text!r} is not a time")
    # Seconds since 1970 reach 1e11 in the year 5138; in milliseconds that was March 1973.
    return number / 1000 if number >= 1e11 else number


def _bar(columns: tuple[str, ...], texts: list[str]) -> list[float]:
    prices = []
    for name, text in zip(columns, texts, strict=True):
        try:
            price = float(text)
        except ValueError:
            raise InputError(f"{name}={text!r} is not a number") from None
        if not 0 < price < math.inf:
            raise InputError(f"{name}={text} is not a finite price above 0")
        prices.append(price)
    if len(prices) == 1:
        return prices * 4
    opened, high, low, close = prices
    if low > min(opened, close) or high < max(opened, close):
        raise InputError(f"low={low:g} to high={high:g} does not enclose open={opened:g} and close={close:g}")
    return prices
