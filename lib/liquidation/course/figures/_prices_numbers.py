"""Numbers of the pictures of lesson 02; prices and money in USDT."""

from __future__ import annotations

import numpy as np

from liquidation import LONG, SHORT, Fill, InsuranceFund, Position, bankruptcy_price, linear, liquidation_price

from ..mira import BTC


def critical_prices(position_margin: float, maintenance_margin: float, **size: float) -> dict[int, tuple[float, float]]:
    """Compute the liquidation and the bankruptcy price of a long and of a short, by side, in USDT."""
    found = {}
    for side in (LONG, SHORT):
        case = dict(side=side, position_margin=position_margin, **size)
        found[side] = liquidation_price(maintenance_margin=maintenance_margin, **case), bankruptcy_price(**case)
    return found


def milestones(ratios: np.ndarray) -> tuple[int, int, int]:
    """Find the places half of the way along, of the first margin ratio of at least 50%, and at the end."""
    return len(ratios) // 2, int(np.argmax(ratios >= 0.5)), len(ratios) - 1


def shifts(
    leverage: np.ndarray,
    entry_price: float,
    maintenance_margin_rate: float,
    liquidation_fee_rate: float,
    taker_fee_rate: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute how far three terms move a long's liquidation price, in USDT per BTC.

    They are the liquidation fee, the reserve for the closing fee, and maintenance on the value at the mark price.

    Arguments:
        leverage: one number for each result [times].
        entry_price: [USDT per BTC].
        maintenance_margin_rate: a fraction.
        liquidation_fee_rate: of the first term, a fraction.
        taker_fee_rate: what the second term reserves, a fraction.
    """
    size = {"entry_price": entry_price, "quantity": 1.0, "contract_size": 1.0}
    bare = linear.initial_margin(leverage=leverage, **size)
    reserved = linear.position_margin(leverage=leverage, taker_fee_rate=taker_fee_rate, **size)
    rates = {"maintenance_margin_rate": maintenance_margin_rate, "maintenance_amount": 0.0, **size}
    entry, mark = linear.liquidation_price_entry_basis.long, linear.liquidation_price_mark_basis.long
    textbook = entry(position_margin=bare, liquidation_fee_rate=0.0, **rates)
    with_fee = entry(position_margin=bare, liquidation_fee_rate=liquidation_fee_rate, **rates)
    with_reserve = entry(position_margin=reserved, liquidation_fee_rate=0.0, **rates)
    on_mark = mark(position_margin=bare, liquidation_fee_rate=0.0, **rates)
    return with_fee - textbook, with_reserve - textbook, on_mark - textbook


ENTRY = 50_000.0


def trigger_of(
    side: int, leverage: float, rate: float, added: float, marks: np.ndarray
) -> tuple[float, float, float, np.ndarray]:
    """Compute margin, requirement, liquidation price, and equity at marks, of 0.1 BTC from 50,000; all in USDT.

    Arguments:
        side: +1 long, -1 short.
        leverage: [times].
        rate: of maintenance [percent].
        added: margin beyond the initial margin [USDT].
        marks: mark prices at which to compute the equity [USDT].

    Raises ``ValueError`` if the margin does not cover what must be left: such a position dies as it opens.
    """
    size = {"entry_price": ENTRY, "quantity": 1_000, "contract_size": 0.0001}
    margin = linear.initial_margin(leverage=leverage, **size) + added
    maintenance = linear.maintenance_margin_entry_basis
    requirement = maintenance(maintenance_margin_rate=rate / 100, maintenance_amount=0, **size)
    if margin <= requirement:
        raise ValueError(
            f"{leverage:g}x is too much for a maintenance rate of {rate:g}%: {margin:,.0f} USDT of margin do not cover "
            f"the {requirement:,.0f} that must be left. Take less leverage, or add margin."
        )
    price = liquidation_price(side=side, position_margin=margin, maintenance_margin=requirement, **size)
    return margin, requirement, price, margin + linear.unrealized_pnl(side=side, mark_price=marks, **size)


def room_line(rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Compute leverages up to where the maintenance rate (percent) leaves no room, and the room at each, a fraction."""
    span = np.geomspace(1.9, min(125.0, 0.999 / (rate / 100)), 400)
    return span, linear.adverse_move(leverage=span, maintenance_margin_rate=rate / 100)


def paid_after_the_sale(bankruptcy_price: float, sold_at: float) -> list[str]:
    """Say who is paid in the end when 0.1 BTC, taken over at their bankruptcy price, are sold (USDT)."""
    taken = Position(BTC, LONG, 1_000, bankruptcy_price)
    payments = InsuranceFund(0).settle(taken, [Fill(1_000, sold_at)]).transfers
    return [
        f"{payment.amount:.2f} USDT for the exchange's {payment.payee}"
        for payment in payments
        if payment.payee != "engine"
    ]
