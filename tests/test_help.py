"""Help that answers: each formula its own signature and text, each public name an example, refusals without frames."""

import copy
import importlib
import inspect
import pickle
import re
import subprocess
import sys

import liquidation
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from liquidation import (
    Formula,
    InputError,
    chance_formulas,
    equity_volatility,
    inverse,
    linear,
    liquidation_price,
    ruin,
)

FORMULAS = {
    **{f"linear.{n}": f for n, f in vars(linear).items() if isinstance(f, Formula)},
    **{f"inverse.{n}": f for n, f in vars(inverse).items() if isinstance(f, Formula)},
    **{f"chance_formulas.{n}": f for n, f in vars(chance_formulas).items() if isinstance(f, Formula)},
    **{f"ruin.{n}": f for n, f in vars(ruin).items() if isinstance(f, Formula)},
    "equity_volatility": equity_volatility,
}
WINGS = ("algebra", "margin", "odds", "engine", "trader", "theory")


@pytest.mark.parametrize("name", FORMULAS)
def test_help_on_a_formula_says_what_it_takes_gives_and_where_it_comes_from(name):
    formula = FORMULAS[name]
    said = inspect.getdoc(formula)
    assert formula.about and formula.source and said.startswith(formula.about)
    assert f"Source: {formula.source}" in said and formula.latex in said
    if formula.target is not None:
        assert tuple(inspect.signature(formula).parameters) == formula.arguments
        for argument in formula.arguments:
            term = formula.terms[argument]
            assert f"{argument}: {term.meaning} [{term.unit}]" in said


def test_shift_tab_shows_it():
    shell = InteractiveShell.instance()
    shell.user_ns["linear"] = linear
    shown = shell.object_inspect_mime("linear.liquidation_price", detail_level=0)["text/plain"]
    for words in ("position_margin", "maintenance margin: the requirement [USDT]", "Source: MEXC", r"P_{liq} ="):
        assert words in shown
    assert "equation between named quantities" in inspect.getdoc(Formula), "the class has its own help"
    assert "equation" in inspect.signature(Formula).parameters


def test_a_formula_can_be_copied_and_pickled():
    for formula in (liquidation_price, linear.adverse_move.short, chance_formulas.touching):
        assert copy.deepcopy(formula) is formula
        again = pickle.loads(pickle.dumps(formula))
        assert repr(again) == repr(formula) and again.arguments == formula.arguments
    case = dict(entry_price=2_000, quantity=30, contract_size=0.01, position_margin=30, maintenance_margin=9)
    assert pickle.loads(pickle.dumps(liquidation_price.short))(**case) == 2_070


def public():
    """Every public class and function that is ours, by name."""
    for name in liquidation.__all__:
        thing = getattr(liquidation, name)
        if (inspect.isclass(thing) or inspect.isfunction(thing)) and thing.__module__.startswith("liquidation"):
            yield name, thing


@pytest.mark.parametrize(("name", "thing"), list(public()), ids=lambda x: x if isinstance(x, str) else "")
def test_every_public_name_has_an_example_that_runs(name, thing):
    """Those in docstrings run with all others in test_examples.py; an exception's is the refusal it stands for."""
    if name == "Theory" or not issubclass(thing if inspect.isclass(thing) else object, BaseException):
        assert ">>>" in (inspect.getdoc(thing) or ""), name


def functions():
    """Every function and method of the wings."""
    for wing in WINGS:
        package = importlib.import_module(f"liquidation.{wing}")
        names = [wing] if not hasattr(package, "__path__") else [
            f"{wing}.{path.stem}" for path in importlib.resources.files(package).iterdir() if path.suffix == ".py"
        ]  # fmt: skip
        for name in sorted(names):
            if name.endswith("__init__"):
                continue
            module = importlib.import_module(f"liquidation.{name}")
            for thing in vars(module).values():
                if getattr(thing, "__module__", None) != module.__name__:
                    continue
                members = vars(thing).values() if inspect.isclass(thing) else [thing]
                yield from (f for f in members if inspect.isfunction(f) and f.__module__ == module.__name__)


def test_functions_of_five_parameters_list_them_with_units():
    """Private ones apart; those of a class are listed at the class."""
    looked = 0
    for function in functions():
        parameters = [p for p in inspect.signature(function).parameters if p not in ("self", "cls")]
        if len(parameters) < 5 or "_" in {function.__name__[0], function.__qualname__[0]}:
            continue
        looked += 1
        said = inspect.getdoc(function) or ""
        for name in parameters:
            assert re.search(rf"^    {name}: ", said, re.M), f"{function.__qualname__} does not say what {name} is"
    assert looked >= 12


# -- refusals ----------------------------------------------------------------------------------------------------------


def shown_by_a_notebook(code):
    """What IPython prints for a cell that fails."""
    shell, said = InteractiveShell.instance(), []
    shell._showtraceback = lambda kind, value, lines: said.extend(lines)
    try:
        shell.run_cell(code)
    finally:
        del shell._showtraceback
    return said


def test_a_refused_number_ends_in_its_sentence_without_library_frames():
    said = shown_by_a_notebook(
        "from liquidation import Position, MEXC_BTC_USDT\n\n"
        "Position(MEXC_BTC_USDT, side='short', quantity=1, entry_price=5)"
    )
    assert said == [
        "line 3: Position(MEXC_BTC_USDT, side='short', quantity=1, entry_price=5)",
        "ValueError: side='short' is not allowed: side must be +1 for a long or -1 for a short",
    ]
    (where, why) = shown_by_a_notebook("from liquidation import linear\nlinear.initial_margin(leverage=0)")
    assert where == "line 2: linear.initial_margin(leverage=0)" and "still needs entry_price" in why


def test_what_is_refused_is_a_value_error_and_is_not_quoted_at_length():
    for bad in ("x" * 100_000, 10**400, -(10**400), ["1"] * 10_000, dict.fromkeys(range(9_000))):
        with pytest.raises(InputError) as refused:
            liquidation_price(
                side=1, entry_price=bad, quantity=1, contract_size=1, position_margin=1, maintenance_margin=0.5
            )
        assert isinstance(refused.value, ValueError) and len(str(refused.value)) < 250
    with pytest.raises(InputError, match="a masked array, and a mask would be lost"):
        linear.position_value(mark_price=np.ma.array([1.0, 2.0], mask=[0, 1]), quantity=1, contract_size=1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("__import__('os').getcwd()", "an expression is made of names, numbers"),
        ("entry_price.__class__", "an expression is made of"),
        ("[entry_price]", "an expression is made of"),
        ("lambda: 1", "an expression is made of"),
        ("entry_price if side else 1", "an expression is made of"),
        ("2 +", "is not an expression"),
        ("price", "uses price; the names are: side, entry_price"),
        ("x" * 3_000, "too long"),
        (None, "mark_price=None is not allowed"),
        (True, "mark_price=True is not allowed"),
    ],
)
def test_substitute_reads_names_and_arithmetic_and_evaluates_nothing_else(text, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        linear.position_value.substitute(mark_price=text)


def test_numbers_written_as_text_or_in_sympy_are_checked_like_numbers():
    import sympy

    for two in ("2", sympy.Integer(2), "1 + 1", 2):
        with pytest.raises(ValueError, match=r"side=2 is not allowed"):
            liquidation_price.substitute(side=two)
    assert liquidation_price.substitute(side="-1").equals(liquidation_price.short)
    with pytest.raises(ValueError, match=r"maintenance_margin_rate=0.05 with leverage=25"):
        linear.liquidation_price_by_leverage.substitute(maintenance_margin_rate=0.05, leverage=25)


def test_a_condition_belongs_to_its_formula_and_not_to_the_names_of_its_terms():
    """A venue's own rule may divide the rate by the leverage, whatever the two are."""
    own = Formula("maintenance_margin = maintenance_margin_rate*leverage", "maintenance_margin", linear.vocabulary)
    assert own(maintenance_margin_rate=0.05, leverage=25) == 1.25
    with pytest.raises(ValueError, match="must be below 1/leverage"):
        linear.liquidation_price_by_leverage(side=1, entry_price=1, maintenance_margin_rate=0.05, leverage=25)
    derived = linear.liquidation_price_mark_basis.substitute(position_margin=linear.initial_margin)
    with pytest.raises(ValueError, match="must be below 1/leverage"):
        derived(
            side=1, entry_price=1, quantity=1, contract_size=1, maintenance_margin_rate=0.05, leverage=25,
            maintenance_amount=0, liquidation_fee_rate=0,
        )  # fmt: skip


def test_the_library_alone_says_what_there_is_and_where_to_begin():
    run = [sys.executable, "-m", "liquidation"]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    assert "notebooks/00_start_here.ipynb" in done.stdout and "\n  51792.8\n" in done.stdout
    assert "BINANCE_BTCUSDT, BYBIT_BTCUSDT, MEXC_BTC_USDT" in done.stdout
    done = subprocess.run([*run[:2], "liquidation.course.setup_check"], capture_output=True, text=True, check=True)
    assert "jupyterlab" in done.stdout and "sympy          ok" in done.stdout
