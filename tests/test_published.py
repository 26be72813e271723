"""Numbers that venues and others have published, reproduced by the accounts, markets and formulas of this library.

Each case names its venue and source (all read in 2026). Prints that are wrong have a table of their own, with what is
right. Where a source leaves out what no other number shows, such as a top tier, the comment says what was inferred.
"""

import math
from dataclasses import replace
from fractions import Fraction

import pytest
from liquidation import (
    LONG,
    MEXC_BTC_USDT,
    NEVER,
    SHORT,
    Account,
    Contract,
    Fill,
    InsuranceFund,
    Market,
    Position,
    RiskTiers,
    StopLoss,
    deleverage,
    inverse,
    isolated,
    leveraged_return,
    lights,
    linear,
    liquidate,
    queue,
    ranking,
    replay_stop,
    size_for_loss,
)

MEXC_BLOG = "blog.mexc.fm/liquidation-in-futures-2"
MEXC_REPOST = "makeyousmile.net/mexc-futures-cest, a re-post of MEXC's blog"
MEXC_MARGIN = "blog.mexc.com/what-is-margin-in-mexc-futures"
MEXC_API = "mexc.com/api-docs/futures"
BINANCE_FAQ = "Binance FAQ b3c689c1f50a44cabb3a84e663b81d93, figures as in freqtrade tests/exchange/test_binance.py"
BYBIT_HELP = "help.bybit.com 900000181046, Liquidation Price (USDT Contract)"
BYBIT_FUND = "bybit.com help center, Insurance Fund"
PHEMEX_HELP = "phemex.com/help-center/liq-price-for-USDTM"
GATE_HELP = "Gate help 27724, figures as in freqtrade tests/exchange/test_exchange.py"
GATE_POST = "Gate post 27630175253050, on the change of 2025-07-29"
OKX_HELP = "OKX support 360020411711, Forced Partial or Full Liquidation (an older rule)"
BITMEX_ADL = "bitmex.com/app/autoDeleveragingExamples"
BITMEX_EXAMPLES = "bitmex.com/app/liquidationExamples"
DERIBIT_HELP = "Deribit support 25944738177565, Linear Perpetual"
DYDX_DOCS = "dydxprotocol/v4-documentation, concepts/trading/liquidations"
DYDX_CODE = "dydxprotocol/v4-chain, clob/keeper/liquidations_test.go"
HYPERLIQUID_DOCS = "hyperliquid.gitbook.io, trading/liquidations; docs.hyena.trade/trading/liquidation for 40x and 3x"
KUCOIN_HELP = "KuCoin support 4408061803033, the old rule"
KRAKEN_HELP = "Kraken support 360022835671, Equity Protection Process"
DELTA_BLOG = "delta.exchange/blog/support/what-happens-to-open-orders-when-a-position-is-liquidated"
BINGX_HELP = "bingx.io support 360045680954"
BINANCE_COIN = "Binance FAQ ceccfcfb4e3a45e3b48b0b1bb1a8ae46, COIN-M"
MCS_HELP = "help.mycoinstory.com 360040683032, Bankruptcy Price"
MEGABIT_HELP = "support.megabit.vip 10509156450063"
MARGINPAD = "marginpad.io/blog/how-to-calculate-position-size"
SIZER = "accomplish999/position-sizer, docs/PERPS.md and docs/EXAMPLES.md"
COINTR_HELP = "support.cointr.pro 5219504409487, Leverage of Contract Trading"


def single(name, rate, *, size=1, basis="mark", fee=0, kind="linear", tick=0.01, rounding="away"):
    """A market with one tier."""
    tiers = RiskTiers([(0, math.inf, rate)], measure="value", rule="marginal")
    contract = Contract(name, contract_size=size, tick=tick, kind=kind)
    return Market(contract, tiers, maintenance_basis=basis, liquidation_fee_rate=fee, rounding=rounding)


def alone(position, mark=None):
    """An account that holds one isolated position and its margin."""
    marks = {position.market.contract.name: position.entry_price if mark is None else mark}
    return Account(position.margin, [position], marks=marks)


def price_of(position, **more):
    """Liquidation price of one position; in cross, ``balance`` backs it."""
    balance = more.get("balance", position.margin)
    name = position.market.contract.name
    account = Account(balance, [position], marks={name: more.get("mark", position.entry_price)})
    price = account.liquidation_price(name)
    if position.isolated:
        assert math.isclose(position.liquidation_price(), price, rel_tol=1e-12), "account and market agree"
    return price


def cut(amount, digits=4):
    """Cut an amount of money off, as the account samples of MEXC do."""
    return math.trunc(amount * 10**digits) / 10**digits


MEXC_ROUND = single("BTC_USDT", 0.004, size=0.0001, basis="entry")
MEXC_COIN = single("BTC_USD", 0.004, size=100, kind="inverse")
MEXC_2X = isolated(MEXC_BTC_USDT, LONG, 5, 109_777.5, 2)
# Inferred: 0.04% were reserved for the close, and 0.02% paid each way.
MEXC_20X = isolated(replace(MEXC_BTC_USDT, taker_fee_rate=0.0004), LONG, 5, 118_272.2, 20)
MEXC_OPEN = Account(10).trade(MEXC_20X.market, LONG, 5, 118_272.2, leverage=20, isolate=True, fee_rate=0.0002)
MEXC_CLOSED = MEXC_OPEN.trade(MEXC_20X.market, SHORT, 5, 118_669.1, fee_rate=0.0002)
# A position in the third tier, so far beyond its trigger that it goes down to the first; no fee.
MEXC_BIG = isolated(MEXC_BTC_USDT.with_rules(liquidation_fee_rate=0), LONG, 150_000, 50_000, 50)
MEXC_STEPS = [step for step in liquidate(alone(MEXC_BIG, 49_190), "BTC_USDT").steps if step.ran]
OLD_BTC = [
    (0, 50_000, 0.004),
    (50_000, 250_000, 0.005),
    (250_000, 1_000_000, 0.01),
    (1_000_000, 10_000_000, 0.025, None, 16_300),
    (10_000_000, 20_000_000, 0.05),
]
# Inferred: the one ladder we know that yields the printed 135,365 at 10%; what is above it never enters.
OLD_ETH = [
    (0, 10_000, 0.005),
    (10_000, 100_000, 0.0065),
    (100_000, 500_000, 0.01),
    (500_000, 1_000_000, 0.02),
    (1_000_000, 2_000_000, 0.05),
    (2_000_000, 5_000_000, 0.1, None, 135_365),
    (5_000_000, 10_000_000, 0.125),
]
BTC = Market(Contract("BTCUSDT", 1, 0.01), RiskTiers(OLD_BTC, measure="value", rule="marginal"))
ETH = Market(Contract("ETHUSDT", 1, 0.01), RiskTiers(OLD_ETH, measure="value", rule="marginal"))
BINANCE = Account(
    1_535_443.01,
    [Position(BTC, LONG, 109.488, 32_481.98), Position(ETH, LONG, 3_683.979, 1_456.84)],
    marks={"BTCUSDT": 31_967.27, "ETHUSDT": 1_335.18},
)
BYBIT = single("BTCUSDT", 0.005, basis="entry")
BYBIT_50X = isolated(BYBIT, LONG, 1, 20_000, 50)
BYBIT_CROSS = Account(2_200, [Position(BYBIT, LONG, 2, 10_000, 100)], marks={"BTCUSDT": 10_500})
PHEMEX = single("X_USDT", 0.01, fee=0.0006)
GATE = single("X_USDT", 0.01, size=0.01, fee=0.0006)
GATE_HELD = dict(leverage=5, quantity=700, entry_price=10, market=GATE)
# Inferred: 0.4% up to 1,100,000 and 0.5% above fits both of Gate's numbers.
GATE_ROWS = [(0, 1_100_000, Fraction(4, 1000)), (1_100_000, math.inf, Fraction(5, 1000))]
# Inferred: the rates of the two lower tiers; caps and the 2% are printed.
OKX = Market(
    Contract("BTC-USD-SWAP", 100, 0.1, "inverse"),
    RiskTiers([(0, 2_000, 0.005), (2_000, 12_000, 0.01), (12_000, math.inf, 0.02)], measure="contracts", rule="flat"),
)
BITMEX = single("XBTUSD", 0.005, basis="entry")
BITMEX_SCORES, BITMEX_HELD = (3, 6, 1, 4, 5, 2), (10, 10, 20, 30, 20, 10)
# Inferred: where they bought and what backs them; all that counts is that it makes the printed scores.
BITMEX_LONGS = [
    Account(held * (4_200 / score - 600), [Position(BITMEX, LONG, held, 100)], marks={"XBTUSD": 700})
    for score, held in zip(BITMEX_SCORES, BITMEX_HELD, strict=True)
]
BITMEX_SHORT = Position(BITMEX, SHORT, 20, 650)
BITMEX_QUEUE = queue(20, BITMEX_HELD, ranking(BITMEX_SHORT, BITMEX_LONGS))
BITMEX_DONE = deleverage(BITMEX_SHORT, BITMEX_LONGS, BITMEX_QUEUE)
DERIBIT = Market(
    Contract("BTC_USDC", 1, 0.1, settlement_coin="USDC"),
    RiskTiers([(0, math.inf, 0.01, 0.02)], measure="contracts", rule="flat", growth=0.00005),
)
BTC_DYDX, ETH_DYDX, OTHER = single("BTC-USD", 0.1), single("ETH-USD", 0.05), single("OTHER", 0.1)
DYDX_BOTH = Account(
    1_000,
    [Position(ETH_DYDX, SHORT, 1.5, 3_000), Position(OTHER, LONG, 1_000, 1.75)],
    marks={"ETH-USD": 3_000, "OTHER": 1.75},
)
KRAKEN = Position(single("XBTUSD", 0.01, kind="inverse"), LONG, 1_000, 8_000, margin=0.01)
# Inferred: the rate, the tick and its rounding.
DELTA = single("BTCUSD", 0.005, kind="inverse", basis="entry", tick=0.5, rounding="nearest")
BINGX = single("BTC", 0.1, kind="inverse", basis="entry")
MCS = single("BTCUSD", 0, kind="inverse", fee=0.00075)
# Inferred: the rate, which the first price fits, and the price of the other two, from the margin; the average of the
# three, 59,629.83, is printed rounded up.
MEGABIT = single("BTCUSDT", 0.004, basis="entry", tick=0.1)
MEGABIT_ONE = Account(10_000).trade(MEGABIT, LONG, 1, 59_633.1, leverage=200, isolate=True)
MEGABIT_THREE = MEGABIT_ONE.trade(MEGABIT, LONG, 2, 59_628.2)
SIZED = dict(side=LONG, entry_price=100, contract_size=1, stop_price=95, allowed_loss=100)
SIZED |= dict(entry_fee_rate=0.0005, exit_fee_rate=0.0005, funding_rate=0.0001)
PERP, PERP_WITH_FEE = single("PERP", 0.005), single("PERP", 0.005, fee=0.0005)


def settled(bankruptcy, fill, **rules):
    """What a fund of 1,000 has won or lost on a long of 1 taken over at a price and sold at another."""
    held = InsuranceFund(1_000, **rules).settle(Position(PERP, LONG, 1, bankruptcy), [Fill(1, fill)])
    return held.fund.balance - 1_000


def phemex():
    """A position whose margin holds the closing fee on its value at the bankruptcy price."""
    plain = isolated(PHEMEX, LONG, 500, 0.4, 5)
    return replace(plain, margin=plain.margin + 0.0006 * PHEMEX.value(alone(plain).bankruptcy_price("X_USDT"), 500))


def okx():
    """A position in the third tier, liquidated down to the first at the market."""
    held = isolated(OKX, LONG, 15_000, 10_000, 10)
    account = alone(held, mark=0.999 * price_of(held))
    return liquidate(account, "BTC-USD-SWAP", tiers_at_a_time=math.inf, takeover_price="mark")


def dydx(quote, size, oracle=50_000, market=BTC_DYDX):
    """Turn dYdX's way of booking, in which the quote balance has paid for the position, into ours."""
    side = LONG if size > 0 else SHORT
    position = Position(market, side, abs(size), oracle)
    return Account(quote + size * oracle, [position], marks={market.contract.name: oracle})


def sizer():
    """The long that loses 100 at the stop, its entry fee taken out of its margin."""
    plain = isolated(PERP_WITH_FEE, LONG, size_for_loss(costs=True)(payments=0, **SIZED), 100, 10)
    return replace(plain, margin=plain.margin - 0.0005 * PERP_WITH_FEE.value(100, plain.quantity))


def ending(position, stop):
    """How a position with a stop ends where the price falls without a gap."""
    held = dict(side=position.side, entry_price=position.entry_price, quantity=position.quantity, contract_size=1)
    held |= dict(position_margin=position.margin, maintenance_margin=position.requirement(price_of(position)))
    bar = [[100, 100, 80, 80]]
    return replay_stop(StopLoss(stop), mark=bar, last=bar, **held).ending


# Name, source, what computes it, what is printed, and to how many digits; None: what is printed is no single number.
PUBLISHED = [
    ("ex01 MEXC long", MEXC_BLOG, lambda: price_of(isolated(MEXC_ROUND, LONG, 1_000, 50_000, 25)), 48_200, 2),
    ("ex01 its margin", MEXC_BLOG, lambda: isolated(MEXC_ROUND, LONG, 1_000, 50_000, 25).margin, 200, 6),
    ("ex01 its maintenance", MEXC_BLOG, lambda: MEXC_ROUND.requirement(50_000, 48_200, 1_000), 20, 6),
    ("ex02 MEXC short", MEXC_BLOG, lambda: price_of(isolated(MEXC_ROUND, SHORT, 1_000, 50_000, 25)), 51_800, 2),
    ("ex03 MEXC margin at 200x", "MEXC Learn, Margins and PnL Calculations",
        lambda: isolated(MEXC_BTC_USDT, LONG, 10_000, 50_000, 200).margin, 250, 6),
    ("ex04 MEXC coin-margined at 125x", "MEXC Learn 17827791513099",
        lambda: isolated(MEXC_COIN, LONG, 100, 50_000, 125).margin, 0.0016, 8),
    ("ex05 MEXC margin at 25x", MEXC_MARGIN, lambda: isolated(MEXC_ROUND, LONG, 1_000, 50_000, 25).margin, 200, 6),
    # The page gives the size in BTC: 50 contracts are 0.1 BTC at 50,000.
    ("ex06 MEXC coin-margined at 25x", MEXC_MARGIN, lambda: isolated(MEXC_COIN, LONG, 50, 50_000, 25).margin, 0.004, 8),
    ("ex07 MEXC margin by rate", "MEXC Learn 17827791509980",
        lambda: isolated(MEXC_BTC_USDT, LONG, 10_000, 30_000, 1 / 0.005).margin, 150, 6),
    ("ex08 MEXC 2x, no taker fee", MEXC_API, lambda: MEXC_2X.liquidation_price(on_tick=True), 55_020.5, 1),
    ("ex08 its margin", MEXC_API, lambda: MEXC_2X.margin, 27.444375, 6),
    # At the entry price it is 0.0028 exactly; inferred: a fair price a tick above that.
    ("ex08 its ratio, cut", MEXC_API, lambda: cut(alone(MEXC_2X, 109_777.6).margin_ratio("BTC_USDT")), 0.0027, 4),
    ("ex09 MEXC 20x", MEXC_API, lambda: MEXC_20X.liquidation_price(on_tick=True), 112_474.5, 1),
    ("ex09 its profit, cut", MEXC_API, lambda: cut(MEXC_20X.pnl(118_669.1)), 0.1984, 4),
    ("ex09 its fees, cut", MEXC_API,
        lambda: cut(MEXC_CLOSED.balance - 10 - MEXC_20X.pnl(118_669.1)), -0.0236, 4),
    ("ex09 what it realized, cut", MEXC_API, lambda: cut(MEXC_CLOSED.balance - 10), 0.1747, 4),
    ("ex09 its return on margin", MEXC_API, lambda: cut((MEXC_CLOSED.balance - 10) / MEXC_20X.margin), 0.0586, 4),
    ("ex10 MEXC leverage by tier", f"{MEXC_API}/market-endpoints/get-contract-info",
        lambda: [round(MEXC_BTC_USDT.tiers.largest_leverage(cap)) for cap in MEXC_BTC_USDT.tiers.caps],
        [500, 200, 100, 50, 20, 10], None),
    ("ex11 Binance cross BTC", BINANCE_FAQ, lambda: BINANCE.liquidation_price("BTCUSDT"), 26_316.89, 2),
    ("ex11 the other's maintenance", BINANCE_FAQ,
        lambda: BINANCE.position("ETHUSDT").requirement(1_335.18), 356_512.508, 3),
    ("ex11 the other's loss", BINANCE_FAQ, lambda: BINANCE.position("ETHUSDT").pnl(1_335.18), -448_192.89, 2),
    ("ex12 Binance cross ETH", BINANCE_FAQ, lambda: BINANCE.liquidation_price("ETHUSDT"), 1_153.26, 2),
    ("ex12 the other's maintenance", BINANCE_FAQ,
        lambda: BINANCE.position("BTCUSDT").requirement(31_967.27), 71_200.81144, 5),
    ("ex12 the other's loss", BINANCE_FAQ, lambda: BINANCE.position("BTCUSDT").pnl(31_967.27), -56_354.57, 2),
    ("ex13 Binance alone ETH", BINANCE_FAQ,
        lambda: price_of(Position(ETH, LONG, 3_683.979, 1_456.84, margin=1_535_443.01)), 1_114.78, 2),
    ("ex14 Binance alone BTC", BINANCE_FAQ,
        lambda: price_of(Position(BTC, LONG, 109.488, 32_481.98, margin=1_535_443.01)), 18_778.73, 2),
    ("ex15 Binance amount at 500,000", BINANCE_FAQ, lambda: BTC.tiers.take(BTC.tiers.index(500_000))[1], 1_300, 6),
    ("ex15 Binance rate at 264,000", BINANCE_FAQ, lambda: BTC.tiers.take(BTC.tiers.index(264_000))[0], 0.01, 6),
    ("ex16 Bybit long 50x", BYBIT_HELP, lambda: price_of(BYBIT_50X), 19_700, 2),
    ("ex16 its margin", BYBIT_HELP, lambda: BYBIT_50X.margin, 400, 2),
    ("ex16 its maintenance", BYBIT_HELP, lambda: BYBIT_50X.requirement(20_000), 100, 2),
    ("ex17 Bybit long 50x", BYBIT_HELP, lambda: price_of(isolated(BYBIT, LONG, 1, 10_000, 50)), 9_850, 2),
    ("ex18 Bybit short 40x", BYBIT_HELP, lambda: price_of(isolated(BYBIT, SHORT, 1, 8_000, 40)), 8_160, 2),
    # The price is not printed; it follows from the loss that is.
    ("ex19 Bybit cross, a gain does not move it", BYBIT_HELP,
        lambda: price_of(Position(BYBIT, LONG, 2, 10_000, 100), balance=2_200, mark=10_500), 8_950, 2),
    ("ex19 the loss it can bear", BYBIT_HELP,
        lambda: -BYBIT_CROSS.position("BTCUSDT").pnl(BYBIT_CROSS.liquidation_price("BTCUSDT")), 2_100, 2),
    ("ex19 its available balance", BYBIT_HELP, lambda: BYBIT_CROSS.free_balance, 2_000, 2),
    ("ex19 its margin", BYBIT_HELP, lambda: BYBIT_CROSS.position("BTCUSDT").initial_margin, 200, 2),
    ("ex19 its maintenance", BYBIT_HELP, lambda: BYBIT_CROSS.requirement(), 100, 2),
    ("ex20 Bybit bankruptcy", "Bybit FAQ, as on mobie.io/faq",
        lambda: alone(isolated(BYBIT, LONG, 1, 10_000, 50), 9_900).bankruptcy_price("BTCUSDT"), 9_800, 2),
    ("ex21 Bybit fund gets what is left at 6,980", BYBIT_FUND, lambda: settled(6_950, 6_980) > 0, True, None),
    ("ex21 Bybit fund pays the gap at 6,930", BYBIT_FUND, lambda: settled(6_950, 6_930) < 0, True, None),
    ("ex22 Phemex long 5x", PHEMEX_HELP, lambda: price_of(phemex()), 0.3232, 4),
    ("ex22 its margin", PHEMEX_HELP, lambda: phemex().margin, 40.096, 6),
    ("ex23 Gate short", GATE_HELP, lambda: price_of(isolated(side=SHORT, **GATE_HELD)), 11.87413417771621, 14),
    ("ex24 Gate long", GATE_HELP, lambda: price_of(isolated(side=LONG, **GATE_HELD)), 8.085708510208207, 14),
    ("ex25 Gate flat", GATE_POST,
        lambda: RiskTiers(GATE_ROWS, measure="value", rule="flat").maintenance_margin(1_200_000), 6_000, None),
    ("ex25 Gate marginal", GATE_POST,
        lambda: RiskTiers(GATE_ROWS, measure="value", rule="marginal").maintenance_margin(1_200_000), 4_900, None),
    ("ex26 OKX down to the first tier", OKX_HELP, lambda: [p.quantity for p in okx().taken], [13_000], None),
    ("ex27 BitMEX scores, by account", BITMEX_ADL,
        lambda: [round(leveraged_return(600 * n, 100 * n, 700 * n, a.equity()), 9)
            for n, a in zip(BITMEX_HELD, BITMEX_LONGS, strict=True)], [3, 6, 1, 4, 5, 2], None),
    ("ex27 queue, by account", BITMEX_ADL,
        lambda: [1 + i for i in ranking(BITMEX_SHORT, BITMEX_LONGS)], [2, 5, 4, 1, 6, 3], None),
    ("ex27 percentiles, by account", BITMEX_ADL,
        lambda: [20 * (6 - lit) for lit in lights(BITMEX_SCORES, BITMEX_HELD)], [80, 20, 100, 60, 40, 80], None),
    ("ex27 closed, by account", BITMEX_ADL, lambda: list(BITMEX_DONE.closed), [0, 10, 0, 0, 10, 0], None),
    ("ex27 left, by account", BITMEX_ADL,
        lambda: [sum(p.quantity for p in a.positions) for a in BITMEX_DONE.accounts], [10, 0, 20, 30, 10, 10], None),
    ("ex27 at one price", BITMEX_ADL, lambda: {100 + t.amount / 10 for t in BITMEX_DONE.transfers}, {650}, None),
    ("ex28 BitMEX liquidation", BITMEX_EXAMPLES, lambda: price_of(isolated(BITMEX, LONG, 1, 100, 100)), 99.5, 2),
    # The page breaks off before this price; it follows from its rule.
    ("ex28 BitMEX takeover", BITMEX_EXAMPLES,
        lambda: liquidate(alone(isolated(BITMEX, LONG, 1, 100, 100), 99.5), "XBTUSD").taken[0].entry_price, 99, 2),
    ("ex29 Deribit maintenance", DERIBIT_HELP, lambda: DERIBIT.requirement(100_000, 100_000, 25), 28_125, 6),
    ("ex29 Deribit initial margin", DERIBIT_HELP,
        lambda: DERIBIT.initial_margin(100_000, 25, DERIBIT.tiers.largest_leverage(25)), 53_125, 6),
    ("ex30 dYdX short", DYDX_DOCS, lambda: price_of(Position(ETH_DYDX, SHORT, 3, 3_000), balance=1_000), 3_174.6, 1),
    ("ex30 its equity then", DYDX_DOCS,
        lambda: Account(1_000, [Position(ETH_DYDX, SHORT, 3, 3_000)], marks={"ETH-USD": 3_174.603}).equity(), 476.2, 1),
    ("ex31 dYdX short beside a long", DYDX_DOCS, lambda: DYDX_BOTH.liquidation_price("ETH-USD"), 3_380.95, 2),
    ("ex31 the other's maintenance", DYDX_DOCS, lambda: DYDX_BOTH.position("OTHER").requirement(1.75), 175, 6),
    ("ex32 dYdX bankrupt long", DYDX_CODE, lambda: 0.1 * dydx(-4_501, 0.1).bankruptcy_price("BTC-USD"), 4_501, 6),
    ("ex33 dYdX bankrupt short", DYDX_CODE, lambda: -0.1 * dydx(5_499, -0.1).bankruptcy_price("BTC-USD"), -5_499, 6),
    ("ex34 dYdX at bankruptcy", DYDX_CODE, lambda: 0.1 * dydx(-5_000, 0.1).bankruptcy_price("BTC-USD"), 5_000, 6),
    ("ex35 dYdX fund, filled 10% above", DYDX_CODE, lambda: settled(5_100, 5_610, fee_cap=0.005), 28.05, 6),
    ("ex36 dYdX fund, filled 1% below", DYDX_CODE, lambda: settled(5_100, 5_049, fee_cap=0.005), -51, 6),
    ("ex37 dYdX healthy", DYDX_CODE, lambda: dydx(-4_000, 0.1).is_liquidatable(strict=True), False, None),
    ("ex38 dYdX at the boundary", DYDX_CODE, lambda: dydx(-4_500, 0.1).is_liquidatable(strict=True), False, None),
    ("ex39 dYdX liquidatable", DYDX_CODE, lambda: dydx(-4_501, 0.1).is_liquidatable(strict=True), True, None),
    ("ex40 MEXC parts taken", f"derived from the ladder in {MEXC_API}",
        lambda: [taken.quantity for step in MEXC_STEPS for taken in step.taken], [30_000, 70_000], None),
    ("ex40 ratio after them, over that before", f"derived from the ladder in {MEXC_API}",
        lambda: [round(step.ratio_after / MEXC_STEPS[0].ratio_before, 9) for step in MEXC_STEPS], [0.8, 0.2], None),
    *(
        (f"ex41 Hyperliquid at {largest}x", HYPERLIQUID_DOCS,  # half the initial margin at the largest leverage
            lambda x=largest: isolated(single("BTC", 0), LONG, 1, 1, x).margin / 2, rate, digits)
        for largest, rate, digits in [(50, 0.01, 4), (40, 0.0125, 4), (3, 0.167, 3)]
    ),
    ("D01 KuCoin short 100x", KUCOIN_HELP,
        lambda: price_of(isolated(single("XBTUSDTM", 0.004, size=0.001, basis="entry"), SHORT, 5, 28_000, 100)),
        28_168, 2),
    ("D03 Kraken long", KRAKEN_HELP, lambda: price_of(KRAKEN), 7_481, 0),
    ("D03 its bankruptcy", KRAKEN_HELP, lambda: alone(KRAKEN).bankruptcy_price("XBTUSD"), 7_407, 0),
    ("D04 Delta long 50x", DELTA_BLOG,
        lambda: isolated(DELTA, LONG, 1_000, 8_000, 50).liquidation_price(on_tick=True), 7_882, 1),
    ("D07 BingX short at +100%", BINGX_HELP,
        lambda: inverse.return_on_margin(side=SHORT, entry_price=100, mark_price=200, leverage=1), -0.5, 9),
    ("D07 BingX long at -50%", BINGX_HELP,
        lambda: inverse.return_on_margin(side=LONG, entry_price=100, mark_price=50, leverage=1), -1, 9),
    ("D07 BingX long at -90% of its margin", BINGX_HELP,
        lambda: price_of(isolated(BINGX, LONG, 1_000, 100, 1)), 1_000 / 19, 9),
    ("D08 Binance coin-margined maintenance", BINANCE_COIN,
        lambda: single("BTCUSD", 0.004, size=100, kind="inverse").requirement(25_000, 25_000, 100), 0.0016, 8),
    # The page prints formulas only; the figures are ours.
    ("D09 MCS cross long, closing fee counted", MCS_HELP,
        lambda: price_of(Position(MCS, LONG, 100_000, 10_000), balance=2),
        1.00075 * 100_000 / (100_000 / 10_000 + 2), 6),
    ("D09 MCS cross short, closing fee counted", MCS_HELP,
        lambda: price_of(Position(MCS, SHORT, 100_000, 10_000), balance=2),
        0.99925 * 100_000 / (100_000 / 10_000 - 2), 6),
    ("D09 MCS isolated long", MCS_HELP,
        lambda: inverse.bankruptcy_price_by_leverage(side=LONG, entry_price=10_000, leverage=25), 10_000 * 25 / 26, 6),
    ("D10 Megabit long 200x", MEGABIT_HELP,
        lambda: MEGABIT_ONE.position("BTCUSDT").liquidation_price(on_tick=True), 59_573.4, 1),
    ("D10 its margin", MEGABIT_HELP, lambda: MEGABIT_ONE.position("BTCUSDT").margin, 298.1655, 4),
    ("D10 the margin of three", MEGABIT_HELP, lambda: MEGABIT_THREE.position("BTCUSDT").margin, 894.4475, 4),
    ("D12 size for a loss of 50", MARGINPAD,
        lambda: size_for_loss()(side=LONG, entry_price=60_000, contract_size=1, stop_price=58_800, allowed_loss=50),
        0.0417, 4),
    ("D13 size with fees", SIZER, lambda: size_for_loss(costs=True)(payments=0, **SIZED), 19.61746, 5),
    # The page has the formula and no figure for it; 0.03% of funding.
    ("D13 size with fees and funding", SIZER, lambda: size_for_loss(costs=True)(payments=3, **SIZED), 19.5027, 4),
    ("D14 isolated, entry fee out of the margin", SIZER, lambda: price_of(sizer()), 90.548014, 6),
    ("D14 its bankruptcy", SIZER, lambda: alone(sizer()).bankruptcy_price("PERP"), 90.05, 6),
    ("D14 its stop at 95 comes first", SIZER, lambda: ending(sizer(), 95), "stopped", None),
    # Printed as 0, which the page says stands for never.
    ("D14 the same in cross", SIZER,
        lambda: Account(10_000).trade(PERP_WITH_FEE, LONG, 19.61746, 100, fee_rate=0.0005).liquidation_price("PERP"),
        NEVER, None),
    ("D14 short 5x", SIZER, lambda: price_of(isolated(PERP, SHORT, 10, 100, 5)), 119.402985, 6),
    ("D14 short in cross", SIZER, lambda: price_of(Position(PERP, SHORT, 10, 100), balance=10_000), 1_094.5274, 4),
    ("D14 long 20x", SIZER, lambda: price_of(isolated(PERP, LONG, 10, 100, 20)), 95.477387, 6),
    ("D14 its stop at 90 comes too late", SIZER,
        lambda: ending(isolated(PERP, LONG, 10, 100, 20), 90), "liquidated", None),
]  # fmt: skip

# Name, source, what is printed, what computes the right value, what is right, to how many digits, and why.
WRONG = [
    ("ex01 the printed step", MEXC_BLOG, (20 - 200 + 50_000 * 0.01) / 0.1,
        lambda: price_of(isolated(MEXC_ROUND, LONG, 1_000, 50_000, 25)), 48_200, 2,
        "The size must be 0.1 above the line as well; the result that is printed beside it is right."),
    ("ex02 for a long", MEXC_REPOST, 51_800,
        lambda: price_of(isolated(MEXC_ROUND, LONG, 1_000, 50_000, 25)), 48_200, 2,
        "At that price a long has gained: it is the short's."),
    ("ex02 the printed step", MEXC_REPOST, (200 - 29 + 50_000 * 0.01) / 0.1,
        lambda: price_of(isolated(MEXC_ROUND, SHORT, 1_000, 50_000, 25)), 51_800, 2,
        "29 stands for a maintenance margin of 20, and 0.01 for a size of 0.1."),
    ("D03 what is left at liquidation", KRAKEN_HELP, 0.00125,
        lambda: alone(KRAKEN, price_of(KRAKEN)).equity("XBTUSD"), 0.001337, 6,
        "That is 1% of the value at entry; the price beside it stands on 1% of the value at the mark price."),
    ("D10 the price of three", MEGABIT_HELP, 59_560.2,
        lambda: MEGABIT_THREE.position("BTCUSDT").liquidation_price(on_tick=True), 59_570.2, 1,
        "One digit is wrong: the rate of the first position and the margin beside it give 59,570.2."),
    ("D15 CoinTR value of ten", COINTR_HELP, 99.61,
        lambda: linear.position_value(mark_price=9_961, quantity=10, contract_size=0.01), 996.1, 2,
        "0.01 x 9,961 is the value of one contract; times ten it is 996.1."),
    ("D15 its margin at 100x", COINTR_HELP, 0.996,
        lambda: isolated(single("BTCUSDT", 0.005, size=0.01), LONG, 10, 9_961, 100).margin, 9.961, 3,
        "It is a hundredth of the wrong value."),
    ("ccxt, a ladder without its amount", "ccxt, parse_account_position", 57_575.76,
        lambda: price_of(Position(replace(BTC, tiers=RiskTiers(OLD_BTC[:3], measure="value", rule="marginal")),
            LONG, 10, 60_000, margin=30_000)), 57_444.44, 2,
        "The maintenance amount of 1,300 is left out of Binance's rule."),
]  # fmt: skip


def agree(computed, said, digits):
    """Whether two values are the same: numbers to the digits that are printed, all else exactly."""
    return computed == said if digits is None else round(float(computed), digits) == round(said, digits)


@pytest.mark.parametrize("computed, printed, digits", [c[2:] for c in PUBLISHED], ids=[c[0] for c in PUBLISHED])
def test_published_number(computed, printed, digits):
    assert agree(computed(), printed, digits), f"{computed()} is not {printed}"


@pytest.mark.parametrize("printed, computed, right, digits, why", [c[2:] for c in WRONG], ids=[c[0] for c in WRONG])
def test_print_that_is_wrong(printed, computed, right, digits, why):
    assert agree(computed(), right, digits), f"{computed()} is not {right}"
    assert not agree(computed(), printed, digits), why


def test_every_published_number_names_its_source_and_every_wrong_one_the_reason():
    assert all(case[1] for case in [*PUBLISHED, *WRONG]) and all(case[-1].endswith(".") for case in WRONG)


def test_no_worked_example_is_left_out():
    wanted = {f"ex{n:02}" for n in range(1, 42)} | {f"D{n:02}" for n in (1, 3, 4, 7, 8, 9, 10, 12, 13, 14, 15)}
    assert wanted <= {case[0].split()[0] for case in [*PUBLISHED, *WRONG]}
