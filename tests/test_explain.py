"""The price on a screen, explained: published samples, and positions whose choices are known."""

import random
from collections import Counter

import pytest
from liquidation import (
    MEXC_BTC_USDT,
    Contract,
    Explanation,
    Market,
    Reading,
    RiskTiers,
    explain_price,
)
from liquidation.algebra.evaluation import NoPrice

OLD_BTC = RiskTiers(
    [
        (0, 50_000, 0.004), (50_000, 250_000, 0.005), (250_000, 1_000_000, 0.01),
        (1_000_000, 10_000_000, 0.025), (10_000_000, 20_000_000, 0.05),
    ],
    "value", "marginal",
)  # fmt: skip


def single(name, rate, *, size=1, tick=0.01):
    return Market(Contract(name, contract_size=size, tick=tick), RiskTiers([(0, 10**9, rate)], "value", "flat"))


# What is known of each sample, and how many readings it cannot tell apart from that.
SAMPLES = {
    "MEXC 2x, no fee reserved (interface documentation)": (
        dict(shown_price=55_020.5, market=MEXC_BTC_USDT, side=1, entry_price=109_777.5, quantity=5, leverage=2),
        0.0004, ("entry", "on the value at the mark price", False, None), 1,
    ),
    "MEXC 20x (interface documentation)": (
        dict(shown_price=112_474.5, market=MEXC_BTC_USDT, side=1, entry_price=118_272.2, quantity=5, leverage=20),
        0.0004, ("entry", "on the value at the mark price", True, None), 1,
    ),
    "Binance, alone (FAQ b3c689c1f50a44cabb3a84e663b81d93)": (
        dict(shown_price=18_778.73, market=Market(Contract("BTCUSDT", 1, 0.01), OLD_BTC), side=1,
             entry_price=32_481.98, quantity=109.488, position_margin=1_535_443.01),
        0.0004, ("mark", "not counted", False, "marginal"), 1,
    ),
    "Bybit, before 2026 (help 900000181046)": (
        dict(shown_price=8_160, market=single("BTCUSDT", 0.005, tick=0.5), side=-1, entry_price=8_000, quantity=1,
             leverage=40),
        0.00075, ("entry", "not counted", False, None), 3,
    ),
    "Gate (help 27724)": (
        dict(shown_price=11.8741, market=single("X_USDT", 0.01, size=0.01, tick=0.0001), side=-1, entry_price=10,
             quantity=700, leverage=5),
        0.0006, ("mark", "on the value at the mark price", False, None), 1,
    ),
    "KuCoin, old rule (support 4408061803033)": (
        dict(shown_price=28_168, market=single("XBTUSDTM", 0.004, size=0.001, tick=0.1), side=-1, entry_price=28_000,
             quantity=5, leverage=100),
        0.0006, ("entry", "not counted", False, None), 2,
    ),
}  # fmt: skip


def choices(reading):
    return reading.maintenance_basis, reading.closing_fee, reading.reserved, reading.tier_rule


@pytest.mark.parametrize("name", SAMPLES)
def test_the_published_samples_are_explained(name):
    position, fee_rate, known, alike = SAMPLES[name]
    found = explain_price(**position, fee_rate=fee_rate)
    told = {choices(reading) for reading in found.exact}
    assert known in told and len(told) == alike
    assert str(found).startswith("to the tick: maintenance on ") and found.off == 0


def test_what_no_reading_gives_is_said_with_the_nearest():
    found = explain_price(48_100, market=MEXC_BTC_USDT, side=1, entry_price=50_000, quantity=1_000, leverage=25)
    assert not found.exact and found.off == pytest.approx(50) and found.nearest.price == 48_050
    assert "no reading gives 48,100. The nearest (maintenance on entry value" in str(found)
    assert "the price shown is 50 above it, 0.104%" in str(found)


def test_funding_is_an_amount_that_the_reader_states():
    held = dict(market=single("B", 0.005, tick=0.1), side=1, entry_price=50_000, quantity=0.1)
    shown = held["market"].liquidation_price(
        position_margin=180, on_tick=True, **{k: held[k] for k in held if k != "market"}
    )
    assert not explain_price(shown, position_margin=200, **held).exact
    assert explain_price(shown, position_margin=200, funding_paid=20, **held).exact


def test_a_thousand_positions_of_known_choices_are_recognized():
    """The true reading is always among the exact ones; one that is alone is never a wrong one."""
    draw, told_apart = random.Random(11), Counter()
    for _ in range(1_000):
        side, entry = draw.choice((1, -1)), draw.uniform(100, 90_000)
        basis, rule = draw.choice(("entry", "mark")), draw.choice(("flat", "marginal"))
        fee, counted, reserved = 0.0005, draw.choice((None, "entry", "mark")), draw.random() < 0.5
        size = draw.choice((1, 0.001, 0.1))
        contract = Contract("X", contract_size=size, tick=draw.choice((0.01, 0.1)))
        tiers = [(t.floor, t.cap, t.maintenance_margin_rate) for t in OLD_BTC.tiers]
        rules = dict(
            maintenance_basis=basis, liquidation_fee_rate=fee if counted else 0, closing_fee_basis=counted or "mark",
            taker_fee_rate=fee if reserved else 0,
        )  # fmt: skip
        market = Market(contract, RiskTiers(tiers, "value", rule), **rules)
        quantity = max(1, round(10 ** draw.uniform(3, 7) / entry / size))
        held = dict(side=side, entry_price=entry, quantity=quantity)
        leverage = draw.uniform(2, 15)
        margin = market.initial_margin(entry, quantity, leverage)
        intervals = market.liquidatable_prices(**held, position_margin=margin)
        ends = (
            [high for _, high in intervals if high < entry]
            if side == 1
            else [low for low, _ in intervals if low > entry]
        )
        ends = [end for end in ends if 0 < end < float("inf")]
        if not ends:
            continue
        shown = contract.to_tick((max if side == 1 else min)(ends), side)
        assert not isinstance(shown, NoPrice)
        found = explain_price(shown, market=market, leverage=leverage, fee_rate=fee, **held)
        fee_said = {None: "not counted", "mark": "on the value at the mark price", "entry": "on the value at entry"}[
            counted
        ]
        true = [r for r in found.exact if choices(r)[:3] == (basis, fee_said, reserved) and r.tier_rule in (None, rule)]
        assert true and "away" in {r.rounding for r in true}, (shown, found)
        told_apart[len({choices(reading) for reading in found.exact})] += 1
    assert sum(told_apart.values()) > 950
    # A fee counted on the value at entry and reserved as well cancels out: those pairs nobody can tell apart.
    assert told_apart[1] > 600 and told_apart[1] + told_apart[2] > 950, told_apart


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"market": "BTC"}, "market='BTC' is not allowed"),
        ({"leverage": 25}, "give either leverage or position_margin"),
        ({"position_margin": None}, "give either leverage or position_margin"),
        ({"shown_price": "48200"}, "shown_price='48200' is not allowed"),
        ({"side": 2}, "side=2 is not allowed"),
        ({"fee_rate": 1.5}, "fee_rate=1.5 is not allowed"),
        ({"position_margin": 10**9}, "in no reading can this position be liquidated"),
        ({"funding_paid": 300}, "in no reading can this position be liquidated"),
    ],
)
def test_what_cannot_be_explained_is_refused(changed, says):
    given = dict(
        shown_price=48_200, market=MEXC_BTC_USDT, side=1, entry_price=50_000, quantity=1_000, position_margin=200
    )
    with pytest.raises(ValueError, match=says):
        explain_price(**{**given, **changed})


def test_it_looks_like_a_sentence_in_a_notebook():
    position, fee_rate, *_ = SAMPLES["MEXC 20x (interface documentation)"]
    found = explain_price(**position, fee_rate=fee_rate)
    assert isinstance(found, Explanation) and all(isinstance(reading, Reading) for reading in found.exact)
    assert found._repr_markdown_().startswith("**112,474.5** is explained to the tick: maintenance on entry value")
    assert "1 other reading gives the same price" in str(found) and "rounded to the nearest" in found._repr_markdown_()
