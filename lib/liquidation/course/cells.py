"""What happened to the cells in which a reader answers: the checker must not judge an answer that is out of date."""

from __future__ import annotations

import ast
import re
from typing import Any

_ANSWER = re.compile(r"answer_(\d{1,3})")
_ASSIGNED = re.compile(r"^[ \t]*(?:def[ \t]+)?answer_(\d{1,3})\b[ \t]*(?:=(?!=)|:|,|\()", re.M)
_failed: dict[int, str] = {}
_watched: set[int] = set()


def numbers_answered(source: str) -> set[int]:
    """The questions that a cell answers.

    >>> numbers_answered("answer_1, answer_2 = 3, 4; answer_3: float = 5"), numbers_answered("answer_4 = (")
    ({1, 2, 3}, {4})
    """
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError, RecursionError):  # half written, or with a magic in it
        return {int(number) for number in _ASSIGNED.findall(source)}
    stored = [node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    defined = [node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    return {int(found[1]) for name in (*stored, *defined) if (found := _ANSWER.fullmatch(name))}


def _note(numbers: set[int], error: BaseException | None) -> None:
    for number in numbers:
        if error is None:
            _failed.pop(number, None)
        else:
            _failed[number] = type(error).__name__


def _after_a_cell(result: Any) -> None:
    _note(numbers_answered(result.info.raw_cell or ""), result.error_before_exec or result.error_in_exec)


def watch() -> None:
    """Take note of every cell from now on; of those before, which could not be read at all."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None or id(shell) in _watched:
        return
    _watched.add(id(shell))
    for source in shell.user_ns.get("In", []):
        if numbers := numbers_answered(source):
            try:
                ast.parse(shell.transform_cell(source))
            except SyntaxError as error:
                _note(numbers, error)
            else:
                _note(numbers, None)
    shell.events.register("post_run_cell", _after_a_cell)


def failure(number: int) -> str | None:
    """The error in which the last cell that answers a question ended, or ``None``."""
    return _failed.get(number)
