"""How large a position may be: the size whose loss at the stop is the loss allowed, and the risk of a mixture."""

from __future__ import annotations

from ..algebra.checks import refuse
from ..algebra.formula import Formula
from ..algebra.vocabulary import Term, Vocabulary
from ..odds.formulas import vocabulary as chance_vocabulary
from ..theory import Theory, linear

vocabulary = Vocabulary(
    (
        *chance_vocabulary.terms,
        Term("allowed_loss", "X", "loss that is accepted if the stop fills at its price", "USDT"),
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


def size_for_loss(theory: Theory = linear) -> Formula:
    """Return the number of contracts whose loss at the stop is the loss allowed, fees and gaps left out.

    The profit formula of the contract, at the stop, solved for the quantity. Leverage does not enter.

    >>> size_for_loss()
    quantity = X/(c*s*(E - S))
    >>> round(size_for_loss()(side=1, entry_price=50_000, contract_size=0.0001, stop_price=49_000, allowed_loss=20))
    200
    """
    loss = Formula("allowed_loss = -unrealized_pnl", "allowed_loss", vocabulary)
    if not isinstance(theory, Theory):
        raise refuse("theory", theory, "liquidation.linear or liquidation.inverse")
    return (
        loss.substitute(unrealized_pnl=theory.unrealized_pnl).substitute(mark_price="stop_price").solve_for("quantity")
    )
