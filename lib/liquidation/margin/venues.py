"""How exchanges fill in the equation: ladders of tiers, printed with their source and date.

Exchanges change their ladders every few weeks. These are dated samples to learn and to test with; before you rely on
one, read today's at its source.
"""

from __future__ import annotations

from .contract import Contract
from .market import Market
from .tiers import RiskTiers

MEXC_BTC_USDT = Market(
    Contract("BTC_USDT", contract_size=0.0001, tick=0.1),
    RiskTiers(
        [
            (0, 50_000, 0.001, 0.002),
            (50_000, 120_000, 0.004, 0.005),
            (120_000, 320_000, 0.005, 0.01),
            (320_000, 2_280_000, 0.01, 0.02),
            (2_280_000, 15_500_000, 0.02, 0.05),
            (15_500_000, 17_000_000, 0.05, 0.1),
        ],
        measure="contracts",
        rule="flat",
        source="MEXC BTC_USDT, sample in its interface documentation (get-contract-info), read 2026",
    ),
    maintenance_basis="entry",
    liquidation_fee_rate=0.0004,
)
"""Maintenance on entry value and the flat rule are inferred from MEXC's samples; rates, caps and fee are printed."""

BINANCE_BTCUSDT = Market(
    Contract("BTCUSDT", contract_size=1, tick=0.1),
    RiskTiers(
        [
            (0, 50_000, 0.004, None, 0),
            (50_000, 600_000, 0.005, None, 50),
            (600_000, 3_000_000, 0.0065, None, 950),
            (3_000_000, 12_000_000, 0.01, None, 11_450),
            (12_000_000, 70_000_000, 0.02, None, 131_450),
        ],
        measure="value",
        rule="marginal",
        source="Binance BTCUSDT, October 2024, first five tiers, from freqtrade's binance_leverage_tiers.json",
    ),
)
"""Quantity in BTC."""

BYBIT_BTCUSDT = Market(
    Contract("BTCUSDT", contract_size=1, tick=0.1),
    RiskTiers(
        [(0, 2_000_000, 0.005, None, 0), (2_000_000, 2_600_000, 0.0056, None, 1_200)],
        measure="value",
        rule="marginal",
        source="Bybit BTCUSDT, announcement “margin parameters”, first two tiers, read 2026",
    ),
)
"""Quantity in BTC. Mark basis: Bybit's help since May 2026; before, it took the value at entry."""
