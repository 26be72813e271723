"""The one checker: every number that comes from outside passes through here, its type first, then its range.

What is refused raises :class:`InputError`, a ``ValueError`` that names the argument, the value and what is allowed.
"""

from __future__ import annotations

import enum
import math
import sys
import traceback
from collections.abc import Callable, Mapping
from fractions import Fraction
from numbers import Rational
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Number = int | float | Fraction
Array = npt.NDArray[np.float64]
Numbers = Number | Array
"""A number or an array of them."""

SMALLEST = 5e-324
"""The smallest float above 0: an exact number below it would be 0 wherever floats are reckoned with."""
LARGEST = sys.float_info.max
# How far above 1 the sum of two chances may come out.
_ROUNDING = 1e-12
_SHOWN = 60
"""Characters of a refused value that are shown."""

Option = TypeVar("Option")


class InputError(ValueError):
    """What the library raises for input that cannot be. A notebook shows its sentence and the reader's own line."""

    def _render_traceback_(self) -> list[str]:
        """Say it without the library's own frames (IPython asks for this)."""
        said = [f"ValueError: {self}"]
        frames = [f for f in traceback.extract_tb(self.__traceback__) if f.line and not _ours(f)]
        if frames:
            said.insert(0, f"line {frames[-1].lineno}: {(frames[-1].line or '').strip()}")
        return said


def _ours(frame: traceback.FrameSummary) -> bool:
    return frame.filename.startswith(_LIBRARY) or "lambdifygenerated" in frame.filename


_LIBRARY = str(Path(__file__).parents[1])

# What a number may be: the words a reader sees, and the test. NaN fails every test, and so does what no float can hold.
ALLOWED: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "side": ("+1 for a long or -1 for a short", lambda x: x == 1 or x == -1),
    "positive": ("a finite number above 0", lambda x: SMALLEST <= x <= LARGEST),
    "non-negative": ("a finite number of at least 0", lambda x: 0 <= x <= LARGEST),
    "rate": ("a fraction of at least 0 and below 1, such as 0.004 for 0.4 %", lambda x: 0 <= x < 1),
    "part": ("a fraction from 0 to 1", lambda x: 0 <= x <= 1),
    "number": ("a finite number", lambda x: -LARGEST <= x <= LARGEST),
    "probability": ("a probability from 0 to 1", lambda x: 0 <= x <= 1 + _ROUNDING),
    "correlation": ("a number from -1 to 1", lambda x: -1 <= x <= 1),
    "volatility": ("a volatility from 1e-15 to 1e6", lambda x: 1e-15 <= x <= 1e6),
    "volatility or 0": ("a volatility from 0 to 1e150", lambda x: 0 <= x <= 1e150),
    "years": ("a time from 1e-12 to 1e6 years", lambda x: 1e-12 <= x <= 1e6),
    "time": ("a number of at least 0, math.inf for ever", lambda x: 0 <= x <= LARGEST or x == math.inf),
    "count": ("a whole number above 0", lambda x: 0 < x <= LARGEST and x == int(x)),
}


def shown(value: object) -> str:
    """Show a value in a message, cut where it is long.

    >>> shown("x" * 100_000)
    "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx ..."
    """
    if isinstance(value, int) and value.bit_length() > 4 * _SHOWN:
        return f"a number of about {int(value.bit_length() * 0.30103):,} digits"
    text = str(value) if isinstance(value, (int, float, Fraction, np.generic)) else repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ..."


def refuse(name: str, value: object, words: str) -> InputError:
    """Make the refusal of an argument: raise what this returns."""
    return InputError(f"{name}={shown(value)} is not allowed: {name} must be {words}")


def one_number(name: str, value: object, kind: str) -> Number:
    """Return one number of a kind of :data:`ALLOWED` as ``int``, ``float`` or ``Fraction``; refuse all else.

    Whole ``"count"`` come back as ``int``, so that ``paths=1e5`` will do.

    >>> one_number("leverage", 25, "positive")
    25
    >>> one_number("leverage", "25", "positive")
    Traceback (most recent call last):
    ...
    liquidation.algebra.checks.InputError: leverage='25' is not allowed: leverage must be a finite number above 0
    """
    words, allowed = ALLOWED[kind]
    number = as_number(value)
    if number is None or not allowed(number):
        raise refuse(name, value, words)
    return int(number) if kind == "count" else number


def as_number(value: object) -> Number | None:
    """Return a real number as ``int``, ``float`` or ``Fraction``, or None for what is none.

    Booleans, text, ``None``, ``Decimal``, complex numbers, lists and arrays are none.
    """
    kind = type(value)
    if kind is float or kind is int or kind is Fraction:
        return value  # type: ignore[return-value]  # the three types are just what Number is
    if isinstance(value, (bool, np.bool_)):
        return None
    if isinstance(value, (np.floating, float)):
        return float(value)
    if isinstance(value, (np.integer, int)):
        return int(value)
    return Fraction(value) if isinstance(value, Rational) else None


def require(kind: str, **values: object) -> None:
    """Refuse, by name and in words, what is not one number of a kind of :data:`ALLOWED`."""
    for name, value in values.items():
        one_number(name, value, kind)


def numbers(name: str, value: object, kind: str) -> Numbers:
    """Return a number or an array of a kind of :data:`ALLOWED`; what is refused in an array is named with its place.

    >>> numbers("mark_price", [100, 110], "positive")
    array([100., 110.])
    """
    found = number_or_array(name, value, ALLOWED[kind][0])
    if not isinstance(found, np.ndarray):
        return one_number(name, found, kind)
    refuse_first(name, found, kind)
    return np.asarray(found, np.float64)


def number_or_array(
    name: str, value: object, words: str = "an int, a float, a Fraction or an array of them"
) -> Number | npt.NDArray[Any]:
    """Return a real number, or an array of real numbers as it is; refuse what is neither. No range is looked at."""
    if type(value) is np.ndarray and value.dtype.kind in "iuf":
        return value
    number = as_number(value)
    if number is not None:
        return number
    if isinstance(value, np.ma.MaskedArray):
        raise InputError(f"{name} is a masked array, and a mask would be lost: give .filled(...) or .compressed()")
    if isinstance(value, (list, tuple)) or (hasattr(value, "__array__") and np.ndim(value)):
        try:
            array = np.asarray(value)
        except (TypeError, ValueError):
            raise refuse(name, value, words) from None
        if array.dtype.kind in "iuf":
            return array
        raise InputError(f"{name} is an array of {array.dtype}: give an array of numbers")
    raise refuse(name, value, words)


def as_list(name: str, given: object, words: str) -> list[Any]:
    """Return what is given as a list; refuse what holds no things in a row, such as text or an array of no axis."""
    if not isinstance(given, (str, bytes, Mapping)):
        try:
            return [*given]  # type: ignore[misc]  # what cannot be iterated is refused below
        except TypeError:
            pass
    raise refuse(name, given, words)


def check_fields(record: object, **kinds: str | type | tuple[type, ...]) -> None:
    """Check fields of a record, each by a kind of :data:`ALLOWED` or by its type; numbers come back plain."""
    for name, kind in kinds.items():
        value = getattr(record, name)
        if isinstance(kind, str):
            if not isinstance(value, enum.Enum):  # an answer such as NEVER stands for a number
                object.__setattr__(record, name, one_number(name, value, kind))
        elif not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            types = kind if isinstance(kind, tuple) else (kind,)
            raise refuse(name, value, " or ".join(f"a {t.__name__}" for t in types))


def refuse_first(name: str, values: npt.NDArray[Any], kind: str) -> None:
    """Refuse the first element that is not allowed, with its place."""
    words, allowed = ALLOWED[kind]
    if values.size == 0 or ALL_ALLOWED[kind](np.asarray(values, np.float64)):
        return
    index = next(i for i in np.ndindex(values.shape) if not allowed(values[i]))
    place = index[0] if len(index) == 1 else index
    raise InputError(f"{name}={values[index]} (at position {place}) is not allowed: {name} must be {words}")


def one_of(name: str, value: object, *options: Option) -> Option:
    """Return the option that the value is; refuse all else.

    >>> one_of("rule", "flat", "flat", "marginal")
    'flat'
    """
    for option in options:
        if type(value) is type(option) and value == option:
            return option
    *most, last = (repr(option) for option in options)
    raise refuse(name, value, f"{', '.join(most)} or {last}" if most else last)


# -- whole arrays ----------------------------------------------------------------------------------------------------


def _least(x: Array) -> Any:
    return np.minimum.reduce(x, axis=None)


def _most(x: Array) -> Any:
    return np.maximum.reduce(x, axis=None)


def _all_sides(x: Array) -> bool:
    """Whether every element is +1 or -1: their squares are 1, and those of no other float are."""
    squares = x * x
    return bool(_least(squares) == 1 and _most(squares) == 1)


# The same tests for a whole array at once; minimum and maximum carry a NaN along, so that it fails here too.
ALL_ALLOWED: dict[str, Callable[[Array], Any]] = {
    "side": _all_sides,
    "positive": lambda x: _least(x) > 0 and _most(x) <= LARGEST,
    "non-negative": lambda x: _least(x) >= 0 and _most(x) <= LARGEST,
    "rate": lambda x: _least(x) >= 0 and _most(x) < 1,
    "part": lambda x: _least(x) >= 0 and _most(x) <= 1,
    "number": lambda x: _least(x) >= -LARGEST and _most(x) <= LARGEST,
    "probability": lambda x: _least(x) >= 0 and _most(x) <= 1 + _ROUNDING,
    "correlation": lambda x: _least(x) >= -1 and _most(x) <= 1,
    "volatility": lambda x: _least(x) >= 1e-15 and _most(x) <= 1e6,
    "volatility or 0": lambda x: _least(x) >= 0 and _most(x) <= 1e150,
    "time": lambda x: _least(x) >= 0,
}
# Half the work, for arguments whose infinity is sure to show in the result (see Program.shows_infinity).
BUT_INFINITY: dict[str, Callable[[Array], Any]] = {
    **ALL_ALLOWED,
    "positive": lambda x: _least(x) > 0,
    "non-negative": lambda x: _least(x) >= 0,
    "number": lambda x: _least(x) > -math.inf,
}
