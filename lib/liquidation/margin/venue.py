"""What one exchange does differently, as data: how it fills in the equation, and what its engine does.

A record only names the rules; the modules that carry them out know what the names mean (``margin.market`` the
requirement, ``engine.procedure`` the steps, ``engine.fund`` the fund, ``engine.deleveraging`` the queue). To add an
exchange is to add one record to :mod:`liquidation.margin.venues`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any, Literal

from ..algebra.checks import InputError, Number, one_number, one_of, refuse, shown
from ..theory import Basis

Step = Literal["add margin", "cancel", "net", "reduce", "take over"]
STEPS: tuple[Step, ...] = ("add margin", "cancel", "net", "reduce", "take over")


@dataclass(frozen=True)
class Source:
    """Where some fields of a record come from.

    ``how`` is ``"published"`` by the venue; ``"inferred"`` from its published samples; ``"reported"`` by others;
    ``"our choice"`` where the venue is silent and we had to choose; or ``"silent"``: the field is ``None`` and whoever
    needs the rule has to give it. ``where`` names page and day, or the reason.

    >>> Source(("strict",), "published", "help “Liquidation”, read 2026-11-26").how
    'published'
    """

    fields: tuple[str, ...]
    how: Literal["published", "inferred", "reported", "our choice", "silent"]
    where: str

    def __post_init__(self) -> None:
        one_of("how", self.how, "published", "inferred", "reported", "our choice", "silent")
        if not isinstance(self.where, str):
            raise refuse("where", self.where, "a page and a day, or a reason")
        if not isinstance(self.fields, tuple) or not all(isinstance(name, str) for name in self.fields):
            raise refuse("fields", self.fields, "a tuple of names")


@dataclass(frozen=True, kw_only=True)
class Venue:
    """One exchange's rules for one kind of contract. Every field but the name may be ``None``: the venue does not say.

    Arguments:
        name: the exchange.
        kind: the contracts these rules are for, ``"linear"`` or ``"inverse"``; ``None``: both.
        maintenance_basis: the value that maintenance stands on, at ``"entry"`` or at the ``"mark"`` price.
        tier_measure: what its ladders compare with their caps, ``"value"`` or ``"contracts"``; ``None``: either.
        tier_rule: ``"marginal"`` ladders or ``"flat"`` ones; ``None``: either.
        least_maintenance: least maintenance margin of a position, whatever its size [money of the contract].
        hedge_charge: what a contract held long and short in the pool requires: for ``"both legs"``, for the
            ``"larger leg"`` only, or for the ``"net"`` quantity, at the larger leg's entry price.
        order_margin: what open orders do to the trigger of the pool: their margin is taken ``"out of the equity"``, the
            maintenance of what they would open is ``"in the requirement"``, or they are ``"not counted"``.
        taker_fee_rate: part of the value at entry that is reserved in the position margin [fraction].
        liquidation_fee_rate: part of the value that the trigger counts as closing fee [fraction].
        closing_fee_basis: the value that this fee stands on, at ``"entry"`` or at the ``"mark"`` price.
        strict: whether the trigger fires only *below* the requirement, and not already at it.
        ratio: which way its margin ratio runs, ``"rises"`` to 1 (requirement over equity) or ``"falls"`` to 1.
        rounding: of a liquidation price to the tick, ``"away"`` from the entry, ``"towards"`` it, ``"down"`` or to the
            ``"nearest"``.
        steps: what the engine does, in this order.
        cancel_at: margin ratio (the one that rises) at which open orders of the pool are canceled; 1: at liquidation.
        portion: how much of a position one reduction sells: down a ``"tier"``, the ``"least"`` that cures, a
            ``"fifth"`` and then the rest, small ``"chunks"`` until it is cured, or ``"all"`` at once.
        tiers_at_a_time: how far down one reduction goes; ``math.inf``: to the lowest tier at once.
        pick: which position of a pool is closed next, ``"largest loss"`` or ``"largest requirement"`` first.
        takeover_price: price at which the engine takes a position over, ``"bankruptcy"`` or ``"mark"``.
        fee_cap: how much of the value of the fills the fund keeps of a surplus at most [fraction]; ``math.inf``:
            every surplus. The trader gets the rest.
        drawdown: fall of the fund from its peak at which it stops paying and deleveraging starts [fraction]; 1: to 0.
        hand_on: what the fund cannot pay is handed on as a ``"position"`` to be deleveraged or as a ``"loss"``.
        adl_score: who is closed first, by ``"leveraged return"``, by ``"profit and margin ratio"`` (Binance) or from a
            ``"random start"``.
        adl_price: at which both sides are closed, the ``"bankruptcy"`` price or the ``"mark"``.
        sources: where each field comes from.

    Raises ``ValueError`` for a rule that does not exist and for a ``None`` without a reason among the sources.

    >>> from liquidation import MEXC
    >>> MEXC.maintenance_basis, MEXC.steps[1:3], MEXC.source("maintenance_basis").how
    ('entry', ('cancel', 'net'), 'inferred')
    """

    name: str
    kind: Literal["linear", "inverse"] | None = None
    maintenance_basis: Basis | None = "mark"
    tier_measure: Literal["value", "contracts"] | None = None
    tier_rule: Literal["flat", "marginal"] | None = None
    least_maintenance: Number | None = 0
    hedge_charge: Literal["both legs", "larger leg", "net"] | None = "both legs"
    order_margin: Literal["out of the equity", "in the requirement", "not counted"] | None = "out of the equity"
    taker_fee_rate: Number | None = 0
    liquidation_fee_rate: Number | None = 0
    closing_fee_basis: Basis | None = "mark"
    strict: bool | None = False
    ratio: Literal["rises", "falls"] | None = "rises"
    rounding: Literal["away", "nearest", "towards", "down"] | None = "away"
    steps: tuple[Step, ...] | None = STEPS
    cancel_at: Number | None = 1
    portion: Literal["tier", "least", "fifth", "chunks", "all"] | None = "tier"
    tiers_at_a_time: Number | None = 1
    pick: Literal["largest loss", "largest requirement"] | None = "largest loss"
    takeover_price: Literal["bankruptcy", "mark"] | None = "bankruptcy"
    fee_cap: Number | None = math.inf
    drawdown: Number | None = 1
    hand_on: Literal["position", "loss"] | None = "position"
    adl_score: Literal["leveraged return", "profit and margin ratio", "random start"] | None = "leveraged return"
    adl_price: Literal["bankruptcy", "mark"] | None = "bankruptcy"
    sources: tuple[Source, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise InputError(f"name={shown(self.name)} is not allowed: a venue has a name")
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        for name, options in _OPTIONS.items():
            if given[name] is not None:
                one_of(name, given[name], *options)
        for name in ("taker_fee_rate", "liquidation_fee_rate"):
            if given[name] is not None:
                one_number(name, given[name], "rate")
        for name, kind in (
            ("drawdown", "part"),
            ("fee_cap", "time"),
            ("least_maintenance", "non-negative"),
            ("cancel_at", "positive"),
        ):
            if given[name] is not None:
                one_number(name, given[name], kind)
        if self.tiers_at_a_time not in (None, math.inf):
            one_number("tiers_at_a_time", self.tiers_at_a_time, "count")
        if self.steps is not None:
            object.__setattr__(self, "steps", tuple(one_of("steps", step, *STEPS) for step in self.steps))
        object.__setattr__(self, "sources", tuple(self.sources))
        for name in _NEEDED:
            if given[name] is None and self.source(name) is None:
                raise InputError(f"{name}=None is not allowed without a reason: say among the sources of {self.name}")

    def source(self, field: str) -> Source | None:
        """Return where a field comes from, or ``None`` if nothing was said of it."""
        if not isinstance(field, str):
            raise refuse("field", field, "the name of a rule")
        return next((source for source in self.sources if field in source.fields), None)

    def rule(self, field: str, given: Any = None) -> Any:
        """Return the rule that counts: the one given, or else the venue's; refuse if there is neither."""
        rule = getattr(self, field) if given is None else given
        if rule is None:
            source = self.source(field)
            raise InputError(
                f"{self.name} has no rule for {field} ({source.where if source else ''}): give {field}=..."
            )
        return rule

    def __repr__(self) -> str:
        return f"<Venue {self.name}>"

    def _repr_markdown_(self) -> str:
        head = f"**{self.name}**\n\n| rule | value | how we know | where |\n|---|---|---|---|\n"
        rows = []
        for field in fields(self):
            if field.name in ("name", "sources"):
                continue
            source, value = self.source(field.name), getattr(self, field.name)
            text = ", ".join(value) if isinstance(value, tuple) else "" if value is None else value
            said = (source.how, source.where) if source else ("", "")
            rows.append(f"| `{field.name}` | {text} | {' | '.join(said)} |")
        return head + "\n".join(rows)


_OPTIONS: dict[str, tuple[Any, ...]] = {
    "kind": ("linear", "inverse"),
    "maintenance_basis": ("entry", "mark"),
    "tier_measure": ("value", "contracts"),
    "tier_rule": ("flat", "marginal"),
    "hedge_charge": ("both legs", "larger leg", "net"),
    "order_margin": ("out of the equity", "in the requirement", "not counted"),
    "closing_fee_basis": ("entry", "mark"),
    "strict": (True, False),
    "ratio": ("rises", "falls"),
    "rounding": ("away", "nearest", "towards", "down"),
    "portion": ("tier", "least", "fifth", "chunks", "all"),
    "pick": ("largest loss", "largest requirement"),
    "takeover_price": ("bankruptcy", "mark"),
    "hand_on": ("position", "loss"),
    "adl_score": ("leveraged return", "profit and margin ratio", "random start"),
    "adl_price": ("bankruptcy", "mark"),
}
_NEEDED = tuple(f.name for f in fields(Venue) if f.name not in ("name", "kind", "tier_measure", "tier_rule", "sources"))
PER_CONTRACT = (
    "kind",
    "maintenance_basis",
    "tier_measure",
    "tier_rule",
    "least_maintenance",
    "taker_fee_rate",
    "liquidation_fee_rate",
    "closing_fee_basis",
    "rounding",
)
"""The rules that may differ between the contracts of one account; the others are the account's."""

PLAIN = Venue(
    name="no exchange",
    sources=(Source(_NEEDED, "our choice", "the plainest rules; take an exchange's record or give your own"),),
)
"""The rules of a market that names no venue: maintenance on mark value, no fees, the four steps."""
