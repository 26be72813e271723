"""Risk-limit tiers: the bigger the position, the larger the part of it that must be left.

A ladder of tiers turns the size of a position into a maintenance margin. Two rules are in use. *Flat* (MEXC, Gate
before July 2025): the rate of the tier that the position is in applies to all of it. *Marginal* (Binance, Bybit, Gate
since): each slice pays the rate of its own tier, as with an income tax; tables print that as one rate on all of it
less a fixed *maintenance amount*.

Sources: Binance FAQ b3c689c1f50a44cabb3a84e663b81d93 for the recurrence of the amounts; MEXC "Liquidation and Risk
Limit" (support 360044646391) for the flat rule, which we infer from its printing one rate and no deduction. Read 2026.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from ..algebra.checks import ALLOWED, require


@dataclass(frozen=True)
class Tier:
    """One row of a ladder: sizes above ``floor``, up to and including ``cap``.

    ``printed_amount`` is the maintenance amount that a venue prints; the ladder computes its own and refuses a row
    whose print contradicts the rates.
    """

    floor: Any
    cap: Any
    maintenance_margin_rate: Any
    initial_margin_rate: Any = None
    printed_amount: Any = None


@dataclass(frozen=True)
class RiskTiers:
    """A venue's ladder.

    ``tiers`` are :class:`Tier` or rows ``(floor, cap, maintenance_margin_rate[, initial_margin_rate[, printed
    amount]])``, from the lowest; the last ``cap`` may be ``math.inf``. ``measure`` says what is compared with the
    caps: the position's ``"value"`` in money or its number of ``"contracts"``. ``rule`` is ``"marginal"`` or
    ``"flat"``. ``source`` names venue, contract, page and date.

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

    tiers: Iterable[Tier | tuple]
    measure: Literal["value", "contracts"]
    rule: Literal["flat", "marginal"]
    source: str = ""

    def __post_init__(self) -> None:
        rows = tuple(row if isinstance(row, Tier) else Tier(*row) for row in self.tiers)
        object.__setattr__(self, "tiers", rows)
        if self.measure not in ("value", "contracts"):
            raise ValueError(f"measure={self.measure!r} is not allowed: caps are in 'value' or in 'contracts'")
        if self.rule not in ("flat", "marginal"):
            raise ValueError(f"rule={self.rule!r} is not allowed: it is 'flat' or 'marginal'")
        if not rows:
            raise ValueError("a ladder needs at least one tier")
        reached, below = 0, 0
        for number, row in enumerate(rows, 1):
            for fault in self._faults(row, reached, below):
                raise ValueError(f"tier {number}: {fault}")
            reached, below = row.cap, row.maintenance_margin_rate
        for number, (row, amount) in enumerate(zip(rows, self.amounts, strict=True), 1):
            printed = row.printed_amount
            if printed is not None and abs(printed - amount) > 1e-6 * max(1, abs(amount)):
                raise ValueError(
                    f"tier {number}: the printed maintenance amount {printed} contradicts the rates, "
                    f"which give {amount}"
                )

    @staticmethod
    def _faults(row: Tier, reached: Any, below: Any) -> Iterable[str]:
        words, is_rate = ALLOWED["rate"]
        rate, initial = row.maintenance_margin_rate, row.initial_margin_rate
        if not is_rate(rate):
            yield f"maintenance_margin_rate={rate} is not allowed: it must be {words}"
        if row.floor != reached:
            kind = "a gap" if row.floor > reached else "an overlap"
            yield f"it starts at {row.floor} but the tier below ends at {reached}: {kind}"
        if not row.cap > row.floor:
            yield f"its cap {row.cap} is not above its floor {row.floor}"
        if rate < below:
            yield f"its rate {rate} is below the {below} of the tier before: rates must not fall"
        if initial is not None and not rate < initial <= 1:
            yield (
                f"initial_margin_rate={initial} with maintenance_margin_rate={rate}: a position must start with more "
                "than must be left, and with at most its whole value"
            )

    @cached_property
    def caps(self) -> tuple:
        """Largest size of each tier."""
        return tuple(row.cap for row in self.tiers)

    @cached_property
    def rates(self) -> tuple:
        """Maintenance margin rate of each tier."""
        return tuple(row.maintenance_margin_rate for row in self.tiers)

    @cached_property
    def amounts(self) -> tuple:
        """Maintenance amount of each tier, in the measure of the caps; computed, never typed.

        ``amount[k] = amount[k-1] + floor[k] * (rate[k] - rate[k-1])`` makes the marginal requirement continuous at
        every floor. All zero for a flat ladder.
        """
        amounts = [0]
        for lower, row in zip(self.tiers, self.tiers[1:], strict=False):
            step = row.floor * (row.maintenance_margin_rate - lower.maintenance_margin_rate)
            amounts.append(amounts[-1] + step if self.rule == "marginal" else 0)
        return tuple(amounts)

    def index(self, size: Any) -> Any:
        """Tier of a size, counted from 0; numbers and arrays. A size equal to a cap is still in that tier."""
        if isinstance(size, np.ndarray):
            if size.size:
                require("non-negative", size=np.min(size))  # carries a NaN along
                require("non-negative", size=np.max(size))
            return np.searchsorted(self._inner, size, side="left")
        require("non-negative", size=size)
        return bisect_left(self.caps[:-1], size)

    @cached_property
    def _inner(self) -> np.ndarray:
        # The last cap is left out: a size above it stays in the last tier.
        return np.array(self.caps[:-1], dtype=float)

    def take(self, index: Any) -> tuple[Any, Any]:
        """Rate and maintenance amount of a tier, or of an array of tiers."""
        if isinstance(index, np.ndarray):
            return tuple(np.take(column, index, mode="clip") for column in self._as_array)
        return self.rates[index], self.amounts[index]

    @cached_property
    def _as_array(self) -> np.ndarray:
        return np.array([self.rates, self.amounts], dtype=float)

    def maintenance_margin(self, size: Any) -> Any:
        """What must be left of a size, in the measure of the caps (money, or contracts to be valued at the price)."""
        rate, amount = self.take(self.index(size))
        return size * rate - amount

    def largest_leverage(self, size: Any) -> Any:
        """Largest leverage at which a size may be opened: one over the tier's initial margin rate.

        Raises ``ValueError`` for a size above the last cap, or if the ladder was given without initial rates.
        """
        if size > self.caps[-1]:
            raise ValueError(f"size={size} is not allowed: the last tier ends at {self.caps[-1]} {self.measure}")
        initial = self.tiers[self.index(size)].initial_margin_rate
        if initial is None:
            raise ValueError("this ladder was given without initial margin rates")
        return 1 / initial

    def _repr_markdown_(self) -> str:
        head = f"| tier | up to ({self.measure}) | maintenance rate | maintenance amount | largest leverage |\n"
        rows = [
            f"| {number} | {row.cap:,} | {float(row.maintenance_margin_rate):.3%} | {float(amount):,.2f} | "
            f"{'' if row.initial_margin_rate is None else f'{float(1 / row.initial_margin_rate):g}x'} |"
            for number, (row, amount) in enumerate(zip(self.tiers, self.amounts, strict=True), 1)
        ]
        return head + "|--:|--:|--:|--:|--:|\n" + "\n".join(rows) + f"\n\n{self.rule}; {self.source}"
