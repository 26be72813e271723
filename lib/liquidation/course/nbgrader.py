"""For teachers who use nbgrader: ``python -m liquidation.course.nbgrader FOLDER`` at the top of the repository.

It writes into FOLDER, an nbgrader course, a source assignment for each exercise (``source/02_.../02_....ipynb``), from
the tags that the solutions have anyway: cells tagged ``answer`` become solution cells, the checks below them test cells
of one point each. Names of exercises after the folder limit it to those. A configuration is written only where there
is none. Then, in FOLDER: ``nbgrader generate_assignment 02_derive_the_liquidation_price``, and so on.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat

from . import author

_CONFIGURATION = """\
# What a student gets in the place of a solution: the three dots that stand above it.
c = get_config()
c.ClearSolutions.code_stub = {"python": ""}
"""
_TEST = """\
from liquidation.course.check import check

verdict = check("{name}", {question})
print(verdict)
assert verdict.outcome.value == "right", verdict"""


def source(solution: Any, name: str) -> Any:
    """Make nbgrader's source assignment of a worked solution."""
    made = author.blank(solution)
    made.cells[-1].source = made.cells[-1].source.rpartition("\n\n")[0]  # the link to the solution
    worked = [cell for cell in solution.cells if "working" not in cell.metadata.get("tags", [])]
    workings = _workings(solution)
    question = 0
    for cell, whole in zip(made.cells, worked, strict=True):
        if cell.cell_type != "code":
            continue
        cell.outputs, cell.execution_count = [], None
        if "answer" in cell.metadata.get("tags", []):
            question += 1
            done = "\n".join([*workings.get(whole.id, []), whole.source])
            cell.source = f"{cell.source}\n### BEGIN SOLUTION\n{done}\n### END SOLUTION"
            cell.metadata = _metadata(f"answer_{question}", solution=True)
        elif f'check("{name}", {question})' in cell.source:
            cell.source = _TEST.format(name=name, question=question)
            cell.metadata = _metadata(f"check_{question}", grade=True, locked=True, points=1)
    return made


def _workings(solution: Any) -> dict[str, list[str]]:
    """The sources of the cells tagged ``working`` by the answer cell that comes after them."""
    found: dict[str, list[str]] = {}
    before: list[str] = []
    for cell in solution.cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "code" and "working" in tags:
            before.append(cell.source)
        elif "answer" in tags:
            found[cell.id], before = before, []
    return found


def _metadata(name: str, **what: Any) -> Any:
    said = {"grade_id": name, "grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return nbformat.from_dict({"nbgrader": {**said, **what}})


def main(arguments: Sequence[str]) -> None:
    """Write the assignments."""
    there = sorted(author.SOLUTIONS.glob("*.ipynb"))
    chosen = [path for path in there if not arguments[1:] or path.stem in arguments[1:]]
    if not arguments or not chosen:
        raise SystemExit(
            "usage, at the top of the repository: python -m liquidation.course.nbgrader FOLDER [EXERCISE ...]\n"
            f"exercises: {', '.join(path.stem for path in there) or 'none here'}"
        )
    course = Path(arguments[0])
    for path in chosen:
        into = course / "source" / path.stem
        into.mkdir(parents=True, exist_ok=True)
        author.write(source(author.read(path), path.stem), into / path.name)
        print(into / path.name)
    if not (configuration := course / "nbgrader_config.py").exists():
        configuration.write_text(_CONFIGURATION, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
