"""The markets of the course's traders: one tier each, with round rates, maintenance on entry value, no fees."""

from __future__ import annotations

import math
from typing import Any

from liquidation import MEXC, MEXC_BTC_USDT, Contract, Market, RiskTiers


def _market(name: str, contract_size: Any, tick: Any, rate: Any) -> Market:
    tiers = RiskTiers([(0, math.inf, rate)], measure="value", rule="flat", source="made up to be round")
    return Market(Contract(name, contract_size, tick), tiers, MEXC, liquidation_fee_rate=0)


BTC = _market("BTC_USDT", contract_size=0.0001, tick=0.1, rate=0.004)
ETH = _market("ETH_USDT", contract_size=0.01, tick=0.01, rate=0.015)
BIG_BTC = MEXC_BTC_USDT.with_rules(liquidation_fee_rate=0)
"""MEXC's sample ladder for whoever is too big for one tier, without the fee, so that numbers stay round."""
