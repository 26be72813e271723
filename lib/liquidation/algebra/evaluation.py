"""Numbers into a formula: one at a time or in arrays, and "there is no such price".

:class:`Program` is the numeric half of :class:`liquidation.algebra.formula.Formula`: a compiled expression together
with the checks on what goes in and what comes out. Its path for arrays is the specification: what is longer than
:data:`PLAIN` elements goes through :mod:`liquidation.algebra.fast`, which gives the same to the last bit.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from . import fast
from .checks import (
    ALL_ALLOWED,
    ALLOWED,
    BUT_INFINITY,
    LARGEST,
    Array,
    InputError,
    Number,
    number_or_array,
    refuse,
    refuse_first,
    shown,
)
from .vocabulary import Relation

PLAIN = 100_000
"""Up to so many elements are computed at once, as NumPy does."""


class NoPrice(enum.Enum):
    """The two answers that take the place of a price when no positive price solves the equation.

    In arrays they are infinities, signed so that ``side * (mark_price - liquidation_price) <= 0`` still reads
    "is liquidated": *never* is ``-inf`` for a long and ``+inf`` for a short, *already* the other way round.

    >>> from liquidation import NEVER, liquidation_price
    >>> paid_in_full = dict(entry_price=50_000, quantity=1_000, contract_size=0.0001, maintenance_margin=20)
    >>> liquidation_price(side=1, position_margin=5_020, **paid_in_full) is NEVER
    True
    """

    NEVER = "never: there is no positive price at which this happens"
    ALREADY = "already: this holds at every positive price"

    def __repr__(self) -> str:
        return self.name

    def __str__(self) -> str:
        return self.name.lower()


NEVER, ALREADY = NoPrice.NEVER, NoPrice.ALREADY

Price: TypeAlias = Number | NoPrice

TINY = 2.0**-48
"""A price this small a part of the price it is reckoned from (or this much larger, where money is straight in its
reciprocal) is what is left when floats that cancel are subtracted: there is no such price. Sixteen units in the last
place; exact numbers need no such rule."""


_INF = math.inf
_STARTS = ("entry_price", "mark_price")
"""The prices that a trigger price can be reckoned from."""


@dataclass(frozen=True)
class Program:
    """A compiled expression with its checks.

    ``arguments`` maps each argument's name to a key of :data:`liquidation.algebra.checks.ALLOWED`, in the order in
    which ``fraction`` takes them; ``fraction(*values)`` returns numerator and denominator of the result, and
    ``arithmetic`` says that it needs no functions for that. ``excess(*values, price)`` is the left minus the right
    side of the equation at a price, for telling :data:`NEVER` from :data:`ALREADY`.
    ``straight`` says that the excess is straight in the price, as for a linear contract, and not in its reciprocal.
    ``shows_infinity`` names the arguments of which the numerator is a polynomial: an infinity there makes the
    result infinite or NaN. ``fixed`` holds numbers put in earlier, for the relations and the side.
    """

    result: str
    result_kind: str
    arguments: Mapping[str, str]
    fraction: Callable[..., tuple[Any, Any]]
    arithmetic: bool
    excess: Callable[..., Any] | None
    straight: bool
    shows_infinity: Sequence[str]
    relations: Sequence[Relation]
    fixed: Mapping[str, Number]
    _names: tuple[str, ...] = field(init=False, repr=False)
    _checks: Sequence[tuple[str, Callable[[Any], bool]]] = field(init=False, repr=False)
    _quick: Sequence[Callable[[Array], Any]] = field(init=False, repr=False)
    _price: bool = field(init=False, repr=False)
    _place: int | None = field(init=False, repr=False)
    _fixed_start: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        kinds = self.arguments.items()
        quick = [(BUT_INFINITY if name in self.shows_infinity else ALL_ALLOWED)[kind] for name, kind in kinds]
        object.__setattr__(self, "_names", tuple(self.arguments))
        object.__setattr__(self, "_checks", [(name, ALLOWED[kind][1]) for name, kind in kinds])
        object.__setattr__(self, "_quick", quick)
        object.__setattr__(self, "_price", self.result_kind == "trigger price")
        starts = [name for name in _STARTS if self._price and (name in self._names or name in self.fixed)]
        place = self._names.index(starts[0]) if starts and starts[0] in self._names else None
        object.__setattr__(self, "_place", place)
        # Without such a price there is no scale, and every price above 0 counts.
        no_scale = 0.0 if self.straight else _INF
        object.__setattr__(self, "_fixed_start", self.fixed.get(starts[0], no_scale) if starts else no_scale)

    def __call__(self, given: Mapping[str, object]) -> Any:
        """Evaluate on numbers, ``Fraction`` and arrays; ``ValueError`` names what is missing or impossible.

        A number, a :class:`NoPrice` or an array: which of them depends on what is given.
        """
        if given.keys() != self.arguments.keys():
            self._refuse_names(given)
        values: list[Any] = []
        arrays = False
        for name, allowed in self._checks:
            value: Any = given[name]
            kind = type(value)
            if kind is not float and kind is not int and kind is not Fraction:
                value = number_or_array(name, value, ALLOWED[self.arguments[name]][0])
                if isinstance(value, np.ndarray):
                    arrays = True
                    values.append(value)
                    continue
            if not allowed(value):
                raise refuse(name, value, ALLOWED[self.arguments[name]][0])
            values.append(value)
        if arrays:
            return self._on_arrays(values)
        if self.relations:
            self.check_relations(values)
        try:
            numerator, denominator = self.fraction(*values)
            result = numerator / denominator
        except (ZeroDivisionError, OverflowError):
            result = math.nan
        if self._price:
            low, high = 0, _INF
            if type(result) is float:
                start = self._fixed_start if self._place is None else values[self._place]
                if self.straight:
                    low = start * TINY
                else:
                    high = start / TINY
            return result if low < result < high else self._no_price(values)
        if not ALLOWED[self.result_kind][1](result):
            self._refuse_result(result)
        return result

    def _no_price(self, values: Sequence[Number]) -> NoPrice:
        # No positive root: the sign of "equity minus requirement" is the same at every price, so one price tells.
        assert self.excess is not None, "every formula for a price has it"
        try:
            excess = self.excess(*values, 1)
        except OverflowError:
            excess = math.nan
        if not math.isfinite(excess):
            self._refuse_result(excess)
        return ALREADY if excess < 0 else NEVER

    # -- arrays ----------------------------------------------------------------------------------------------

    def _on_arrays(self, values: list[Any]) -> Array:
        given = [(name, x) for name, x in zip(self._names, values, strict=True) if isinstance(x, np.ndarray)]
        try:
            shape = np.broadcast_shapes(*(x.shape for _, x in given))
        except ValueError:
            shapes = ", ".join(f"{name} {x.shape}" for name, x in given)
            raise InputError(
                f"these arrays do not fit together: {shapes}; give equal or broadcastable shapes"
            ) from None
        values = [x if isinstance(x, np.ndarray) else float(x) for x in values]
        result = np.empty(shape)
        with np.errstate(all="ignore"):
            if result.size > PLAIN:
                fast.evaluate(self, values, result)
            else:
                floats = [np.asarray(x, np.float64) if isinstance(x, np.ndarray) else x for x in values]
                self.check_arrays(floats, values)
                np.divide(*self.fraction(*floats), out=result)
                self.finish(result, floats, values)
        return result

    def check_array(self, i: int, piece: Array, whole: Any, *, infinities_show: bool = True) -> None:
        """Check a piece of the i-th argument; what is refused is named with its place in the whole array.

        ``infinities_show``: leave those infinities alone that the result is sure to show (half the work).
        """
        kind = self.arguments[self._names[i]]
        allowed = self._quick[i] if infinities_show else ALL_ALLOWED[kind]
        if piece.size and not allowed(piece):
            refuse_first(self._names[i], whole, kind)

    def check_arrays(self, pieces: Sequence[Any], wholes: Sequence[Any], *, infinities_show: bool = True) -> None:
        """Check pieces of all arguments that are arrays."""
        for i, piece in enumerate(pieces):
            if isinstance(piece, np.ndarray):
                self.check_array(i, piece, wholes[i], infinities_show=infinities_show)

    def finish(self, out: Array, pieces: Sequence[Any], wholes: Sequence[Any]) -> None:
        """Check what came out for these pieces, and put infinities where there is no price."""
        if self.relations:
            self.check_relations(pieces)
        scale = self._fixed_start if self._place is None else pieces[self._place]
        if not out.size or self._all_fine(out, scale):
            return
        self.check_arrays(pieces, wholes, infinities_show=False)
        if not self._price:
            self._refuse_result(out)
        assert self.excess is not None, "every formula for a price has it"
        side = self.fixed["side"] if "side" in self.fixed else pieces[self._names.index("side")]
        none = ~((out > 0) & (out < math.inf))
        with np.errstate(over="ignore"):
            none |= out <= scale * TINY if self.straight else out >= scale / TINY
        excess = np.broadcast_to(self.excess(*pieces, 1.0), out.shape)
        if not np.isfinite(excess[none]).all():
            self._refuse_result(math.nan)
        out[none] = (np.where(excess < 0, math.inf, -math.inf) * side)[none]

    def _all_fine(self, out: Array, scale: Any) -> bool:
        """Whether all results may be what they are, at a glance: no NaN, none that is not allowed, no tiny price."""
        if not self._price:
            return bool(ALL_ALLOWED[self.result_kind](out))
        low = np.max(scale) * TINY if self.straight else 0
        high = LARGEST if self.straight else np.min(scale) / TINY
        return bool(out.min() > low and out.max() < min(high, LARGEST))

    # -- errors that teach -----------------------------------------------------------------------------------

    def check_relations(self, values: Sequence[Any]) -> None:
        """Refuse arguments that contradict each other, such as a rate above 1/leverage."""
        known = {**self.fixed, **dict(zip(self._names, values, strict=True))}
        for relation in self.relations:
            first, second = (known[name] for name in relation.names)
            holds = relation.holds(first, second)
            if np.all(holds):
                continue
            if np.ndim(holds):
                bad = np.unravel_index(int(np.argmin(holds)), np.shape(holds))
                first, second = (np.broadcast_to(x, np.shape(holds))[bad].item() for x in (first, second))
            a, b = relation.names
            raise InputError(f"{a}={first} with {b}={second}: {relation.why}")

    def _refuse_names(self, given: Mapping[str, object]) -> None:
        wanted = ", ".join(self.arguments)
        unknown = [name for name in given if name not in self.arguments]
        missing = [name for name in self.arguments if name not in given]
        said = []
        if unknown:
            said.append(f"does not know {', '.join(unknown)}")
        if missing:
            said.append(f"still needs {', '.join(missing)}")
        raise InputError(f"{self.result} {' and '.join(said)}; its arguments are: {wanted}")

    def _refuse_result(self, result: object) -> None:
        raise InputError(
            f"with these arguments there is no {self.result}: the equation gives {shown(result)}, "
            f"but {self.result} must be {ALLOWED['positive' if self._price else self.result_kind][0]} (the arguments "
            f"are {', '.join(self._names)})"
        )
