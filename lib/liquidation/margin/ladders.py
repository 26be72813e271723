"""Dated ladders of tiers, one contract each: samples to learn and to test with.

Exchanges change their ladders every few weeks: before you rely on one, read today's at its source.
"""

from __future__ import annotations

from .contract import Contract
from .market import Market
from .tiers import RiskTiers
from .venues import BINANCE, BYBIT, MEXC

MEXC_BTC_USDT = Market(
    Contract("BTC_USDT", contract_size=0.0001, tick=0.1, quantity_step=1),
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
        source="MEXC BTC_USDT, sample in its interface documentation (get-contract-info), read 2026-11-26",
    ),
    MEXC,
)
"""Rates, caps and fee are printed; what is inferred the record of the venue says."""

BINANCE_BTCUSDT = Market(
    Contract("BTCUSDT", contract_size=1, tick=0.1, quantity_step=0.001),
    RiskTiers(
        [
            (0, 50_000, 0.004, 1 / 125, 0),
            (50_000, 600_000, 0.005, 1 / 100, 50),
            (600_000, 3_000_000, 0.0065, 1 / 75, 950),
            (3_000_000, 12_000_000, 0.01, 1 / 50, 11_450),
            (12_000_000, 70_000_000, 0.02, 1 / 25, 131_450),
        ],
        measure="value",
        rule="marginal",
        source="Binance BTCUSDT, October 2024, first five tiers, from freqtrade's binance_leverage_tiers.json",
    ),
    BINANCE,
)
"""Quantity in BTC."""

BYBIT_BTCUSDT = Market(
    Contract("BTCUSDT", contract_size=1, tick=0.1, quantity_step=0.001),
    RiskTiers(
        [
            (0, 2_000_000, 0.005, 1 / 100, 0),
            (2_000_000, 2_600_000, 0.0056, 1 / 90, 1_200),
            (2_600_000, 3_200_000, 0.0063, 1 / 80, 3_020),
            (3_200_000, 3_800_000, 0.0067, 1 / 75, 4_300),
            (3_800_000, 4_400_000, 0.0071, 1 / 70, 5_820),
            (4_400_000, 5_000_000, 0.0077, 1 / 65, 8_460),
            (5_000_000, 5_600_000, 0.0091, 1 / 55, 15_460),
            (5_600_000, 8_500_000, 0.01, 1 / 50, 20_500),
            (8_500_000, 10_000_000, 0.013, 1 / 45, 46_000),
            (10_000_000, 14_000_000, 0.015, 1 / 40, 66_000),
            (14_000_000, 20_000_000, 0.016, 1 / 35, 80_000),
            (20_000_000, 28_000_000, 0.02, 1 / 30, 160_000),
            (28_000_000, 38_000_000, 0.025, 1 / 25, 300_000),
            (38_000_000, 50_000_000, 0.029, 1 / 20, 452_000),
            (50_000_000, 55_000_000, 0.03, 1 / 19, 502_000),
            (55_000_000, 60_000_000, 0.035, 1 / 18, 777_000),
            (60_000_000, 65_000_000, 0.036, 1 / 17, 837_000),
            (65_000_000, 70_000_000, 0.038, 1 / 16, 967_000),
            (70_000_000, 75_000_000, 0.04, 1 / 15, 1_107_000),
            (75_000_000, 80_000_000, 0.045, 1 / 14, 1_482_000),
        ],
        measure="value",
        rule="marginal",
        source="Bybit BTCUSDT, announcement “Margin parameters” (bybitx.global), read 2026-11-26",
    ),
    BYBIT,
)
"""Quantity in BTC."""
