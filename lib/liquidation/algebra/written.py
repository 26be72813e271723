"""Write an expression as LaTeX in the order in which it was typed; SymPy would put it into an order of its own."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from .checks import InputError, shown


def as_written(text: str, letters: Mapping[str, str] | None = None) -> str:
    """Return the LaTeX of an expression of names, numbers, + - * / ** and brackets.

    Arguments:
        text: the expression.
        letters: how names are printed; left out, or of a name that is not among them: as it is spelled.

    >>> print(as_written("entry_price * (1 - 1/L)", {"entry_price": "E"}))
    E \\left(1 - \\frac{1}{L}\\right)
    """
    return _latex(expression(text), letters or {})


def expression(text: str) -> ast.expr:
    """Read an expression without evaluating it; what is none is refused.

    >>> expression("E * (1 -")
    Traceback (most recent call last):
    ...
    liquidation.algebra.checks.InputError: 'E * (1 -' is no expression
    """
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError, AttributeError):
        raise InputError(f"{shown(text)} is no expression") from None


def letter(name: str) -> str:
    """Return a name as LaTeX: upright, if it is more than a letter.

    >>> letter("Q"), letter("MMR")
    ('Q', '\\\\mathrm{MMR}')
    """
    return name if len(name) == 1 else rf"\mathrm{{{name}}}"


def _latex(node: ast.expr, letters: Mapping[str, str]) -> str:
    match node:
        case ast.Name(id=name):
            return letters.get(name, letter(name))
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return rf"\frac{{{_latex(left, letters)}}}{{{_latex(right, letters)}}}"
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            dot = "" if letters else r"\cdot "
            return f"{_factor(left, letters)} {dot}{_factor(right, letters)}"
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return f"{_factor(left, letters)}^{{{_latex(right, letters)}}}"
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as op, right=right):
            return f"{_latex(left, letters)} {'+' if isinstance(op, ast.Add) else '-'} {_factor(right, letters)}"
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return f"-{_factor(operand, letters)}"
        case ast.Constant(value=int() | float() as value):
            return str(value)
    raise InputError(f"{shown(ast.unparse(node))} is no expression of names, numbers, + - * / ** and brackets")


def _factor(node: ast.expr, letters: Mapping[str, str]) -> str:
    """Write it, a sum in brackets."""
    is_sum = isinstance(node, ast.UnaryOp) or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub))
    return rf"\left({_latex(node, letters)}\right)" if is_sum else _latex(node, letters)
