"""The markets of the course's traders: one tier each, with round rates, maintenance on entry value, no fees."""

from __future__ import annotations

import math
from typing import Any

from liquidation import DERIBIT, MEXC, MEXC_BTC_USDT, VENUES, Contract, Market, RiskTiers, Venue


def _market(name: str, contract_size: Any, tick: Any, rate: Any) -> Market:
    tiers = RiskTiers([(0, math.inf, rate)], measure="value", rule="flat", source="made up to be round")
    return Market(Contract(name, contract_size, tick), tiers, MEXC, liquidation_fee_rate=0)


BTC = _market("BTC_USDT", contract_size=0.0001, tick=0.1, rate=0.004)
ETH = _market("ETH_USDT", contract_size=0.01, tick=0.01, rate=0.015)
BIG_BTC = MEXC_BTC_USDT.with_rules(liquidation_fee_rate=0)
"""MEXC's sample ladder for whoever is too big for one tier, without the fee, so that numbers stay round."""

LOWEST_RATES = {
    "MEXC": 0.001,
    "Binance USDⓈ-M": 0.004,
    "Bybit USDT": 0.005,
    "BitMEX": 0.005,
    "Deribit": 0.01,
    "Hyperliquid": 0.0125,
}
"""Maintenance margin rates of the smallest bitcoin positions, of exchanges whose ladder could be read: MEXC's interface
documentation, Binance's ladder of October 2024, Bybit's “Margin parameters”, BitMEX's risk limits, Deribit's “Linear
Perpetual”, Hyperliquid's margin tiers (half of 1/40); read 2026-11-26."""


def on_venues(rate: float | None = None) -> dict[str, Market]:
    """Bitcoin under the rules of each exchange: at one maintenance rate for all, or at its own lowest one where known.

    >>> on_venues(0.004)["BitMEX"].liquidation_price(side=1, entry_price=50_000, quantity=1_000, leverage=25)
    48200.0
    """
    rates = {v.name: rate for v in VENUES} if rate is not None else LOWEST_RATES
    return {venue.name: _on(venue, rates[venue.name]) for venue in VENUES if venue.name in rates}


def _on(venue: Venue, rate: Any) -> Market:
    linear = venue.kind != "inverse"
    contract = Contract("BTC_USDT", 0.0001, 0.1) if linear else Contract("BTCUSD", 1, 0.1, "inverse")
    growth = 0.00005 * contract.contract_size if venue is DERIBIT else 0
    measure = "contracts" if venue is DERIBIT else venue.tier_measure or "value"
    tiers = RiskTiers([(0, math.inf, rate)], measure, venue.tier_rule or "flat", growth=growth)
    # MEXC's samples reserve the closing fee in the margin; its rate is the trader's own.
    return Market(contract, tiers, venue, taker_fee_rate=0.0004 if venue is MEXC else None)


DERIBIT_BTC = Market(
    Contract("BTC-PERPETUAL", contract_size=10, tick=0.5, kind="inverse"),
    RiskTiers([(0, math.inf, 0.01, 0.02)], "value", "flat", "Deribit, “Linear Perpetual”", growth=0.00005),
    DERIBIT,
)
"""Deribit's rates on a contract that is settled in the coin: 1%, and 0.005% more for every bitcoin."""
