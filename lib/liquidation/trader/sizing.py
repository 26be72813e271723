"""How large a position may be: the size whose loss at the stop is the loss allowed, and the risk of a mixture."""

from __future__ import annotations

from ..algebra.checks import one_of, refuse
from ..algebra.formula import Formula
from ..algebra.vocabulary import Term, Vocabulary
from ..odds.formulas import vocabulary as chance_vocabulary
from ..theory import Theory, linear

vocabulary = Vocabulary(
    (
        *chance_vocabulary.terms,
        Term("allowed_loss", "X", "loss that is accepted if the stop fills at its price", "USDT"),
        Term("entry_fee_rate", "f_0", "fee rate when the position is opened", "fraction", "rate"),
        Term("exit_fee_rate", "f_1", "fee rate when it is closed", "fraction", "rate"),
        Term("first_exposure", "x_1", "first position's value over the equity, times its side", "times", "number"),
        Term("second_exposure", "x_2", "second position's value over the equity, times its side", "times", "number"),
        Term("first_volatility", "sigma_1", "volatility of the first price", "per square root of a year"),
        Term("second_volatility", "sigma_2", "volatility of the second price", "per square root of a year"),
        Term("correlation", "r_12", "correlation of the two log prices", "from −1 to 1", "correlation"),
        Term("equity_volatility", "sigma_e", "volatility of the equity", "per square root of a year", "non-negative"),
    ),
    chance_vocabulary.functions,
)

# Written as two squares, so that rounding cannot make a perfect hedge negative under the root.
equity_volatility = Formula(
    "equity_volatility = sqrt((first_exposure*first_volatility + correlation*second_exposure*second_volatility)**2"
    " + (1 - correlation**2)*(second_exposure*second_volatility)**2)",
    "equity_volatility",
    vocabulary,
    about="Volatility of the equity of a cross account with two positions, at their present values.",
    source="the variance of a sum of two correlated returns",
)


def size_for_loss(theory: Theory = linear, *, costs: bool = False) -> Formula:
    """Return the number of contracts whose loss at the stop is the loss allowed, gaps left out.

    The profit formula of the contract, at the stop, solved for the quantity. Leverage does not enter. ``costs`` counts
    what it costs to open, hold and close as well: ``entry_fee_rate`` and ``exit_fee_rate`` of the values then traded,
    and ``payments`` of funding at ``funding_rate``, on the value at entry (our choice: the mark is not known yet).

    >>> size_for_loss()
    quantity = s*X/(c*(E - S))
    >>> round(size_for_loss()(side=1, entry_price=50_000, contract_size=0.0001, stop_price=49_000, allowed_loss=20))
    200
    >>> size = size_for_loss(costs=True)
    >>> all_in = dict(side=1, entry_price=100, contract_size=1, stop_price=95, allowed_loss=100, entry_fee_rate=0.0005,
    ...               exit_fee_rate=0.0005, funding_rate=0.0001)
    >>> round(size(payments=0, **all_in), 5), round(size(payments=3, **all_in), 4)
    (19.61746, 19.5027)
    """
    if not isinstance(theory, Theory):
        raise refuse("theory", theory, "liquidation.linear or liquidation.inverse")
    value = theory.position_value
    loss = "allowed_loss = -unrealized_pnl"
    if one_of("costs", costs, True, False):
        loss += (
            " + entry_fee_rate*initial_value + exit_fee_rate*position_value + payments*side*funding_rate*initial_value"
        )
    words = Vocabulary((*vocabulary.terms, Term("initial_value", "V_0", "value at entry", "USDT", "non-negative")))
    formula = Formula(loss, "allowed_loss", words).substitute(unrealized_pnl=theory.unrealized_pnl)
    if costs:
        formula = formula.substitute(position_value=value, initial_value=value.substitute(mark_price="entry_price"))
    return formula.substitute(mark_price="stop_price").solve_for("quantity")
