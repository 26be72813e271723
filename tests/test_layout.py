"""What is laid out is equal to what was given, and stands in the order in which people write it."""

import pytest
import sympy
from liquidation import Formula, chance_formulas, inverse, linear, ruin
from liquidation.algebra.layout import Layout

FORMULAS = {
    f"{family}.{name}": formula
    for family, module in {"linear": linear, "inverse": inverse, "ruin": ruin, "chance": chance_formulas}.items()
    for name in dir(module)
    if isinstance(formula := getattr(module, name), Formula) and formula.target
}


@pytest.mark.parametrize("name", FORMULAS)
def test_every_formula_means_what_it_shows(name):
    formula = FORMULAS[name]
    _, shown = formula._shown
    given = formula.vocabulary.written_out(formula.expression)
    for sign in (1, -1):
        difference = (shown.doit() - given).subs({x: sign for x in given.free_symbols if x.name == "s"})
        assert sympy.simplify(difference) == 0


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        (linear.unrealized_pnl, "unrealized_pnl = s*n*c*(P - E)"),
        (linear.unrealized_pnl.long, "unrealized_pnl = n*c*(P - E)"),
        (linear.liquidation_price, "liquidation_price = E - s*(M - R)/(n*c)"),
        (linear.liquidation_price_mark_basis.long, "liquidation_price = (E*n*c - M - A)/(n*c*(1 - m - f))"),
        (linear.liquidation_price_by_leverage.long, "liquidation_price = E + E*m - E/L"),
        (linear.adverse_move, "adverse_move = 1/L - m"),
        (linear.payments_until_liquidation_by_leverage.long, "payments = (1 - L*m)/(L*phi)"),
        (linear.trigger, "M + U = R + F"),
        (inverse.bankruptcy_price_by_leverage.long, "bankruptcy_price = E*L/(1 + L)"),
        (inverse.requirement_mark_basis, "requirement = (n*c*m + n*c*f)/P - A"),
        (ruin.adjustment, "adjustment = p/l - (1 - p)/g"),
        (chance_formulas.growth_rate, "growth_rate = L*mu - L**2*sigma**2/2"),
    ],
)
def test_the_order_of_people(formula, shown):
    assert repr(formula) == shown


def test_what_sympy_shows_in_a_notebook_is_laid_out_too(monkeypatch):
    from liquidation.course.handwriting import handwriting

    asked = {}
    monkeypatch.setattr(sympy, "init_printing", lambda **settings: asked.update(settings))
    handwriting()
    price, entry = linear.unrealized_pnl.symbols["mark_price"], linear.unrealized_pnl.symbols["entry_price"]
    assert asked["latex_printer"](sympy.Eq(price, -entry + 2 * price), mode="plain") == r"P = 2\,P - E"
    assert asked["pretty_printer"]([-entry + price]) == "[P - E]"
    assert asked["print_builtin"] is False


def test_letters_that_nobody_named_come_first_and_powers_stay():
    cash, price, size = sympy.symbols("C P n", positive=True)
    layout = Layout(["P", "n"])
    assert sympy.sstr(layout(price - cash / size), order="none") == "P - C/n"
    assert sympy.sstr(layout((price * size - cash) / size), order="none") == "P - C/n"
    assert sympy.sstr(layout(1 / (price - 1)), order="none") == "-1/(1 - P)"
    assert sympy.sstr(layout(sympy.sqrt(price) * cash), order="none") == "C*sqrt(P)"
    assert layout(sympy.Integer(3)) == 3
