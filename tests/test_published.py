"""Numbers that venues have published, reproduced by an account or a market of this library.

Each case names its venue and source (all read in 2026); a test of its own says which prints are wrong. Where a source
leaves out what no other number shows, such as a top tier, the comment says what was inferred.
"""

import math
from dataclasses import replace
from fractions import Fraction

import pytest
from liquidation import LONG, MEXC_BTC_USDT, SHORT, Account, Contract, Market, Position, RiskTiers, isolated

MEXC_BLOG = "blog.mexc.fm/liquidation-in-futures-2"
MEXC_API = "mexc.com/api-docs/futures"
BINANCE_FAQ = "Binance FAQ b3c689c1f50a44cabb3a84e663b81d93, figures as in freqtrade tests/exchange/test_binance.py"
BYBIT_HELP = "help.bybit.com 900000181046, Liquidation Price (USDT Contract)"
GATE_HELP = "Gate help 27724, figures as in freqtrade tests/exchange/test_exchange.py"
DYDX_DOCS = "dydxprotocol/v4-documentation, concepts/trading/liquidations"
DYDX_CODE = "dydxprotocol/v4-chain, clob/keeper/liquidations_test.go"


def single(name, rate, *, size=1, basis="mark", fee=0):
    """A market with one tier."""
    tiers = RiskTiers([(0, math.inf, rate)], measure="value", rule="marginal")
    return Market(
        Contract(name, contract_size=size, tick=0.01), tiers, maintenance_basis=basis, liquidation_fee_rate=fee
    )


def price_of(position, **more):
    """Liquidation price of one position; in cross, ``balance`` backs it."""
    balance = more.get("balance", position.margin)
    name = position.market.contract.name
    account = Account(balance, [position], marks={name: more.get("mark", position.entry_price)})
    price = account.liquidation_price(name)
    if position.isolated:
        alone = position.market.liquidation_price(
            side=position.side,
            entry_price=position.entry_price,
            quantity=position.quantity,
            position_margin=position.margin,
        )
        assert math.isclose(alone, price, rel_tol=1e-12), "account and market agree"
    return price


MEXC_ROUND = single("BTC_USDT", 0.004, size=0.0001, basis="entry")
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
GATE = single("X_USDT", 0.01, size=0.01, fee=0.0006)
BTC_DYDX, ETH_DYDX, OTHER = single("BTC-USD", 0.1), single("ETH-USD", 0.05), single("OTHER", 0.1)


def dydx(quote, size, oracle=50_000, market=BTC_DYDX):
    """Turn dYdX's way of booking, in which the quote balance has paid for the position, into ours."""
    side = LONG if size > 0 else SHORT
    position = Position(market, side, abs(size), oracle)
    return Account(quote + size * oracle, [position], marks={market.contract.name: oracle})


GATE_HELD = dict(leverage=5, quantity=700, entry_price=10, market=GATE)
PUBLISHED = [
    ("ex01 MEXC long", MEXC_BLOG, lambda: price_of(isolated(MEXC_ROUND, LONG, 1_000, 50_000, 25)), 48_200, 2),
    ("ex02 MEXC short", MEXC_BLOG, lambda: price_of(isolated(MEXC_ROUND, SHORT, 1_000, 50_000, 25)), 51_800, 2),
    (
        "ex08 MEXC 2x, no taker fee", MEXC_API,
        lambda: MEXC_BTC_USDT.contract.to_tick(price_of(isolated(MEXC_BTC_USDT, LONG, 5, 109_777.5, 2)), LONG),
        55_020.5, 1,
    ),
    ("ex08 its margin", MEXC_API, lambda: isolated(MEXC_BTC_USDT, LONG, 5, 109_777.5, 2).margin, 27.444375, 6),
    (
        "ex09 MEXC 20x", MEXC_API,
        lambda: MEXC_BTC_USDT.contract.to_tick(
            price_of(isolated(replace(MEXC_BTC_USDT, taker_fee_rate=0.0004), LONG, 5, 118_272.2, 20)), LONG
        ),
        112_474.5, 1,
    ),
    ("ex11 Binance cross BTC", BINANCE_FAQ, lambda: BINANCE.liquidation_price("BTCUSDT"), 26_316.89, 2),
    ("ex11 the other's maintenance", BINANCE_FAQ,
        lambda: BINANCE.position("ETHUSDT").requirement(1_335.18), 356_512.508, 3),
    ("ex12 Binance cross ETH", BINANCE_FAQ, lambda: BINANCE.liquidation_price("ETHUSDT"), 1_153.26, 2),
    ("ex12 the other's maintenance", BINANCE_FAQ,
        lambda: BINANCE.position("BTCUSDT").requirement(31_967.27), 71_200.81144, 5),
    (
        "ex13 Binance alone ETH", BINANCE_FAQ,
        lambda: price_of(Position(ETH, LONG, 3_683.979, 1_456.84, margin=1_535_443.01)), 1_114.78, 2,
    ),
    (
        "ex14 Binance alone BTC", BINANCE_FAQ,
        lambda: price_of(Position(BTC, LONG, 109.488, 32_481.98, margin=1_535_443.01)), 18_778.73, 2,
    ),
    ("ex15 Binance amount at 500,000", BINANCE_FAQ, lambda: BTC.tiers.take(BTC.tiers.index(500_000))[1], 1_300, 6),
    ("ex15 Binance rate at 264,000", BINANCE_FAQ, lambda: BTC.tiers.take(BTC.tiers.index(264_000))[0], 0.01, 6),
    ("ex16 Bybit long 50x", BYBIT_HELP, lambda: price_of(isolated(BYBIT, LONG, 1, 20_000, 50)), 19_700, 2),
    ("ex17 Bybit long 50x", BYBIT_HELP, lambda: price_of(isolated(BYBIT, LONG, 1, 10_000, 50)), 9_850, 2),
    ("ex18 Bybit short 40x", BYBIT_HELP, lambda: price_of(isolated(BYBIT, SHORT, 1, 8_000, 40)), 8_160, 2),
    (
        "ex19 Bybit cross, a gain does not move it", BYBIT_HELP,
        lambda: price_of(Position(BYBIT, LONG, 2, 10_000, 100), balance=2_200, mark=10_500), 8_950, 2,
    ),
    (
        "ex19 its available balance", BYBIT_HELP,
        lambda: Account(2_200, [Position(BYBIT, LONG, 2, 10_000, 100)], marks={"BTCUSDT": 10_500}).free_balance,
        2_000, 2,
    ),
    (
        "ex20 Bybit bankruptcy", "Bybit FAQ, as on mobie.io/faq",
        lambda: Account(
            200, [isolated(BYBIT, LONG, 1, 10_000, 50)], marks={"BTCUSDT": 9_900}
        ).bankruptcy_price("BTCUSDT"),
        9_800, 2,
    ),
    ("ex23 Gate short", GATE_HELP, lambda: price_of(isolated(side=SHORT, **GATE_HELD)), 11.87413417771621, 14),
    ("ex24 Gate long", GATE_HELP, lambda: price_of(isolated(side=LONG, **GATE_HELD)), 8.085708510208207, 14),
    ("ex30 dYdX short", DYDX_DOCS, lambda: price_of(Position(ETH_DYDX, SHORT, 3, 3_000), balance=1_000), 3_174.6, 1),
    (
        "ex30 its equity then", DYDX_DOCS,
        lambda: Account(1_000, [Position(ETH_DYDX, SHORT, 3, 3_000)], marks={"ETH-USD": 3_174.603}).equity(), 476.2, 1,
    ),
    (
        "ex31 dYdX short beside a long", DYDX_DOCS,
        lambda: Account(
            1_000,
            [Position(ETH_DYDX, SHORT, 1.5, 3_000), Position(OTHER, LONG, 1_000, 1.75)],
            marks={"ETH-USD": 3_000, "OTHER": 1.75},
        ).liquidation_price("ETH-USD"),
        3_380.95, 2,
    ),
    ("ex32 dYdX bankrupt long", DYDX_CODE, lambda: 0.1 * dydx(-4_501, 0.1).bankruptcy_price("BTC-USD"), 4_501, 6),
    ("ex33 dYdX bankrupt short", DYDX_CODE, lambda: -0.1 * dydx(5_499, -0.1).bankruptcy_price("BTC-USD"), -5_499, 6),
    ("ex34 dYdX at bankruptcy", DYDX_CODE, lambda: 0.1 * dydx(-5_000, 0.1).bankruptcy_price("BTC-USD"), 5_000, 6),
]  # fmt: skip


@pytest.mark.parametrize("computed, printed, digits", [case[2:] for case in PUBLISHED], ids=[c[0] for c in PUBLISHED])
def test_published_number(computed, printed, digits):
    assert round(float(computed()), digits) == round(printed, digits)


def test_every_published_number_names_its_source():
    assert all(source for _, source, *_ in PUBLISHED)


def test_mexc_allows_one_over_the_initial_rate():
    """ex10: the sample's own columns, MEXC interface documentation, get-contract-info."""
    tiers = MEXC_BTC_USDT.tiers
    assert [round(tiers.largest_leverage(cap)) for cap in tiers.caps] == [500, 200, 100, 50, 20, 10]


def test_the_ratio_that_mexc_prints_is_cut_off_not_rounded():
    """ex08 prints 0.0027 at entry; requirement over equity is 0.0028 rounded. It was cut, or the price was higher."""
    position = isolated(MEXC_BTC_USDT, LONG, 5, 109_777.5, 2)
    ratio = Account(position.margin, [position], marks={"BTC_USDT": 109_777.5}).margin_ratio("BTC_USDT")
    assert 0.0027 < ratio < 0.0029


def test_gates_change_from_flat_to_marginal():
    """ex25: 1,200,000 of BTCUSDT needed 6,000 and needs 4,900 since 2025-07-29 (Gate post 27630175253050).

    The ladder is inferred: 0.4% up to 1,100,000 and 0.5% above fits both numbers.
    """
    rows = [(0, 1_100_000, Fraction(4, 1000)), (1_100_000, math.inf, Fraction(5, 1000))]
    held = [RiskTiers(rows, measure="value", rule=rule).maintenance_margin(1_200_000) for rule in ("flat", "marginal")]
    assert held == [6_000, 4_900]


@pytest.mark.parametrize("quote, liquidatable", [(-4_000, False), (-4_500, False), (-4_501, True)])
def test_dydx_is_strict_at_the_boundary(quote, liquidatable):
    """ex37 to ex39, dYdX v4 TestIsLiquidatable: equity equal to the requirement is safe there; on MEXC it is not."""
    account = dydx(quote, 0.1)
    assert account.is_liquidatable(strict=True) is liquidatable
    assert account.is_liquidatable() is (quote <= -4_500)


def test_prints_that_are_wrong():
    # ex01 prints the step (20-200+50000x0.01)/0.1 for 48,200; the size must be 0.1 above the line as well.
    assert round((20 - 200 + 50_000 * 0.01) / 0.1) == 3_200
    # ex02, a re-post of it, calls 51,800 the long's price: at that price a long has gained.
    long = isolated(MEXC_ROUND, LONG, 1_000, 50_000, 25)
    assert Account(200, [long], marks={"BTC_USDT": 51_800}).equity("BTC_USDT") == pytest.approx(380)
    # A public library leaves the maintenance amount out of Binance's rule and gets 57,575.76 for 10 BTC at 60,000, 20x.
    market = replace(BTC, tiers=RiskTiers(OLD_BTC[:3], measure="value", rule="marginal"))
    case = dict(side=LONG, entry_price=60_000, quantity=10, position_margin=30_000)
    assert round(market.liquidation_price(**case), 2) == 57_444.44
    assert round(single("BTCUSDT", 0.01).liquidation_price(**case), 2) == 57_575.76
