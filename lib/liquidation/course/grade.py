"""For teachers: ``python -m liquidation.course.grade FOLDER > marks.csv``.

FOLDER holds the exercises as handed in, each file's name beginning with the exercise's number (``02_...``), in
subfolders if you like. Every notebook is run in a fresh kernel, its own folder being the working folder, and its
variables ``answer_1``, ``answer_2``, ... are judged there, whatever the notebook's own checks say. One row a file:
a verdict a question, and the number of right ones. A cell that fails does not stop the ones after it.

Running a notebook runs its author's code on your machine: use an account or a container that you can lose.
"""

from __future__ import annotations

import csv
import importlib
import json
import pkgutil
import sys
from pathlib import Path
from typing import Any, TextIO

import nbformat

from . import questions
from .check import Exercise

_PROBE = """
import json as _json
from liquidation.course.check import Exercise as _Exercise
_exercise = _Exercise({name!r})
print(_json.dumps([_exercise.check(k + 1, globals().get(f"answer_{{k + 1}}", ...)).outcome.value
                   for k in range(len(_exercise.questions))]))
"""


def exercises() -> dict[str, str]:
    """The exercises there are: two-digit number to full name."""
    modules = {
        m.name: importlib.import_module(f"{questions.__name__}.{m.name}")
        for m in pkgutil.iter_modules(questions.__path__)
    }
    return {module.NUMBER: f"{module.NUMBER}_{name}" for name, module in modules.items()}


def judge(path: Path) -> list[str]:
    """Run one handed-in notebook and return the verdict on each question."""
    from nbclient import NotebookClient

    name = exercises().get(path.name[:2])
    if name is None:
        raise ValueError(f"{path.name} does not begin with the number of an exercise: {', '.join(exercises())}")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(_PROBE.format(name=name)))
    NotebookClient(
        notebook,
        timeout=60,
        allow_errors=True,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    return json.loads(notebook.cells[-1].outputs[0].text)


def grade(folder: Path, out: TextIO) -> None:
    """Write the marks of every notebook below a folder as CSV; a file that cannot be run says so in its row."""
    paths = sorted(p for p in folder.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)
    if not paths:
        raise ValueError(f"{folder} holds no notebook")
    most = max(len(Exercise(name).questions) for name in exercises().values())
    writer = csv.writer(out)
    writer.writerow(["file", "right", "questions", *(f"question {k + 1}" for k in range(most)), "note"])
    for path in paths:
        row: list[Any] = [path.relative_to(folder)]
        try:
            verdicts = judge(path)
            gaps = [""] * (most - len(verdicts))
            writer.writerow([*row, verdicts.count("right"), len(verdicts), *verdicts, *gaps, ""])
        except Exception as error:  # one broken file must not cost the class its marks
            said = (str(error).strip().splitlines() or [""])[0]
            writer.writerow([*row, "", "", *[""] * most, f"{type(error).__name__}: {said}"])


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        raise SystemExit("usage: python -m liquidation.course.grade FOLDER > marks.csv")
    grade(Path(sys.argv[1]), sys.stdout)
