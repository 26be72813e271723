"""How exchanges fill in the equation, and what their engines do: one record each.

Exchanges change their rules: each record says where every rule was read, and on which day. What is read is a stored
copy of a page, of which a long one may miss its end. Before you rely on a rule, read it there again. (The module is
long because it is a table.)
"""

from __future__ import annotations

import math
from dataclasses import replace

from .venue import Source, Venue

_DAY = "read 2026-11-26"
_AWAY = "away from the entry, as on MEXC: the pages do not say"
_ADD_UP = "each leg of a hedge by itself: the pages do not say"
_NO_FLOOR = "no floor in money: the pages name none"
_PICK = "the pages do not say which position of a pool comes first"

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
    order_margin="out of the equity",
    steps=("add margin", "cancel", "net", "reduce", "take over"),
    portion="tier",
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
            (
                "strict",
                "ratio",
                "order_margin",
                "cancel_at",
                "steps",
                "takeover_price",
                "liquidation_fee_rate",
                "closing_fee_basis",
            ),
            "published",
            "support 360044646391, “Liquidation and Risk Limit”, and “FAQ on Liquidation”, read 2026-11-26; the "
            "fee rate is BTC_USDT's in the interface documentation (get-contract-info), the same day",
        ),
        Source(
            ("maintenance_basis", "tier_rule", "rounding"),
            "inferred",
            "six published account samples, all longs; the short's rounding by symmetry (our choice)",
        ),
        Source(
            ("portion", "tiers_at_a_time"),
            "inferred",
            "“part of the position in the current tier”, support 360044646391, read 2026-11-26; so in its texts "
            "of 2020",
        ),
        Source(
            ("taker_fee_rate",),
            "our choice",
            "0, though the samples reserve it: how much depends on your fee level, so give your own",
        ),
        Source(("pick",), "our choice", "MEXC publishes no order; who has lost most brought the account down"),
        Source(("least_maintenance",), "our choice", _NO_FLOOR),
        Source(("hedge_charge",), "our choice", _ADD_UP),
        Source(
            ("fee_cap", "drawdown", "hand_on", "adl_score", "adl_price"),
            "published",
            "support 360044646391 and 360042504091 (“Auto-deleveraging”), read 2026-11-26",
        ),
    ),
)

_BINANCE_PRICE = (
    "FAQ b3c689c1f50a44cabb3a84e663b81d93, “How to calculate liquidation price”, read 2026-11-26 in a mirror"
)
BINANCE = Venue(
    name="Binance USDⓈ-M",
    kind="linear",
    maintenance_basis="mark",
    tier_measure="value",
    tier_rule="marginal",
    strict=True,
    ratio="rises",
    rounding="down",
    order_margin="not counted",
    steps=("cancel", "reduce", "take over"),
    portion="least",
    tiers_at_a_time=None,
    pick=None,
    takeover_price="bankruptcy",
    fee_cap=math.inf,
    drawdown=1,
    hand_on="position",
    adl_score="profit and margin ratio",
    adl_price="bankruptcy",
    sources=(
        Source(("maintenance_basis", "tier_measure", "tier_rule", "ratio"), "published", _BINANCE_PRICE),
        Source(
            ("strict",),
            "published",
            "FAQ 360033525271, “Liquidation Protocols” (29 May 2024), read 2026-11-26: liquidated below the "
            "maintenance margin; elsewhere the page says that a ratio of 100% is enough",
        ),
        Source(
            ("hedge_charge", "least_maintenance", "order_margin"),
            "published",
            f"its formula adds up both legs, and knows neither a floor nor open orders: {_BINANCE_PRICE}",
        ),
        Source(
            ("taker_fee_rate", "liquidation_fee_rate", "closing_fee_basis"),
            "published",
            f"its formula counts no fee: {_BINANCE_PRICE}",
        ),
        Source(("pick",), "silent", _PICK),
        Source(
            ("rounding",),
            "inferred",
            "two prices that it printed in 2020 are cut off: 11,383.99 for 11,383.994, a short, and 190.29 for "
            "190.297, a long",
        ),
        Source(("tiers_at_a_time",), "silent", "no step goes down by tiers: one large order, then all of it"),
        Source(
            ("cancel_at", "steps", "portion", "takeover_price", "fee_cap", "drawdown", "hand_on"),
            "published",
            "FAQ 360033525271, “Liquidation Protocols” (29 May 2024), read 2026-11-26; the one large order before the "
            "takeover is left out of our steps, and so is that a part of a surplus may stay with the trader, and that "
            "the fund takes over no more than a preset limit",
        ),
        Source(
            ("adl_score", "adl_price"),
            "published",
            "announcement 360033525471, read 2026-11-26; its exact form as restated by Aster",
        ),
    ),
)

_COIN_M = "FAQ ceccfcfb4e3a45e3b48b0b1bb1a8ae46, “Liquidation price of COIN-M futures”, read 2026-11-26"
BINANCE_COIN_M = replace(
    BINANCE,
    name="Binance COIN-M",
    kind="inverse",
    sources=(
        Source(("maintenance_basis", "tier_measure", "tier_rule", "ratio"), "published", _COIN_M),
        Source(
            ("hedge_charge", "least_maintenance", "order_margin"),
            "published",
            f"its formula has a term for each leg, and none for a floor or open orders: {_COIN_M}",
        ),
        Source(
            ("taker_fee_rate", "liquidation_fee_rate", "closing_fee_basis"),
            "published",
            f"its formula has no term for a fee: {_COIN_M}",
        ),
        *(source for source in BINANCE.sources[1:] if not {"hedge_charge", "taker_fee_rate"} & {*source.fields}),
    ),
)

_BYBIT_PRICE = (
    "help “Liquidation Price Calculation under Isolated Mode (Unified Trading Account)”, updated 2026-05-27, "
    "read 2026-11-26 in a mirror"
)
_BYBIT_STEPS = "help “Trading Rules: Liquidation Process”, read 2026-11-26"
BYBIT = Venue(
    name="Bybit USDT",
    kind="linear",
    maintenance_basis="mark",
    tier_measure="value",
    tier_rule="marginal",
    strict=False,
    ratio="rises",
    rounding="away",
    order_margin="in the requirement",
    steps=("cancel", "reduce", "take over"),
    portion="tier",
    tiers_at_a_time=1,
    pick=None,
    takeover_price="bankruptcy",
    fee_cap=math.inf,
    drawdown=0.3,
    hand_on="position",
    adl_score="leveraged return",
    adl_price="bankruptcy",
    sources=(
        Source(("maintenance_basis",), "published", f"{_BYBIT_PRICE}; in its edition of 2024, the value at entry"),
        Source(
            ("tier_measure", "tier_rule"),
            "published",
            "announcement “Margin parameters” (bybitx.global), read 2026-11-26",
        ),
        Source(
            ("taker_fee_rate", "liquidation_fee_rate", "closing_fee_basis"),
            "published",
            f"0: the same estimated fee stands in the margin and in the requirement, and falls out: {_BYBIT_PRICE}",
        ),
        Source(("strict",), "published", f"{_BYBIT_STEPS}: the mark reaches the price"),
        Source(
            ("ratio", "order_margin"),
            "published",
            "help “Glossary: Unified Trading Account” (2026-03-13), read 2026-11-26 in a mirror",
        ),
        Source(("rounding",), "our choice", _AWAY),
        Source(("pick",), "silent", _PICK),
        Source(("least_maintenance",), "our choice", _NO_FLOOR),
        Source(
            ("hedge_charge",),
            "our choice",
            "each leg of a hedge by itself: “Margin parameters” says that hedges are reckoned otherwise, not how",
        ),
        Source(
            ("cancel_at", "steps", "portion", "tiers_at_a_time", "takeover_price"),
            "published",
            f"{_BYBIT_STEPS}: cancel, sell down to a tier whose margin is met, then all at the bankruptcy price; "
            "here one tier after the other, there in one order",
        ),
        Source(("fee_cap", "hand_on"), "published", "help “Insurance Fund” (2024-05-04), read 2026-11-26"),
        Source(
            ("drawdown", "adl_score", "adl_price"),
            "published",
            "interface page on ADL alerts, read 2026-11-26 (the help page of 2025-11-05 says the whole, not "
            "0.3); there the "
            "fall is that of the symbol's result in eight hours over the pool's peak, here the pool's own",
        ),
    ),
)

BYBIT_INVERSE = replace(
    BYBIT,
    name="Bybit inverse",
    kind="inverse",
    rounding="towards",
    sources=(
        Source(
            ("rounding",),
            "inferred",
            "help 360037757474 rounds bankruptcy prices towards the entry, read 2026-11-26; two printed liquidation "
            "prices (5,739.50 for 5,739.08; 7,773.50 for 7,773.48) are rounded so, too",
        ),
        *(source for source in BYBIT.sources if source.fields != ("rounding",)),
    ),
)

_OKX_2025 = "help “Tiered maintenance margin ratio rules” (2025-05-16), read 2026-11-26 in a mirror"
OKX = Venue(
    name="OKX",
    kind=None,
    maintenance_basis="mark",
    tier_measure="contracts",
    tier_rule="flat",
    liquidation_fee_rate=0.0005,
    strict=False,
    ratio="falls",
    rounding="away",
    order_margin="in the requirement",
    steps=("cancel", "net", "reduce", "take over"),
    portion="tier",
    tiers_at_a_time=2,
    pick=None,
    takeover_price="bankruptcy",
    fee_cap=math.inf,
    drawdown=0.3,
    hand_on="position",
    adl_score="leveraged return",
    adl_price="mark",
    sources=(
        Source(
            ("maintenance_basis", "closing_fee_basis"),
            "reported",
            "open-lib.com 11556, on the margin ratio of an isolated position, read 2026-11-26; so OKEx's own "
            "text of 2020",
        ),
        Source(
            ("liquidation_fee_rate",),
            "our choice",
            "the trigger counts your taker rate; 0.05% is the lowest level's, so give your own",
        ),
        Source(("tier_measure",), "published", "notices of new tiers (2023-05-15), read 2026-11-26 in a mirror"),
        Source(("tier_rule",), "inferred", "its notices of tiers print one rate and no deduction"),
        Source(("strict", "ratio"), "published", f"{_OKX_2025}; its text of 2020 said lower, and not equal"),
        Source(
            ("order_margin",),
            "reported",
            "open-lib.com 11556, read 2026-11-26; that what orders use leaves the equity as well is left out",
        ),
        Source(
            (
                "cancel_at",
                "steps",
            ),
            "published",
            f"{_OKX_2025}: orders, parts, all; that pairs of long and short go first says help 360020411711 (2020)",
        ),
        Source(
            ("portion", "tiers_at_a_time"),
            "reported",
            "amorrr.com 14966 and open-lib.com 11556, read 2026-11-26: from tier 3 on two tiers at a time, below "
            "it all; "
            "help 360020411711 (2020) went down to the lowest tier at once",
        ),
        Source(("takeover_price",), "published", "help “Introduction to ADL” (2024-04-04), read 2026-11-26"),
        Source(("taker_fee_rate",), "our choice", "0: the pages do not say that a fee is reserved in the margin"),
        Source(("rounding",), "our choice", _AWAY),
        Source(("pick",), "silent", _PICK),
        Source(("least_maintenance",), "our choice", _NO_FLOOR),
        Source(("hedge_charge",), "our choice", _ADD_UP),
        Source(("fee_cap", "hand_on"), "published", "help “Introduction to ADL” (2024-04-04), read 2026-11-26"),
        Source(
            ("drawdown", "adl_score", "adl_price"),
            "published",
            "help “Introduction to ADL” (2024-04-04), read 2026-11-26; its edition of 2025-08-04 names a preset "
            "threshold without a number, and the bankruptcy price once the fund is nearly empty",
        ),
    ),
)

_GATE_PRICE = "help 27724 and 22160, as quoted by freqtrade; staff answer in status 3870211; both read 2026-11-26"
_GATE_STEPS = "help 22159, “Liquidation process”, read 2026-11-26 in a mirror"
GATE = Venue(
    name="Gate",
    kind=None,
    maintenance_basis="mark",
    tier_measure="value",
    tier_rule="marginal",
    hedge_charge="larger leg",
    taker_fee_rate=0.00075,
    liquidation_fee_rate=0.00075,
    strict=False,
    ratio="falls",
    rounding="away",
    order_margin="not counted",
    steps=("cancel", "reduce", "take over"),
    portion="tier",
    tiers_at_a_time=1,
    pick=None,
    takeover_price="bankruptcy",
    fee_cap=math.inf,
    drawdown=1,
    hand_on="position",
    adl_score="profit and margin ratio",
    adl_price="bankruptcy",
    sources=(
        Source(
            ("maintenance_basis", "liquidation_fee_rate", "closing_fee_basis"),
            "published",
            f"{_GATE_PRICE}; a price of its app in freqtrade issue 7294 fits no fee",
        ),
        Source(
            ("taker_fee_rate",),
            "published",
            "help 22148, “Calculation of initial margin”, read 2026-11-26 in a mirror: value over leverage and "
            "0.075% of "
            "closing fee",
        ),
        Source(
            ("tier_measure", "tier_rule"),
            "published",
            "announcement of 2025-07-29, as reported: 1,200,000 of BTCUSDT need 4,900 instead of 6,000; read "
            "2026-11-26",
        ),
        Source(
            ("hedge_charge",),
            "published",
            "help “Leverage and margin”, read 2026-11-26 in a mirror: the leg of the higher value counts",
        ),
        Source(
            ("strict", "ratio", "cancel_at", "steps", "portion", "tiers_at_a_time", "takeover_price"),
            "published",
            _GATE_STEPS,
        ),
        Source(
            ("order_margin",),
            "published",
            "post 20181113, on liquidation prices, read 2026-11-26: its cross balance has no term for orders",
        ),
        Source(("rounding",), "our choice", _AWAY),
        Source(("pick",), "silent", _PICK),
        Source(("least_maintenance",), "our choice", _NO_FLOOR),
        Source(("fee_cap", "drawdown", "hand_on"), "reported", "pages on its insurance fund, read 2026-11-26"),
        Source(
            ("adl_score", "adl_price"),
            "published",
            "help 22082, “ADL” (2025-11-20), read 2026-11-26: by return and by maintenance margin ratio",
        ),
    ),
)

_BITMEX_ENGINE = "bitmex.com/app/liquidation and its examples (testnet), read 2026-11-26"
BITMEX = Venue(
    name="BitMEX",
    kind=None,
    maintenance_basis="entry",
    tier_measure="value",
    tier_rule="flat",
    hedge_charge="net",
    strict=False,
    ratio="rises",
    rounding="away",
    order_margin="not counted",
    steps=("cancel", "reduce", "take over"),
    portion="tier",
    tiers_at_a_time=1,
    pick=None,
    takeover_price="bankruptcy",
    fee_cap=math.inf,
    drawdown=1,
    hand_on="position",
    adl_score="leveraged return",
    adl_price="bankruptcy",
    sources=(
        Source(
            ("maintenance_basis", "taker_fee_rate", "liquidation_fee_rate", "closing_fee_basis"),
            "inferred",
            "isolatedMarginExamples, read 2026-11-26: a price of 510 for 20 ETH bought at 1,000 with 10,000 and "
            "1%, which "
            "is entry value without a fee. Its Exchange Guide of 2020 says mark value and the fee for closing, "
            "and its staff funding as well",
        ),
        Source(("tier_measure", "tier_rule"), "published", "riskLimitsExamples, read 2026-11-26"),
        Source(("hedge_charge",), "inferred", "one net position a contract"),
        Source(
            ("cancel_at", "steps", "portion", "tiers_at_a_time", "takeover_price", "fee_cap", "hand_on", "drawdown"),
            "published",
            _BITMEX_ENGINE,
        ),
        Source(("adl_score", "adl_price"), "published", "support 18589621443357, “Auto-deleveraging”, read 2026-11-26"),
        Source(("strict",), "our choice", "liquidated at the requirement, too: the pages do not say"),
        Source(("ratio",), "our choice", "rising: its pages print no ratio"),
        Source(("order_margin",), "our choice", "not counted: the pages say so of what is free, not of the trigger"),
        Source(("rounding",), "our choice", _AWAY),
        Source(("pick",), "silent", _PICK),
        Source(("least_maintenance",), "our choice", _NO_FLOOR),
    ),
)

_DERIBIT_RATES = "support 25944738177565, “Linear Perpetual”, and 25944826427293, read 2026-11-26"
_DERIBIT_ENGINE = "support 25944769313309, “Liquidations”, read 2026-11-26"
DERIBIT = Venue(
    name="Deribit",
    kind=None,
    maintenance_basis="mark",
    tier_measure=None,
    tier_rule="flat",
    hedge_charge="net",
    strict=True,
    ratio="rises",
    rounding="away",
    order_margin="not counted",
    steps=("reduce", "take over"),
    portion="chunks",
    tiers_at_a_time=None,
    pick=None,
    takeover_price="mark",
    fee_cap=0.0075,
    drawdown=1,
    hand_on="loss",
    adl_score=None,
    adl_price=None,
    sources=(
        Source(("tier_rule",), "published", f"one rate on all of it, which rises with the size: {_DERIBIT_RATES}"),
        Source(
            ("maintenance_basis",), "published", f"on the index price, for which the mark stands here: {_DERIBIT_RATES}"
        ),
        Source(
            ("taker_fee_rate", "liquidation_fee_rate", "closing_fee_basis"),
            "inferred",
            "the trigger names no fee; the fee of a liquidation is taken when it is done",
        ),
        Source(("strict", "ratio", "cancel_at", "steps", "portion"), "published", _DERIBIT_ENGINE),
        Source(
            ("takeover_price",),
            "published",
            f"nothing is handed over, it is sold at the market, for which the mark stands here: {_DERIBIT_ENGINE}",
        ),
        Source(("tiers_at_a_time",), "silent", "it has no tiers; how large a chunk is, the page does not say"),
        Source(
            ("fee_cap", "drawdown", "hand_on"),
            "published",
            "support 25944777576477, “Insurance fund”, read 2026-11-26: 0.75% of a liquidation in BTC, the rest "
            "stays with the trader; a loss beyond the fund is shared among the winners of the day",
        ),
        Source(("adl_score", "adl_price"), "silent", "it has no auto-deleveraging: support 25944777576477"),
        Source(("hedge_charge",), "inferred", "one net position a contract"),
        Source(("order_margin",), "our choice", "not counted: orders are named in the initial margin only"),
        Source(("rounding",), "our choice", _AWAY),
        Source(("pick",), "silent", _PICK),
        Source(("least_maintenance",), "our choice", _NO_FLOOR),
    ),
)

_HYPERLIQUID = "documentation, trading/liquidations, read 2026-11-26"
HYPERLIQUID = Venue(
    name="Hyperliquid",
    kind="linear",
    maintenance_basis="mark",
    tier_measure="value",
    tier_rule="marginal",
    hedge_charge="net",
    strict=True,
    ratio="rises",
    rounding="away",
    order_margin="not counted",
    steps=("reduce", "take over"),
    portion="fifth",
    tiers_at_a_time=None,
    pick=None,
    takeover_price="bankruptcy",
    fee_cap=math.inf,
    drawdown=1,
    hand_on="position",
    adl_score="leveraged return",
    adl_price="mark",
    sources=(
        Source(
            ("maintenance_basis", "strict", "taker_fee_rate", "liquidation_fee_rate", "closing_fee_basis"),
            "published",
            f"half of the initial margin at the largest leverage, no fee: {_HYPERLIQUID}",
        ),
        Source(("tier_measure", "tier_rule"), "published", "documentation, trading/margin-tiers, read 2026-11-26"),
        Source(
            ("cancel_at", "steps", "portion", "takeover_price", "fee_cap"),
            "published",
            "market orders, above 100,000 USDC a fifth first; what they leave stays with the trader. Below two "
            f"thirds of the requirement a vault takes over all, and the margin with it: {_HYPERLIQUID}",
        ),
        Source(
            ("adl_score", "adl_price", "drawdown", "hand_on"),
            "published",
            "documentation, trading/auto-deleveraging, read 2026-11-26: once an account is below zero, at the "
            "mark before",
        ),
        Source(("hedge_charge",), "inferred", "one signed size a coin"),
        Source(("tiers_at_a_time", "pick"), "silent", "it goes down by no tier; of a pool all positions are sold"),
        Source(("ratio",), "our choice", "rising: its rule compares two amounts"),
        Source(("order_margin",), "our choice", "not counted: the page names no orders"),
        Source(("rounding",), "our choice", _AWAY),
        Source(("least_maintenance",), "our choice", _NO_FLOOR),
    ),
)

_DYDX_CODE = "source code, dydxprotocol/v4-chain"
DYDX = Venue(
    name="dYdX v4",
    kind="linear",
    maintenance_basis="mark",
    tier_measure=None,
    tier_rule="flat",
    hedge_charge="net",
    strict=True,
    ratio="rises",
    rounding="away",
    order_margin="not counted",
    steps=("take over",),
    portion="all",
    tiers_at_a_time=None,
    pick=None,
    takeover_price="bankruptcy",
    fee_cap=0.015,
    drawdown=1,
    hand_on="position",
    adl_score="random start",
    adl_price="bankruptcy",
    sources=(
        Source(
            (
                "maintenance_basis", "tier_rule", "hedge_charge", "order_margin", "least_maintenance",
                "taker_fee_rate", "liquidation_fee_rate", "closing_fee_basis",
            ),
            "published",
            "documentation, concepts/trading/margin, read 2026-11-26: a fraction of the value at the oracle's "
            "price, and orders in neither side",
        ),
        Source(("strict",), "published", f"{_DYDX_CODE}, lib/margin/risk.go, read 2026-11-26"),
        Source(
            ("cancel_at", "steps", "portion"),
            "published",
            f"{_DYDX_CODE}, clob/keeper/liquidations.go, read 2026-11-26: all of a position; the chain's "
            "settings may allow a part a block only",
        ),
        Source(
            ("takeover_price", "fee_cap", "drawdown", "hand_on"),
            "published",
            f"{_DYDX_CODE} and documentation, concepts/trading/liquidations, read 2026-11-26: the fund keeps at "
            "most 1.5% of what is sold, the rest stays with the trader",
        ),
        Source(("adl_score", "adl_price"), "published", f"{_DYDX_CODE}, clob/keeper/deleveraging.go, read 2026-11-26"),
        Source(("tiers_at_a_time",), "silent", "it has no tiers"),
        Source(("pick",), "silent", "it starts at a random one of the positions: give your own order"),
        Source(("ratio",), "our choice", "rising: its rule compares two amounts"),
        Source(("rounding",), "our choice", _AWAY),
    ),
)  # fmt: skip

VENUES = (
    MEXC, BINANCE, BINANCE_COIN_M, BYBIT, BYBIT_INVERSE, OKX, GATE, BITMEX, DERIBIT, HYPERLIQUID, DYDX,
)  # fmt: skip
"""All records, in the order of this module."""
