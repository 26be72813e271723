"""What SymPy shows in a notebook, in the order in which people write it."""

from __future__ import annotations

from typing import Any

from liquidation import linear
from liquidation.algebra.layout import LATEX


def handwriting() -> None:
    """From here on, show this notebook's expressions and equations as formulas are shown: P - E, not -E + P.

    It is SymPy's own switch, ``sympy.init_printing``, with our order; it changes this notebook only.
    """
    import sympy  # type: ignore[import-untyped]  # SymPy ships no types

    def ordered(thing: Any) -> Any:
        if isinstance(thing, (list, tuple)):
            return type(thing)(map(ordered, thing))
        return linear.vocabulary.layout(thing) if isinstance(thing, (sympy.Expr, sympy.Eq)) else thing

    def latex(thing: Any, **settings: Any) -> str:
        return str(sympy.latex(ordered(thing), **{**settings, **LATEX}))

    def text(thing: Any, **_settings: Any) -> str:
        return str(sympy.sstr(ordered(thing), order="none"))

    sympy.init_printing(
        use_latex="mathjax", latex_printer=latex, pretty_printer=text, pretty_print=True, print_builtin=False
    )
