"""For whoever edits the course: ``python -m liquidation.course.author`` at the top of the repository.

It runs every lesson and every solution, stores the outputs so that a second run changes nothing, and derives the
blank exercises from the solutions. Names of notebooks after the command limit it to those. An exercise in which a
reader has written is left alone.
"""

from __future__ import annotations

import ast
import base64
import copy
import hashlib
import re
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat

LESSONS, SOLUTIONS, BLANKS = Path("notebooks"), Path("exercises/solutions"), Path("exercises")
WIDGET = "application/vnd.jupyter.widget-view+json"
README_PICTURE, README_LESSON = Path(".images/lesson_02.png"), Path("notebooks/02_derive_the_liquidation_price.ipynb")
README_CELL = "explore(figures.EquityAgainstRequirement)"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def run(notebook: Any, folder: Path) -> Any:
    """Execute a notebook in a folder and return it tidied; an error in a cell, or stderr, stops it."""
    from nbclient import NotebookClient

    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(folder)}}).execute()
    return tidy(notebook)


def tidy(notebook: Any) -> Any:
    """Keep what readers need and what is the same at every run.

    Widgets keep their picture and their sentence but not their view: it would refer to a kernel that is gone.
    """
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({k: v for k, v in cell.metadata.items() if k == "tags"})
        kept: list[Any] = []
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stderr":
                raise ValueError(f"a cell writes to stderr: {output.text}")
            output.get("data", {}).pop(WIDGET, None)
            if kept and output.output_type == kept[-1].output_type == "stream":
                kept[-1].text += output.text  # where the kernel cuts what is printed depends on its speed
            else:
                kept.append(output)
        if cell.cell_type == "code":
            cell.outputs = kept
    return notebook


HOW_TO = (
    "Replace the three dots in an answer cell with your answer and run it; then run the check below it. The dots "
    "beside a question say how hard it is: ●○○ is one step, ●●○ two or three, and for ●●● you'll have to think, or to "
    "build something. Stuck? `exercise.hint(1)` in a new cell gives a hint to question 1, and a stronger one each time "
    "you call it, up to the third."
)


def blank(solution: Any) -> Any:
    """Derive the exercise that a reader gets from its worked solution.

    Cells tagged ``working`` disappear; in cells tagged ``answer`` every ``answer_1 = ...`` loses its right side and
    every function its body; links lead from one folder higher up. The first cell also says how to answer, the last one
    where the solution is.
    """
    notebook = copy.deepcopy(solution)
    notebook.cells = [cell for cell in notebook.cells if "working" not in cell.metadata.get("tags", [])]
    for cell in notebook.cells:
        if cell.cell_type != "code":
            cell.source = cell.source.replace(" · solution", "").replace("](../../", "](../")
        elif "answer" in cell.metadata.get("tags", []):
            cell.source = _emptied(cell.source)
    first, *_, last = notebook.cells
    name = next(found[1] for cell in notebook.cells if (found := re.search(r'Exercise\("(\w+)"\)', cell.source)))
    first.source += f"\n\n{HOW_TO}"
    last.source += f"\n\nNot sure? Here is the [worked solution](solutions/{name}.ipynb)."
    return notebook


def _emptied(source: str) -> str:
    kept = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            documented = ast.get_docstring(node) is not None
            signature = source.splitlines()[node.lineno - 1 : node.body[0].lineno - (not documented)]
            kept.append("\n".join([*signature, "    ..."]))
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            kept += [f"{name} = ..." for name in names if name.startswith("answer_")]
    return "\n\n\n".join(kept)


def answered(exercise: Any) -> list[str]:
    """Return the answer cells of an exercise that a reader has filled in."""
    return [
        cell.source
        for cell in exercise.cells
        if cell.cell_type == "code" and "answer" in cell.metadata.get("tags", []) and _is_filled(cell.source)
    ]


def _is_filled(source: str) -> bool:
    try:
        return _emptied(source) != source.strip()
    except SyntaxError:
        return True  # half written


def fingerprint(sources: Iterable[str]) -> str:
    """What tells whether anybody has written in a notebook: of all its cells' sources."""
    return hashlib.sha256("\0".join(sources).encode()).hexdigest()


def _fingerprint(notebook: Any) -> str:
    return fingerprint(cell.source for cell in notebook.cells)


def is_untouched(exercise: Any) -> bool:
    """Whether a blank exercise is as it was made; one of before fingerprints: whether no answer is filled in."""
    made = exercise.metadata.get(MARK, {}).get("blank")
    return made == _fingerprint(exercise) if made else not answered(exercise)


MARK = "liquidation"
"""Where an exercise's metadata keep the fingerprint of its blank, as ``blank``."""


def read(path: Path) -> Any:
    """Read a notebook."""
    return nbformat.read(path, as_version=4)


def write(notebook: Any, path: Path) -> None:
    """Write a notebook, always in the same form."""
    nbformat.validate(notebook)
    nbformat.write(notebook, path)


def picture(notebook: Any, source: str) -> bytes:
    """Return the picture stored below the cell with this source."""
    (cell,) = (cell for cell in notebook.cells if cell.source == source)
    (png,) = (o.data["image/png"] for o in cell.outputs if "image/png" in o.get("data", {}))
    return base64.b64decode(png)


def update(path: Path) -> None:
    """Run one lesson or solution and store it, with the blank exercise it gives, and the README's picture."""
    notebook = run(read(path), path.parent)
    write(notebook, path)
    if path == README_LESSON:
        README_PICTURE.write_bytes(picture(notebook, README_CELL))
    if path.parent == SOLUTIONS:
        update_blank(blank(notebook), BLANKS / path.name)
    print(f"{path}: {sum(cell.cell_type == 'code' for cell in notebook.cells)} code cells run")


def update_blank(exercise: Any, path: Path) -> None:
    """Run and store a blank exercise, unless somebody has written in the one that is there."""
    if path.exists() and not is_untouched(there := read(path)):
        found = len(answered(there))
        print(
            f"{path} holds {found} answer{'s' if found != 1 else ''} or other work of a reader and is left alone. "
            "To have a blank one, move it elsewhere and run this again."
        )
        return
    exercise = run(exercise, path.parent)
    exercise.metadata[MARK] = {"blank": _fingerprint(exercise)}
    write(exercise, path)


def main(names: list[str]) -> None:
    """Update every notebook, or those named."""
    paths = [path for folder in (LESSONS, SOLUTIONS) for path in sorted(folder.glob("*.ipynb"))]
    chosen = [path for path in paths if not names or path.stem in names or str(path) in names]
    if not chosen:
        raise SystemExit("no such notebook; run this at the top of the repository")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(update, chosen))


if __name__ == "__main__":
    main(sys.argv[1:])
