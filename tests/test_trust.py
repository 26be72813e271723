"""Every public callable refuses what cannot be in words: no other error, no NaN, no complex number, no wait.

Nothing is listed by hand. The callables are those that the examples in the docstrings call, functions, classes, methods
and formulas alike, each with the arguments of its first example; a test asks that every public name is among them.
"""

import ast
import dataclasses
import doctest
import importlib
import inspect
import math
import pkgutil
import time
import warnings
from decimal import Decimal
from fractions import Fraction

import liquidation
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from liquidation import Formula, NoPrice

WINGS = ("algebra", "margin", "odds", "engine", "trader")
PATIENCE = 3.0
NAMES = {
    "name": ("position", "name"),
    "tiers": ("tier",),
    "source": ("source", "line"),
    "marks": ("mark price", "marks"),
    "margin_ratios": ("margin ratio", "margin_ratios"),
}
"""Other words by which refusals call these arguments."""


def modules():
    yield importlib.import_module("liquidation.theory")
    for wing in WINGS:
        package = importlib.import_module(f"liquidation.{wing}")
        for found in pkgutil.iter_modules(package.__path__, f"liquidation.{wing}."):
            yield importlib.import_module(found.name)


def name_of(function):
    """The name under which a callable of ours is known, or None."""
    if isinstance(function, Formula):
        return f"formula for {function.target}" if function.target else None
    owner = getattr(function, "__module__", None) or ""
    if not owner.startswith("liquidation.") or isinstance(function, NoPrice):
        return None
    return getattr(function, "__qualname__", None)


def called():
    """Callables by name, with the arguments of the first example that calls them."""
    found = {}
    for module in modules():
        for test in doctest.DocTestFinder(exclude_empty=True).find(module, globs={**vars(liquidation), **vars(module)}):
            space = {**{n: getattr(liquidation, n) for n in liquidation.__all__}, **test.globs}
            for example in test.examples:
                tree = ast.parse(example.source)
                for node in ast.walk(tree):
                    if isinstance(node, ast.Call):
                        note(node, space, found)
                if example.exc_msg is None:
                    exec(compile(tree, "<example>", "exec"), space)
    return found


def note(node, space, found):
    """Remember a call, if it is one of ours and its parts stand for themselves."""
    value = lambda part: eval(compile(ast.Expression(part), "<part>", "eval"), space)  # noqa: E731
    try:
        function = value(node.func)
        name = name_of(function)
        if name is None or name in found or "<locals>" in name or any(p.startswith("_") for p in name.split(".")):
            return
        args = [value(a) for a in node.args]
        kwargs = {}
        for keyword in node.keywords:
            kwargs |= value(keyword.value) if keyword.arg is None else {keyword.arg: value(keyword.value)}
        found[name] = (function, *named(function, args, kwargs))
    except (NameError, SyntaxError, ValueError):
        return


def named(function, args, kwargs):
    """Give positional arguments their names where the function takes them by name."""
    parameters = list(inspect.signature(function).parameters.values())
    taken = {}
    for parameter, value in zip(parameters, args, strict=False):
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
            taken[parameter.name] = value
    return args[len(taken) :], {**taken, **kwargs}


CALLS = {
    name: call
    for name, call in called().items()
    if name.split(".")[0] in liquidation.__all__ or name.startswith("formula for ")
}

KINDS = st.one_of(
    st.sampled_from(
        [
            None, True, False, "", "25", "long", "1e3", b"1", math.nan, math.inf, -math.inf, 0, -1, -0.5, 1.5,
            10**400, -(10**400), 1e308, 5e-324, 1e-300, Decimal("1"), Decimal("NaN"), 1 + 2j, np.complex128(1),
            np.float64("nan"), np.bool_(True), np.int64(-3), Fraction(-1, 3), Fraction(1, 10**400), [], [1, "2"],
            [[1], [1, 2]], (), {}, {"a": 1}, set(), object(), int, len, np.array([]), np.array(["a"]),
            np.array([1, None]), np.array(2 + 1j), np.ma.array([1.0, 2.0], mask=[0, 1]), np.array([math.nan]),
            np.array([-1.0, 2.0]), [math.nan, 1], [None], np.datetime64("2026-01-01"), range(3), "x" * 100_000, 2**70,
            1e9, 10**9,
        ]
    ),
    st.floats(),
    st.integers(),
    st.fractions(),
    st.text(max_size=5),
)  # fmt: skip


def wrong_with(value):
    """What must not come out: NaN, complex numbers, arrays of objects; looked for inside dataclasses and tuples."""
    if isinstance(value, (complex, np.complexfloating)):
        return "a complex number"
    if isinstance(value, (float, np.floating)) and math.isnan(value):
        return "NaN"
    if isinstance(value, np.ndarray):
        if value.dtype.kind in "Oc":
            return f"an array of {value.dtype}"
        return "NaN in an array" if value.dtype.kind == "f" and np.isnan(value).any() else None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = [getattr(value, f.name) for f in dataclasses.fields(value)]
    if isinstance(value, (list, tuple)):
        return next((fault for x in value if (fault := wrong_with(x))), None)
    return None


def outcome(function, args, kwargs, argument):
    """Call, and say what is wrong with what comes of it; None if nothing is."""
    start, clock = time.process_time(), time.monotonic()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            result = function(*args, **kwargs)
            if inspect.isgenerator(result):
                next(result, None)
    except ValueError as refused:
        words = str(refused).lower()
        bad = kwargs[argument]
        # What contradicts another argument may be said of either; what is no number or no such thing, only of itself.
        ours = kwargs if isinstance(bad, (int, float, Fraction, list)) and bad == bad else [argument]
        if not any(said in words for name in ours for said in NAMES.get(name, (name.lower(),))):
            return f"a refusal that does not name it: {str(refused)[:200]}"
        if len(words) > 1_500:
            return f"a refusal of {len(words)} characters"
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:160]}"
    else:
        if fault := wrong_with(result):
            return fault
    # The processor's time, for other tests run beside; the clock, with room for them, for what waits without working.
    waited, passed = time.process_time() - start, time.monotonic() - clock
    return f"a wait of {passed:.0f} s" if waited > PATIENCE or passed > 4 * PATIENCE else None


def test_every_public_callable_is_tested():
    """Exceptions and enumerations apart, and what the library alone makes."""
    tested = {name.split(".")[0] for name in CALLS}
    made = {"Theory", "Prices", "Deleveraging", "Settlement", "Step", "Trace", "Cascade"}
    made |= {"Held", "Holdings", "AccountCheckup", "Checkup", "WaysOut", "WithStop"}
    for name in set(liquidation.__all__) - made:
        thing = getattr(liquidation, name)
        callable_ = inspect.isfunction(thing) or (inspect.isclass(thing) and dataclasses.is_dataclass(thing))
        assert name in tested or not callable_, name
    assert len(CALLS) >= 80


@pytest.mark.parametrize("name", sorted(CALLS))
@settings(max_examples=60)
@given(data=st.data())
def test_what_cannot_be_is_refused_in_words(name, data):
    function, args, kwargs = CALLS[name]
    if not kwargs:
        return
    argument = data.draw(st.sampled_from(sorted(kwargs)), label="argument")
    bad = data.draw(KINDS, label="value")
    assert outcome(function, args, {**kwargs, argument: bad}, argument) is None


EVERY = [
    None,
    True,
    "25",
    math.nan,
    math.inf,
    -1,
    0,
    10**400,
    1e308,
    5e-324,
    Decimal("1"),
    1 + 2j,
    [],
    [1, "2"],
    {},
    object(),
    # Found by longer walks: what is ambiguous, too long to quote, or below every float.
    (),
    {"a": 1},
    "x" * 100_000,
    2**70,
    Fraction(1, 10**400),
    np.array([]),
    np.array([-1.0, 2.0]),
    np.array([1, None]),
    np.array(2 + 1j),
    np.ma.array([1.0, 2.0], mask=[0, 1]),
]


@pytest.mark.parametrize("name", sorted(CALLS))
def test_each_argument_is_looked_at(name):
    """A fixed few for each argument, so that none depends on what the search happens to draw."""
    function, args, kwargs = CALLS[name]
    faults = {
        (argument, repr(bad)[:40]): fault
        for argument in kwargs
        for bad in EVERY
        if (fault := outcome(function, args, {**kwargs, argument: bad}, argument))
    }
    assert not faults
