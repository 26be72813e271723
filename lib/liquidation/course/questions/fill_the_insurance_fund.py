"""Exercise 06. After the takeover of Ben's short: 30 contracts of 0.01 ETH, at the bankruptcy price of 2,100."""

from liquidation import LONG, SHORT, Contract, Fill, InsuranceFund, Market, Position, ruin, surplus

from ..mira import ETH
from ..question import Expression, Function, Number, Word

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
        hints=("At which price did the engine take the short over, and at which does it close?", "20 USDT × 0.3 ETH."),
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
        hints=("Take each fill by itself, against 2,100.", "(20 + 0 - 35) × 0.1 ETH."),
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
        hints=("What are the fills worth?", "0.3 × 2,080 = 624 USDT; 0.5% of that goes to the fund."),
        praise="On most exchanges it would have been nothing.",
    ),
    Word(
        answer="most fill it and it earns nothing",
        options={
            "most fill it and it earns": "at a rate equal to the mean slippage the mean change is zero.",
            "half fill it and it earns nothing": "half would mean that slippage is below its own mean half of the "
            "time; an exponential amount is, in 63 of 100 cases.",
        },
        hints=("How often is an exponential amount smaller than its mean?", "With the chance 1 - exp(-1)."),
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
        hints=("solve(Eq(..., 1), R) returns two solutions.", "p over l, less 1 - p over g."),
        praise="It is above 0 just when the fund earns on average.",
    ),
    Number(
        answer=100 * ruin.chance_of_ruin(adjustment=ruin.adjustment(**_FUND), **_AT_300),
        unit="%",
        within=0.05,
        slips={
            "the factor 1 - R l is missing.": 100 * 2.718281828459045**-2,
            "that is the chance for a balance of 0.": 80,
            "give it in percent.": 0.8 * 2.718281828459045**-2,
            "the last factor is e to the minus R u, with R = 1/150.": 100 * 0.8 * 2.718281828459045**-10,
        },
        hints=("First the adjustment coefficient: 0.8/30 - 0.2/10.", "R = 1/150: 0.8 × e^-2, in percent."),
        praise="With 600 it would be 1.5%.",
    ),
    Number(
        answer=30,
        unit="USDT",
        within=0.05,
        slips={
            "the balance of the fund has nothing to do with it.": 300,
            "that is the mean of a gain.": 10,
            "nothing of it has been paid by the fund: it is the part beyond the balance.": 0,
        },
        hints=("What follows when an exponential loss is known to be larger than x?", "It begins anew at x."),
        praise="Whatever the fund began with.",
    ),
    Number(
        answer=InsuranceFund(750, drawdown=0.3, peak=1_000).payable,
        unit="USDT",
        slips={
            "that is all it has; it stops paying earlier.": 750,
            "30% of the peak may be lost, but 250 are gone already.": 300,
            "the 30% count from the peak, not from what it holds.": 225,
        },
        hints=("At which balance does it stop?", "At 700."),
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
            "The surplus is side × (fill − bankruptcy price) × coins.",
            "Take the smaller of the surplus and fee_cap × the value of the fills: a deficit is always the smaller.",
        ),
        praise="One line for both sides, and for both signs.",
    ),
)
