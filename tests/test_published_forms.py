"""Every formula that a venue prints, proven to be the trigger with its choices put in; and met in numbers."""

import random
from dataclasses import replace

import pytest
from liquidation import (
    BINANCE,
    BITMEX,
    BYBIT_INVERSE,
    DERIBIT,
    GATE,
    LONG,
    MEXC,
    OKX,
    PUBLISHED_FORMS,
    SHORT,
    VENUES,
    Account,
    Contract,
    Formula,
    Market,
    Position,
    PublishedForm,
    RiskTiers,
    price_formula,
    theory_of,
)
from liquidation.algebra.written import as_written

WITHOUT_A_FORM = {"BitMEX", "Deribit"}


@pytest.mark.parametrize("form", PUBLISHED_FORMS, ids=lambda form: f"{form.name}, {form.price}")
@pytest.mark.parametrize("side", [LONG, SHORT])
def test_what_is_printed_is_what_the_trigger_gives(form, side):
    assert form.difference(side) == 0
    assert form.printed(side).free_symbols == form.derived(side).free_symbols, "no letter is idle"


BY_A_RATE = [f for f in PUBLISHED_FORMS if f.price == "liquidation" and "MM/" not in str(f.put_in)]


@pytest.mark.parametrize("form", BY_A_RATE, ids=lambda form: form.name)
@pytest.mark.parametrize("side", [LONG, SHORT])
def test_the_proof_can_fail_the_other_basis_gives_another_price(form, side):
    """A form that would agree with either clerk would prove nothing."""
    other = replace(form, rules={"maintenance_basis": "entry"})
    assert len(BY_A_RATE) >= 8 and other.difference(side) != 0


FORM = dict(name="x", venue=BINANCE, kind="linear", long="E", short="E", put_in=BY_A_RATE[0].put_in)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"long": "E*("}, "is no expression"),
        ({"short": "E=1"}, "is no expression"),
        ({"long": None}, "is no expression"),
        ({"put_in": {"entry_price": "EP"}}, "says nothing of"),
        ({"put_in": ["entry_price"]}, "put_in="),
        ({"rules": {"foo": 1}}, "no rule called foo"),
        ({"kind": "inverse"}, "are for linear contracts"),
        ({"price": "mark"}, "price='mark'"),
    ],
)
def test_what_is_no_form_is_refused(changed, says):
    with pytest.raises(ValueError, match=says):
        PublishedForm(**{**FORM, **changed}).derived(LONG)


def test_an_expression_is_written_as_it_was_typed():
    assert as_written("a*(b - c)**2/-d") == r"\frac{a \cdot \left(b - c\right)^{2}}{-d}"
    assert as_written("MMR*E", {"MMR": "m"}) == "m E"
    for wrong in ("a % b", "f(x)", "a if b else c", "'a'"):
        with pytest.raises(ValueError, match="is no expression of names"):
            as_written(wrong)


def test_every_venue_has_a_form_or_is_known_to_print_none():
    assert {venue.name for venue in VENUES} - {form.venue.name for form in PUBLISHED_FORMS} == WITHOUT_A_FORM


def test_a_wrong_form_leaves_something_over():
    wrong = PublishedForm(
        "a calculator", BINANCE, "linear", "E*(1 - 1/L - MMR)", "E*(1 + 1/L + MMR)",
        put_in={"entry_price": "E", "position_margin": "E*Q/L", "quantity": "Q", "contract_size": "1",
                "maintenance_margin_rate": "MMR", "maintenance_amount": "0"},
    )  # fmt: skip
    assert wrong.difference(LONG) != 0 != wrong.difference(SHORT)


@pytest.mark.parametrize("venue", VENUES, ids=lambda venue: venue.name)
def test_the_formula_of_a_venue_computes_what_its_market_does(venue):
    """Random isolated positions, long and short, with a contract size that is not 1."""
    draw = random.Random(venue.name)
    for kind in (venue.kind,) if venue.kind else ("linear", "inverse"):
        formula = price_formula(venue, kind)
        for _ in range(20):
            rate, side = draw.uniform(0.003, 0.02), draw.choice((LONG, SHORT))
            tiers = RiskTiers([(0, 10**9, rate)], venue.tier_measure or "value", venue.tier_rule or "flat")
            market = Market(Contract("X", 0.01 if kind == "linear" else 10, 0.1, kind), tiers, venue)
            held = {"side": side, "entry_price": draw.uniform(10, 90_000), "quantity": draw.randint(1, 999)}
            margin = market.initial_margin(held["entry_price"], held["quantity"], draw.uniform(2, 30))
            given = {
                **held, "position_margin": margin, "contract_size": market.contract.contract_size,
                "maintenance_margin_rate": rate, "maintenance_amount": 0,
                "liquidation_fee_rate": venue.liquidation_fee_rate,
            }  # fmt: skip
            price = formula(**{name: given[name] for name in formula.arguments})
            assert price == pytest.approx(market.liquidation_price(**held, position_margin=margin), rel=1e-12)
            assert market.requirement(held["entry_price"], price, held["quantity"]) == pytest.approx(
                margin + market.unrealized_pnl(side, held["entry_price"], price, held["quantity"]), rel=1e-6
            )


def test_the_venues_without_a_form_are_met_in_numbers():
    """BitMEX, isolatedMarginExamples; Deribit, “Linear Perpetual”; OKX's text of 2020."""
    ether = Market(Contract("ETHUSDT", 1, 0.05), RiskTiers([(0, 10**9, 0.01, 0.02)], "value", "flat"), BITMEX)
    karen = Account(10_000, [Position(ether, LONG, 20, 1_000, 50)], marks={"ETHUSDT": 1_000})
    assert (karen.liquidation_price("ETHUSDT"), karen.bankruptcy_price("ETHUSDT")) == (510, 500)
    assert karen.free_balance == 9_600
    coins = RiskTiers([(0, 10**6, 0.01, 0.02)], "contracts", "flat", growth=0.00005)
    deribit = Market(Contract("BTC_USDC", 1, 0.5), coins, DERIBIT)
    assert deribit.requirement(90_000, 100_000, 25) == pytest.approx(28_125)
    swap = Market(Contract("BTC-USDT-SWAP", 0.0001, 0.1), RiskTiers([(0, 10**9, 0.015)], "contracts", "flat"), OKX)
    swap = swap.with_rules(liquidation_fee_rate=0.00075)
    held = {"side": LONG, "entry_price": 10_000, "quantity": 10_000, "position_margin": 1_000}
    equity, value = 1_000 + swap.unrealized_pnl(LONG, 10_000, 9_010, 10_000), swap.value(9_010, 10_000)
    assert equity / value == pytest.approx(0.0011, abs=5e-5), "printed as 0.11%, below 1.575%: liquidated"
    assert swap.liquidation_price(**held) == pytest.approx(9_000 / (1 - 0.015 - 0.00075))


def test_bybits_inverse_prices_are_rounded_towards_the_entry():
    """Help 360039261334 and 900000031623: 5,718.57, 5,739.50, 7,773.50 and 7,735.50."""
    contract = Contract("BTCUSD", 1, 0.5, "inverse")
    tiers = RiskTiers([(0, 10**9, 0.005)], "value", "marginal")
    old = Market(contract, tiers, BYBIT_INVERSE, maintenance_basis="entry")
    long = {"side": LONG, "entry_price": 7_890.08, "quantity": 5_000, "leverage": 50}
    assert old.liquidation_price(**long) == pytest.approx(7_773.48, abs=0.01)
    assert old.liquidation_price(**long, on_tick=True) == 7_773.5
    bankrupt = old.theory.bankruptcy_price_by_leverage(side=LONG, entry_price=7_890.08, leverage=50)
    assert contract.to_tick(bankrupt, LONG, "towards") == 7_735.5
    # In cross the fee is taken on the bankruptcy value: 10,000 x 0.00075 / 5,718.57 coins.
    fee = 10_000 * 0.00075 / 5_718.57
    cross = old.liquidation_price(
        side=LONG, entry_price=8_000, quantity=10_000, position_margin=0.5 - fee, on_tick=True
    )
    assert cross == 5_739.5
    assert contract.to_tick(5_739.08, SHORT, "towards") == 5_739


def test_price_formula_puts_the_choices_in():
    assert set(price_formula(MEXC).arguments) == {
        "side", "entry_price", "quantity", "contract_size", "position_margin", "maintenance_margin_rate",
        "liquidation_fee_rate",
    }  # fmt: skip
    assert isinstance(price_formula(GATE, "inverse"), Formula)
    assert price_formula(BITMEX, "linear").equals(
        theory_of("linear", "mark").liquidation_price_entry_basis.substitute(
            liquidation_fee_rate=0, maintenance_amount=0
        )
    )
    with pytest.raises(ValueError, match="kind=None"):
        price_formula(GATE)
    with pytest.raises(ValueError, match="the rules of Binance USDⓈ-M are for linear contracts"):
        price_formula(BINANCE, "inverse")
    with pytest.raises(ValueError, match="has a least maintenance margin"):
        price_formula(replace(MEXC, least_maintenance=5))
    with pytest.raises(ValueError, match="venue='MEXC' is not allowed"):
        price_formula("MEXC")
