"""One record a venue, with a source for every rule; and an invented exchange, from opening to deleveraging."""

import dataclasses
import math
import pickle
import re
from fractions import Fraction

import liquidation.margin.venues
import numpy as np
import pytest
from liquidation import (
    BINANCE,
    BINANCE_BTCUSDT,
    BYBIT_BTCUSDT,
    LONG,
    MEXC,
    MEXC_BTC_USDT,
    SHORT,
    VENUES,
    Account,
    Contract,
    Fill,
    InsuranceFund,
    Market,
    Order,
    Position,
    RiskTiers,
    Source,
    Venue,
    balances,
    deleverage,
    isolated,
    liquidate,
    ranking,
)
from liquidation.margin.venue import PLAIN

RECORDS = [*VENUES, PLAIN]
RULES = [
    f.name for f in dataclasses.fields(Venue) if f.name not in ("name", "kind", "tier_measure", "tier_rule", "sources")
]


@pytest.mark.parametrize("venue", RECORDS, ids=lambda v: v.name)
def test_every_rule_has_one_source_and_silence_a_reason(venue):
    for rule in RULES:
        (source,) = [s for s in venue.sources if rule in s.fields]
        assert source is venue.source(rule) and source.where
        assert (getattr(venue, rule) is None) == (source.how == "silent"), rule
    assert venue._repr_markdown_().count("\n|") == len(dataclasses.fields(Venue)) - 2 + 2


@pytest.mark.parametrize("venue", VENUES, ids=lambda v: v.name)
def test_published_rules_name_the_day_they_were_read(venue):
    for source in venue.sources:
        if source.how in ("published", "reported"):
            assert re.search(r"read 20\d\d-\d\d-\d\d", source.where) or "support" in source.where, source


def test_all_records_are_listed_once():
    assert len({venue.name for venue in VENUES}) == len(VENUES) == 11
    assert {v for v in vars(liquidation.margin.venues).values() if isinstance(v, Venue)} == {*VENUES}


def test_the_shipped_markets_take_their_rules_from_the_records():
    assert (MEXC_BTC_USDT.maintenance_basis, MEXC_BTC_USDT.liquidation_fee_rate) == ("entry", 0.0004)
    assert BINANCE_BTCUSDT.venue.strict and not BYBIT_BTCUSDT.venue.strict
    other = MEXC_BTC_USDT.with_rules(maintenance_basis="mark", taker_fee_rate=0.0002)
    assert (other.maintenance_basis, other.taker_fee_rate, other.venue.name) == ("mark", 0.0002, "MEXC")
    assert MEXC_BTC_USDT.maintenance_basis == "entry", "the record itself stays"


def test_a_silent_venue_asks_for_the_rule():
    pool = Account(
        1_000,
        [Position(BINANCE_BTCUSDT, side, 0.1, 50_000) for side in (LONG, SHORT)],
        marks={"BTCUSDT": 150_000},
    ).at({"BTCUSDT": 30_000_000})
    with pytest.raises(ValueError, match=r"Binance USDⓈ-M has no rule for pick .*: give pick="):
        liquidate(pool)
    assert liquidate(pool, pick=lambda account, positions: positions[-1]).steps


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: dataclasses.replace(MEXC, maintenance_basis="last"), "maintenance_basis='last' .* 'entry' or 'mark'"),
        (lambda: dataclasses.replace(MEXC, steps=("cancel", "dance")), "steps='dance'"),
        (lambda: dataclasses.replace(MEXC, liquidation_fee_rate=2), "liquidation_fee_rate=2"),
        (lambda: dataclasses.replace(MEXC, drawdown=1.5), "drawdown=1.5"),
        (lambda: dataclasses.replace(MEXC, tiers_at_a_time=0), "tiers_at_a_time=0"),
        (lambda: dataclasses.replace(MEXC, strict=1), "strict=1"),
        (lambda: Venue(name="Silent", strict=None), "strict=None is not allowed without a reason"),
        (lambda: Venue(name=""), "a venue has a name"),
        (lambda: Market(MEXC_BTC_USDT.contract, MEXC_BTC_USDT.tiers, BINANCE), "measure='contracts'.*on Binance"),
        (lambda: Market(MEXC_BTC_USDT.contract, MEXC_BTC_USDT.tiers, spread=1), "no rule called spread"),
        (lambda: Market(MEXC_BTC_USDT.contract, MEXC_BTC_USDT.tiers, "MEXC"), "venue='MEXC'"),
    ],
)
def test_what_a_record_cannot_say_is_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make()


def test_an_account_has_one_venue():
    positions = [Position(MEXC_BTC_USDT, LONG, 100, 50_000), Position(BYBIT_BTCUSDT, LONG, 1, 50_000)]
    with pytest.raises(ValueError, match="one venue, but its contracts are of Bybit USDT and MEXC"):
        Account(1_000, positions, marks={"BTC_USDT": 50_000, "BTCUSDT": 50_000})
    eager = Market(Contract("ETH", 1, 1), RiskTiers([(0, 10**6, 0.01)], "value", "flat"), MEXC, strict=True)
    with pytest.raises(ValueError, match="differ in a rule that is the account's"):
        Account(1_000, [positions[0], Position(eager, LONG, 1, 2_000)], marks={"BTC_USDT": 50_000, "ETH": 2_000})


# -- an invented exchange ----------------------------------------------------------------------------------------------

TULIP = Venue(
    name="Tulip Exchange",
    kind="linear",
    maintenance_basis="mark",
    tier_measure="value",
    tier_rule="flat",
    liquidation_fee_rate=Fraction(1, 100),
    closing_fee_basis="entry",
    strict=True,
    rounding="nearest",
    steps=("net", "cancel", "reduce", "take over"),
    tiers_at_a_time=math.inf,
    pick="largest requirement",
    takeover_price="mark",
    fee_cap=Fraction(1, 1000),
    drawdown=Fraction(1, 2),
    hand_on="position",
    adl_score="profit and margin ratio",
    adl_price="mark",
    sources=(Source(tuple(RULES), "published", "invented for this test, 2026"),),
)
LADDER = RiskTiers([(0, 1_000, Fraction(1, 50)), (1_000, 10**6, Fraction(1, 20))], "value", "flat")
BULB = Market(Contract("BULB", Fraction(1, 10), Fraction(1, 2), quantity_step=1), LADDER, TULIP)
LEAF = Market(Contract("LEAF", 1, 1, quantity_step=1), LADDER, TULIP)


def test_an_invented_exchange_runs_from_opening_to_deleveraging():
    """Every amount by hand: 300 long at 100 (3,000), margin for 10x; the fee is 1% of the value at entry."""
    sick = Account(Fraction(400)).trade(BULB, LONG, 300, Fraction(100), leverage=10)
    sick = sick.place(Order(LEAF, LONG, 10, Fraction(5), leverage=1))
    sick = sick.at({"BULB": Fraction(92)})
    # Cash 400 - 50 reserved; PnL 30 coins * -8; requirement 5% of 2,760 + 1% of 3,000.
    assert sick.equity() == 350 - 240 and sick.requirement() == 138 + 30
    trace = liquidate(sick)
    assert [(s.number, s.name, s.ran) for s in trace.steps] == [
        (1, "long/short netting", False),
        (2, "order cancellation", True),
        (3, "tiered reduction", True),
    ]
    # After canceling 160 are left, below 168; the lowest tier holds 1,000/9.2 = 108.69, so 108 contracts.
    (taken,) = trace.taken
    assert (taken.quantity, taken.entry_price) == (192, 92), "at the mark, as this record says"
    after = trace.after
    assert after.equity() == 160 and after.requirement() == Fraction(108 * 92, 10) / 50 + Fraction(108 * 100, 10) / 100

    # The engine sells worse than that and its fund stops at half its peak.
    fund = InsuranceFund(Fraction(100), venue=TULIP)
    assert (fund.fee_cap, fund.payable) == (Fraction(1, 1000), 50)
    settled = fund.settle(taken, [Fill(100, Fraction(88)), Fill(92, Fraction(85))])
    # 100 * 0.1 * 4 = 40 paid; 10 left at 0.7 a contract: 14 contracts.
    assert settled.fills == (Fill(100, 88), Fill(14, 85)) and settled.fund.balance == Fraction(502, 10)
    assert settled.left.quantity == 78

    # Winners: Binance's score, profit over wallet times the margin ratio; closed at the mark.
    rich, thin = (
        Account(Fraction(wallet), [Position(BULB, SHORT, 50, Fraction(110), 10)], marks={"BULB": Fraction(85)})
        for wallet in (1_000, 60)
    )
    assert ranking(settled.left, [rich, thin]) == [1, 0]
    done = deleverage(settled.left, [rich, thin], [28, 50])
    assert done.left is None
    assert [a.balance for a in done.accounts] == [1_000 + Fraction(28 * 25, 10), 60 + 125]
    paid = balances([*trace.transfers, *settled.transfers, *done.transfers])
    assert sum(paid.values()) == 0
    capped = InsuranceFund(Fraction(100), venue=TULIP).settle(taken, [Fill(192, Fraction(93))])
    assert capped.fund.balance == 100 + Fraction(192 * 93, 10) / 1000, "the rest is the trader's"


def excess(market, position, price):
    """Equity less requirement by the rules as words: maintenance on the mark, the fee on the value at entry."""
    coins = position.quantity * market.contract.contract_size
    value, entered = coins * price, coins * position.entry_price
    rate = next(row.maintenance_margin_rate for row in LADDER.tiers if value <= row.cap)
    gain = position.side * (price - position.entry_price) * coins
    return position.margin + gain - rate * value - market.liquidation_fee_rate * entered


@pytest.mark.parametrize("side", [LONG, SHORT])
@pytest.mark.parametrize("quantity", [90, 105, 130])
def test_a_closing_fee_on_the_value_at_entry_reaches_account_market_and_intervals(side, quantity):
    position = isolated(BULB, side, quantity, Fraction(100), 8)
    account = Account(Fraction(1_000), [position], marks={"BULB": Fraction(100)})
    prices = [Fraction(k, 50) for k in range(1, 12_000)]
    fired = [excess(BULB, position, price) <= 0 for price in prices]
    spans = account.liquidatable_prices("BULB")
    assert spans == BULB.liquidatable_prices(
        side=side, entry_price=Fraction(100), quantity=quantity, position_margin=position.margin
    )
    assert fired == [any(low < p <= high or low == 0 for low, high in spans if p <= high) for p in prices]
    for price in (Fraction(95), Fraction(105)):
        moved = account.at({"BULB": price})
        assert moved.equity("BULB") - moved.requirement("BULB") == excess(BULB, position, price)


@pytest.mark.parametrize("side", [LONG, SHORT])
def test_and_the_one_search_among_tiers(side):
    rows = [(0, 1_000, Fraction(1, 100)), (1_000, 2_000, Fraction(1, 40)), (2_000, 10**6, Fraction(1, 20))]
    market = Market(
        Contract("X", Fraction(1, 10), 1),
        RiskTiers(rows, "value", "marginal"),
        liquidation_fee_rate=Fraction(1, 200),
        closing_fee_basis="entry",
    )
    for quantity in (80, 110, 190, 230, 900):
        margin = Fraction(quantity)
        price = market.liquidation_price(
            side=side, entry_price=Fraction(100), quantity=quantity, position_margin=margin
        )
        value = price * quantity / 10
        held = sum((min(value, cap) - floor) * rate for floor, cap, rate in rows if value > floor)
        assert margin + side * (price - 100) * quantity / 10 == held + Fraction(quantity * 10, 200)
        array = market.liquidation_price(
            side=np.array([side]), entry_price=100.0, quantity=float(quantity), position_margin=float(margin)
        )
        assert array[0] == pytest.approx(float(price), rel=1e-12)


def test_accounts_can_be_hashed_and_pickled_and_are_closed_to_changes():
    account = Account(1_000, [Position(BULB, LONG, 10, 100)], [Order(LEAF, LONG, 1, 5)], {"BULB": 100})
    assert hash(account) == hash(pickle.loads(pickle.dumps(account))) and pickle.loads(pickle.dumps(account)) == account
    with pytest.raises(TypeError):
        account.marks["BULB"] = 1
    given = {"BULB": 100}
    kept = Account(1_000, [Position(BULB, LONG, 10, 100)], marks=given)
    given["BULB"] = 1
    assert kept.marks["BULB"] == 100


# -- what a record may say ---------------------------------------------------------------------------------------------

CHOSEN = [Source(tuple(RULES), "our choice", "for this test")]


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("fee_cap", Fraction(1, 1000)),
        ("fee_cap", math.inf),
        ("fee_cap", 0),
        ("drawdown", 0),
        ("drawdown", 1),
        ("tiers_at_a_time", 3),
        ("tiers_at_a_time", math.inf),
        ("liquidation_fee_rate", 0),
        ("kind", "inverse"),
        ("strict", True),
        *((rule, None) for rule in ("fee_cap", "drawdown", "tiers_at_a_time", "liquidation_fee_rate", "steps")),
    ],
)
def test_a_record_says_what_a_venue_may_do_and_none_with_a_reason(rule, value):
    venue = Venue(name="Tulip", **{rule: value}, sources=CHOSEN)
    assert getattr(venue, rule) == value and venue.sources == tuple(CHOSEN) and hash(venue)


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("fee_cap", -1),
        ("fee_cap", "all"),
        ("fee_cap", math.nan),
        ("drawdown", math.inf),  # a fraction of the peak is at most 1
        ("drawdown", -0.1),
        ("drawdown", math.nan),
        ("taker_fee_rate", 1),
        ("liquidation_fee_rate", -0.1),
        ("tiers_at_a_time", 1.5),
        ("kind", "quanto"),
        ("closing_fee_basis", "last"),
    ],
)
def test_a_rule_out_of_its_range_is_refused_by_name(rule, value):
    with pytest.raises(ValueError, match=f"^{rule}={value!r} is not allowed"):
        Venue(name="Tulip", **{rule: value}, sources=CHOSEN)


def test_a_source_says_which_fields_and_where():
    source = Source(("strict", "pick"), "published", "page, 2026")
    assert (source.fields, source.how, source.where) == (("strict", "pick"), "published", "page, 2026")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Source(("strict",), "guessed", "page"), "^how='guessed' is not allowed"),
        (lambda: Source(("strict",), "published", 2026), "^where=2026 .* a page and a day, or a reason"),
        (lambda: Source("strict", "published", "page"), "^fields='strict' .* a tuple of names"),
        (lambda: Source(["strict"], "published", "page"), "^fields=.'strict'. .* a tuple of names"),
        (lambda: Source(("strict", 5), "published", "page"), "^fields=.'strict', 5. .* a tuple of names"),
    ],
)
def test_what_a_source_cannot_say_is_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make()


def test_a_record_shows_every_rule_with_its_value_and_where_it_comes_from():
    silent = Source(("pick",), "silent", "not on its pages")
    venue = dataclasses.replace(TULIP, pick=None, kind=None, tier_rule=None, sources=(silent, *CHOSEN))
    rows = venue._repr_markdown_().splitlines()
    assert rows[:2] == ["**Tulip Exchange**", ""]
    for row in (
        "| `kind` |  |  |  |",  # either kind, which needs no reason
        "| `steps` | net, cancel, reduce, take over | our choice | for this test |",
        "| `pick` |  | silent | not on its pages |",
        "| `fee_cap` | 1/1000 | our choice | for this test |",
    ):
        assert row in rows


def test_the_rule_given_comes_before_the_venues_and_a_silent_one_says_why_it_is_silent():
    silent = dataclasses.replace(TULIP, pick=None, sources=(Source(("pick",), "silent", "not on its pages"), *CHOSEN))
    assert silent.rule("rounding") == "nearest" and silent.rule("rounding", "away") == "away"
    assert silent.rule("pick", "largest loss") == "largest loss" and TULIP.rule("strict", False) is False
    with pytest.raises(ValueError, match=r"^Tulip Exchange has no rule for pick \(not on its pages\): give pick="):
        silent.rule("pick")


@pytest.mark.parametrize("how", ["published", "inferred", "reported", "our choice", "silent"])
def test_a_source_says_how_the_rule_is_known(how):
    assert Source(("strict",), how, "a page, read 2026").how == how
