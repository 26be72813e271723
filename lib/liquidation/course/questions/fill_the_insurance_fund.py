"""Exercise 06. After the takeover of Ben's short: 30 contracts of 0.01 ETH, at the bankruptcy price of 2,100."""

from liquidation import LONG, SHORT, Contract, Fill, InsuranceFund, Market, Position, ruin, surplus

from ..mira import ETH
from ..question import Design, Expression, Function, Number, Part, Word

NUMBER = "06"

_TAKEN = Position(ETH, SHORT, 30, 2_100)
_THREE_FILLS = [Fill(10, 2_080), Fill(10, 2_100), Fill(10, 2_135)]
_FUND = dict(gain_chance=0.8, mean_gain=10, mean_loss=30)
_AT_300 = dict(starting_balance=300, mean_loss=30)


def _change(*, side, bankruptcy_price, fill_price, quantity, contract_size, fee_cap):
    """Compute what the fund gains or loses by one position taken over.

    Arguments:
        side: of the position, +1 long, -1 short.
        bankruptcy_price: at which it was taken over [USDT].
        fill_price: at which the engine closed it [USDT].
        quantity: contracts.
        contract_size: coins in one contract.
        fee_cap: the most that the fund keeps, a fraction of the value at the fill price.
    """
    market = Market(Contract("any", contract_size, 0.01), ETH.tiers)
    fund = InsuranceFund(10**9, fee_cap=fee_cap)
    taken = Position(market, side, quantity, bankruptcy_price)
    return fund.settle(taken, [Fill(quantity, fill_price)], hand_on="loss").fund.balance - fund.balance


def _case(side, bankruptcy_price, fill_price, quantity, contract_size, fee_cap):
    """Collect the arguments of :func:`_change`."""
    return dict(
        side=side,
        bankruptcy_price=bankruptcy_price,
        fill_price=fill_price,
        quantity=quantity,
        contract_size=contract_size,
        fee_cap=fee_cap,
    )


def _uncapped(*, side, bankruptcy_price, fill_price, quantity, contract_size, fee_cap):
    """Slip: :func:`_change`, with the same arguments, but the fund keeps everything."""
    return side * (fill_price - bankruptcy_price) * quantity * contract_size


def _capped_both_ways(*, fill_price, quantity, contract_size, fee_cap, **case):
    """Slip: :func:`_change`, with the same arguments, but losses are capped, too."""
    cap = fee_cap * fill_price * quantity * contract_size
    change = _uncapped(fill_price=fill_price, quantity=quantity, contract_size=contract_size, fee_cap=fee_cap, **case)
    return max(-cap, min(cap, change))


# Question 9: a liquidation of 10,000 USDT slips by 50 on average, exponentially. What traders may leave beyond that,
# what the exchange has, and the chance of ruin that it wants to stay below.
_SIZE, _SLIPPAGE, _EXTRA, _CAPITAL, _WANTED = 10_000, 50, 20, 600, 0.01


def _ruined(rate, balance):
    """Chance that a fund is ever ruined to which each liquidation brings the maintenance margin, a rate in percent."""
    adjustment = ruin.fixed_gain_adjustment(gain=_SIZE * rate / 100, mean_loss=_SLIPPAGE)
    return ruin.chance_of_ruin(starting_balance=balance, adjustment=adjustment, mean_loss=_SLIPPAGE)


def _earns(rate, balance):
    gain = _SIZE * rate / 100
    if gain <= _SLIPPAGE:
        unit = " (The rate is in percent.)" if rate < 0.1 else ""
        return (
            f"at {rate:g}% a liquidation brings {gain:,.2f} USDT and costs 50 on average. A fund that doesn't earn is "
            f"ruined for certain, whatever it begins with.{unit}"
        )
    return None


def _is_fair_to_traders(rate, balance):
    gain = _SIZE * rate / 100
    if gain > (_SLIPPAGE + _EXTRA) * (1 + 1e-9):
        extra = gain - _SLIPPAGE
        return f"at {rate:g}% traders leave {extra:,.2f} USDT more than a liquidation costs, and 20 is the most."
    return None


def _can_be_paid(rate, balance):
    return f"you ask the exchange for {balance:,.2f} USDT, and it has {_CAPITAL}." if balance > _CAPITAL else None


def _hardly_ever_fails(rate, balance):
    chance = _ruined(rate, balance)
    if chance >= _WANTED:
        return (
            f"with {balance:,.10g} USDT and {rate:g}% it's ruined with a chance of {chance:.2%}, and 1% is the limit."
        )
    return None


def _report(rate, balance):
    return f"With {balance:,.10g} USDT and {rate:g}% the chance of ruin is {_ruined(rate, balance):.2%}."


QUESTIONS = (
    Number(
        answer=surplus(_TAKEN, [Fill(30, 2_080)]),
        unit="USDT",
        slips={
            "a short is bought back: lower is better.": -6,
            "the contract size is missing: 0.3 ETH, not 30.": 600,
            "the engine's price is the bankruptcy price, not the liquidation price.": -3,
            "the engine has it from 2,100, not from Ben's entry.": -24,
        },
        hints=(
            "The engine holds a short, and has to buy it back. From which price does it count?",
            "It took the short over at the bankruptcy price. Buying below that is a gain; multiply by the coins.",
            "It buys 20 dollars below 2,100, and it's 0.3 ETH: 20 × 0.3.",
        ),
        praise="Above 2,070, where he was liquidated, and still a surplus.",
    ),
    Number(
        answer=surplus(_TAKEN, _THREE_FILLS),
        unit="USDT",
        slips={
            "that counts the whole position at the best price.": 6,
            "that counts the whole position at the worst price.": -10.5,
            "that leaves out the surplus of the first fill.": -3.5,
            "each fill is 10 contracts of 0.01 ETH, not the whole position.": -4.5,
        },
        hints=(
            "Each fill has a result of its own, and not all of them have the same sign.",
            "Hold each fill against the bankruptcy price, multiply by its own coins, and add up.",
            "They are +20, 0 and −35 dollars, on 0.1 ETH each: (20 + 0 − 35) × 0.1.",
        ),
        praise="The last level cost more than the first one brought.",
    ),
    Number(
        answer=6 - 3.12,
        unit="USDT",
        slips={
            "that is the fund's part.": 3.12,
            "that is the whole surplus; the fund keeps a part.": 6,
            "on MEXC and Bybit he gets nothing; here the fee is capped.": 0,
            "the cap is a part of the value of the fills, not of the surplus.": 6 - 0.03,
            "the value of the fills counts, not that at the bankruptcy price.": 6 - 0.005 * 630,
        },
        hints=(
            "The fund may keep only a part here. A part of what?",
            "Take 0.5% of what the fills are worth: that goes to the fund. The rest of the surplus is his.",
            "The fills are worth 0.3 × 2,080 = 624 USDT, 0.5% of that is 3.12, and the surplus was 6.",
        ),
        praise="On most exchanges it would have been nothing.",
    ),
    Word(
        answer="most fill it and it earns nothing",
        options={
            "most fill it and it earns": "at a rate equal to the mean slippage the mean change is zero.",
            "half fill it and it earns nothing": "an exponential amount stays below its own mean in 63 of 100 cases, "
            "not in 50.",
        },
        hints=(
            "It's two questions: what happens on average, and what happens mostly. For a lopsided amount these aren't "
            "the same.",
            "On average: compare the rate with the mean of the slippage. Mostly: how often is an exponential amount "
            "smaller than its own mean?",
            "The rate equals the mean slippage. And an exponential amount stays below its mean with the chance 1 − "
            "exp(−1).",
        ),
        praise="How often a fund is filled says little about whether it earns.",
    ),
    Expression(
        answer=ruin.adjustment,
        slips={
            "gains and losses have changed places.": lambda x: (
                x["gain_chance"] / x["mean_gain"] - (1 - x["gain_chance"]) / x["mean_loss"]
            ),
            "the sign is the wrong way round.": lambda x: (
                (1 - x["gain_chance"]) / x["mean_gain"] - x["gain_chance"] / x["mean_loss"]
            ),
            "that is the mean change of the fund.": lambda x: (
                x["gain_chance"] * x["mean_gain"] - (1 - x["gain_chance"]) * x["mean_loss"]
            ),
            "that root always exists, whatever the fund; take the other one.": lambda x: 0 * x["gain_chance"],
        },
        hints=(
            "One solution is there whatever the fund is like. You want the other one.",
            "Multiply by both denominators; what is left can be divided by γ, and is linear then. Or let "
            "`solve(Eq(..., 1), gamma)` do it: it returns both.",
            "It's p over one of the two means, less 1 − p over the other. Larger losses are bad for the fund, and so "
            "they must make γ smaller: which mean stands under p?",
        ),
        praise="It is above 0 just when the fund earns on average.",
    ),
    Number(
        answer=100 * ruin.chance_of_ruin(adjustment=ruin.adjustment(**_FUND), **_AT_300),
        unit="percent",
        within=0.05,
        slips={
            "the factor 1 − γ l is missing.": 100 * 2.718281828459045**-2,
            "that is the chance for a balance of 0.": 80,
            "give it in percent.": 0.8 * 2.718281828459045**-2,
            "the last factor is e to the −γ u, with γ = 1/150.": 100 * 0.8 * 2.718281828459045**-10,
        },
        hints=(
            "The chance falls exponentially with what the fund begins with. How fast is what γ says.",
            "First γ, from question 5. Then the chance is (1 − γ l) times e to the −γ u, with u for the balance; "
            "times 100 for percent.",
            "γ is 0.8/30 − 0.2/10 = 1/150. So it's 100 × (1 − 30/150) × e^(−300/150).",
        ),
        praise="With 600 it would be 1.5%.",
    ),
    Number(
        answer=InsuranceFund(750, drawdown=0.3, peak=1_000).payable,
        unit="USDT",
        slips={
            "that is all it has; it stops paying earlier.": 750,
            "30% of the peak may be lost, but 250 are gone already.": 300,
            "the 30% count from the peak, not from what it holds.": 225,
        },
        hints=(
            "This fund doesn't pay down to zero. Where does it stop?",
            "It stops 30% below its peak, and what it holds above that is all that it will still pay.",
            "30% below 1,000 is 700, and it holds 750.",
        ),
        praise="And 700 USDT stay in the fund while winners are deleveraged.",
    ),
    Function(
        answer=_change,
        cases=(
            _case(LONG, 5_100, 5_610, 10_000, 0.0001, 0.005),
            _case(LONG, 5_100, 5_049, 10_000, 0.0001, 0.005),
            _case(SHORT, 2_100, 2_080, 30, 0.01, 0.005),
            _case(SHORT, 0.4, 0.46, 500, 10, 0.02),
        ),
        slips={
            "it forgets the cap on a surplus.": _uncapped,
            "it caps the deficit too: the fund pays all of that.": _capped_both_ways,
            "it treats a short like a long.": lambda **case: _change(**{**case, "side": LONG}),
            "it forgets the contract size.": lambda **case: _change(**{**case, "contract_size": 1}),
        },
        hints=(
            "A surplus may be more than the fund may keep. A deficit is the fund's, all of it.",
            "Work the result out as in question 1, for either side. Then keep no more of it than the cap allows.",
            "The result is side * (fill_price - bankruptcy_price) * coins, and the cap is fee_cap * fill_price * "
            "coins. Take the smaller one: a deficit always is.",
        ),
        praise="One line for both sides, and for both signs.",
    ),
    Design(
        parts={"rate": Part("percent", 0, 100), "balance": Part("USDT", 0, 1_000_000)},
        conditions=(_earns, _is_fair_to_traders, _can_be_paid, _hardly_ever_fails),
        report=_report,
        hints=(
            "Two things make a fund safe: what it begins with, and what it earns. You have a limit on both, so see "
            "what each of them does.",
            "Choose a rate that traders can bear. `ruin.fixed_gain_adjustment` gives you γ and `ruin.chance_of_ruin` "
            "the chance. If it's too high, raise the rate or the balance: which of the two does more?",
            "At 0.65% a liquidation brings 65 USDT, and γ is 0.0085. The chance is (1 − 50 γ) e^(−γ u): which of 400, "
            "500 and 600 for u bring it below 0.01?",
        ),
        praise="A tenth of a percent more in the rate saves the exchange almost 300 USDT at the start: what a fund "
        "earns stands in the exponent.",
    ),
)
