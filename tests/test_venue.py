"""A whole venue under random trading, moving marks, liquidations and deleveraging: not a cent is made or lost.

In Fractions "the same" means the same to the last digit. In floats quantities are the same to the last digit, too, and
money within 1e-12 of all that has been turned over.
"""

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from random import Random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from liquidation import (
    LONG,
    SHORT,
    Account,
    Contract,
    Fill,
    InsuranceFund,
    Market,
    Order,
    Position,
    RiskTiers,
    balances,
    by_score,
    deleverage,
    leveraged_return,
    liquidate,
    pay,
    queue,
    surplus,
)
from liquidation.algebra.exact import exact
from liquidation.engine.ledger import CLEARING, ENGINE, FEES, FUND, TRADER


def markets(number, lot, step):
    """Two markets of contracts that are ``lot`` times 1/100 and 1/10 coins, in Fractions or floats."""
    btc = Market(
        Contract("BTC", number(lot, 100), number(1, 10), quantity_step=step),
        RiskTiers(
            [
                (0, 500 / lot, number(1, 100)),
                (500 / lot, 2_000 / lot, number(3, 100)),
                (2_000 / lot, 10**9, number(5, 100)),
            ],
            "contracts",
            "flat",
        ),
        maintenance_basis="entry",
        liquidation_fee_rate=number(1, 1000),
    )
    eth = Market(
        Contract("ETH", number(lot, 10), number(1, 10), quantity_step=step),
        RiskTiers([(0, 1_000, number(1, 50)), (1_000, 10**9, number(1, 20))], "value", "marginal"),
    )
    return {"BTC": btc, "ETH": eth}


MARKETS = markets(Fraction, 1, None)
BTC, ETH = MARKETS.values()
TRADERS = range(5)
traders = st.sampled_from(TRADERS)
contracts = st.sampled_from(["BTC", "ETH"])


class Venue(RuleBasedStateMachine):
    number, lot, step = Fraction, 1, 1
    """What money is written in, lots of a contract, and the smallest quantity."""
    markets = MARKETS
    turnover = Fraction(0)

    @property
    def tolerance(self):
        return 0 if self.number is Fraction else 1e-12 * float(self.turnover)

    def of_lots(self, lots):
        return lots if self.lot == 1 else lots / self.lot

    @initialize(fund=st.integers(0, 40), cap=st.sampled_from([None, Fraction(1, 200)]), seed=st.integers(0, 10**6))
    def open(self, fund, cap, seed):
        self.accounts = [Account(self.number(deposit)) for deposit in (100, 150, 200, 300, 10_000)]
        self.marks = {"BTC": self.number(100), "ETH": self.number(20)}
        self.fund = InsuranceFund(self.number(fund), fee_cap=cap)
        self.held = []  # what the engine could not get rid of
        self.cash = dict.fromkeys([CLEARING, ENGINE, FEES], self.number(0))
        self.paid_in = sum(account.balance for account in self.accounts) + fund
        # A busy market to begin with: left to itself, the search mostly tries short and empty histories.
        random = Random(seed)
        for _ in range(24):
            buyer, seller = random.sample(TRADERS, 2)
            modes = random.random() < 0.3, random.random() < 0.3
            self.trade(
                buyer, seller, random.choice(["BTC", "ETH"]), random.randint(20, 1_500), random.randint(5, 30), modes,
                hedge=random.random() < 0.8,
            )  # fmt: skip
            self.order(random.choice(TRADERS), "ETH", random.randint(1, 20), 20, 1)

    # -- books --------------------------------------------------------------------------------------------------

    def record(self, transfers, names):
        """Book transfers; ``names`` maps a party to the trader whose balance has changed by it."""
        for party, amount in balances(transfers).items():
            if party in self.cash:
                self.cash[party] += amount
            elif party != FUND:
                self.expected[names[party]] += amount

    def start(self):
        self.expected = [account.balance for account in self.accounts]

    def finish(self):
        for expected, account in zip(self.expected, self.accounts, strict=True):
            assert abs(expected - account.balance) <= self.tolerance, "the ledger explains every balance"

    def units(self, i):
        """What stands or falls together in an account."""
        return [(None, None)] + [p.key for p in self.accounts[i].positions if p.isolated]

    def sick(self):
        return {(i, *unit) for i in TRADERS for unit in self.units(i) if self.accounts[i].is_liquidatable(*unit)}

    # -- what traders do ----------------------------------------------------------------------------------------

    @rule(
        buyer=traders, seller=traders, name=contracts, quantity=st.integers(1, 1_500), leverage=st.integers(1, 30),
        modes=st.tuples(st.booleans(), st.booleans()), hedge=st.booleans(),
    )  # fmt: skip
    def trade(self, buyer, seller, name, quantity, leverage, modes, hedge):
        if buyer == seller:
            return
        self.start()
        price, market, quantity = self.marks[name], self.markets[name], self.of_lots(quantity)
        fee_rate = self.number(1) / 2000
        after, transfers = list(self.accounts), []
        try:
            for i, side, alone in [(buyer, LONG, modes[0]), (seller, SHORT, modes[1])]:
                account = self.accounts[i]
                after[i] = account.trade(
                    market, side, quantity, price, leverage=leverage, isolate=alone, hedge=hedge, fee_rate=fee_rate
                )
                fee = fee_rate * market.value(price, quantity)
                gained = after[i].balance - account.balance + fee
                transfers += pay(CLEARING, str(i), gained, "realized") + pay(str(i), FEES, fee, "fee")
        except ValueError:
            return  # refused: neither side has traded
        self.accounts = after
        self.turnover += Fraction(2 * market.value(price, quantity))
        self.record(transfers, {str(i): i for i in TRADERS})
        self.finish()

    @rule(
        i=traders,
        name=contracts,
        quantity=st.integers(1, 500),
        leverage=st.integers(1, 20),
        side=st.sampled_from([1, -1]),
    )
    def order(self, i, name, quantity, leverage, side):
        try:
            self.accounts[i] = self.accounts[i].place(
                Order(self.markets[name], side, self.of_lots(quantity), self.marks[name], leverage), self.marks[name]
            )
        except ValueError:
            return

    @rule(i=traders, amount=st.integers(-50, 50))
    def add_margin(self, i, amount):
        for position in self.accounts[i].positions:
            if position.isolated and amount:
                try:
                    self.accounts[i] = self.accounts[i].add_margin(amount, *position.key)
                except ValueError:
                    return

    @rule(i=traders)
    def let_margin_be_added(self, i):
        account = self.accounts[i]
        switched = [replace(p, auto_margin=True) if p.isolated else p for p in account.positions]
        self.accounts[i] = account.holding(switched)

    @rule(name=contracts, percent=st.integers(-25, 30))
    def move(self, name, percent):
        self.marks[name] = self.marks[name] * (100 + percent) / 100
        self.accounts = [a.at({name: self.marks[name]}) if name in a.marks else a for a in self.accounts]

    # -- what the venue does ------------------------------------------------------------------------------------

    @rule(slip=st.integers(-2, 6), depth=st.integers(0, 1_500))
    def liquidate_the_sick(self, slip, depth):
        for i, name, side in sorted(self.sick(), key=str):
            if not self.accounts[i].is_liquidatable(name, side):
                continue
            self.start()
            before, sick_before = list(self.accounts), self.sick()
            trace = liquidate(self.accounts[i], name, side)
            self.accounts[i] = trace.after
            self.record(trace.transfers, {TRADER: i})
            assert [a for j, a in enumerate(self.accounts) if j != i] == [a for j, a in enumerate(before) if j != i]
            assert self.sick() <= sick_before, "the procedure alone makes nobody sick"
            for step in trace.steps:
                assert step.ratio_after <= step.ratio_before * (1 + self.tolerance)
            for taken in trace.taken:
                self.close_out(taken, i, slip, depth)
            self.finish()

    def close_out(self, taken, trader, slip, depth):
        """The engine sells to the largest account, as far as book and fund go; the rest is deleveraged."""
        name = taken.key[0]
        price = self.marks[name] * (100 - taken.side * slip) / 100
        offers = [Fill(min(self.of_lots(depth), taken.quantity, key=exact), price)] if depth else []
        settled = self.fund.settle(taken, offers)
        maker = len(self.accounts) - 1
        sold = settled.fills[0].quantity if settled.fills else 0
        if sold:
            account = self.accounts[maker]
            try:
                after = account.trade(taken.market, taken.side, sold, price)
            except ValueError:
                settled = self.fund.settle(taken, [])
            else:
                realized = after.balance - account.balance
                self.accounts[maker] = after.at({name: self.marks[name]}) if name in after.marks else after
                self.record(pay(CLEARING, "maker", realized, "realized"), {"maker": maker})
        self.turnover += Fraction(taken.market.value(price, taken.quantity))
        self.fund = settled.fund
        if offers and exact(sold) < exact(offers[0].quantity) and settled.fills:
            one_more = -surplus(taken, [Fill(self.step, price)])
            assert self.fund.balance < one_more + self.tolerance, "the fund pays before the winners do"
        back = balances(settled.transfers).get(TRADER, 0)
        self.accounts[trader] = replace(self.accounts[trader], balance=self.accounts[trader].balance + back)
        self.record(settled.transfers, {TRADER: trader})
        if settled.left:
            self.deleverage(settled.left)

    def deleverage(self, taken):
        name, side = taken.key[0], -taken.side
        queued = []
        for i in TRADERS:
            for p in self.accounts[i].positions:
                mark = self.marks[name]
                if p.key == (name, side) and p.pnl(mark) > 0 and self.accounts[i].equity(*p.key) > 0:
                    value = p.market.value
                    score = leveraged_return(
                        p.pnl(mark), value(p.entry_price, p.quantity), value(mark, p.quantity),
                        self.accounts[i].equity(*p.key),
                    )  # fmt: skip
                    queued.append((i, score, p.quantity))
        closed = queue(taken.quantity, [q for *_, q in queued], by_score([score for _, score, _ in queued]))
        sick_before = self.sick()
        done = deleverage(taken, [self.accounts[i] for i, *_ in queued], closed, names=[str(i) for i, *_ in queued])
        for (i, *_), account in zip(queued, done.accounts, strict=True):
            self.accounts[i] = account
        self.record(done.transfers, {str(i): i for i in TRADERS})
        assert {i for i, *_ in self.sick() - sick_before} <= {i for i, *_ in queued}, "only winners can suffer"
        if done.left:
            self.held.append(done.left)

    # -- what always holds --------------------------------------------------------------------------------------

    def everything(self):
        return [p for account in self.accounts for p in account.positions] + self.held

    @invariant()
    def money_is_constant(self):
        if hasattr(self, "accounts"):
            total = sum(a.balance for a in self.accounts) + self.fund.balance + sum(self.cash.values())
            assert abs(total - self.paid_in) <= self.tolerance
            assert self.fund.balance >= 0 and abs(self.cash[ENGINE]) <= self.tolerance

    @invariant()
    def open_interest_is_zero(self):
        if hasattr(self, "accounts"):
            for name in self.markets:
                assert sum(p.side * exact(p.quantity) for p in self.everything() if p.key[0] == name) == 0

    @invariant()
    def the_clearing_can_pay_every_claim(self):
        if hasattr(self, "accounts"):
            claims = sum(p.pnl(self.marks[p.key[0]]) for p in self.everything())
            assert abs(claims - self.cash[CLEARING]) <= self.tolerance

    @invariant()
    def the_healthy_are_left_alone(self):
        if hasattr(self, "accounts"):
            sick = self.sick()
            for i in TRADERS:
                for unit in self.units(i):
                    if (i, *unit) not in sick:
                        trace = liquidate(self.accounts[i], *unit)
                        assert trace.steps == () and trace.after is self.accounts[i]


class FloatVenue(Venue):
    """The same in floats: contracts a thousand times as large, traded in steps of 0.001."""

    def number(self, over, under=1):
        return over / under

    lot, step = 1_000, 0.001
    markets = markets(lambda over, under: over / under, 1_000, 0.001)


def play(venue, seed, events):
    """Let a seeded generator pick what happens; check all invariants after each. Return what happened how often."""
    random, happened = Random(seed), Counter()
    rules = {
        "trade": 6, "order": 2, "add_margin": 2, "let_margin_be_added": 1, "move": 4, "liquidate_the_sick": 4,
    }  # fmt: skip
    venue.open(fund=random.randint(0, 40), cap=random.choice([None, venue.number(1) / 200]), seed=seed)
    for _ in range(events):
        (name,) = random.choices(list(rules), rules.values())
        who, other, coin = random.choice(TRADERS), random.choice(TRADERS), random.choice(["BTC", "ETH"])
        if name == "trade":
            modes = random.random() < 0.4, random.random() < 0.4
            size = random.randint(1, 1_500), random.randint(1, 30)
            venue.trade(who, other, coin, *size, modes, hedge=random.random() < 0.5)
        elif name == "order":
            venue.order(who, coin, random.randint(1, 500), random.randint(1, 20), random.choice([1, -1]))
        elif name == "add_margin":
            venue.add_margin(who, random.randint(-50, 50))
        elif name == "let_margin_be_added":
            venue.let_margin_be_added(who)
        elif name == "move":
            venue.move(coin, random.randint(-25, 30))
        else:
            happened["taken over"] += len(venue.sick())
            before = len(venue.held)
            venue.liquidate_the_sick(random.randint(-2, 6), random.randint(0, 1_500))
            happened["left with the engine"] += len(venue.held) - before
        happened[name] += 1
        for check in (
            venue.money_is_constant, venue.open_interest_is_zero, venue.the_clearing_can_pay_every_claim,
            venue.the_healthy_are_left_alone,
        ):  # fmt: skip
            check()
    return happened


@pytest.mark.parametrize("kind", [Venue, FloatVenue])
def test_a_few_hundred_events(kind):
    happened = play(kind(), 7, 300)
    assert happened["trade"] > 50 and happened["taken over"] > 5


@pytest.mark.long
@pytest.mark.parametrize("kind", [Venue, FloatVenue])
def test_fifty_thousand_events(kind):
    happened = Counter()
    for seed in range(250):
        happened += play(kind(), seed, 200)
    print(kind.__name__, dict(happened))
    assert happened.total() - happened["taken over"] - happened["left with the engine"] == 50_000
    assert happened["taken over"] > 1_000 and happened["left with the engine"] > 10


TestVenue = Venue.TestCase
TestVenue.settings = settings(max_examples=150, stateful_step_count=20, deadline=None)


def test_deleveraging_can_make_a_hedged_winner_sick():
    """The shared pool: the winning leg is closed below its mark, and the losing leg stands alone."""
    marks = {"BTC": Fraction(80), "ETH": Fraction(12)}
    hedger = Account(
        Fraction(700),
        [Position(BTC, SHORT, 4_000, Fraction(100)), Position(ETH, LONG, 1_500, Fraction(20))],
        marks=marks,
    )
    assert not hedger.is_liquidatable()
    taken = Position(BTC, LONG, 4_000, Fraction(95))
    (after,) = deleverage(taken, [hedger], [4_000]).accounts
    assert after.equity() < hedger.equity() and after.is_liquidatable()
