"""A market: a contract, its ladder, and its venue's rules. Here the equation gets its numbers.

Every requirement, fee and price is asked of the formulas in :mod:`liquidation.theory`; a market only says with which
rate and amount. (Amounts, the search for the tier, and the prices belong to one class, whose arguments are listed
with their units: hence its length.)
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, cached_property
from typing import Any

import numpy as np

from ..algebra.checks import LARGEST, InputError, Number, Numbers, number_or_array, numbers, one_of, require, shown
from ..algebra.evaluation import ALREADY, NEVER, TINY
from ..algebra.exact import exact, said
from ..algebra.fast import search
from ..algebra.formula import Formula
from ..theory import LONG, SHORT, Basis, Theory, theory_of
from .contract import Contract
from .pieces import Interval, at_or_below_zero
from .tiers import RiskTiers
from .venue import PLAIN, Venue


@dataclass(frozen=True, init=False)
class Market:
    """A contract, its ladder, and its venue's rules, each of which can be overridden.

    Arguments:
        contract: what one contract is.
        tiers: the ladder.
        venue: the exchange's rules; left out, the plainest ones (:data:`liquidation.margin.venue.PLAIN`).
        rules: fields of :class:`liquidation.margin.venue.Venue` that are otherwise here, such as
            ``maintenance_basis="entry"`` or ``liquidation_fee_rate=0.0004``.

    >>> tiers = RiskTiers([(0, 1_000_000, 0.004)], "value", "flat")
    >>> market = Market(Contract("BTCUSDT", contract_size=1, tick=0.1), tiers, maintenance_basis="entry")
    >>> market.requirement(entry_price=50_000, mark_price=48_000, quantity=2)
    400.0

    Raises ``ValueError`` if contract or ladder are not of the venue's kind, or a rule does not exist.
    """

    contract: Contract
    tiers: RiskTiers
    venue: Venue

    def __init__(self, contract: Contract, tiers: RiskTiers, venue: Venue = PLAIN, **rules: Any) -> None:
        for name, value, kind in (
            ("contract", contract, Contract),
            ("tiers", tiers, RiskTiers),
            ("venue", venue, Venue),
        ):
            if not isinstance(value, kind):
                raise InputError(f"{name}={shown(value)} is not allowed: {name} must be a {kind.__name__}")
        unknown = rules.keys() - Venue.__dataclass_fields__.keys()
        if unknown:
            raise InputError(f"a venue has no rule called {', '.join(sorted(unknown))}")
        venue = replace(venue, **{name: rule for name, rule in rules.items() if rule is not None})
        for name, wanted, found in (
            ("kind", venue.kind, contract.kind),
            ("measure", venue.tier_measure, tiers.measure),
            ("rule", venue.tier_rule, tiers.rule),
        ):
            if wanted not in (None, found):
                raise InputError(f"{name}={found!r} is not allowed: on {venue.name} it is {wanted!r}")
        if tiers.growth and tiers.measure == "value" and venue.maintenance_basis == "entry":
            raise InputError(
                "a rate that grows with the value stands on mark value: maintenance_basis='entry' is not allowed"
            )
        object.__setattr__(self, "contract", contract)
        object.__setattr__(self, "tiers", tiers)
        object.__setattr__(self, "venue", venue)

    def with_rules(self, **rules: Any) -> Market:
        """Return the market under other rules of :class:`liquidation.margin.venue.Venue`.

        >>> from liquidation import MEXC_BTC_USDT
        >>> MEXC_BTC_USDT.with_rules(liquidation_fee_rate=0).liquidation_fee_rate
        0
        """
        return Market(self.contract, self.tiers, self.venue, **rules)

    @property
    def theory(self) -> Theory:
        """The formulas of this kind of contract, with the closing fee on the venue's basis."""
        return theory_of(self.contract.kind, self.venue.rule("closing_fee_basis"))

    @property
    def maintenance_basis(self) -> Basis:
        """The value that maintenance stands on."""
        basis: Basis = self.venue.rule("maintenance_basis")
        return basis

    @property
    def least_maintenance(self) -> Number:
        """Least maintenance margin of a position, in the money of the contract."""
        least: Number = self.venue.rule("least_maintenance")
        return least

    @property
    def liquidation_fee_rate(self) -> Number:
        """Rate of the fee that the trigger counts."""
        rate: Number = self.venue.rule("liquidation_fee_rate")
        return rate

    @property
    def taker_fee_rate(self) -> Number:
        """Rate of the closing fee that is reserved in the margin."""
        rate: Number = self.venue.rule("taker_fee_rate")
        return rate

    # -- amounts of money ------------------------------------------------------------------------------------

    def value(self, price: Numbers, quantity: Numbers) -> Any:
        """Position value in the money of the contract: USDT if linear, coins if inverse."""
        return self.theory.position_value(
            mark_price=price, quantity=quantity, contract_size=self.contract.contract_size
        )

    def unrealized_pnl(self, side: Numbers, entry_price: Numbers, mark_price: Numbers, quantity: Numbers) -> Any:
        """Unrealized profit or loss, in the money of the contract."""
        return self.theory.unrealized_pnl(
            side=side,
            entry_price=entry_price,
            mark_price=mark_price,
            quantity=quantity,
            contract_size=self.contract.contract_size,
        )

    def size(self, price: Numbers, quantity: Numbers) -> Any:
        """What the ladder measures: the value at a price, or the number of contracts."""
        return self.value(price, quantity) if self.tiers.measure == "value" else quantity

    def initial_margin(self, entry_price: Numbers, quantity: Numbers, leverage: Numbers) -> Any:
        """Margin to open with: value over leverage, plus the reserve for the closing fee."""
        return self.theory.position_margin(
            entry_price=entry_price,
            quantity=quantity,
            contract_size=self.contract.contract_size,
            leverage=leverage,
            taker_fee_rate=self.taker_fee_rate,
        )

    def price_that_counts(self, entry_price: Numbers, mark_price: Numbers) -> Numbers:
        """The price at which the requirement, and so the tier, values a position."""
        return entry_price if self.maintenance_basis == "entry" else mark_price

    def requirement(self, entry_price: Numbers, mark_price: Numbers, quantity: Numbers) -> Any:
        """Maintenance margin plus liquidation fee at a mark price, in the money of the contract."""
        entry_price = numbers("entry_price", entry_price, "positive")
        mark_price = numbers("mark_price", mark_price, "positive")
        quantity = numbers("quantity", quantity, "positive")
        size = self.size(self.price_that_counts(entry_price, mark_price), quantity)
        formula = self.theory.requirement(self.maintenance_basis)
        known = {"entry_price": entry_price, "mark_price": mark_price, "quantity": quantity}
        terms = self._terms(self.tiers.index(size), quantity)
        required = _call(formula, **known, **terms)
        if self.grows_with_value:  # apart, for the rate of a value beyond every tier may pass 1
            grown = self.theory.maintenance_margin_growing
            required = required + grown(position_value=size, maintenance_margin_rate=0, rate_growth=self.tiers.growth)
        if not self.least_maintenance:
            return required
        fee = _call(formula, **known, **{**terms, "maintenance_margin_rate": 0, "maintenance_amount": 0})
        larger = np.maximum if isinstance(required, np.ndarray) else max
        return larger(required, fee + self.least_maintenance)

    @property
    def grows_with_value(self) -> bool:
        """Whether the rate rises with the value, and so with the price: then the requirement is a parabola."""
        return bool(self.tiers.growth) and self.tiers.measure == "value"

    def _terms(self, index: Any, quantity: Numbers) -> dict[str, Any]:
        """Contract size, rate, amount and fee rate that count in a tier."""
        rate, amount = self.tiers.take(index)
        growth: Any = 0 if self.grows_with_value else self.tiers.growth
        if self.tiers.measure == "contracts" and self.tiers.rule == "marginal":
            # The deduction is then a number of contracts, worth a fixed part of the position at every price.
            rate, amount = rate - amount / quantity, 0
        if growth:
            rate = rate + growth * quantity
        return {
            "contract_size": self.contract.contract_size,
            "maintenance_margin_rate": rate,
            "maintenance_amount": amount,
            "liquidation_fee_rate": self.liquidation_fee_rate,
        }

    def check_opening(self, price: Number, quantity: Number, leverage: Number) -> None:
        """Refuse a size beyond the last tier and a leverage beyond the largest of its tier, with what is known."""
        size, tiers = self.size(price, quantity), self.tiers
        if size > tiers.caps[-1]:
            raise InputError(
                f"a position of {said(size)} ({tiers.measure}; quantity={said(quantity)}) is above the last tier, "
                f"which ends at {tiers.caps[-1]}: give today's ladder, or a smaller quantity"
            )
        tier = tiers.tiers[tiers.index(size)]
        initial: Any = tiers.initial_margin_rate(size)
        if initial is not None and exact(leverage) * exact(initial) > 1 and leverage > 1 / initial:
            raise InputError(
                f"leverage={leverage} is not allowed: a position of {said(size)} ({tiers.measure}) is in tier "
                f"{tiers.index(size) + 1}, which allows at most {float(1 / initial):g}"
            )
        # Opened at its own price, a position must start with more than must be left.
        maintenance = tier.maintenance_margin_rate + tiers.growth * size
        self.theory.initial_margin.check(leverage=leverage, maintenance_margin_rate=maintenance)

    def _margin_of(self, entry_price: Numbers, quantity: Numbers, leverage: Numbers) -> Any:
        """Initial margin of positions that the ladder allows; of many, each is looked at."""
        named = {"entry_price": entry_price, "quantity": quantity, "leverage": leverage}
        given: list[Any] = [numbers(name, x, "positive") for name, x in named.items()]
        for one in np.broadcast(*given):
            self.check_opening(*(x.item() if isinstance(x, np.generic) else x for x in one))
        return self.initial_margin(*given)

    # -- prices ----------------------------------------------------------------------------------------------

    def liquidation_price(
        self,
        *,
        side: Numbers,
        entry_price: Numbers,
        quantity: Numbers,
        position_margin: Numbers | None = None,
        leverage: Numbers | None = None,
        on_tick: bool = False,
    ) -> Any:
        """Exact liquidation price of isolated positions; numbers, Fractions and arrays.

        Arguments:
            side: +1 long, -1 short.
            entry_price: in the unit of the contract's price.
            quantity: contracts.
            position_margin: money behind the position, or
            leverage: that it was opened with, its margin never changed [times].
            on_tick: round the price to the contract's tick, as the venue does; for one side at a time.

        The tier that counts is the one at the liquidation price itself; it is found without iteration. ``NEVER`` and
        ``ALREADY`` as in every formula (infinities in arrays). Raises ``ValueError`` for a flat ladder by value on
        mark basis, and for a rate that grows with the value: there a position can have several such prices, see
        :meth:`liquidatable_prices`.

        >>> tiers = RiskTiers([(0, 50_000, 0.004), (50_000, 600_000, 0.005)], "value", "marginal")
        >>> market = Market(Contract("BTCUSDT", contract_size=1, tick=0.1), tiers)
        >>> price = market.liquidation_price(side=1, entry_price=50_000, quantity=2, position_margin=4_000)
        >>> round(price, 2)  # worth 96,432 there: the second tier
        48216.08
        >>> market.liquidation_price(side=1, entry_price=50_000, quantity=2, leverage=25, on_tick=True)
        48216.0
        """
        if one_of("on_tick", on_tick, True, False):
            price = self.liquidation_price(
                side=side,
                entry_price=entry_price,
                quantity=quantity,
                position_margin=position_margin,
                leverage=leverage,
            )
            return self.contract.to_tick(price, side, self.venue.rule("rounding"))
        if (position_margin is None) == (leverage is None):
            raise InputError("give either position_margin or leverage, the margin that stands behind the position")
        if leverage is not None:
            position_margin = self._margin_of(entry_price, quantity, leverage)
        given: dict[str, Any] = {
            "side": side,
            "entry_price": entry_price,
            "quantity": quantity,
            "position_margin": position_margin,
        }
        given = {name: number_or_array(name, x) for name, x in given.items()}
        if self.grows_with_value:
            raise InputError(
                "with a rate that grows with the value a position can have several liquidation prices: ask "
                "liquidatable_prices"
            )
        if len(self.tiers.tiers) == 1:
            index: Any = 0
        elif self.maintenance_basis == "entry" or self.tiers.measure == "contracts":
            index = self.tiers.index(self.size(given["entry_price"], given["quantity"]))
        elif self.tiers.rule == "flat":
            raise InputError(
                "with a flat ladder by value a position can have several liquidation prices: ask liquidatable_prices"
            )
        else:
            index = self._index_at_liquidation(**given)
        formula = self.theory.liquidation_price_on(self.maintenance_basis)
        terms = self._terms(index, given["quantity"])
        price = formula(**given, **terms)
        if not self.least_maintenance:
            return price
        by_amount, least = self.theory.liquidation_price_by_amount, self.least_maintenance
        return _reached_first(given["side"], price, _call(by_amount, **given, **terms, maintenance_margin=least))

    def _index_at_liquidation(self, **position: Any) -> Any:
        """Tier, from 0, at the value that each position has at its own liquidation price (marginal, by value, mark).

        The trigger says what a position's margin lacks to be liquidated just where its value is a cap. That, times the
        side, rises with the value at its own liquidation price, since every rate is below 1: so one search among the
        caps finds its tier. To compare positions of all sizes, what they lack is taken at one value for all, with
        nothing required.
        """
        direction = self._direction(position["side"])
        wanted = direction * self.tiers.caps[0] + self._lacking(self.tiers.caps[0], 0, 0, **position)
        ladder = self._ladder_at_liquidation
        found = search(ladder, wanted) if isinstance(wanted, np.ndarray) else bisect_left(ladder, wanted)
        return abs(found - len(ladder) // 2)

    def _direction(self, side: Any) -> Any:
        """The side, as it feels the value: an inverse contract gains as its value falls."""
        return side if self.contract.kind == "linear" else -side

    def _lacking(self, value: Any, rate: Any, amount: Any, **position: Any) -> Any:
        """Margin to add to positions that they be liquidated where they are worth ``value``, by a rate and amount."""
        return _margin_to_add(self.theory)(
            position_value=value,
            contract_size=self.contract.contract_size,
            maintenance_margin_rate=rate,
            maintenance_amount=amount,
            liquidation_fee_rate=self.liquidation_fee_rate,
            **position,
        )

    @cached_property
    def _ladder_at_liquidation(self) -> list[Any]:
        """What a short and a long lack that are liquidated at each cap, as the search wants it: one rising list."""
        first, ladder = self.tiers.caps[0], []
        for side in (SHORT, LONG):
            any_one = {"side": side, "entry_price": 1, "quantity": 1, "position_margin": 1}
            free = self._lacking(first, 0, 0, **any_one)
            for number, cap in enumerate(self.tiers.caps[:-1]):
                lacking = self._lacking(cap, *self.tiers.take(number), **any_one)
                ladder.append(self._direction(side) * first + free - lacking)
        return sorted(ladder)

    def breakpoints(self, quantity: Number) -> list[Any]:
        """Mark prices at which a position changes its tier, rising."""
        if self.maintenance_basis == "entry":
            return []
        if self.tiers.measure == "contracts":
            rate = self._terms(self.tiers.index(quantity), quantity)["maintenance_margin_rate"]
            at = self.least_maintenance / rate / self.value(1, quantity) if rate else 0
            return [at if self.contract.kind == "linear" else 1 / at] if at else []
        # Value and price are proportional, or inversely so: either way, the price at which a value is reached.
        unit = self.value(1, quantity)
        values = [*self.tiers.caps[:-1], *self._values_at_the_floor]
        return sorted(value / unit if self.contract.kind == "linear" else unit / value for value in values)

    @cached_property
    def _values_at_the_floor(self) -> list[Any]:
        """The values at which a ladder by value requires just the least maintenance."""
        least = self.least_maintenance
        found: list[Any] = []
        for tier, amount in zip(self.tiers.tiers, self.tiers.amounts, strict=True):
            rate = tier.maintenance_margin_rate
            if least and self.grows_with_value:
                growth = self.tiers.growth
                found.append((math.sqrt(rate * rate + 4 * growth * least) - rate) / (2 * growth))
            elif least and rate and tier.floor < (value := (least + amount) / rate) <= tier.cap:
                found.append(value)
        return found

    def liquidatable_prices(
        self, *, side: int, entry_price: Number, quantity: Number, position_margin: Number
    ) -> list[Interval]:
        """Every interval of mark prices in which equity is at or below the requirement, rising; any ladder.

        ``low`` may be 0 and ``high`` ``math.inf``; an empty list means never. One position, isolated.

        >>> tiers = RiskTiers([(0, 1_000_000, 0.004)], "value", "flat")
        >>> market = Market(Contract("BTCUSDT", contract_size=1, tick=0.1), tiers, maintenance_basis="entry")
        >>> market.liquidatable_prices(side=1, entry_price=50_000, quantity=2, position_margin=4_000)
        [(0, 48200.0)]
        """

        require("side", side=side)
        require("positive", entry_price=entry_price, quantity=quantity)
        require("number", position_margin=position_margin)
        if entry_price > LARGEST / 10 or quantity > LARGEST / 10:
            raise InputError(f"entry_price={entry_price} with quantity={quantity} is more than floats can reckon with")

        def excess(price: Any) -> Any:
            gain = self.unrealized_pnl(side, entry_price, price, quantity)
            return position_margin + gain - self.requirement(entry_price, price, quantity)

        return self.intervals(excess, self.breakpoints(quantity), entry_price)

    def at(self, x: Any) -> Any:
        """Price at the coordinate in which money is straight: the price itself, its reciprocal if inverse."""
        return x if self.contract.kind == "linear" else 1 / x

    def intervals(self, excess: Callable[[Any], Any], prices: Iterable[Any], scale: Any) -> list[Interval]:
        """Price intervals in which ``excess``, a function of the price, is at or below zero.

        ``prices`` are those at which it may jump or bend, ``scale`` is a usual one.
        """
        found = at_or_below_zero(
            lambda x: excess(self.at(x)), [self.at(p) for p in prices], self.at(scale), curved=self.grows_with_value
        )
        if self.contract.kind == "inverse":
            found = [(_reciprocal(high), _reciprocal(low)) for low, high in reversed(found)]
        if isinstance(scale, Fraction):
            return found
        # What floats leave over where the price is 0, or endless: see TINY.
        least, most = (scale * TINY, math.inf) if self.contract.kind == "linear" else (0, scale / TINY)
        ends = [(0 if low < least else low, math.inf if high > most else high) for low, high in found]
        return [(low, high) for low, high in ends if high > least and low < most]


def _reached_first(side: Any, first: Any, second: Any) -> Any:
    """The one of two trigger prices that a losing position meets first: the higher of a long, the lower of a short."""
    if isinstance(first, np.ndarray) or isinstance(second, np.ndarray):
        return side * np.maximum(side * first, side * second)
    if ALREADY in (first, second):
        return ALREADY
    prices = [price for price in (first, second) if price is not NEVER]
    return (max if side == LONG else min)(prices, default=NEVER)


def _reciprocal(x: Any) -> Any:
    return math.inf if x == 0 else 0 if x == math.inf else 1 / x


@cache
def _margin_to_add(theory: Theory) -> Formula:
    """What is lacking for a wanted value at the liquidation price, with maintenance on mark value."""
    formula = theory.liquidation_price_mark_basis.substitute(
        position_margin="position_margin + added_margin",
        liquidation_price=theory.position_value.solve_for("mark_price"),
    )
    return formula.solve_for("added_margin")


def _call(formula: Any, **known: Any) -> Any:
    """Call a formula with those of the known quantities that it takes."""
    return formula(**{name: known[name] for name in formula.program.arguments})
