"""How exchanges fill in the equation: one record each, and dated ladders of tiers.

Exchanges change their rules and ladders every few weeks. These are dated samples to learn and to test with; before you
rely on one, read today's at its source.
"""

from __future__ import annotations

import math

from .contract import Contract
from .market import Market
from .tiers import RiskTiers
from .venue import Source, Venue

MEXC = Venue(
    name="MEXC",
    kind="linear",
    maintenance_basis="entry",
    tier_rule="flat",
    taker_fee_rate=0,
    liquidation_fee_rate=0.0004,
    strict=False,
    ratio="rises",
    rounding="away",
    steps=("add margin", "cancel", "net", "reduce", "take over"),
    tiers_at_a_time=1,
    pick="largest loss",
    takeover_price="bankruptcy",
    fee_cap=math.inf,
    drawdown=1,
    hand_on="position",
    adl_score="leveraged return",
    adl_price="bankruptcy",
    sources=(
        Source(
            ("strict", "ratio", "steps", "takeover_price", "liquidation_fee_rate", "closing_fee_basis"),
            "published",
            "support 360044646391, “Liquidation and Risk Limit”, and “FAQ on Liquidation”, read 2026; the fee rate is "
            "BTC_USDT's in the interface documentation (get-contract-info)",
        ),
        Source(
            ("maintenance_basis", "tier_rule", "rounding"),
            "inferred",
            "six published account samples, all longs; the short's rounding by symmetry (our choice)",
        ),
        Source(
            ("tiers_at_a_time",),
            "inferred",
            "“part of the position in the current tier”, support 360044646391; so in its texts of 2020",
        ),
        Source(("taker_fee_rate",), "our choice", "0: what is reserved depends on your fee level, so give your own"),
        Source(("pick",), "our choice", "MEXC publishes no order; who has lost most brought the account down"),
        Source(
            ("least_maintenance", "hedge_charge"),
            "our choice",
            "no floor, and each leg of a hedge by itself: its pages, read in 2026, name neither",
        ),
        Source(
            ("fee_cap", "drawdown", "hand_on", "adl_score", "adl_price"),
            "published",
            "support 360044646391 and 360042504091 (“Auto-deleveraging”), read 2026",
        ),
    ),
)

BINANCE = Venue(
    name="Binance USDⓈ-M",
    kind="linear",
    maintenance_basis="mark",
    tier_measure="value",
    tier_rule="marginal",
    strict=True,
    ratio="rises",
    rounding="away",
    steps=("cancel", "take over"),
    tiers_at_a_time=None,
    pick=None,
    takeover_price="bankruptcy",
    fee_cap=math.inf,
    drawdown=1,
    hand_on="position",
    adl_score="profit and margin ratio",
    adl_price="bankruptcy",
    sources=(
        Source(
            ("maintenance_basis", "tier_measure", "tier_rule", "strict", "ratio"),
            "published",
            "FAQ b3c689c1f50a44cabb3a84e663b81d93, “How to calculate liquidation price”, read 2026",
        ),
        Source(
            ("hedge_charge", "least_maintenance"),
            "published",
            "the formula of FAQ b3c689c1f50a44cabb3a84e663b81d93 adds up both legs and knows no floor, read 2026",
        ),
        Source(
            ("taker_fee_rate", "liquidation_fee_rate", "closing_fee_basis"),
            "published",
            "the formula of FAQ b3c689c1f50a44cabb3a84e663b81d93 counts no fee, read 2026",
        ),
        Source(("pick",), "silent", "the pages read in 2026 do not say"),
        Source(("rounding",), "our choice", "away from the entry, as MEXC does: the pages read in 2026 do not say"),
        Source(("tiers_at_a_time",), "silent", "no step goes down by tiers: one large order, then all of it"),
        Source(
            ("steps", "takeover_price", "fee_cap", "drawdown", "hand_on"),
            "reported",
            "a mirror of its “Liquidation Protocols”, read 2026; the one large order before the takeover is left out",
        ),
        Source(("adl_score", "adl_price"), "published", "announcement 360033525471; exact form as restated by Aster"),
    ),
)

BYBIT = Venue(
    name="Bybit USDT",
    kind="linear",
    maintenance_basis="mark",
    tier_measure="value",
    tier_rule="marginal",
    strict=False,
    ratio="rises",
    rounding="away",
    steps=("reduce", "cancel", "take over"),
    tiers_at_a_time=1,
    pick=None,
    takeover_price="bankruptcy",
    fee_cap=math.inf,
    drawdown=0.3,
    hand_on="position",
    adl_score="leveraged return",
    adl_price="bankruptcy",
    sources=(
        Source(
            ("maintenance_basis",),
            "published",
            "help “Liquidation Price Calculation under Isolated Mode (Unified Trading Account)”, since May 2026; "
            "before, it took the value at entry",
        ),
        Source(("tier_measure", "tier_rule"), "published", "announcement “Margin parameters”, read 2026"),
        Source(
            ("taker_fee_rate", "liquidation_fee_rate", "closing_fee_basis"),
            "our choice",
            "0: since May 2026 an estimated closing fee is counted; give its rate",
        ),
        Source(
            ("strict", "ratio"), "published", "help “Liquidation Price (USDT Contract)”, read 2026: the mark reaches it"
        ),
        Source(("rounding",), "our choice", "away from the entry, as MEXC does; the nearest is said for inverse only"),
        Source(("pick",), "silent", "the pages read in 2026 do not say"),
        Source(
            ("least_maintenance", "hedge_charge"),
            "our choice",
            "no floor, and each leg of a hedge by itself: the pages read in 2026 do not say",
        ),
        Source(
            ("steps", "tiers_at_a_time", "takeover_price"),
            "published",
            "help “Trading Rules: Liquidation Process”, read 2026: down a tier, cancel, one order, bankruptcy price; "
            "the one order is left out",
        ),
        Source(("fee_cap", "hand_on"), "published", "help “Insurance Fund”, read 2026"),
        Source(
            ("drawdown", "adl_score", "adl_price"),
            "published",
            "help “Auto-Deleveraging (ADL)” and interface page on ADL alerts, read 2026; there the fall is that of the "
            "symbol's result in eight hours over the pool's peak, here the pool's own",
        ),
    ),
)

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
        source="MEXC BTC_USDT, sample in its interface documentation (get-contract-info), read 2026",
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
        source="Bybit BTCUSDT, announcement “margin parameters”, read 2026",
    ),
    BYBIT,
)
"""Quantity in BTC."""
