"""A table that a notebook shows as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Table:
    """Rows of words and numbers under a head; numbers stand to the right.

    >>> Table(("exchange", "price"), [("MEXC", 48_199.2)])
    exchange  price
    MEXC      48,199.2
    """

    head: Sequence[str]
    rows: Sequence[Sequence[Any]]
    foreign: bool = False
    """Whether words in it come from outside, so that they must not be read as Markdown."""

    def _repr_markdown_(self) -> str:
        right = [all(isinstance(row[i], int | float) for row in self.rows) for i in range(len(self.head))]
        line = "|" + "|".join("--:" if number else "---" for number in right) + "|"
        shown = (lambda x: literal(_said(x))) if self.foreign else _said
        rows = ("| " + " | ".join(map(shown, row)) + " |" for row in (self.head, *self.rows))
        first, *others = rows
        return "\n".join([first, line, *others])

    def __repr__(self) -> str:
        rows = [[_said(x) for x in row] for row in (self.head, *self.rows)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join("  ".join(f"{x:<{w}}" for x, w in zip(row, widths, strict=True)).rstrip() for row in rows)


# A dollar sign in a tag of its own cannot begin a formula: JupyterLab looks for them in what it has rendered.
_LITERAL = {ord(c): f"&#{ord(c)};" for c in "\\`*_[]|~#&<>\"'"} | {ord("$"): "<span>&#36;</span>"}


def literal(text: str) -> str:
    """Return HTML, and Markdown, that shows a text as it is, whatever is in it.

    >>> print(literal("<b>$x$|"))
    &#60;b&#62;<span>&#36;</span>x<span>&#36;</span>&#124;
    """
    return text.translate(_LITERAL)


def _said(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)
