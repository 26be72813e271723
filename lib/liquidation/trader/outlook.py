"""One position's readings at a mark price: how far its liquidation is, and how likely."""

from __future__ import annotations

from dataclasses import dataclass

from ..algebra.evaluation import ALREADY, NEVER, NoPrice
from ..odds.chance import chance_of_touching
from ..theory import Theory, linear


@dataclass(frozen=True)
class Outlook:
    """One position's four readings, which move together.

    ``distance`` is the way to the liquidation price as a fraction of the mark price. ``NEVER`` where there is none.
    """

    liquidation_price: float | NoPrice
    distance: float | NoPrice
    margin_ratio: float
    chance: float


def outlook(
    *, side: int, entry_price: float, mark_price: float, quantity: float, contract_size: float,
    position_margin: float, maintenance_margin: float, volatility: float, drift: float = 0.0, horizon: float,
    theory: Theory = linear,
) -> Outlook:  # fmt: skip
    """Return the liquidation price, distance, margin ratio and chance of liquidation of one isolated position.

    >>> mira = dict(side=1, entry_price=50_000, mark_price=50_000, quantity=1_000, contract_size=0.0001,
    ...             maintenance_margin=20, volatility=0.8, horizon=1 / 365)
    >>> round(outlook(position_margin=200, **mira).chance, 4), round(outlook(position_margin=400, **mira).chance, 4)
    (0.3883, 0.0614)

    Raises ``ValueError`` for a position that is already liquidated at this mark price.
    """
    held = dict(
        side=side, entry_price=entry_price, quantity=quantity, contract_size=contract_size,
        position_margin=position_margin, maintenance_margin=maintenance_margin,
    )  # fmt: skip
    price = theory.liquidation_price(**held)
    if price is ALREADY or (price is not NEVER and side * (mark_price - price) <= 0):
        raise ValueError(f"mark_price={mark_price} is at or beyond the liquidation price {price}: nothing lies ahead")
    return Outlook(
        liquidation_price=price,
        distance=NEVER if price is NEVER else side * (mark_price - price) / mark_price,
        margin_ratio=theory.margin_ratio(mark_price=mark_price, **held),
        chance=chance_of_touching(
            side=side, mark_price=mark_price, liquidation_price=price, volatility=volatility, drift=drift,
            horizon=horizon,
        ),
    )  # fmt: skip
