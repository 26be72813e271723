"""What answers a prediction stays closed until the reader opens it: as stored, after Run All, saved, in the book.

A prediction whose answer stands on the same screen answers itself. So the number, table or picture that answers it is
shown inside a ``<details>`` of one output, which browsers keep closed and which holds no state that could be saved.
"""

from __future__ import annotations

import base64
import html
from typing import Any

from .drawing import WIDTH, Picture

SUMMARY = "The answer: open it when you have yours"


class Closed:
    """Things behind a line that opens at a click; in plain text, the things themselves."""

    def __init__(self, things: tuple[Any, ...], summary: str) -> None:
        self.things, self.summary = things, summary

    def _repr_markdown_(self) -> str:
        parts = "\n\n".join(_markdown(thing) for thing in self.things)
        return f"<details><summary>{html.escape(self.summary)}</summary>\n\n{parts}\n\n</details>"

    def __repr__(self) -> str:
        return "\n".join(thing.caption if isinstance(thing, Picture) else str(thing) for thing in self.things)


def reveal(*things: Any, summary: str = SUMMARY) -> Closed:
    """Return what a notebook shows as a line that opens at a click: the last expression of a cell.

    Arguments:
        things: pictures, text in Markdown, and whatever shows itself as Markdown or LaTeX; other things as they print.
        summary: the line.

    >>> reveal("39, twice as many.")
    39, twice as many.
    """
    return Closed(things, summary)


def _markdown(thing: Any) -> str:
    """A thing as Markdown."""
    if isinstance(thing, str):
        return thing
    if isinstance(thing, Picture):
        data = base64.b64encode(thing.png()).decode()
        alt = html.escape(thing.caption, quote=True)
        return f'<img alt="{alt}" width="{WIDTH}" src="data:image/png;base64,{data}">\n\n**Figure.** {thing.caption}'
    for method in ("_repr_markdown_", "_repr_latex_"):
        if hasattr(thing, method):
            return str(getattr(thing, method)())
    return f"```\n{thing}\n```"
