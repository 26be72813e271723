"""One position's readings at a mark price: how far its liquidation is, and how likely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..algebra.checks import InputError, Number, check_fields, one_number, refuse
from ..algebra.evaluation import ALREADY, NEVER, Price
from ..odds.chance import chance_of_touching
from ..theory import Theory, linear


@dataclass(frozen=True)
class Outlook:
    """One position's four readings, which move together.

    ``distance`` is the way to the liquidation price as a fraction of the mark price. ``NEVER`` where there is none.

    >>> Outlook(48_200.0, distance=0.036, margin_ratio=0.1, chance=0.39).distance
    0.036
    """

    liquidation_price: Price
    distance: Price
    margin_ratio: Number
    chance: float

    def __post_init__(self) -> None:
        check_fields(self, liquidation_price="positive", distance="number", margin_ratio="time", chance="probability")


def outlook(
    *,
    side: int,
    entry_price: Number,
    mark_price: Number,
    quantity: Number,
    contract_size: Number,
    position_margin: Number,
    maintenance_margin: Number,
    volatility: Number,
    drift: Number = 0.0,
    horizon: Number,
    funding_paid: Number = 0,
    theory: Theory = linear,
) -> Outlook:
    """Return the liquidation price, distance, margin ratio and chance of liquidation of one isolated position.

    Arguments:
        side: +1 long, -1 short.
        entry_price: in the unit of the contract's price.
        mark_price: the same.
        quantity: contracts.
        contract_size: coins per contract, or USD per contract if inverse.
        position_margin: money behind the position.
        maintenance_margin: money that must be left.
        volatility: of the log price [per square root of a year].
        drift: expected growth of the price [per year].
        horizon: how far ahead one looks [years].
        funding_paid: out of that margin so far; negative if it was received. What is still to come is left out.
        theory: ``linear`` or ``inverse``.

    >>> mira = dict(side=1, entry_price=50_000, mark_price=50_000, quantity=1_000, contract_size=0.0001,
    ...             maintenance_margin=20, volatility=0.8, horizon=1 / 365)
    >>> round(outlook(position_margin=200, **mira).chance, 4), round(outlook(position_margin=400, **mira).chance, 4)
    (0.3883, 0.0614)

    Raises ``ValueError`` for a position that is already liquidated at this mark price.
    """
    if not isinstance(theory, Theory):
        raise refuse("theory", theory, "liquidation.linear or liquidation.inverse")
    held: dict[str, Any] = {
        "side": int(one_number("side", side, "side")),
        "entry_price": one_number("entry_price", entry_price, "positive"),
        "quantity": one_number("quantity", quantity, "positive"),
        "contract_size": one_number("contract_size", contract_size, "positive"),
        "position_margin": one_number("position_margin", position_margin, "positive"),
        "maintenance_margin": one_number("maintenance_margin", maintenance_margin, "non-negative"),
    }
    held["position_margin"] -= one_number("funding_paid", funding_paid, "number")
    if held["position_margin"] <= 0:
        raise InputError(f"funding_paid={funding_paid} is not allowed: it has used up the position margin")
    mark_price = one_number("mark_price", mark_price, "positive")
    price = theory.liquidation_price(**held)
    if price is ALREADY or (price is not NEVER and side * (mark_price - price) <= 0):
        raise InputError(f"mark_price={mark_price} is at or beyond the liquidation price {price}: nothing lies ahead")
    return Outlook(
        liquidation_price=price,
        distance=NEVER if price is NEVER else side * (mark_price - price) / mark_price,
        margin_ratio=theory.margin_ratio(mark_price=mark_price, **held),
        chance=chance_of_touching(
            side=side,
            mark_price=mark_price,
            liquidation_price=price,
            volatility=one_number("volatility", volatility, "volatility or 0"),
            drift=one_number("drift", drift, "number"),
            horizon=one_number("horizon", horizon, "time"),
        ),
    )
