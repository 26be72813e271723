"""What a liquidation leaves behind: its steps, one by one, and the table a notebook shows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ..margin.account import Account
from ..margin.position import Position
from .ledger import Transfer


@dataclass(frozen=True)
class Step:
    """One step of a liquidation, done or skipped.

    ``number`` counts the venue's steps from 1 (0: what it does before them); ``ran`` says whether it was done and
    ``why`` what it did or why it was skipped. ``before`` and ``after`` are the account, ``ratio_before`` and
    ``ratio_after`` its margin ratio. ``taken`` are the positions that went to the engine; their ``entry_price`` is the
    price they went at. ``transfers`` are the payments.

    >>> from liquidation import MEXC_BTC_USDT, liquidate
    >>> pool = Account(1_000).trade(MEXC_BTC_USDT, side=1, quantity=1_000, price=50_000, leverage=25)
    >>> [str(step.number) + " " + step.name for step in liquidate(pool.at({"BTC_USDT": 40_000})).steps]
    ['1 order cancellation', '2 long/short netting', '3 tiered reduction', '4 full takeover']
    """

    number: int
    name: str
    ran: bool
    why: str
    before: Account
    after: Account
    ratio_before: Any
    ratio_after: Any
    taken: tuple[Position, ...] = ()
    transfers: tuple[Transfer, ...] = ()

    @property
    def title(self) -> str:
        """Number and name."""
        return f"{self.number} {self.name}" if self.number else self.name


@dataclass(frozen=True)
class Trace:
    """All steps of one liquidation, in order; shown in a notebook as a table.

    >>> from liquidation import MEXC_BTC_USDT, liquidate
    >>> print(liquidate(Account(1_000).trade(MEXC_BTC_USDT, side=1, quantity=1_000, price=50_000, leverage=25)))
    the account is healthy: nothing happens
    """

    steps: tuple[Step, ...]
    before: Account
    after: Account

    @property
    def taken(self) -> tuple[Position, ...]:
        """What the engine took over, at bankruptcy prices."""
        return tuple(position for step in self.steps for position in step.taken)

    @property
    def transfers(self) -> tuple[Transfer, ...]:
        """Every payment, in order."""
        return tuple(transfer for step in self.steps for transfer in step.transfers)

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (step.title, step.why, f"{_percent(step.ratio_before)} → {_percent(step.ratio_after)}" if step.ran else "")
            for step in self.steps
        ]

    def __str__(self) -> str:
        if not self.steps:
            return "the account is healthy: nothing happens"
        return "\n".join(f"{name:>25} | {why} | {ratio}".rstrip(" |") for name, why, ratio in self._rows())

    def _repr_markdown_(self) -> str:
        head = "| step | what happened | margin ratio |\n|---|---|:--:|\n"
        return head + "\n".join(f"| {' | '.join(row)} |" for row in self._rows()) if self.steps else str(self)

    __repr__ = __str__


def _percent(ratio: Any) -> str:
    return {0: "nothing held", math.inf: "no equity left"}.get(ratio, f"{float(ratio):.1%}")
