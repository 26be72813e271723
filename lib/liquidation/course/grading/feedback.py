"""The page that a student gets back: each verdict, what was said, and the next hint."""

from __future__ import annotations

import hashlib
import html
import os
from collections.abc import Sequence
from pathlib import Path

from ..question import LOOKS, Outcome
from .marks import Marks

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; color: #222 }}
h1 {{ font-size: 1.4rem }} h2 {{ font-size: 1.1rem; margin-top: 2rem }}
p.question {{ border-left: 4px solid; padding: 2px 12px; margin: 12px 0 }}
.hint, .note {{ color: #555; font-size: 0.93em }}
</style>
<h1>{title}</h1>
{body}
</html>
"""


def page(student: str, handed_in: Sequence[Marks]) -> str:
    """Return one student's page as HTML: all that was handed in, one after the other."""
    title = f"Feedback for {student}" if student else "Feedback"
    return _PAGE.format(title=html.escape(title), body="\n".join(_section(marks) for marks in handed_in))


def _section(marks: Marks) -> str:
    number, _, title = marks.handin.exercise.partition("_")
    head = f"Exercise {number} · {title.replace('_', ' ').capitalize()}" if title else marks.handin.file
    lines = [f"<h2>{html.escape(head)}</h2>"]
    if marks.verdicts:
        lines.append(f"<p>{marks.right} of {len(marks.verdicts)} right.</p>")
    for question, verdict in enumerate(marks.verdicts, 1):
        icon, color = LOOKS[verdict.outcome]
        joint = ", because " if verdict.outcome is Outcome.NOT_YET else ". "
        said = html.escape(f"{joint}{verdict.message}")
        hint = html.escape(marks.next_hint(question))
        lines.append(
            f'<p class="question" style="border-color: {color}"><strong style="color: {color}">{icon} Question '
            f"{question}: {verdict.outcome.value}</strong>{said}"
            + (f'<br><span class="hint">Hint: {hint}</span>' if hint else "")
            + "</p>"
        )
    if marks.note:
        lines.append(f'<p class="note">{html.escape(marks.note)}</p>')
    return "\n".join(lines)


def write(folder: Path, marks: Sequence[Marks]) -> list[str]:
    """Write a page for each student; where it lies is told by the hand-in, so that it can be sent back the same way.

    Return the pages that could not be written, under their own name or a shorter one.
    """
    pages: dict[str, list[Marks]] = {}
    for one in marks:
        pages.setdefault(one.handin.page, []).append(one)
    failed = []
    for name, handed_in in pages.items():
        content = page(handed_in[0].handin.student, handed_in)
        short = f"{name[:40].replace('/', ' ')} {hashlib.sha256(name.encode()).hexdigest()[:8]}"
        if not any(_written(folder, candidate, content) for candidate in (name, short)):
            failed.append(name)
    return failed


def _written(folder: Path, name: str, content: str) -> bool:
    path = folder / os.fsdecode(f"{name}.html".encode())  # however the console spells names
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8", errors="replace")
    except OSError:  # too long, or the name of a folder that is there
        return False
    return True
