"""A reader's own positions: what is read from each documented shape, and which rows are named."""

import collections
import gzip
import io
import itertools
import json
import math
import random
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from liquidation import BINANCE_BTCUSDT, BYBIT, LONG, MEXC, MEXC_BTC_USDT, SHORT, VENUES, read_positions
from liquidation.algebra.checks import InputError
from liquidation.trader.position_file import TEMPLATE

# -- rows as the exchanges document them: a long or a short of 0.1 BTC at 50,000, with 200 USDT behind it -------------


def ours(**fields):
    """The line of a file of ours, under its header."""
    known = {
        "contract": "ETHUSDT", "side": "long", "quantity": 2, "entry_price": 3_000, "mark_price": 2_900, "leverage": 10,
        "margin": 600, "maintenance_margin_rate": 0.01, "stop_price": "",
    }  # fmt: skip
    return f"{TEMPLATE}\n" + ",".join(str({**known, **fields}[name]) for name in TEMPLATE.split(",")) + "\n"


def bybit(*rows):
    return {
        "retCode": 0, "retMsg": "OK", "result": {"list": list(rows), "nextPageCursor": "", "category": "linear"},
        "retExtInfo": {}, "time": 1_767_225_600_000,
    }  # fmt: skip


def bybit_row(**fields):
    return {
        "positionIdx": 0, "riskId": 1, "riskLimitValue": "2000000", "symbol": "BTCUSDT", "side": "Buy", "size": "0.1",
        "avgPrice": "50000.00", "positionValue": "5000", "tradeMode": 1, "positionStatus": "Normal", "autoAddMargin": 0,
        "leverage": "25", "positionBalance": "200", "markPrice": "50500.00", "liqPrice": "48241.2", "bustPrice": "",
        "positionMM": "25.25", "positionMMByMp": "25.25", "positionIM": "202", "positionIMByMp": "202",
        "tpslMode": "Full", "takeProfit": "0.00", "stopLoss": "49000.00", "trailingStop": "0.00",
        "unrealisedPnl": "50", "curRealisedPnl": "-1", "cumRealisedPnl": "7", "seq": 5, "isReduceOnly": False,
        "mmrSysUpdatedTime": "", "leverageSysUpdatedTime": "", "sessionAvgPrice": "", "createdTime": "1",
        "updatedTime": "2", **fields,
    }  # fmt: skip


def binance_v2(**fields):
    return {
        "entryPrice": "50000.0", "breakEvenPrice": "50025.0", "marginType": "isolated", "isAutoAddMargin": "false",
        "isolatedMargin": "250.00000000", "leverage": "25", "liquidationPrice": "48192.7", "markPrice": "50500.0",
        "maxNotionalValue": "20000000", "positionAmt": "0.100", "notional": "5050", "isolatedWallet": "200.0",
        "symbol": "BTCUSDT", "unRealizedProfit": "50.00000000", "positionSide": "BOTH", "updateTime": 1, **fields,
    }  # fmt: skip


def binance_v3(**fields):
    return {
        "symbol": "BTCUSDT", "positionSide": "BOTH", "positionAmt": "-0.100", "entryPrice": "50000.0",
        "breakEvenPrice": "49975.0", "markPrice": "50500.00000000", "unRealizedProfit": "-50.00000000",
        "liquidationPrice": "51792.8", "isolatedMargin": "150.00000000", "notional": "-5050", "marginAsset": "USDT",
        "isolatedWallet": "200", "initialMargin": "202", "maintMargin": "20.20000000", "positionInitialMargin": "202",
        "openOrderInitialMargin": "0", "adl": 2, "bidNotional": "0", "askNotional": "0", "updateTime": 1, **fields,
    }  # fmt: skip


def ccxt(**fields):
    return {
        "info": {}, "id": None, "symbol": "BTC/USDT:USDT", "timestamp": 1, "datetime": "2026-01-01T00:00:00.000Z",
        "lastUpdateTimestamp": None, "hedged": False, "side": "long", "contracts": 0.1, "contractSize": 1.0,
        "entryPrice": 50_000.0, "markPrice": 50_500.0, "lastPrice": None, "notional": 5_050.0, "leverage": 25.0,
        "collateral": 250.0, "initialMargin": 202.0, "initialMarginPercentage": 0.04, "maintenanceMargin": 20.2,
        "maintenanceMarginPercentage": 0.004, "unrealizedPnl": 50.0, "liquidationPrice": 48_192.7,
        "marginMode": "isolated", "marginRatio": 0.08, "percentage": 25.0, "stopLossPrice": None, **fields,
    }  # fmt: skip


def without(row, *names):
    return {name: value for name, value in row.items() if name not in names}


def frame(*rows):
    return pd.DataFrame(list(rows))


SCREEN = (
    "Contracts,Side,Qty,Entry Price,Leverage,Liq. Price,Position Margin\n"
    "BTCUSDT,Buy,0.120,64500.0,10x,58300.5,777.9\nETHUSDT,Sell,2.50,3400.0,20x,--,428.4\n"
)
NOW = {"marks": {"BTCUSDT": 64_000, "ETHUSDT": 3_300}, "maintenance_margin_rate": 0.005}

BINANCE_LONG = ("BTCUSDT", LONG, 0.1, 50_000, 200, 50_500, 48_192.7, None)
BINANCE_SHORT = ("BTCUSDT", SHORT, 0.1, 50_000, 200, 50_500, 51_792.8, None)
BYBIT_LONG = ("BTCUSDT", LONG, 0.1, 50_000, 200, 50_500, 48_241.2, 49_000)
SHAPES = {
    "a file of ours": ("Binance", ours(), [("ETHUSDT", LONG, 2, 3_000, 600, 2_900, None, None)]),
    "a short with a stop": (
        "Binance", ours(side="short", stop_price=3_100), [("ETHUSDT", SHORT, 2, 3_000, 600, 2_900, None, 3_100)],
    ),
    "Bybit's answer": ("Bybit", bybit(bybit_row()), [BYBIT_LONG]),
    "its text on one line": ("Bybit", json.dumps(bybit(bybit_row())), [BYBIT_LONG]),
    "its text on many": ("Bybit", json.dumps(bybit(bybit_row()), indent=2), [BYBIT_LONG]),
    "its text after a mark": ("Bybit", "\ufeff\n " + json.dumps(bybit(bybit_row())), [BYBIT_LONG]),
    "its result alone": ("Bybit", bybit(bybit_row())["result"], [BYBIT_LONG]),
    "its list alone": ("Bybit", [bybit_row()], [BYBIT_LONG]),
    "its fields as CSV": ("Bybit", frame(bybit_row()).to_csv(index=False), [BYBIT_LONG]),
    "its fields as a frame": ("Bybit", frame(bybit_row(), bybit_row(size="0", tradeMode=None)), [BYBIT_LONG]),
    "Bybit, no price and no stop": (
        BYBIT, bybit(bybit_row(liqPrice="", stopLoss="")), [(*BYBIT_LONG[:6], None, None)],
    ),
    "Bybit, an empty position": (BYBIT, bybit(bybit_row(side="", size="0", avgPrice="0", markPrice="")), []),
    "Bybit, a pool": (BYBIT, bybit(bybit_row(tradeMode=0)), [(*BYBIT_LONG[:4], None, *BYBIT_LONG[5:])]),
    "Bybit, the mode said beside": (BYBIT, bybit(bybit_row(tradeMode=0, mode="isolated")), [BYBIT_LONG]),
    "Bybit, nothing held": (BYBIT, bybit(), []),
    "Bybit inverse": (
        "Bybit inverse",
        bybit(bybit_row(symbol="BTCUSD", side="Sell", size="300", avgPrice="25000", markPrice="25000", liqPrice="",
                        positionBalance="0.0012", positionMM="0.00006", stopLoss="0")),
        [("BTCUSD", SHORT, 300, 25_000, 0.0012, 25_000, None, None)],
    ),
    "Binance v2": ("Binance", [binance_v2()], [BINANCE_LONG]),
    "Binance v2 as text": ("Binance", json.dumps([binance_v2()]), [BINANCE_LONG]),
    "Binance v2 as CSV": ("Binance", frame(binance_v2()).to_csv(index=False), [BINANCE_LONG]),
    "Binance v2 as CSV with an index": ("Binance", frame(binance_v2()).to_csv(), [BINANCE_LONG]),
    "Binance v2 with tabs and an index": ("Binance", frame(binance_v2()).to_csv(sep="\t"), [BINANCE_LONG]),
    "Binance v2 with semicolons": ("Binance", frame(binance_v2()).to_csv(sep=";", index=False), [BINANCE_LONG]),
    "Binance v2 as a frame": ("Binance", frame(binance_v2(), binance_v2(symbol="X", positionAmt="0")), [BINANCE_LONG]),
    "Binance v2 as a frame of other types": ("Binance", frame(binance_v2()).convert_dtypes(), [BINANCE_LONG]),
    "Binance v2, one dict": ("Binance", collections.OrderedDict(binance_v2()), [BINANCE_LONG]),
    "Binance v2, one by one": ("Binance", lambda: (binance_v2(symbol=s) for s in ("BTCUSDT",)), [BINANCE_LONG]),
    "Binance v2, all contracts": (
        "Binance",
        [*(binance_v2(symbol=f"X{i}", positionAmt="0.000", markPrice="0", entryPrice="0.0") for i in range(300)),
         binance_v2()],
        [BINANCE_LONG],
    ),
    "Binance v2, hedged": (
        "Binance",
        [binance_v2(positionSide="LONG"),
         binance_v2(positionSide="SHORT", positionAmt="-0.100", isolatedMargin="150", unRealizedProfit="-50")],
        [BINANCE_LONG, (*BINANCE_SHORT[:6], 48_192.7, None)],
    ),
    "Binance v2, a pool": (
        "Binance", [binance_v2(marginType="cross", isolatedMargin="0.0", isolatedWallet="0", liquidationPrice="0")],
        [(*BINANCE_LONG[:4], None, 50_500, None, None)],
    ),
    "Binance, the wallet is not said": ("Binance", [without(binance_v2(), "isolatedWallet")], [BINANCE_LONG]),
    "Binance, nor is the profit": (
        "Binance", [without(binance_v2(), "isolatedWallet", "unRealizedProfit")], [BINANCE_LONG],
    ),
    "Binance v3": ("Binance", [binance_v3()], [BINANCE_SHORT]),
    "Binance v3, the wallet is not said": (
        "Binance", [without(binance_v3(), "isolatedWallet")], [BINANCE_SHORT],
    ),
    "Binance v3, the profit has eaten the margin": (
        "Binance",
        [without(binance_v3(isolatedMargin="-20", unRealizedProfit="-220", markPrice="52200"), "isolatedWallet")],
        [(*BINANCE_SHORT[:5], 52_200, 51_792.8, None)],
    ),
    "Binance v3, a pool": (
        "Binance", [binance_v3(isolatedMargin="0", isolatedWallet="0", liquidationPrice="0")],
        [(*BINANCE_SHORT[:4], None, 50_500, None, None)],
    ),
    "ccxt": ("Binance", [ccxt()], [BINANCE_LONG]),
    "ccxt, a short": (
        "Binance", [ccxt(side="short", collateral=150.0, unrealizedPnl=-50.0, liquidationPrice=51_792.8)],
        [BINANCE_SHORT],
    ),
    "ccxt, a pool": (
        "Binance", [ccxt(marginMode="cross", collateral=1_000.0, liquidationPrice=None)],
        [(*BINANCE_LONG[:4], None, 50_500, None, None)],
    ),
    "ccxt, no profit": ("Binance", [ccxt(unrealizedPnl=None)], [BINANCE_LONG]),
    "ccxt, no collateral": ("Binance", [ccxt(collateral=None)], [BINANCE_LONG]),
    "ccxt, no leverage": ("Binance", [ccxt(leverage=None)], [BINANCE_LONG]),
    "ccxt, no price": ("Binance", [ccxt(liquidationPrice=-1)], [(*BINANCE_LONG[:6], None, None)]),
    "ccxt, nothing held": ("Binance", [ccxt(contracts=0.0, side=None, entryPrice=None, marginMode=None)], []),
    "ccxt, numbers of numpy": (
        "Binance", [ccxt(contracts=np.float64(0.1), entryPrice=np.int64(50_000))], [BINANCE_LONG],
    ),
    "ccxt, contracts of MEXC": (
        MEXC, [ccxt(contracts=1_000, contractSize=0.0001)], [("BTC_USDT", LONG, 1_000, *BINANCE_LONG[3:])],
    ),
    "ccxt, a dated future beside": (
        "Binance", [ccxt(), ccxt(symbol="BTC/USDT:USDT-260327")],
        [BINANCE_LONG, ("BTC/USDT:USDT-260327", *BINANCE_LONG[1:])],
    ),
    "a screen": (
        "Bybit", SCREEN,
        [("BTCUSDT", LONG, 0.12, 64_500, 777.9, 64_000, 58_300.5, None),
         ("ETHUSDT", SHORT, 2.5, 3_400, 428.4, 3_300, None, None)],
    ),
    "the sign alone": (
        "Binance", "symbol,size,entry_price,mark\nBTCUSDT,-0.1,50000,50500\n",
        [("BTCUSDT", SHORT, 0.1, 50_000, None, 50_500, None, None)],
    ),
    "a header again, and empty lines": ("Binance", f"\n\n{ours()}\n{TEMPLATE}\n,,,,,,,,\n", [
        ("ETHUSDT", LONG, 2, 3_000, 600, 2_900, None, None),
    ]),
    "tabs with nothing behind them": (
        "Binance", ours().replace(",", "\t").rstrip("\n"), [("ETHUSDT", LONG, 2, 3_000, 600, 2_900, None, None)],
    ),
    "old ends of lines": (
        "Binance", ours().replace("\n", "\r"), [("ETHUSDT", LONG, 2, 3_000, 600, 2_900, None, None)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_positions_are_read_from_every_shape(name):
    """Contract, side, quantity, entry price, margin, mark price, shown price and stop; none is wrong."""
    venue, source, wanted = SHAPES[name]
    read = read_positions(source() if callable(source) else source, venue, **NOW)
    assert read.wrong == ()
    found = [
        (h.name, p.side, p.quantity, p.entry_price, p.margin, h.mark_price, h.shown_price, h.stop_price)
        for h in read.held
        for p in [h.position]
    ]
    assert found == wanted
    account = read.account(10_000)
    assert [p.key for p in account.positions] == [row[:2] for row in wanted]
    for (contract, side, quantity, entry, margin, *_), held in zip(wanted, read.held, strict=True):
        market = held.position.market
        if margin is None or market.contract.kind == "inverse":
            continue
        # margin + side n c (P - E) = (rate + fee) n c P, or E where maintenance stands on the entry price
        coins = quantity * market.contract.contract_size
        rate = market.tiers.tiers[0].maintenance_margin_rate
        if market.maintenance_basis == "mark":
            price = (margin - side * coins * entry) / (coins * (rate - side))
        else:
            fee = market.liquidation_fee_rate
            price = (margin - coins * entry * (side + rate)) / (coins * (fee - side))
        assert account.liquidation_price(contract, side) == pytest.approx(price, rel=1e-12)


@pytest.mark.parametrize("source", [[binance_v2()], [binance_v3()], [ccxt()]])
def test_the_exchanges_own_price_comes_out(source):
    """What the rows show, to the tick: 48,192.7 is 48,192.77 cut off."""
    (held,) = read_positions(source, "Binance").held
    assert held.position.liquidation_price(on_tick=True) == held.shown_price


def test_a_file_may_be_packed_opened_or_written_otherwise(tmp_path):
    answer, table = json.dumps(bybit(bybit_row())), frame(bybit_row()).to_csv(index=False)
    for text in (answer, table):
        for data in (text.encode(), gzip.compress(text.encode()), text.encode("utf-16"), text.encode("utf-8-sig")):
            file = tmp_path / "positions"
            file.write_bytes(data)
            for source in (file, str(file), io.BytesIO(data)):
                (held,) = read_positions(source, "Bybit").held
                assert held.position.margin == 200 and held.stop_price == 49_000


# -- where the rate comes from ---------------------------------------------------------------------------------------


def rate_of(row, venue="Binance", **how):
    (held,) = read_positions([row], venue, **how).held
    return float(held.position.market.tiers.tiers[0].maintenance_margin_rate), held.rate_from


def test_the_rate_comes_from_what_is_known_best():
    eth = ccxt(symbol="ETH/USDT:USDT", maintenanceMarginPercentage=0.007)
    none = ccxt(symbol="ETH/USDT:USDT", maintenanceMarginPercentage=None, maintenanceMargin=None)
    assert rate_of(ccxt(maintenanceMarginPercentage=0.007)) == (0.004, BINANCE_BTCUSDT.tiers.source)
    assert rate_of(eth) == (0.007, "the row")
    assert rate_of({**eth, "maintenanceMarginPercentage": None})[0] == pytest.approx(20.2 / 5_050)
    assert rate_of(none, maintenance_margin_rate=0.02) == (0.02, "the rate that was given for all")
    assert rate_of(eth, markets={"ETH/USDT:USDT": BINANCE_BTCUSDT}) == (0.004, "the ladder that was given")


def test_a_maintenance_margin_is_a_part_of_the_value_at_the_mark_wherever_that_comes_from():
    row = ccxt(symbol="ETH/USDT:USDT", maintenanceMarginPercentage=None, markPrice=None)
    assert rate_of(row, marks={"ETH/USDT:USDT": 60_000})[0] == pytest.approx(20.2 / 6_000)
    inverse = ccxt(symbol="BTC/USD:BTC", contracts=10, contractSize=100, maintenanceMarginPercentage=None,
                   maintenanceMargin=0.0001, collateral=0.001, unrealizedPnl=0, markPrice=50_000)  # fmt: skip
    assert rate_of(inverse, "Binance COIN-M")[0] == pytest.approx(0.0001 / (10 * 100 / 50_000))


@pytest.mark.parametrize(
    ("venue", "symbol", "kind"),
    [
        ("OKX", "BTC/USDT:USDT", "linear"),
        ("OKX", "BTC/USD:BTC", "inverse"),
        ("OKX", "BTC-USDT-SWAP", "linear"),
        ("Deribit", "BTC/USD:BTC", "inverse"),
        ("Deribit", "BTC/USDC:USDC", "linear"),
        ("Gate", "btc_usdt", "linear"),
        ("dYdX", "BTC/USD:USDC", "linear"),
        ("Hyperliquid", "BTC", "linear"),
        ("Bybit inverse", "BTCUSD", "inverse"),
        ("Binance COIN-M", "BTC/USD:BTC-260327", "inverse"),
    ],
)
def test_a_contract_is_linear_or_inverse_by_its_venue_or_its_name(venue, symbol, kind):
    (held,) = read_positions([ccxt(symbol=symbol, marginMode="cross")], venue).held
    assert held.position.market.contract.kind == kind


# -- rows that are wrong ---------------------------------------------------------------------------------------------

WRONG = {
    "no contract": (ours(contract=""), "contract is missing: say which"),
    "too long a name": (ours(contract="a" * 101), "contract='aaa.* is too long for a name"),
    "a name that cannot be printed": (ours(contract="BTC\x00"), "a name holds what can be printed"),
    "a name turned round": (ours(contract="\u202eTDSU"), "a name holds what can be printed"),
    "a name of two lines": (ours(contract='"BTC\nUSDT"'), "a name holds what can be printed"),
    "half a letter": ([binance_v2(symbol="\ud800")], "a name holds what can be printed"),
    "a name that is a number": ([ccxt(symbol=5)], "contract is missing"),
    "no side": (ours(side=""), "side is missing: say which"),
    "ccxt, no side": ([ccxt(side=None)], "side is missing: say which"),
    "sideways": (ours(side="sideways"), "side='sideways' is not allowed: it must be long or short, buy or sell"),
    "a side that is a list": ([ccxt(side=["long"])], "side=.* is not allowed"),
    "a huge side": ([ccxt(side=10**5_000)], "side='a number of about 5,000 digits' is not allowed"),
    "a long below zero": (ours(quantity=-2), "quantity=-2 is negative and side='long': one of the two is wrong"),
    "Binance, a long below zero": ([binance_v2(positionSide="LONG", positionAmt="-1")], "quantity=-1 is negative"),
    "no quantity": (ours(quantity=""), "quantity is missing"),
    "ccxt, no quantity": ([ccxt(contracts=None)], "quantity is missing"),
    "a quantity with its coin": (ours(quantity="0.12 BTC"), "quantity='0.12 BTC' is not a number"),
    "a quantity times something": (ours(quantity="2x"), "quantity='2x' is not a number"),
    "a quantity with an underscore": (ours(quantity="1_000"), "quantity='1_000' is not a number"),
    "more than floats hold": (ours(quantity="1e400"), "quantity=inf is not allowed: .* finite number"),
    "too many digits": (ours(quantity="9" * 100_000), "quantity=inf is not allowed"),
    "a truth": ([ccxt(contracts=True)], "quantity=True is not allowed"),
    "a Decimal": ([ccxt(contracts=Decimal("0.1"))], r"quantity=Decimal\('0.1'\) is not allowed"),
    "a complex number": ([ccxt(contracts=1j)], "quantity=1j is not allowed"),
    "a time span": ([ccxt(contracts=np.timedelta64(5, "s"))], "quantity=5 seconds is not a number"),
    "off the step": ([binance_v2(positionAmt="0.1005")], "BTCUSDT is traded in steps of 0.001"),
    "no entry price": (ours(entry_price=0), "entry_price=0 is not allowed: entry_price must be a finite number"),
    "NaN": ([ccxt(entryPrice=math.nan)], "entry_price is missing"),
    "missing, says pandas": ([ccxt(entryPrice=pd.NA)], "entry_price is missing"),
    "infinite": ([ccxt(entryPrice=math.inf)], "entry_price=inf is not allowed"),
    "an array": ([ccxt(entryPrice=np.array([5.0]))], r"entry_price=array\(\[5.\]\) is not allowed"),
    "masked": ([ccxt(entryPrice=np.ma.masked)], "entry_price=masked is not allowed"),
    "a huge price": ([ccxt(entryPrice=10**5_000)], "entry_price=a number of about 5,000 digits is not allowed"),
    "a comma": (ours(entry_price='"3,000"'), "entry_price='3,000' is not a number: a comma in a number is not read"),
    "a NUL": (ours(entry_price="30\x0000"), r"entry_price='30\\x0000' is not a number"),
    "no mark": (ours(mark_price=""), r"no mark_price of ETHUSDT: add a column mark_price, or give marks=\{'ETHUSDT'"),
    "a dash for a mark": (ours(mark_price="--"), "there is no mark_price of ETHUSDT"),
    "a mark of 0": (ours(mark_price=0), "mark_price=0 is not allowed"),
    "no leverage": (ours(leverage=0), "leverage=0 is not allowed"),
    "leverage in words": (ours(leverage="much"), "leverage='much' is not a number"),
    "a margin below 0": (ours(margin=-5), "margin=-5 is not allowed: margin must be a finite number of at least 0"),
    "a margin in words": (ours(margin="all"), "margin='all' is not a number"),
    "nothing behind it": ([without(binance_v3(isolatedMargin="-60"), "isolatedWallet")], "margin=-10.0 is not allowed"),
    "isolated, with nothing said": ([ccxt(collateral=None, leverage=None)], "the isolated position is missing"),
    "a profit that is not said": (
        ([without(ccxt(unrealizedPnl=None, markPrice=None), "x")], {"marks": {"BTC/USDT:USDT": 5e4}}),
        "the margin contains an unrealized PnL that no column says",
    ),
    "no mode": ([ccxt(marginMode=None)], "mode is missing: say which"),
    "another mode": ([ccxt(marginMode="portfolio")], "mode='portfolio' is not allowed: it must be isolated or cross"),
    "Bybit, another mode": ([bybit_row(tradeMode=2)], "mode='2' is not allowed"),
    "no rate": (ours(maintenance_margin_rate=""), "no maintenance rate of ETHUSDT on Binance USDⓈ-M is known: add a"),
    "a rate of 1": (ours(maintenance_margin_rate=1), "maintenance_margin_rate=1 is not allowed: .* fraction"),
    "a rate in percent": (ours(maintenance_margin_rate="0.5%"), "maintenance_margin_rate='0.5%' is not a number"),
    "more to be left than it is worth": (
        [binance_v3(symbol="ETHUSDT", maintMargin="9999")], "maintenance_margin=9999 is not below what the position is",
    ),
    "worth nothing": (
        [ccxt(symbol="X/USDT:USDT", maintenanceMarginPercentage=None, contracts=5e-324, markPrice=1e-9)],
        "maintenance_margin=20.2 is not below what the position is worth, 0.0",
    ),
    "worth more than floats hold": (
        [ccxt(symbol="X/USDT:USDT", maintenanceMarginPercentage=None, contracts=1e308)], "position_value",
    ),
    "a stop below 0": (ours(stop_price=-1), "stop_price=-1 is not allowed"),
    "an inverse contract": ([ccxt(symbol="BTC/USD:BTC")], "BTC/USD:BTC is inverse, and the contracts of Binance USD"),
    "a contract in a third coin": ([ccxt(symbol="ETH/USD:BTC")], "settles in BTC, which is neither ETH nor USD"),
    "an option": ([ccxt(symbol="BTC/USDT:USDT-260327-50000-C")], "is an option: it has no liquidation price"),
    "another size": ([ccxt(contractSize=0.1)], "contract_size=0.1 is not allowed: of BTC/USDT:USDT on Binance .* is 1"),
    "a field too many": (ours(stop_price="1,5"), "it has 10 fields and the first line has 9"),
    "a field too few": (f"{TEMPLATE}\nETHUSDT,long\n", "it has 2 fields and the first line has 9"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_row_that_is_wrong_is_named_and_the_others_count(name):
    source, says = WRONG[name]
    source, how = source if isinstance(source, tuple) else (source, {})
    good = (
        "SOLUSDT,short,3,100,101,5,60,0.02,\n" if isinstance(source, str) else binance_v2(symbol="SOL", maintMargin="9")
    )
    read = read_positions(source + good if isinstance(source, str) else [*source, good], "Binance", **how)
    (wrong,) = read.wrong
    assert wrong.startswith("line 2: " if isinstance(source, str) else "row 1: ") and len(wrong) < 700
    with pytest.raises(InputError, match=says):
        raise InputError(wrong)
    assert len(read.held) == 1 and read.account().positions


def test_rows_that_contradict_each_other_are_named():
    rows = {
        "held on this side already, in row 1": [binance_v2(), binance_v2()],
        "BTCUSDT is held on this side already, in row 1": [binance_v2(), binance_v2(symbol="BTC-USDT")],
        "mark_price=50501.0 of BTCUSDT is 50500.0 in a row before": [
            binance_v2(positionSide="LONG"), binance_v2(positionSide="SHORT", positionAmt="-0.1", markPrice="50501.0"),
        ],
        "contract_size=0.5 of ETH/USDT:USDT is 1.0 in a row before": [
            ccxt(symbol="ETH/USDT:USDT"), ccxt(symbol="ETH/USDT:USDT", side="short", contractSize=0.5),
        ],
        "row 2: source has no column for entry_price": [ccxt(), without(ccxt(symbol="X/USDT:USDT"), "entryPrice")],
        "row 2: source holds None where a position, a dict, was expected": [ccxt(), None],
    }  # fmt: skip
    for says, source in rows.items():
        read = read_positions(source, "Binance")
        assert len(read.held) == 1 and len(read.wrong) == 1 and says in read.wrong[0]


@pytest.mark.parametrize(
    ("venue", "symbol", "says"),
    [
        ("MEXC", "BTC_USDT", "contract_size is missing: of BTC_USDT on MEXC it is 0.0001"),
        ("BitMEX", "XBTUSD", "XBTUSD on BitMEX may be linear or inverse: give it in markets="),
        ("OKX", "BTC-USD-SWAP", "BTC-USD-SWAP on OKX may be linear or inverse"),
        ("Binance COIN-M", "BTC/USDT:USDT", "is linear, and the contracts of Binance COIN-M are inverse"),
    ],
)
def test_what_a_venue_does_not_say_is_not_guessed(venue, symbol, says):
    (wrong,) = read_positions([binance_v2(symbol=symbol)], venue, maintenance_margin_rate=0.01).wrong
    assert says in wrong
    read = read_positions([binance_v2(symbol=symbol)], venue, markets={symbol: BINANCE_BTCUSDT})
    assert not read.wrong and read.held[0].name == "BTCUSDT"


# -- what is no list of positions ------------------------------------------------------------------------------------


def nested():
    answer = {}
    answer["result"] = answer
    return answer


NO_SOURCE = {
    "nothing": (None, "source=None is not allowed: source must be a path"),
    "a number": (5, "source=5 is not allowed"),
    "bytes": (b"[]", r"source=b'\[\]' is not allowed"),
    "a type": (pd.DataFrame, "source=<class 'pandas.*' is not allowed|source=<class 'pandas.*> is not allowed"),
    "an array of no axis": (np.array(5), "source must be a list of dicts"),
    "numbers without end": (itertools.repeat(0), "source holds 0 where a position, a dict, was expected"),
    "a series": (pd.Series([1]), "source holds 1 where a position"),
    "lists": ([[1]], r"source holds \[1\] where a position"),
    "a file that fails": (io.StringIO, "source cannot be read"),
    "no file": ("nowhere.csv", "source='nowhere.csv' cannot be read"),
    "a folder": (Path.cwd(), "it is a folder: give one file"),
    "no text": ("", "source is empty"),
    "empty lines": ("\n  \n", "source is empty"),
    "a picture": (io.BytesIO(b"\x89PNG\r\n\x1a\n\0\0\0\r"), "source is no text"),
    "one long line": ("1," * 500_001 + "\n", "line 1 has 1,000,003 characters: source is no table"),
    "a quote that never ends": (ours() + '"ETHUSDT,long\n', "line 3 is no row of a table: a quote is opened and not"),
    "a title": (f"My positions\n{ours()}", "source has no column for contract and quantity and entry_price"),
    "prices": ("time,price\n2026-01-01,5\n", "the columns are time, price; ours are contract,side,"),
    "many columns": (",".join(f"c{i}" for i in range(9_999)) + "\n1\n", "the columns are c0, c1, c2"),
    "quantities twice": ("contract,quantity,Quantity,entry_price\n", "source has 2 columns 'quantity': one is needed"),
    "a frame of quantities twice": (pd.DataFrame([[1, 2]], columns=["size", "size"]), "source has 2 columns 'size'"),
    "an empty frame": (pd.DataFrame(), "source has no column for contract and quantity and entry_price"),
    "an empty dict": ({}, "source has no column for .*; the columns are nothing"),
    "empty dicts": ([{}, {}], "source has no column for .*; the columns are nothing"),
    "rows without a price": ([without(ccxt(), "entryPrice")] * 2, "source has no column for entry_price"),
    "Bybit's error": ({"retCode": 10_003, "retMsg": "API key is invalid.", "result": {}}, "answer that says 'API key"),
    "Binance's error": ({"code": -2_015, "msg": "Invalid API-key"}, "source holds no positions but an answer that"),
    "an answer within itself": (nested(), "source holds .* where a list of positions was expected"),
    "an answer too deep": ('{"result":' * 900 + "[]" + "}" * 900, "where a list of positions was expected"),
    "JSON too deep": ("[" * 100_000 + "]" * 100_000, "source begins as JSON and is none: "),
    "JSON cut off": (json.dumps([ccxt()])[:99] + "\n", "source begins as JSON and is none"),
    "JSON with more behind": (json.dumps([ccxt()]) + "\n{}", "source begins as JSON and is none: Extra data"),
    "JSON of numbers": ("[1, 2]", "source holds 1 where a position"),
    "JSON of nothing": ("[null]", "source holds None where a position"),
    "JSON of a price": ('{"symbol": "BTCUSDT", "price": "50000"}', "source has no column for quantity and entry_price"),
    "JSON with too many digits": ('[{"size": ' + "1" * 5_000 + "}]", "source begins as JSON and is none: Exceeds"),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_SOURCE)
def test_what_holds_no_positions_is_refused(name):
    source, says = NO_SOURCE[name]
    with pytest.raises(InputError, match=says) as caught:
        read_positions(source, "Binance")
    assert len(str(caught.value)) < 700


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "1" * 400])
def test_numbers_that_json_may_hold(number):
    text = json.dumps([binance_v2(entryPrice="here"), binance_v2(symbol="BTC_USDT")]).replace('"here"', number)
    read = read_positions(text, "Binance")
    assert len(read.held) == 1 and read.wrong[0].startswith("row 1: entry_price")


@pytest.mark.parametrize("source", [[], (), "[]", f"{TEMPLATE}\n", bybit(), pd.DataFrame(columns=TEMPLATE.split(","))])
def test_nobody_holds_nothing(source):
    read = read_positions(source, "Binance")
    assert read.held == read.wrong == () and read.account().positions == ()


@pytest.mark.parametrize(
    "venue", [None, 5, "", "b", "by", "Kraken", "Binance Futures", b"Bybit", ["Bybit"], VENUES, "x" * 100_000, math.nan]
)
def test_a_venue_that_is_none(venue):
    with pytest.raises(InputError, match=r"venue=.* is not allowed: venue must be one of MEXC, Binance") as caught:
        read_positions([binance_v2()], venue)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("venue", VENUES, ids=lambda venue: venue.name)
def test_a_venue_by_its_name(venue):
    assert read_positions([], venue.name).venue is read_positions([], venue.name.upper()).venue is venue
    first = next(v for v in VENUES if v.name.split()[0] == venue.name.split()[0])
    assert read_positions([], venue.name.split()[0].lower()).venue is first and first.kind != "inverse"


@pytest.mark.parametrize("given", [5, "abc", [1], [("ETHUSDT", 1)], np.array([1, 2]), math.nan, object(), True, {1}])
@pytest.mark.parametrize("argument", ["markets", "marks"])
def test_markets_and_marks_are_by_name(argument, given):
    with pytest.raises(InputError, match=f"{argument}=.* is not allowed: {argument} must be "):
        read_positions([binance_v2()], "Binance", **{argument: given})


@pytest.mark.parametrize("market", [5, None, "BTCUSDT", BINANCE_BTCUSDT.contract])
def test_a_market_that_is_none(market):
    with pytest.raises(InputError, match=r"markets=.* is not allowed: markets must be Markets by the name"):
        read_positions([binance_v2()], "Binance", markets={"ETHUSDT": market})


@pytest.mark.parametrize(
    "mark", ["50000", 0, -1, math.nan, math.inf, True, Decimal(5), [5], np.array([5]), np.timedelta64(5, "s"), 10**400]
)
def test_a_mark_that_is_none(mark):
    (wrong,) = read_positions([without(binance_v2(), "markPrice")], "Binance", marks={"BTCUSDT": mark}).wrong
    assert wrong.startswith("row 1: mark_price=")


@pytest.mark.parametrize("rate", [1, 5, -0.1, "0.01", [], math.nan, True, Decimal("0.01"), np.array([0.01]), 1j])
def test_a_rate_that_is_none(rate):
    with pytest.raises(InputError, match=r"maintenance_margin_rate=.* is not allowed"):
        read_positions([binance_v2()], "Binance", maintenance_margin_rate=rate)


# -- the account -----------------------------------------------------------------------------------------------------


def test_money_behind_isolated_and_cross():
    read = read_positions(
        [binance_v2(), binance_v2(symbol="ETHUSDT", marginType="cross")], "Binance", maintenance_margin_rate=0.01
    )
    with pytest.raises(InputError, match="balance is needed: cross positions stand on all the money"):
        read.account()
    with pytest.raises(InputError, match="balance=100 is less than the margins of the isolated positions, 200"):
        read.account(100)
    account = read.account(1_200)
    assert account.pool_cash == 1_000 and [p.isolated for p in account.positions] == [True, False]
    alone = read_positions([binance_v2()], "Binance")
    assert alone.account() == alone.account(200) and alone.account().marks == {"BTCUSDT": 50_500}


@pytest.mark.parametrize(
    "balance", ["1000", -1, math.nan, math.inf, True, [], Decimal(5), 10**400, np.array([5]), np.timedelta64(5, "s")]
)
def test_a_balance_that_is_none(balance):
    with pytest.raises(InputError, match="balance="):
        read_positions([binance_v2()], "Binance").account(balance)


def test_an_inverse_position_against_its_closed_form():
    """In coins: margin + side Q (1/E - 1/P) = rate Q / P."""
    row = ccxt(symbol="BTC/USD:BTC", contracts=10, contractSize=100, collateral=0.0011, unrealizedPnl=0.0001)
    (held,) = read_positions([row], "Binance COIN-M").held
    usd, margin, rate = 1_000, held.position.margin, 0.004
    assert margin == pytest.approx(0.001)
    price = usd * (1 + rate) / (margin + usd / 50_000)
    assert held.position.liquidation_price() == pytest.approx(price, rel=1e-12)


def test_a_position_of_mexc_is_counted_in_its_contracts():
    (held,) = read_positions([ccxt(contracts=1_000, contractSize=0.0001)], "MEXC").held
    assert held.position.market is MEXC_BTC_USDT and held.position.liquidation_price(on_tick=True) == 48_069.2


# -- many, and at random ---------------------------------------------------------------------------------------------

FIELDS = [
    "symbol", "side", "positionSide", "quantity", "positionAmt", "contracts", "contractSize", "entryPrice", "markPrice",
    "leverage", "marginMode", "marginType", "tradeMode", "margin", "isolatedWallet", "isolatedMargin", "collateral",
    "unRealizedProfit", "maintenanceMarginRate", "maintenanceMargin", "liqPrice", "stopLoss", "info", "retMsg",
]  # fmt: skip
VALUES = [
    None, "", 0, 1, -1, 0.5, "0.5", "-3", "1e400", "nan", math.nan, math.inf, -0.0, 5e-324, 1e308, 1e-300, "1e308",
    10**400, 10**30, Fraction(1, 3), Decimal("1"), True, [], {}, "long", "SELL", "Both", "cross", "isolated", "BTCUSDT",
    "ETH/USD:ETH", "10x", "--", np.float64(3), np.float32(2.5), np.datetime64("2026"), np.timedelta64(5, "s"),
    np.array([1]), np.ma.masked, 1j, "1,5", b"5", object(), pd.NA,
]  # fmt: skip
GOOD = {"symbol": "BTCUSDT", "side": "long", "quantity": 0.1, "entryPrice": 50_000, "markPrice": 49_900, "leverage": 10}


def test_rows_at_random_end_in_words_or_in_numbers():
    draw, held, wrong = random.Random(13), 0, 0
    for _ in range(4_000):
        rows = []
        for _ in range(draw.randint(1, 3)):
            row = {**GOOD, "maintenanceMarginRate": 0.01, "symbol": draw.choice(["BTCUSDT", "ETHUSDT", "X/USDT:USDT"])}
            row.update((draw.choice(FIELDS), draw.choice(VALUES)) for _ in range(draw.randint(0, 4)))
            rows.append(row)
        try:
            read = read_positions(rows, draw.choice(VENUES), marks={"ETHUSDT": draw.choice(VALUES)})
            account = read.account(draw.choice([None, 1_000, Fraction(10**9)]))
        except InputError:
            continue
        held, wrong = held + len(read.held), wrong + len(read.wrong)
        assert len(account.positions) == len(read.held) and all(len(words) < 900 for words in read.wrong)
        for found in read.held:
            numbers = (found.position.quantity, found.position.entry_price, found.mark_price, found.position.leverage,
                       found.position.margin, found.shown_price, found.stop_price)  # fmt: skip
            assert all(x is None or (type(x) in (int, float, Fraction) and 0 < x < math.inf) for x in numbers)
    assert held > 1_000 and wrong > 1_000


def test_texts_at_random_end_in_words():
    draw = random.Random(17)
    parts = [
        *",;\t\n\r\"' .-0123456789e{}[]:\0\ufeff€",
        "BTCUSDT",
        "long",
        "contract",
        "side",
        "quantity",
        "null",
        "1e400",
    ]
    for _ in range(3_000):
        text = draw.choice(["", "contract,side,quantity,entry_price,mark_price\n", "[", "{"])
        text += "".join(draw.choice(parts) for _ in range(draw.randint(0, 50)))
        try:
            read_positions(io.StringIO(text), "Bybit")
        except InputError as error:
            assert len(str(error)) < 900


def test_many_rows_are_read_and_all_wrong_ones_named():
    rows = [f"C{i}USDT,long,{'x' if i % 3 == 0 else i + 1},100,99,10,{10 + i},0.01," for i in range(3_000)]
    read = read_positions("\n".join([TEMPLATE, *rows]), "Binance")
    assert len(read.held) == 2_000 and len(read.wrong) == 1_000
    assert read.wrong[999] == "line 2999: quantity='x' is not a number"
    assert len(read.account().positions) == 2_000
