"""Explain the number on a screen: which of the choices that the equation has gives an exchange's liquidation price.

Exchanges fill in one equation in different ways, and seldom say in which. A price that they show tells: every
combination of the choices is tried on the position, and those that give the price to the tick are named. Funding is an
amount that the reader states, for a free amount would fit every price.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from ..algebra.checks import InputError, Number, check_fields, one_number, one_of, refuse
from ..algebra.evaluation import ALREADY, NEVER, NoPrice, Price
from ..margin.contract import ROUNDINGS, Rounding
from ..margin.market import Market
from ..margin.tiers import RiskTiers
from ..theory import LONG, Basis

Fee = Literal["not counted", "on the value at the mark price", "on the value at entry"]
_FEES: dict[Fee, Basis | None] = {
    "not counted": None,
    "on the value at the mark price": "mark",
    "on the value at entry": "entry",
}
_WAYS: dict[Rounding, str] = {
    "away": "away from the entry",
    "nearest": "to the nearest tick",
    "towards": "towards the entry",
    "down": "down",
}
_SAME = 1e-6
"""Of a tick: what two prices on the same tick may differ by."""


@dataclass(frozen=True)
class Reading:
    """One way to fill in the equation, and the price that it gives, before and on the tick.

    >>> print(Reading("mark", "not counted", True, "marginal", "away", 48_192.77, 48_192.7))
    maintenance on mark value, a closing fee reserved in the margin, marginal tiers, rounded away from the entry
    """

    maintenance_basis: Basis
    closing_fee: Fee
    reserved: bool
    tier_rule: Literal["flat", "marginal"] | None
    rounding: Rounding
    exact_price: Number
    price: Number

    def __post_init__(self) -> None:
        one_of("maintenance_basis", self.maintenance_basis, "entry", "mark")
        one_of("closing_fee", self.closing_fee, *_FEES)
        one_of("reserved", self.reserved, True, False)
        if self.tier_rule is not None:
            one_of("tier_rule", self.tier_rule, "flat", "marginal")
        one_of("rounding", self.rounding, *ROUNDINGS)
        check_fields(self, exact_price="positive", price="non-negative")

    def __str__(self) -> str:
        said = [f"maintenance on {self.maintenance_basis} value"]
        if self.closing_fee != "not counted":
            said.append(f"closing fee counted {self.closing_fee}")
        if self.reserved:
            said.append("a closing fee reserved in the margin")
        if self.tier_rule:
            said.append(f"{self.tier_rule} tiers")
        return ", ".join([*said, f"rounded {_WAYS[self.rounding]}"])


@dataclass(frozen=True)
class Explanation:
    """What explains a price: ``exact`` are all readings that give it to the tick, the plainest first.

    Several cannot be told apart by this one sample; another position may. Where none is exact, ``nearest`` is the one
    that misses it by least, by ``off``: the price shown less the price it gives.

    >>> close = Reading("mark", "not counted", False, None, "away", 48_192.77, 48_192.7)
    >>> Explanation(48_192.7, (close,), close).off
    0
    """

    shown_price: Number
    exact: tuple[Reading, ...]
    nearest: Reading

    def __post_init__(self) -> None:
        check_fields(self, shown_price="positive", exact=tuple)
        for name, value in (("nearest", self.nearest), *(("exact", reading) for reading in self.exact)):
            if not isinstance(value, Reading):
                raise refuse(name, value, "a Reading")

    @property
    def off(self) -> Any:
        """By how much the nearest reading misses the price; 0 where one is exact."""
        shown: Any = self.shown_price
        return 0 if self.exact else shown - self.nearest.price

    def __str__(self) -> str:
        if not self.exact:
            way = "above" if self.off > 0 else "below"
            return (
                f"no reading gives {self.shown_price:,}. The nearest ({self.nearest}) gives {self.nearest.price:,}: "
                f"the price shown is {abs(float(self.off)):,.6g} {way} it, {abs(self.off / self.nearest.price):.3%}"
            )
        more = len(self.exact) - 1
        told = f"; {more} other reading{'s give' if more > 1 else ' gives'} the same price" if more else ""
        return f"to the tick: {self.exact[0]}{told}"

    def _repr_markdown_(self) -> str:
        lines = [f"**{self.shown_price:,}** is explained {self}."] if self.exact else [f"{self}.".capitalize()]
        lines += [f"* {reading}" for reading in self.exact[1:]]
        return "\n".join(lines)


def explain_price(
    shown_price: Number,
    *,
    market: Market,
    side: int,
    entry_price: Number,
    quantity: Number,
    leverage: Number | None = None,
    position_margin: Number | None = None,
    fee_rate: Number = 0,
    funding_paid: Number = 0,
) -> Explanation:
    """Try every combination of choices on an isolated position, and say which gives the price that is shown.

    The choices: maintenance on entry or on mark value; a closing fee not counted, or on either value; a closing fee
    reserved in the margin (with ``leverage``; a margin that is given holds what it holds); the ladder flat or marginal;
    the tick away from the entry, nearest, or towards it. A choice that makes no difference here is not varied.

    Arguments:
        shown_price: liquidation price on the screen, in the unit of the contract's price.
        market: its contract and ladder count; the rules of its venue do not.
        side: +1 long, -1 short.
        entry_price: the same.
        quantity: contracts.
        leverage: that it was opened with [times], or
        position_margin: the money behind it.
        fee_rate: of a closing fee, yours on that exchange [fraction].
        funding_paid: out of the margin so far; negative if it was received [money of the contract].

    >>> from liquidation import MEXC_BTC_USDT
    >>> print(explain_price(112_474.5, market=MEXC_BTC_USDT, side=1, entry_price=118_272.2, quantity=5, leverage=20,
    ...                     fee_rate=0.0004))
    to the tick: maintenance on entry value, closing fee counted on the value at the mark price, a closing fee reserved in the margin, rounded away from the entry; 1 other reading gives the same price

    Raises ``ValueError`` for a position that no reading lets be liquidated, and for what cannot be.
    """  # noqa: E501  (one line is printed)
    if not isinstance(market, Market):
        raise refuse("market", market, "a Market")
    shown: Any = one_number("shown_price", shown_price, "positive")
    funding_paid = one_number("funding_paid", funding_paid, "number")
    if (leverage is None) == (position_margin is None):
        raise InputError("give either leverage or position_margin, the margin that stands behind the position")
    if leverage is not None:
        leverage = one_number("leverage", leverage, "positive")
    if position_margin is not None:
        position_margin = one_number("position_margin", position_margin, "positive")
    position = {
        "side": int(one_number("side", side, "side")),
        "entry_price": one_number("entry_price", entry_price, "positive"),
        "quantity": one_number("quantity", quantity, "positive"),
    }
    fee_rate = one_number("fee_rate", fee_rate, "rate")
    readings = list(_readings(market, position, leverage, position_margin, fee_rate, funding_paid))
    if not readings:
        margin = f"leverage={leverage}" if position_margin is None else f"position_margin={position_margin}"
        given = ", ".join(f"{name}={value}" for name, value in position.items())
        raise InputError(
            f"in no reading can this position be liquidated at any price: {given}, {margin}, fee_rate={fee_rate}, "
            f"funding_paid={funding_paid}"
        )
    tick = float(market.contract.tick)
    missed: list[Any] = [abs(reading.price - shown) for reading in readings]
    exact = tuple(reading for reading, miss in zip(readings, missed, strict=True) if miss <= _SAME * tick)
    return Explanation(shown, exact, readings[missed.index(min(missed))])


def _readings(
    market: Market,
    position: dict[str, Any],
    leverage: Number | None,
    position_margin: Number | None,
    fee_rate: Number,
    funding_paid: Number,
) -> Iterator[Reading]:
    """Every combination that makes a difference, the plainest first."""
    fees: tuple[Fee, ...] = tuple(_FEES) if fee_rate else ("not counted",)
    reserves = (False, True) if fee_rate and leverage is not None else (False,)
    bases: tuple[Basis, ...] = ("mark", "entry")
    rules: tuple[Literal["flat", "marginal"], ...] = ("marginal", "flat")
    if market.tiers.growth:
        rules, bases = ("flat",), ("mark",) if market.grows_with_value else bases
    for reserved, fee, basis in itertools.product(reserves, fees, bases):
        prices: dict[Any, Any] = {}
        for rule in rules:
            tried = Market(
                market.contract,
                RiskTiers(_bare(market.tiers), market.tiers.measure, rule, growth=market.tiers.growth),
                maintenance_basis=basis,
                liquidation_fee_rate=fee_rate if _FEES[fee] else 0,
                closing_fee_basis=_FEES[fee] or "mark",
                taker_fee_rate=fee_rate if reserved else 0,
            )
            margin: Any = position_margin
            if leverage is not None:
                margin = tried.initial_margin(position["entry_price"], position["quantity"], leverage)
            prices[rule] = first_reached(tried, {**position, "position_margin": margin - funding_paid})
        if len(set(prices.values())) == 1:  # in the lowest tier both rules are one
            prices = {None: prices["flat"]}
        for tier_rule, price in prices.items():
            for rounding in () if isinstance(price, NoPrice) else ROUNDINGS[:3]:  # down is one of the first two
                on_tick = market.contract.to_tick(price, position["side"], rounding)
                yield Reading(basis, fee, reserved, tier_rule, rounding, price, on_tick)


def _bare(tiers: RiskTiers) -> list[tuple[Any, ...]]:
    """The rows of a ladder without the amounts that are printed: those belong to one rule only."""
    return [(t.floor, t.cap, t.maintenance_margin_rate, t.initial_margin_rate) for t in tiers.tiers]


def first_reached(market: Market, position: dict[str, Any]) -> Price:
    """The price at which a losing position meets the trigger first, be there several; ``ALREADY`` at its entry."""
    if position["position_margin"] <= 0:
        return ALREADY
    flat_by_value = market.tiers.rule == "flat" and market.tiers.measure == "value" and len(market.tiers.tiers) > 1
    if not (market.grows_with_value or (flat_by_value and market.maintenance_basis == "mark")):
        price: Price = market.liquidation_price(**position)
        return price
    side, entry = position["side"], position["entry_price"]
    intervals = market.liquidatable_prices(**position)
    if any(low <= entry <= high for low, high in intervals):
        return ALREADY
    ends = (
        [high for _, high in intervals if high < entry]
        if side == LONG
        else [low for low, _ in intervals if low > entry]
    )
    return (max if side == LONG else min)(ends, default=NEVER)
