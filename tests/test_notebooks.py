"""Every notebook: tidy, within its budget, unchanged by a second run; blanks that agree with their solutions."""

import base64
import copy
import io
import itertools
import os
import re
import shutil
import statistics
import subprocess
import sys

import nbformat
import numpy as np
import pytest
from lab import ROOT
from liquidation.course import author
from liquidation.course.check import Exercise
from nbclient import NotebookClient
from PIL import Image

LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SOLUTIONS = sorted((ROOT / "exercises/solutions").glob("*.ipynb"))
BLANKS = sorted((ROOT / "exercises").glob("*.ipynb"))
ALL = [*LESSONS, *SOLUTIONS, *BLANKS]
name = pytest.mark.parametrize("path", ALL, ids=lambda p: str(p.relative_to(ROOT)))


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def stored(path):
    """A notebook as it lies there, in a reader's copy, too: cells and outputs, without what JupyterLab adds."""
    return author.tidy(author.read(path))


def lines(cell):
    return sum(bool(line.strip()) for line in cell.source.splitlines())


def everything(notebook):
    return "\n".join(cell.source for cell in notebook.cells)


def test_there_are_notebooks():
    assert len(LESSONS) >= 3 and len(SOLUTIONS) == len(BLANKS) >= 2
    lessons = {path.name for path in LESSONS}
    assert {path.name for path in BLANKS} == {path.name for path in SOLUTIONS} <= lessons


@name
def test_a_notebook_is_tidy(path):
    notebook = stored(path)
    for cell in code(notebook):
        assert author.answered(notebook) or all(output.output_type != "error" for output in cell.outputs)
        tags = cell.metadata.get("tags", [])
        if any(tag.startswith("nbval") for tag in tags):
            assert "# not compared:" in cell.source, "say why the output is not compared"
    source = everything(notebook)
    assert not re.search(r"sys\.path|[!%]pip|import \*", source)
    written = nbformat.writes(notebook)
    assert not re.search(r"/home/|/root/|/work/|/tmp/", written)
    assert len(written) < 250_000


@name
def test_every_picture_has_a_caption_below_it(path):
    for cell in code(stored(path)):
        for output, following in itertools.zip_longest(cell.outputs, cell.outputs[1:]):
            if "image/png" in output.get("data", {}):
                assert following is not None
                assert following.data["text/markdown"].startswith("**Figure.** ")


@name
def test_links_between_notebooks_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)]+)\)", everything(stored(path))):
        if "://" not in target:
            assert (path.parent / target.split("#")[0]).exists(), target


lesson = pytest.mark.parametrize("path", LESSONS[1:], ids=lambda p: p.name)


def prose(notebook):
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


@lesson
def test_a_lesson_has_its_parts(path):
    notebook = stored(path)
    lengths = [lines(cell) for cell in code(notebook)]
    assert statistics.median(lengths) <= 3 and max(lengths) <= 15
    for part in ("**You will be able to**", "**You need**", " minutes", "## Where it breaks", "## Recap",
                 "**Exercise:**", "## References"):  # fmt: skip
        assert part in prose(notebook), part
    core, *deeper = re.split(r"^## Going deeper", prose(notebook), flags=re.MULTILINE)
    assert core.count("**Predict.**") >= 2 and "## Recap" in core
    assert not deeper or deeper[0].split("\n\n")[1].startswith("*Optional"), "it says so"
    assert 1 <= len(re.findall(r"explore\(|OwnPositions\(", everything(notebook))) <= 4
    assert any("assert " in cell.source for cell in code(notebook))
    assert f"({path.parent.name}/{path.name})" not in prose(notebook)


@lesson
def test_a_lesson_leads_to_its_exercise_and_to_the_next_one(path):
    following = LESSONS[LESSONS.index(path) + 1 :][:1]
    for target in (f"../exercises/{path.name}", *(other.name for other in following)):
        assert f"]({target})" in prose(stored(path)), target


@pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.name)
def test_what_answers_a_prediction_is_closed(path):
    """The first code after a prediction shows its answer behind a line that opens at a click."""
    cells = stored(path).cells
    asked = [i for i, cell in enumerate(cells) if cell.cell_type == "markdown" and "**Predict.**" in cell.source]
    assert asked
    for i in asked:
        assert "**Predict.**" in cells[i].source.rsplit("\n## ", 1)[-1], "a heading stands between question and answer"
        found = next(cell for cell in cells[i + 1 :] if "reveal(" in cell.source)
        between = cells[i + 1 : cells.index(found)]
        assert not any(cell.get("outputs") for cell in between), between
        (output,) = found.outputs
        assert output.data["text/markdown"].startswith("<details><summary>")


OFFICIAL = {
    "www.mexc.com", "www.binance.com", "www.bybit.com", "bybit-exchange.github.io", "www.okx.com", "www.bitmex.com",
    "support.bitmex.com", "blog.bitmex.com", "support.deribit.com", "hyperliquid.gitbook.io", "github.com", "arxiv.org",
    "blog.amberdata.io",
}  # fmt: skip
"""Hosts to which a course for beginners may send its readers: exchanges' own, source code, papers, one data firm."""


@name
def test_links_lead_to_official_pages_only(path):
    hosts = set(re.findall(r"https?://([^/)\s]+)", prose(stored(path))))
    assert hosts <= OFFICIAL, hosts - OFFICIAL


def taken_out(output):
    """Take the picture out of an output, also one behind a closed line, and return it."""
    data = output.get("data", {})
    for kind in ("text/markdown", "text/html"):
        found = re.search(r"(?<=data:image/png;base64,)[A-Za-z0-9+/=]+", data.get(kind, ""))
        if found:
            data[kind] = data[kind].replace(found[0], "")
            return found[0]
    return data.pop("image/png", None)


@pytest.mark.parametrize("path", [*LESSONS, *SOLUTIONS], ids=lambda p: str(p.relative_to(ROOT)))
def test_running_again_changes_nothing(path):
    again = author.run(stored(path), path.parent)
    for old, new in zip(code(stored(path)), code(again), strict=True):
        for before, after in zip(old.outputs, new.outputs, strict=True):
            shot, reshot = (taken_out(output) for output in (before, after))
            assert before == after, old.source
            if shot:
                # Pixels rather than bytes: another release of matplotlib may smooth a line differently.
                a, b = (
                    np.asarray(Image.open(io.BytesIO(base64.b64decode(png))).convert("L"), float)
                    for png in (shot, reshot)
                )
                assert a.shape == b.shape and np.abs(a - b).mean() < 2, old.source


def test_the_readmes_picture_is_the_one_of_its_lesson():
    shown = author.picture(author.read(ROOT / author.README_LESSON), author.README_CELL)
    assert (ROOT / author.README_PICTURE).read_bytes() == shown, "run liquidation.course.author on the lesson"


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda p: p.name)
def test_the_blank_exercise_is_its_solution_emptied(path):
    expected = author.blank(stored(path))
    there = stored(ROOT / "exercises" / path.name)
    written = bool(author.answered(there))
    if written:  # by a reader: answers, and cells of their own, are not looked at
        known = {cell.id: cell for cell in there.cells}
        there.cells = [known.get(cell.id, cell) for cell in expected.cells]
        for cell, wanted in zip(there.cells, expected.cells, strict=True):
            cell.source = wanted.source if "answer" in cell.metadata.get("tags", []) else cell.source
        there = author.run(there, ROOT / "exercises")
    assert [(c.cell_type, c.source, c.metadata, c.id) for c in there.cells] == [
        (c.cell_type, c.source, c.metadata, c.id) for c in expected.cells
    ]
    count = len(Exercise(path.stem).questions)
    said = [output.data["text/plain"] for cell in code(there) for output in cell.outputs]
    assert said == [
        f"Question {k}: not attempted. Replace the three dots with your answer, and run the cell. (0 of {count} right)"
        for k in range(1, count + 1)
    ]


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda p: p.name)
def test_the_solution_is_right_everywhere_and_shows_its_working(path):
    notebook = stored(path)
    count = len(Exercise(path.stem).questions)
    said = [o.data["text/plain"] for cell in code(notebook) for o in cell.outputs if "Question" in o.data["text/plain"]]
    assert [text.split(".")[0] for text in said] == [f"Question {k}: right" for k in range(1, count + 1)]
    tags = [tag for cell in notebook.cells for tag in cell.metadata.get("tags", [])]
    assert tags.count("answer") == tags.count("working") == count


def test_tidying_drops_widget_views_and_refuses_stderr():
    cell = nbformat.v4.new_code_cell("x", metadata={"execution": {"iopub": "now"}, "tags": ["answer"]})
    view = {author.WIDGET: {"model_id": "1"}, "text/plain": "At 25x"}
    cell.outputs = [nbformat.v4.new_output("display_data", data=view)]
    notebook = author.tidy(nbformat.v4.new_notebook(cells=[cell], metadata={"widgets": {"state": {}}}))
    assert notebook.cells[0].outputs[0].data == {"text/plain": "At 25x"}
    assert notebook.cells[0].metadata == {"tags": ["answer"]} and "widgets" not in notebook.metadata
    cell.outputs = [nbformat.v4.new_output("stream", text=text) for text in ("one\n", "two\n")]
    assert [output.text for output in author.tidy(nbformat.v4.new_notebook(cells=[cell])).cells[0].outputs] == [
        "one\ntwo\n"
    ]
    cell.outputs = [nbformat.v4.new_output("stream", name="stderr", text="a warning")]
    with pytest.raises(ValueError, match="writes to stderr: a warning"):
        author.tidy(nbformat.v4.new_notebook(cells=[cell]))


# -- nobody's work is lost ---------------------------------------------------------------------------------------


def answer(exercise, source, cell=0):
    """Write into an answer cell."""
    cells = [c for c in exercise.cells if "answer" in c.metadata.get("tags", [])]
    cells[cell].source = source


@pytest.mark.parametrize(
    "write",
    [
        lambda e: answer(e, "answer_1 = 600"),
        lambda e: answer(e, "answer_1 = (600"),  # half written
        lambda e: answer(e, "answer_1 = ...  # 600?"),
        lambda e: e.cells.append(nbformat.v4.new_markdown_cell("my notes")),
        lambda e: e.cells[1].update(source=e.cells[1].source + "\nprint(0.3 * 2_000)"),
    ],
    ids=["an answer", "a half-written answer", "a thought", "a cell of one's own", "a line in a given cell"],
)
def test_the_author_leaves_alone_what_a_reader_has_written(tmp_path, capsys, write):
    made = author.blank(stored(SOLUTIONS[0]))
    path = tmp_path / "01_exercise.ipynb"
    author.update_blank(copy.deepcopy(made), path)
    assert author.is_untouched(author.read(path))
    exercise = author.read(path)
    exercise.metadata["language_info"]["version"] = "3.12.0"  # as JupyterLab writes on opening
    write(exercise)
    author.write(exercise, path)
    before = path.read_bytes()
    author.update_blank(copy.deepcopy(made), path)
    assert path.read_bytes() == before
    assert "is left alone. To have a blank one, move it elsewhere and run this again." in capsys.readouterr().out
    path.rename(tmp_path / "mine.ipynb")
    author.update_blank(copy.deepcopy(made), path)
    assert author.is_untouched(author.read(path)) and not author.answered(author.read(path))


def test_a_blank_that_was_only_opened_and_run_is_brought_up_to_date(tmp_path):
    made = author.blank(stored(SOLUTIONS[0]))
    path = tmp_path / "01_exercise.ipynb"
    author.update_blank(copy.deepcopy(made), path)
    exercise = author.read(path)
    exercise.metadata["language_info"]["version"] = "3.12.0"
    code(exercise)[2].outputs = []
    author.write(exercise, path)
    made.cells[0].source += "\n\nA new sentence."
    author.update_blank(made, path)
    assert "A new sentence." in author.read(path).cells[0].source


READERS_TESTS = "not fresh and not browser and not long"


@pytest.mark.long
def test_reading_turns_no_test_red(tmp_path):
    """A folder without git, in which somebody has run lesson 02, saved it, and answered half of exercise 02."""
    copied = tmp_path / "course"
    shutil.copytree(ROOT, copied, ignore=shutil.ignore_patterns(".git", ".venv", "*cache*", ".hypothesis"))
    lesson = copied / "notebooks/02_derive_the_liquidation_price.ipynb"
    seen = author.read(lesson)
    NotebookClient(seen, store_widget_state=True, resources={"metadata": {"path": str(lesson.parent)}}).execute()
    assert "widgets" in seen.metadata and any(author.WIDGET in o.get("data", {}) for c in code(seen) for o in c.outputs)
    seen.metadata.language_info["version"] = "3.12.0"
    code(seen)[3].metadata["collapsed"] = False
    nbformat.write(seen, lesson)
    path = copied / "exercises/02_derive_the_liquidation_price.ipynb"
    exercise = author.read(path)
    answer(exercise, "answer_1 = 0.015 * 600")
    answer(exercise, "answer_2 = 2_000 + (", 1)
    exercise.cells.insert(3, nbformat.v4.new_code_cell("1 / 0"))
    NotebookClient(exercise, allow_errors=True, resources={"metadata": {"path": str(path.parent)}}).execute()
    assert any(output.output_type == "error" for cell in code(exercise) for output in cell.outputs)
    nbformat.write(exercise, path)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-m", READERS_TESTS, "tests/test_notebooks.py", "notebooks", "exercises",
         "tests/test_repository.py"],
        cwd=copied, capture_output=True, text=True,
        env={k: v for k, v in os.environ.items() if "XDIST" not in k and "PYTEST" not in k},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    assert "A reader's copy" in done.stdout and "1 exercise with answers (exercises/02_derive" in done.stdout
