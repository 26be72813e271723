"""Risk-limit tiers: the bigger the position, the larger the part of it that must be left.

A ladder of tiers turns the size of a position into a maintenance margin. Two rules are in use. *Flat* (MEXC, Gate
before July 2025): the rate of the tier that the position is in applies to all of it. *Marginal* (Binance, Bybit, Gate
since): each slice pays the rate of its own tier, as with an income tax; tables print that as one rate on all of it
less a fixed *maintenance amount*.

Sources: Binance FAQ b3c689c1f50a44cabb3a84e663b81d93 for the recurrence of the amounts; MEXC "Liquidation and Risk
Limit" (support 360044646391) for the flat rule, which we infer from its printing one rate and no deduction. Read 2026.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..algebra.checks import (
    Array,
    InputError,
    Number,
    Numbers,
    as_list,
    number_or_array,
    numbers,
    one_number,
    one_of,
    refuse,
    shown,
)
from ..theory import linear

_UNIT = 1
"""Tables that print "25,001 to 50,000" after "0 to 25,000" mean that the tiers touch."""


@dataclass(frozen=True)
class Tier:
    """One row of a ladder: sizes above ``floor``, up to and including ``cap``, in the measure of the ladder.

    ``maintenance_margin_rate`` and ``initial_margin_rate`` (one over the largest leverage) are fractions; ``cap`` may
    be ``math.inf`` in the last row.
    ``printed_amount`` is the maintenance amount that a venue prints; the ladder computes its own and refuses a row
    whose print contradicts the rates.

    >>> Tier(0, 50_000, 0.004, initial_margin_rate=0.008).cap
    50000
    """

    floor: Number
    cap: Number
    maintenance_margin_rate: Number
    initial_margin_rate: Number | None = None
    printed_amount: Number | None = None

    def __post_init__(self) -> None:
        if self.cap is None:
            object.__setattr__(self, "cap", math.inf)
        one_number("floor", self.floor, "non-negative")
        one_number("cap", self.cap, "time")
        one_number("maintenance_margin_rate", self.maintenance_margin_rate, "rate")
        if self.initial_margin_rate is not None:
            one_number("initial_margin_rate", self.initial_margin_rate, "positive")
        if self.printed_amount is not None:
            one_number("printed_amount", self.printed_amount, "number")


Row = Tier | Sequence[Any]


@dataclass(frozen=True)
class RiskTiers:
    """A venue's ladder.

    Arguments:
        tiers: :class:`Tier` or rows ``(floor, cap, maintenance_margin_rate[, initial_margin_rate[, printed amount]])``,
            from the lowest; the last ``cap`` may be ``math.inf`` or ``None``. A floor one unit above the cap before it,
            as tables print it, counts as touching it.
        measure: what is compared with the caps, the position's ``"value"`` in money or its number of ``"contracts"``.
        rule: ``"marginal"`` or ``"flat"``.
        source: venue, contract, page and date.
        growth: what each unit of the measure adds to both rates, for a ladder without steps (Deribit: 0.005% per coin);
            such a ladder is flat and has one row [fraction per unit].

    >>> ladder = RiskTiers([(0, 50_000, 0.004), (50_000, 250_000, 0.005)], measure="value", rule="marginal")
    >>> ladder.amounts
    (0, 50.0)
    >>> ladder.maintenance_margin(100_000)
    450.0

    A size above the last cap keeps the last rate: it cannot be opened, but an open position can grow into it (our
    choice; tables end there). Raises ``ValueError`` that names the row of a ladder that cannot be: a gap or overlap,
    a falling cap or rate, a rate of 1 or more, an initial rate that is not above the maintenance rate, a printed
    amount that contradicts the rates.
    """

    tiers: tuple[Tier, ...]
    measure: Literal["value", "contracts"]
    rule: Literal["flat", "marginal"]
    source: str = ""
    growth: Number = 0

    def __init__(
        self,
        tiers: Iterable[Row],
        measure: Literal["value", "contracts"],
        rule: Literal["flat", "marginal"],
        source: str = "",
        growth: Number = 0,
    ) -> None:
        checked = {
            "measure": one_of("measure", measure, "value", "contracts"),
            "rule": one_of("rule", rule, "flat", "marginal"),
            "source": source,
            "tiers": _rows(tiers),
            "growth": one_number("growth", growth, "rate"),
        }
        if not isinstance(source, str):
            raise refuse("source", source, "text")
        for field, value in checked.items():
            object.__setattr__(self, field, value)
        if growth and (rule != "flat" or len(self.tiers) > 1):
            raise InputError(f"growth={growth} is not allowed beside steps: such a ladder is flat and has one row")
        for number, (row, amount) in enumerate(zip(self.tiers, self.amounts, strict=True), 1):
            printed = row.printed_amount
            if printed is not None and abs(float(printed - amount)) > 1e-6 * max(1.0, abs(float(amount))):
                raise InputError(
                    f"tier {number}: the printed maintenance amount {printed} contradicts the rates, "
                    f"which give {amount}"
                )

    @classmethod
    def from_ccxt(
        cls, tiers: Iterable[Mapping[str, Any]], rule: Literal["flat", "marginal"] = "marginal", source: str = ""
    ) -> RiskTiers:
        """Make a ladder by value of what ccxt's ``fetch_market_leverage_tiers`` returns for one market.

        The rule is yours to say, for ccxt does not: ``"marginal"`` where the venue prints a deduction (Binance, Bybit).

        >>> rows = [{"minNotional": 0, "maxNotional": 50_000, "maintenanceMarginRate": 0.004, "maxLeverage": 125},
        ...         {"minNotional": 50_000, "maxNotional": None, "maintenanceMarginRate": 0.005, "maxLeverage": 100}]
        >>> RiskTiers.from_ccxt(rows).amounts
        (0, 50.0)
        """
        tiers = as_list("tiers", tiers, "the list of dicts that ccxt gives for one market")
        rows = []
        for number, tier in enumerate(tiers, 1):
            if not isinstance(tier, Mapping):
                raise InputError(f"tier {number}: {shown(tier)} is not one of the dicts that ccxt gives")
            missing = [name for name in ("minNotional", "maxNotional", "maintenanceMarginRate") if name not in tier]
            if missing:
                raise InputError(f"tier {number}: it has no {' and no '.join(missing)}")
            largest = tier.get("maxLeverage")
            initial = None if largest is None else 1 / one_number(f"tier {number}: maxLeverage", largest, "positive")
            rows.append((tier["minNotional"], tier["maxNotional"], tier["maintenanceMarginRate"], initial))
        return cls(rows, "value", rule, source)

    @cached_property
    def caps(self) -> tuple[Number, ...]:
        """Largest size of each tier."""
        return tuple(row.cap for row in self.tiers)

    @cached_property
    def rates(self) -> tuple[Number, ...]:
        """Maintenance margin rate of each tier."""
        return tuple(row.maintenance_margin_rate for row in self.tiers)

    @cached_property
    def amounts(self) -> tuple[Number, ...]:
        """Maintenance amount of each tier, in the measure of the caps; computed, never typed.

        ``amount[k] = amount[k-1] + floor[k] * (rate[k] - rate[k-1])`` makes the marginal requirement continuous at
        every floor. All zero for a flat ladder.
        """
        amounts: list[Number] = [0]
        for lower, row in zip(self.tiers, self.tiers[1:], strict=False):
            step = row.floor * (row.maintenance_margin_rate - lower.maintenance_margin_rate)
            amounts.append(amounts[-1] + step if self.rule == "marginal" else 0)
        return tuple(amounts)

    def index(self, size: Numbers) -> Any:
        """Tier of a size, counted from 0; numbers and arrays. A size equal to a cap is still in that tier."""
        found = numbers("size", size, "non-negative")
        if isinstance(found, np.ndarray):
            return np.searchsorted(self._inner, found, side="left")
        return bisect_left(self.caps[:-1], found)

    @cached_property
    def _inner(self) -> Array:
        # The last cap is left out: a size above it stays in the last tier.
        return np.array(self.caps[:-1], dtype=np.float64)

    def take(self, index: Any) -> tuple[Any, Any]:
        """Rate and maintenance amount of a tier, or of an array of tiers."""
        if isinstance(index, np.ndarray):
            rates, amounts = (np.take(column, index, mode="clip") for column in self._as_array)
            return rates, amounts
        return self.rates[index], self.amounts[index]

    @cached_property
    def _as_array(self) -> npt.NDArray[np.float64]:
        return np.array([self.rates, self.amounts], dtype=np.float64)

    def maintenance_margin(self, size: Numbers) -> Any:
        """What must be left of a size, in the measure of the caps (money, or contracts to be valued at the price)."""
        rate, amount = self.take(self.index(size))
        held = linear.maintenance_margin(position_value=size, maintenance_margin_rate=rate, maintenance_amount=amount)
        return held + self.growth * number_or_array("size", size) ** 2 if self.growth else held

    def initial_margin_rate(self, size: Number) -> Number | None:
        """Initial margin rate of a size; ``None`` if the ladder was given without."""
        initial: Any = self.tiers[self.index(size)].initial_margin_rate
        grown: Number | None = initial if initial is None else initial + self.growth * size
        return grown

    def largest_leverage(self, size: Number) -> Number:
        """Largest leverage at which a size may be opened: one over the tier's initial margin rate.

        Raises ``ValueError`` for a size above the last cap, or if the ladder was given without initial rates.
        """
        if one_number("size", size, "non-negative") > self.caps[-1]:
            raise InputError(f"size={size} is not allowed: the last tier ends at {self.caps[-1]} {self.measure}")
        initial: Any = self.initial_margin_rate(size)
        if initial is None:
            raise InputError("this ladder was given without initial margin rates")
        largest: Number = 1 / initial
        return largest

    def __repr__(self) -> str:
        grows = f", growing by {self.growth:g} per unit" if self.growth else ""
        return f"<RiskTiers {self.rule} by {self.measure}, {len(self.tiers)} tiers up to {self.caps[-1]:,}{grows}>"

    def _repr_markdown_(self) -> str:
        head = f"| tier | up to ({self.measure}) | maintenance rate | maintenance amount | largest leverage |\n"
        rows = [
            f"| {number} | {row.cap:,} | {float(row.maintenance_margin_rate):.3%} | {float(amount):,.2f} | "
            f"{'' if row.initial_margin_rate is None else f'{float(1 / row.initial_margin_rate):g}x'} |"
            for number, (row, amount) in enumerate(zip(self.tiers, self.amounts, strict=True), 1)
        ]
        grows = f"; each unit of {self.measure} adds {float(self.growth):g} to both rates" if self.growth else ""
        return head + "|--:|--:|--:|--:|--:|\n" + "\n".join(rows) + f"\n\n{self.rule}{grows}; {self.source}"


def _rows(given: Iterable[Row]) -> tuple[Tier, ...]:
    """Read the rows of a ladder; refuse the first that cannot be, by its number."""
    given = as_list("tiers", given, "rows (floor, cap, maintenance_margin_rate, ...), from the lowest")
    rows: list[Tier] = []
    reached: Number = 0
    below: Number = 0
    for number, row in enumerate(given, 1):
        tier = _row(number, row, reached)
        if tier.floor != reached:
            kind = "a gap" if tier.floor > reached else "an overlap"
            raise InputError(f"tier {number}: it starts at {tier.floor} but the tier below ends at {reached}: {kind}")
        if not tier.cap > tier.floor:
            raise InputError(f"tier {number}: its cap {tier.cap} is not above its floor {tier.floor}")
        rate, initial = tier.maintenance_margin_rate, tier.initial_margin_rate
        if rate < below:
            raise InputError(
                f"tier {number}: its rate {rate} is below the {below} of the tier before: rates must not fall"
            )
        if initial is not None and not rate < initial <= 1:
            raise InputError(
                f"tier {number}: initial_margin_rate={initial} with maintenance_margin_rate={rate}: a position must "
                "start with more than must be left, and with at most its whole value"
            )
        rows.append(tier)
        reached, below = tier.cap, rate
    if not rows:
        raise InputError("a ladder needs at least one tier")
    return tuple(rows)


def _row(number: int, row: Row, reached: Number) -> Tier:
    """Read one row; a floor one unit above what is reached, as tables print it, is what is reached."""
    if not isinstance(row, Tier):
        fields = list(row) if isinstance(row, Sequence) and not isinstance(row, str) else []
        if not 3 <= len(fields) <= 5:
            raise InputError(f"tier {number}: {shown(row)} is not a row (floor, cap, maintenance_margin_rate, ...)")
        try:
            row = Tier(*fields)
        except InputError as error:
            raise InputError(f"tier {number}: {error}") from None
    if 0 < row.floor - reached <= _UNIT and reached >= 10 * _UNIT:
        row = Tier(reached, row.cap, row.maintenance_margin_rate, row.initial_margin_rate, row.printed_amount)
    return row
