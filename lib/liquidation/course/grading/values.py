"""Answers on their way from a student's kernel to the grader: as plain data, never as code or pickles.

What arrives may have been made by anybody. So it is rebuilt without being evaluated, and what is not a number, a word
or an expression becomes a :class:`Stand_in` that has its type's name and nothing else.
"""

from __future__ import annotations

import sys

# A student's cells may put others in the place of these.
from builtins import (  # noqa: UP029
    all,
    bool,
    bytearray,
    bytes,
    dict,
    float,
    hex,
    int,
    isinstance,
    len,
    list,
    repr,
    str,
    tuple,
    type,
)
from fractions import Fraction
from typing import Any

_LONGEST_INT, _LONGEST_TEXT, _MOST_ITEMS = 100_000, 2_000, 50
_MOST_PARTS = 6_000
"""Different parts of an expression; the checker refuses fewer."""


class UnreadableError(ValueError):
    """An answer that cannot be carried over; its text ends the sentence "not yet, because ..."."""


def packed(value: Any) -> Any:
    """Return a value as lists, words and whole numbers below 2^53.

    >>> packed(0.1)
    ['float', '0x1.999999999999ap-4']
    >>> unpacked(packed((48, 200)))
    (48, 200)
    """
    if value is None or isinstance(value, bool):
        return ["constant", str(value)]
    if value is ...:
        return ["constant", "..."]
    if isinstance(value, int):
        if value.bit_length() > _LONGEST_INT:
            return ["unreadable", "it has far too many digits."]
        return ["int", hex(value)]
    if isinstance(value, float):
        return ["float", float(value).hex()]
    if isinstance(value, str):
        return ["text", "".join([value])[:_LONGEST_TEXT]]  # of a subclass only the letters
    if isinstance(value, (bytes, bytearray)):  # float() would read them
        return ["object", type(value).__name__, None, "b'...'"]
    if isinstance(value, (tuple, list)) and len(value) <= _MOST_ITEMS:
        return ["tuple" if isinstance(value, tuple) else "list", [_flat(item) for item in value]]
    if isinstance(value, dict) and len(value) <= _MOST_ITEMS and all(isinstance(name, str) for name in value):
        return ["dict", [["".join([name])[:_LONGEST_TEXT], _flat(item)] for name, item in value.items()]]
    sympy = sys.modules.get("sympy")
    if sympy is not None and isinstance(value, sympy.Basic):
        return _packed_expression(value, sympy)
    return _packed_object(value)


def _flat(item: Any) -> Any:
    """What stands in a list or a dictionary; one inside another does not come along."""
    nested = isinstance(item, (tuple, list, dict))
    return ["object", type(item).__name__[:100], None, "[...]"] if nested else packed(item)


def _packed_object(value: Any) -> Any:
    try:
        number: str | None = float(value).hex()
    except OverflowError:
        number = "inf"
    except Exception:  # whatever a student's class does
        number = None
    try:
        text = repr(value)[:_LONGEST_TEXT]
    except Exception:
        text = "..."
    return ["object", type(value).__name__[:100], number, text]


def _packed_expression(expression: Any, sympy: Any) -> Any:
    """Each different part once, those that it stands on before it, so that neither depth nor repetition matters."""
    places: dict[Any, int] = {}
    parts: list[Any] = []
    todo = [expression]
    while todo:
        part = todo[-1]
        if part in places:
            todo.pop()
            continue
        args = () if part.is_Atom else part.args
        missing = [arg for arg in args if arg not in places]
        if missing:
            if len(places) + len(todo) + len(missing) > _MOST_PARTS:
                return ["unreadable", "it is far too long for an answer; write it shorter."]
            todo += missing
            continue
        places[todo.pop()] = len(parts)
        parts.append(_packed_part(part, [places[arg] for arg in args], sympy))
    return ["expression", parts]


def _packed_part(part: Any, places: list[int], sympy: Any) -> Any:
    name = type(part).__name__[:100]
    if isinstance(part, sympy.Rational):
        return ["Rational", packed(int(part.p)), packed(int(part.q))]
    if isinstance(part, sympy.Float):
        return ["Float", str(part.evalf(50))[:_LONGEST_TEXT]]
    if isinstance(part, sympy.Symbol):
        return ["Symbol", part.name[:100]]
    return ["part", name, isinstance(part, sympy.Expr), places]


class Stand_in:  # noqa: N801  (its subclasses take the names of a student's classes)
    """In the place of an object that stays where it is: it has the type's name, its text and, if any, its number."""

    _number: float | None = None
    _text = "..."

    def __repr__(self) -> str:
        return self._text


def unpacked(data: Any) -> Any:
    """Rebuild a value; raises :class:`UnreadableError` for anything that :func:`packed` does not make."""
    try:
        return _unpacked(data)
    except UnreadableError:
        raise
    except Exception as error:
        raise UnreadableError("it cannot be read.") from error


def _unpacked(data: Any) -> Any:
    kind, *rest = data
    if kind == "constant":
        return {"None": None, "True": True, "False": False, "...": ...}[rest[0]]
    if kind == "int":
        if len(rest[0]) > _LONGEST_INT // 4 + 4:
            raise UnreadableError("it has far too many digits.")
        return int(rest[0], 16)
    if kind == "float":
        return float.fromhex(rest[0])
    if kind == "text":
        return str(rest[0])[:_LONGEST_TEXT]
    if kind in ("tuple", "list"):
        items = [_unpacked(item) for item in rest[0][:_MOST_ITEMS] if _is_flat(item)]
        return tuple(items) if kind == "tuple" else items
    if kind == "dict":
        return {str(name)[:_LONGEST_TEXT]: _unpacked(item) for name, item in rest[0][:_MOST_ITEMS] if _is_flat(item)}
    if kind == "object":
        return _stand_in(*rest)
    if kind == "expression":
        return _unpacked_expression(rest[0])
    if kind == "unreadable":
        raise UnreadableError(str(rest[0])[:200])
    raise UnreadableError("it cannot be read.")


def _is_flat(item: Any) -> bool:
    return item[0] not in ("tuple", "list", "dict")


def _stand_in(name: str, number: str | None, text: str) -> Any:
    body: dict[str, Any] = {"_text": str(text)[:_LONGEST_TEXT]}
    if number is not None:
        value = float.fromhex(number)
        body["__float__"] = lambda self: value
    return type(str(name)[:100], (Stand_in,), body)()


def _unpacked_expression(parts: Any) -> Any:
    """Build an expression without letting SymPy evaluate, let alone parse, anything."""
    import sympy  # type: ignore[import-untyped]  # sympy ships no types

    if len(parts) > _MOST_PARTS:
        raise UnreadableError("it is far too long for an answer; write it shorter.")
    built: list[Any] = []
    for kind, *rest in parts:
        if kind == "Rational":
            ratio = Fraction(_unpacked(rest[0]), _unpacked(rest[1]))
            built.append(sympy.Rational(ratio.numerator, ratio.denominator))
        elif kind == "Float":
            built.append(sympy.Float(str(rest[0])[:100], 50))
        elif kind == "Symbol":
            built.append(sympy.Symbol(str(rest[0])[:100]))
        else:
            built.append(_part(sympy, rest, built))
        hash(built[-1])  # it is kept: taken from the top of a deep one it would be a recursion
    return built[-1]


_CONSTANTS = {"Pi", "Exp1", "ImaginaryUnit", "EulerGamma", "GoldenRatio", "Catalan", "TribonacciConstant"}
_CONSTANTS |= {"Infinity", "NegativeInfinity", "ComplexInfinity", "NaN"}


def _part(sympy: Any, said: list[Any], built: list[Any]) -> Any:
    name, is_expression, places = said
    if not places and name in _CONSTANTS:
        return getattr(sympy.S, name)
    kind = getattr(sympy, name, None) if name.isidentifier() else None
    if not (isinstance(kind, type) and issubclass(kind, sympy.Basic) and not issubclass(kind, sympy.Atom)):
        kind = type(str(name)[:100], (sympy.Expr if is_expression else sympy.Basic,), {})
    return sympy.Basic.__new__(kind, *(built[place] for place in places))
