"""Numbers into a formula: which arguments are allowed, scalars and arrays, and "there is no such price".

:class:`Program` is the numeric half of :class:`liquidation.algebra.formula.Formula`: a compiled expression together
with the checks on what goes in and what comes out.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from numbers import Real
from typing import Any

import numpy as np

from .tape import Tape
from .threads import SHARE, in_threads, shares
from .vocabulary import Relation

# Elements evaluated at a time: what a piece needs stays in the processor's cache. Several threads want longer pieces,
# not to quarrel about the interpreter's lock. Measured by tests/benchmark.py.
PIECE = 65_536


class NoPrice(enum.Enum):
    """The two answers that take the place of a price when no positive price solves the equation.

    In arrays they are infinities, signed so that ``side * (mark_price - liquidation_price) <= 0`` still reads
    "is liquidated": *never* is ``-inf`` for a long and ``+inf`` for a short, *already* the other way round.
    """

    NEVER = "never: there is no positive price at which this happens"
    ALREADY = "already: this holds at every positive price"

    def __repr__(self) -> str:
        return self.name

    def __str__(self) -> str:
        return self.name.lower()


NEVER, ALREADY = NoPrice.NEVER, NoPrice.ALREADY

# How far above 1 the sum of two chances may come out.
_ROUNDING = 1e-12
# What an argument may be: the words a learner reads, and the test for one number. NaN fails every test.
ALLOWED: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "side": ("+1 for a long or -1 for a short", lambda x: x == 1 or x == -1),
    "positive": ("a finite number above 0", lambda x: 0 < x < math.inf),
    "non-negative": ("a finite number of at least 0", lambda x: 0 <= x < math.inf),
    "rate": ("a fraction of at least 0 and below 1, such as 0.004 for 0.4 %", lambda x: 0 <= x < 1),
    "number": ("a finite number", lambda x: -math.inf < x < math.inf),
    "probability": ("a probability from 0 to 1", lambda x: 0 <= x <= 1 + _ROUNDING),
    "correlation": ("a number from -1 to 1", lambda x: -1 <= x <= 1),
}


def require(kind: str, **values: Any) -> None:
    """Refuse, by name and in words, what is not of a kind of :data:`ALLOWED`."""
    words, allowed = ALLOWED[kind]
    for name, value in values.items():
        if not allowed(value):
            raise ValueError(f"{name}={value} is not allowed: {name} must be {words}")


_least, _most = np.minimum.reduce, np.maximum.reduce
_ONE, _SIGN = np.array([1.0, -0.0]).view(np.int64)


def _all_sides(x: np.ndarray) -> bool:
    """Whether every element is +1 or -1: all have the bits of 1 and none has more than those of -1."""
    bits = x.view(np.int64)
    return np.bitwise_and.reduce(bits) & _ONE == _ONE and np.bitwise_or.reduce(bits) & ~(_ONE | _SIGN) == 0


# The same tests for a whole array at once; minimum and maximum carry a NaN along, so that it fails here too.
_ALL_ALLOWED: dict[str, Callable[[np.ndarray], bool]] = {
    "side": _all_sides,
    "positive": lambda x: _least(x) > 0 and _most(x) < math.inf,
    "non-negative": lambda x: _least(x) >= 0 and _most(x) < math.inf,
    "rate": lambda x: _least(x) >= 0 and _most(x) < 1,
    "number": lambda x: _least(x) > -math.inf and _most(x) < math.inf,
    "probability": lambda x: _least(x) >= 0 and _most(x) <= 1 + _ROUNDING,
    "correlation": lambda x: _least(x) >= -1 and _most(x) <= 1,
}
# Half the work, for arguments whose infinity is sure to show in the result (see Program.shows_infinity).
_BUT_INFINITY: dict[str, Callable[[np.ndarray], bool]] = {
    **_ALL_ALLOWED,
    "positive": lambda x: _least(x) > 0,
    "non-negative": lambda x: _least(x) >= 0,
    "number": lambda x: _least(x) > -math.inf,
}


@dataclass(frozen=True)
class Program:
    """A compiled expression with its checks.

    ``arguments`` maps each argument's name to a key of :data:`ALLOWED`, in the order in which ``fraction`` takes
    them; ``fraction(*values)`` returns numerator and denominator of the result, and ``arithmetic`` says that it needs
    no functions for that. ``excess(*values, price)`` is the left minus the right side of the equation at a price, for
    telling :data:`NEVER` from :data:`ALREADY`.
    ``shows_infinity`` names the arguments of which the numerator is a polynomial: an infinity there makes the
    result infinite or NaN. ``fixed`` holds numbers put in earlier, for the relations and the side.
    """

    result: str
    result_kind: str
    arguments: Mapping[str, str]
    fraction: Callable[..., tuple[Any, Any]]
    arithmetic: bool
    excess: Callable[..., Any] | None
    shows_infinity: Sequence[str]
    relations: Sequence[Relation]
    fixed: Mapping[str, Any]

    def __post_init__(self) -> None:
        checks = [(name, ALLOWED[kind][1]) for name, kind in self.arguments.items()]
        object.__setattr__(self, "_checks", checks)
        object.__setattr__(self, "_names", self.arguments.keys())
        object.__setattr__(self, "_price", self.result_kind == "trigger price")

    def __call__(self, given: Mapping[str, Any]) -> Any:
        """Evaluate on numbers, ``Fraction`` and arrays; ``ValueError`` names what is missing or impossible."""
        if given.keys() != self._names:
            self._refuse_names(given)
        values, arrays = [], False
        for name, allowed in self._checks:
            value = given[name]
            kind = type(value)
            if kind is not float and kind is not int and kind is not Fraction:
                value = _as_number_or_array(name, value)
                if isinstance(value, np.ndarray):
                    arrays = True
                    values.append(value)
                    continue
            if not allowed(value):
                self._refuse(name, value)
            values.append(value)
        if arrays:
            return self._on_arrays(values)
        for relation in self.relations:
            self._check_relation(relation, dict(zip(self.arguments, values, strict=True)))
        try:
            numerator, denominator = self.fraction(*values)
            result = numerator / denominator
        except (ZeroDivisionError, OverflowError):
            result = math.nan
        if self._price:
            return result if 0 < result < math.inf else self._no_price(values)
        if not ALLOWED[self.result_kind][1](result):
            self._refuse_result(result)
        return result

    # -- one number ------------------------------------------------------------------------------------------

    def _no_price(self, values: Sequence[Any]) -> NoPrice:
        # No positive root: the sign of "equity minus requirement" is the same at every price, so one price tells.
        excess = self.excess(*values, 1)
        if not math.isfinite(excess):
            self._refuse_result(excess)
        return ALREADY if excess < 0 else NEVER

    # -- arrays ----------------------------------------------------------------------------------------------

    def _on_arrays(self, values: list[Any]) -> np.ndarray:
        names = list(self.arguments)
        where = [i for i, value in enumerate(values) if isinstance(value, np.ndarray)]
        try:
            shape = np.broadcast_shapes(*(values[i].shape for i in where))
        except ValueError:
            shapes = ", ".join(f"{names[i]} {values[i].shape}" for i in where)
            raise ValueError(
                f"these arrays do not fit together: {shapes}; give equal or broadcastable shapes"
            ) from None
        # Numbers stay numbers. Arrays that lie in a row are cut anywhere, others along their first axis.
        result = np.empty(shape)
        views = [
            (x if x.shape == shape else np.broadcast_to(x, shape)) if i in where else float(x)
            for i, x in enumerate(values)
        ]
        rows = result
        if all(views[i].flags.c_contiguous for i in where):
            views = [x.reshape(-1) if i in where else x for i, x in enumerate(views)]
            rows = result.reshape(-1)
        width = result.size // max(1, len(rows))
        in_threads(lambda share: self._on_rows(values, where, views, rows, share, width), shares(len(rows), width))
        return result

    def _on_rows(
        self, values: list[Any], where: list[int], views: list[Any], result: np.ndarray, share: slice, width: int
    ) -> None:
        """Check and evaluate a share of the rows, of ``width`` elements each, piece by piece."""
        names = list(self.arguments)
        every = [_ALL_ALLOWED[kind] for kind in self.arguments.values()]
        quick = [
            _BUT_INFINITY[kind] if name in self.shows_infinity else _ALL_ALLOWED[kind]
            for name, kind in self.arguments.items()
        ]
        result_allowed = _ALL_ALLOWED["positive" if self._price else self.result_kind]
        size = (share.stop - share.start) * width
        piece, step = list(views), max(1, (PIECE if size < SHARE else 2 * PIECE) // max(1, width))

        def check(i: int, x: np.ndarray, tests: Sequence[Callable[[np.ndarray], bool]] = quick) -> None:
            if not tests[i](x):
                self._refuse_first(names[i], values[i])

        # One piece is not worth a tape; functions other than arithmetic cannot be put on one.
        tape = Tape(self.fraction, views, step * width, check) if self.arithmetic and size > step * width else None
        with np.errstate(all="ignore"):
            for start in range(share.start, share.stop, step):
                part = slice(start, min(start + step, share.stop))
                for i in where:
                    piece[i] = np.asarray(views[i][part], float).reshape(-1)  # copies only what does not lie in a row
                out = result[part].reshape(-1)
                if tape:
                    tape.play(piece, out)
                else:
                    for i in where:
                        check(i, piece[i])
                    np.divide(*self.fraction(*piece), out=out)
                for relation in self.relations:
                    self._check_relation(relation, dict(zip(names, piece, strict=True)))
                if not result_allowed(out):
                    for i in where:
                        check(i, piece[i], every)
                    if not self._price:
                        self._refuse_result(out)
                    self._mark_no_price(out, piece)

    def _mark_no_price(self, out: np.ndarray, piece: list[Any]) -> None:
        """Put the documented infinities where no positive price solves the equation."""
        side = self.fixed["side"] if "side" in self.fixed else piece[list(self.arguments).index("side")]
        none = ~((out > 0) & (out < math.inf))
        excess = np.broadcast_to(self.excess(*piece, 1.0), out.shape)
        if not np.isfinite(excess[none]).all():
            self._refuse_result(math.nan)
        out[none] = (np.where(excess < 0, math.inf, -math.inf) * side)[none]

    # -- errors that teach -----------------------------------------------------------------------------------

    def _check_relation(self, relation: Relation, values: dict[str, Any]) -> None:
        first, second = (values.get(name, self.fixed.get(name)) for name in relation.names)
        holds = relation.holds(first, second)
        if np.all(holds):
            return
        if np.ndim(holds):
            bad = int(np.argmin(holds))
            first, second = (np.broadcast_to(x, np.shape(holds))[bad].item() for x in (first, second))
        a, b = relation.names
        raise ValueError(f"{a}={first} with {b}={second}: {relation.why}")

    def _refuse_names(self, given: Mapping[str, Any]) -> None:
        wanted = ", ".join(self.arguments)
        unknown = [name for name in given if name not in self.arguments]
        missing = [name for name in self.arguments if name not in given]
        said = []
        if unknown:
            said.append(f"does not know {', '.join(unknown)}")
        if missing:
            said.append(f"still needs {', '.join(missing)}")
        raise ValueError(f"{self.result} {' and '.join(said)}; its arguments are: {wanted}")

    def _refuse(self, name: str, value: Any) -> None:
        raise ValueError(f"{name}={value} is not allowed: {name} must be {ALLOWED[self.arguments[name]][0]}")

    def _refuse_first(self, name: str, values: np.ndarray) -> None:
        allowed = ALLOWED[self.arguments[name]][1]
        index = next(i for i in np.ndindex(values.shape) if not allowed(values[i]))
        place = index[0] if len(index) == 1 else index
        self._refuse(f"{name}", f"{values[index]} (at position {place})")

    def _refuse_result(self, result: Any) -> None:
        raise ValueError(
            f"with these arguments there is no {self.result}: the equation gives {result}, "
            f"but {self.result} must be {ALLOWED['positive' if self._price else self.result_kind][0]}"
        )


def _as_number_or_array(name: str, value: Any) -> Any:
    """Return a real number or a float-compatible array; refuse what is neither."""
    if isinstance(value, Real) and not isinstance(value, (bool, np.bool_)):
        return (
            float(value) if isinstance(value, np.floating) else int(value) if isinstance(value, np.integer) else value
        )
    if isinstance(value, (np.ndarray, list, tuple)):
        array = np.asarray(value)
        if array.dtype.kind in "iuf":
            return array
        raise ValueError(f"{name} is an array of {array.dtype}: give an array of numbers")
    raise ValueError(f"{name}={value!r} is not a number: give an int, a float, a Fraction or an array of numbers")
