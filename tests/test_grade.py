"""A class hands in its exercises: honest work keeps its marks, whatever the neighbors do."""

import copy
import csv
import html
import io
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import numpy as np
import pytest
import sympy
from lab import ROOT
from liquidation.course.check import Exercise
from liquidation.course.grade import main
from liquidation.course.grading import fence, kernel, values
from liquidation.course.grading.handin import _of_name, _whose, exercises, read_all
from liquidation.course.grading.package import Package
from liquidation.course.question import Outcome

NAME = "02_derive_the_liquidation_price"
SOLVED = nbformat.read(ROOT / f"exercises/solutions/{NAME}.ipynb", 4)
BLANK = nbformat.read(ROOT / f"exercises/{NAME}.ipynb", 4)
HEAD = "def answer_8(side, entry_price, quantity, contract_size, position_margin, maintenance_margin):\n"
PRICE = "    price = entry_price - side * (position_margin - maintenance_margin) / (quantity * contract_size)\n"
FENCED = pytest.mark.skipif(not fence.is_there(), reason="bubblewrap is not installed, or not allowed to work, here")


def notebook(*, base=SOLVED, replace=None, before=(), after=(), without=None):
    """A hand-in: a notebook with cells replaced (by how they begin), added or left out."""
    made = copy.deepcopy(base)
    for cell in made.cells:
        for start, source in (replace or {}).items():
            if cell.cell_type == "code" and cell.source.startswith(start):
                cell.source = source
    if without:
        made.cells = [cell for cell in made.cells if without not in cell.source]
    made.cells[1:1] = [nbformat.v4.new_code_cell(source) for source in before]
    made.cells += [nbformat.v4.new_code_cell(source) for source in after]
    return json.dumps(made).encode()


def as_markdown(start):
    made = copy.deepcopy(SOLVED)
    made.cells = [nbformat.v4.new_markdown_cell(c.source) if c.source.startswith(start) else c for c in made.cells]
    return json.dumps(made).encode()


def odd_metadata():
    made = json.loads(notebook())
    for cell in made["cells"]:
        cell.update(id="same", metadata={"nbgrader": {"grade_id": "x"}})
    kernelspec = {"name": "conda-env-x-py", "display_name": "x", "language": "python"}
    return json.dumps({**made, "nbformat_minor": 99, "metadata": {"kernelspec": kernelspec}}).encode()


def rough():
    """What some tools leave: no metadata, a text without source, a list of lines, and nothing in between."""
    made = json.loads(notebook())
    made["cells"][0].pop("source")
    for cell in made["cells"]:
        cell.pop("metadata")
    return json.dumps({"cells": [*made["cells"], None, {"cell_type": "code", "source": None}], "metadata": 3}).encode()


def of_2014():
    code = [
        {"cell_type": "code", "input": cell.source.splitlines(keepends=True), "outputs": []}
        for cell in SOLVED.cells
        if cell.cell_type == "code"
    ]
    return json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": code}]}).encode()


@dataclass
class Pupil:
    """A hand-in, how many of its answers are right (None: not graded), and what the note has to say."""

    file: str
    content: bytes
    right: int | None
    note: str = ""
    verdicts: dict = field(default_factory=dict)
    """What the feedback says of a question."""


HONEST = [
    Pupil("ada/02.ipynb", notebook(), 9),
    Pupil(
        "prints/02.ipynb",
        notebook(replace={"def answer_8": HEAD + PRICE + '    print("p:", price)\n    return price'}),
        9,
    ),
    Pupil(
        "stdout/02.ipynb",
        notebook(
            before=["import io, sys\nsys.stdout = sys.stderr = io.StringIO()"],
            after=["range = 60; len = 3; print = str = list = json = float = dict = 0\n__builtins__ = {}\n%pprint"],
        ),
        9,
    ),
    Pupil(
        "threads/02.ipynb",
        notebook(after=["import threading\nthreading.Thread(target=lambda: [print(k) for k in range(10**7)]).start()"]),
        9,
    ),
    Pupil("quits/02.ipynb", notebook(before=["quit()"]), 9),
    Pupil("no_checks/02.ipynb", notebook(without="import check"), 9),
    Pupil("metadata/02.ipynb", odd_metadata(), 9),
    Pupil("utf16/02.ipynb", notebook().decode().encode("utf-16"), 9),
    Pupil(
        "replaces/02.ipynb",
        notebook(
            replace={"answer_9": "from enum import Enum\nclass Word(str, Enum):\n    LOW = 'low'\nanswer_9 = Word.LOW"},
            after=["import builtins\nbuiltins.float = None"],
        ),
        9,
    ),
    Pupil("silent/02.ipynb", notebook(before=["import sys\nsys.stdout = None\nsys.stderr.close()", "1"]), 9),
    Pupil("many_notes/02.ipynb", notebook(after=["1 / 0"] * 50), 9, "and 40 notes more"),
    Pupil(
        "deep_right/02.ipynb",
        notebook(
            replace={
                "answer_4": "answer_4 = E * m\nfor k in range(300):\n    answer_4 = -(answer_4 + k) + 0\n"
                "    answer_4 = -answer_4 - k"
            }
        ),
        9,
    ),
    Pupil(
        "digs/02.ipynb",
        notebook(after=["import os\nfor k in range(1_500):\n    os.mkdir('d')\n    os.chdir('d')"]),
        9,
    ),
    Pupil("blank_lines/02.ipynb", notebook(before=["\n" * 100_000 + "%time x = 1"]), 9),
    Pupil("restarts/02.ipynb", notebook(before=["get_ipython().kernel.do_shutdown(True)", "exit(1)"]), 9),
    Pupil(
        "alarm/02.ipynb",
        notebook(
            after=[
                "import signal\ndef late(*a): raise TimeoutError\nsignal.signal(signal.SIGALRM, late)\n"
                "signal.setitimer(signal.ITIMER_REAL, 1, 0.0001)"
            ]
        ),
        9,
    ),
    Pupil("mailed/02.ipynb.txt", notebook(), 9),
    Pupil("LOUD/02.IPYNB", notebook(), 9),
    Pupil("emoji/02.ipynb", notebook(before=["# half an emoji: \ud83d"], after=["print('\ud83d')"]), 9),
    Pupil("rough/02.ipynb", rough(), 9),
    Pupil("of_2014/02.ipynb", of_2014(), 9),
    Pupil("listens/02.ipynb", notebook(before=["get_ipython().events.register('post_run_cell', lambda r: 1 / 0)"]), 9),
]
PARTLY_RIGHT = [
    Pupil("blank/02.ipynb", (ROOT / f"exercises/{NAME}.ipynb").read_bytes(), 0, "", {1: "not attempted"}),
    Pupil("touched/02.ipynb", notebook(base=BLANK, after=["1 + 1"]), 0, "", {1: "not attempted", 8: "not attempted"}),
    Pupil(
        "odd_kinds/02.ipynb",
        notebook(
            replace={
                "answer_1": "import sympy\nx = sympy.Symbol('x')\nanswer_1 = sympy.Poly(x + 9, x)",
                "answer_2": "answer_2 = sympy.rootof(x**5 - x - 1, 0)",
                "answer_9": "answer_9 = x\nfor k in range(60):\n    "
                "answer_9 = sympy.Mul(answer_9, answer_9 + 1, evaluate=False)",
            },
            after=["raise ValueError('a\\0b\\ud800')"],
        ),
        6,
        "cell 21 ended in",
        {9: "a Mul is not one of"},
    ),
    Pupil("huge/02.ipynb", notebook(replace={"answer_6": "answer_6 = 10**400"}), 8, "", {6: "larger than any amount"}),
    Pupil(
        "deep/02.ipynb",
        notebook(replace={"answer_4": "import sympy\nanswer_4 = sympy.Add(*(E**k for k in range(9_000)))"}),
        8,
        "",
        {4: "too long"},
    ),
    Pupil(
        "exits/02.ipynb", notebook(replace={"def answer_8": HEAD + "    raise SystemExit"}), 8, "", {8: "SystemExit"}
    ),
    Pupil(
        "no_return/02.ipynb",
        notebook(replace={"def answer_8": HEAD + PRICE}),
        8,
        "",
        {8: "it returns nothing; end it with return"},
    ),
    Pupil("syntax/02.ipynb", notebook(replace={"answer_2": "answer_2 = ("}), 8, "SyntaxError", {2: "SyntaxError"}),
    Pupil(
        "input/02.ipynb",
        notebook(replace={"answer_1": 'answer_1 = float(input("maintenance margin? "))'}),
        8,
        "cell 2 asks for input",
        {1: "asks for input"},
    ),
    Pupil("markdown/02.ipynb", as_markdown("answer_1"), 8, "", {1: "not attempted"}),
    Pupil(
        "annotated/02.ipynb",
        notebook(
            replace={
                "answer_1": "answer_1: float = 9 / 0",
                "answer_2": "answer_2, answer_3 = 1 / 0, 2_100",
                "answer_3": "pass",
            }
        ),
        6,
        "cell 2 ended in ZeroDivisionError",
        {1: "the cell with your answer ended in ZeroDivisionError", 3: "the cell with your answer ended in Zero"},
    ),
    Pupil(
        "asks_in_function/02.ipynb",
        notebook(replace={"def answer_8": HEAD + "    return float(input())"}),
        8,
        "",
        {8: "it asks for input, and nobody is there"},
    ),
    Pupil(
        "two_in_one/02.ipynb",
        notebook(before=["from liquidation.course.check import Exercise\nExercise('03_climb_the_risk_limit_tiers')"]),
        9,
        "it also speaks of 03_climb_the_risk_limit_tiers",
    ),
    Pupil(
        "another/03_climb_the_risk_limit_tiers.ipynb",
        notebook(),
        9,
        "the file's name says 03_climb_the_risk_limit_tiers, the notebook 02",
    ),
]
NAMES = [
    Pupil(f"Ada Example_1234567_assignsubmission_file_{NAME}.ipynb", notebook(), 9),
    Pupil(f"exampleada_LATE_12345_678901_{NAME}-1.ipynb", notebook(), 9),
    Pupil(f"Exercise 02_ada1_attempt_2026-11-25-10-00-00_{NAME}.ipynb", notebook(), 9),
    Pupil(f"Copy of {NAME} (1).ipynb", notebook(), 9),
    Pupil("exercise 2.ipynb", notebook(), 9),
    *(Pupil(f"{name}/02.ipynb", notebook(), 9) for name in ("Ада", "李雷", "محمد", "אבי", "Ζωή")),
    Pupil('=HYPERLINK("x")/02.ipynb', notebook(), 9),
]
BROKEN = [
    Pupil("text/02.ipynb", b"{not a notebook", None, "not graded"),
    Pupil("empty/02.ipynb", b"", None, "not graded"),
    Pupil("list/02.ipynb", b"[]", None, "not graded"),
    Pupil("binary/02.ipynb", bytes(range(256)), None, "not graded"),
    Pupil("deep_json/02.ipynb", b"[" * 100_000, None, "not graded"),
    Pupil("lesson/02.ipynb", (ROOT / f"notebooks/{NAME}.ipynb").read_bytes(), None, "names no exercise"),
    Pupil("other/notes.ipynb", nbformat.writes(nbformat.v4.new_notebook()).encode(), None, "it has no cells"),
]
SLOW = [
    Pupil(
        "loops/02.ipynb",
        notebook(replace={"answer_2": "answer_2 = 2_000\nwhile answer_2 != 2_070:\n    answer_2 += 0.1"}),
        8,
        "cell 4 did not stop within 20 s",
        {2: "the cell with your answer did not stop within 20 s"},
    ),
    Pupil(
        "loops_in_function/02.ipynb",
        notebook(replace={"def answer_8": HEAD + "    while True:\n        side = -side"}, without='price", 8)'),
        8,
        "",
        {8: "it does not come to an end"},
    ),
    Pupil(
        "prints_for_ever/02.ipynb",
        notebook(replace={"answer_2": "k = 0\nwhile True:\n    print('not yet', k)"}),
        8,
        "cell 4 did not stop",
    ),
    Pupil(
        "obeys_nobody/02.ipynb",
        notebook(
            replace={"answer_2": "while True:\n    try:\n        while True: pass\n    except BaseException: pass"},
        ),
        8,
        "cell 4 ",
    ),
    Pupil(
        "waits_outside/02.ipynb",
        notebook(before=["!sleep 100", "raise KeyboardInterrupt"]),
        9,
        "cell 1 did not stop within",
    ),
    Pupil("sleeps/02.ipynb", notebook(after=["import time\ntime.sleep(19)"] * 100), 9, "longer than 120 s together"),
]
HOSTILE = [
    Pupil("exit/02.ipynb", notebook(after=["import os\nos._exit(0)"]), 9, "cell 21 ended the kernel"),
    Pupil(
        "exit_in_function/02.ipynb",
        notebook(replace={"def answer_8": HEAD + "    import os; os._exit(0)"}, without='price", 8)'),
        8,
        "answer 8 ended the kernel",
    ),
    Pupil(
        "ends_later/02.ipynb",
        notebook(
            before=[
                "import os, threading\nthreading.Timer(0.1, os._exit, [0]).start()",
                "import time\ntime.sleep(0.05)",
            ]
        ),
        9,
        "cell 1 ended the kernel",
    ),
    Pupil(
        "stops_the_loop/02.ipynb",
        notebook(after=["import asyncio\nasyncio.get_running_loop().stop()", "1"]),
        9,
        "cell 21 ended the kernel",
    ),
    Pupil(
        "patched/02.ipynb",
        notebook(
            base=BLANK,
            after=[
                "import liquidation.course.question as k\n"
                'k.Question.judge = lambda self, answer: k.Verdict(k.Outcome.RIGHT, "ok")\n'
                "k.Function.judge = k.Question.judge\nk.is_blank = lambda function: False"
            ],
        ),
        0,
    ),
    Pupil(
        "memory/02.ipynb",
        notebook(replace={"answer_2": "answer_2 = [0] * 10**11"}),
        8,
        "MemoryError",
        {2: "MemoryError"},
    ),
    Pupil(
        "shouts/02.ipynb",
        notebook(
            replace={"answer_2": 'raise ValueError("x" * 10**8)'}, after=["import os\nos.system('yes | head -c 1e9')"]
        ),
        8,
        "cell 4 ended the kernel",
    ),
    Pupil(
        "files/02.ipynb",
        notebook(after=["open('numpy.py', 'w').write('1 / 0')", "open('big', 'wb').write(bytes(2 * 10**8))"]),
        9,
        "OSError",
    ),
    Pupil(
        "home/02.ipynb",
        notebook(
            after=[
                "from pathlib import Path\n"
                "startup = Path.home() / '.ipython/profile_default/startup'\n"
                "startup.mkdir(parents=True)\n(startup / 'evil.py').write_text('answer_1 = 1')"
            ]
        ),
        9,
    ),
]
FENCED_OFF = [
    Pupil(
        "kills/02.ipynb",
        notebook(after=["import os, signal\nos.kill(os.getppid(), 9)", "os.kill(-1, 9)", "os.killpg(0, 9)"]),
        9,
    ),
    Pupil(
        "rewrites/02.ipynb",
        notebook(
            after=["from pathlib import Path", "Path('FOLDER/ada/02.ipynb').write_text('')", "Path('ROOT/x').touch()"]
        ),
        9,
        "cell 22 ended in",
    ),
    Pupil(
        "looks_around/02.ipynb",
        notebook(
            base=BLANK,
            after=[
                "import nbformat\nfor cell in nbformat.read('FOLDER/ada/02.ipynb', 4).cells:\n"
                "    exec(cell.source if cell.cell_type == 'code' else '', globals())",
                "import os, pwd\nos.environ.clear()\nprint(os.listdir(pwd.getpwuid(os.getuid()).pw_dir)[0])",
                "print(os.listdir('/run')[0])",
            ],
        ),
        0,
        "cell 21 ended in FileNotFoundError",
    ),
    Pupil(
        "package/02.ipynb",
        notebook(
            after=["open('INSTALLED/course/question.py', 'a').write('1 / 0')"],
        ),
        9,
        "cell 21 ended in",
    ),
    Pupil(
        "daemon/02.ipynb",
        notebook(
            after=[
                "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(3600)",
                "import socket\nsocket.create_connection(('127.0.0.1', 22), 2)",
            ]
        ),
        9,
        "cell 22 ended in",
    ),
]


OVERWHELMING = notebook(
    before=[
        "kernel = get_ipython().kernel\nold = kernel.session.send\n"
        "def send(stream, kind, content=None, parent=None, ident=None, **more):\n"
        "    if kind == 'execute_reply':\n"
        "        socket = getattr(stream, 'socket', stream)\n"
        "        ids = ident if isinstance(ident, list) else [ident]\n"
        "        for _ in range(200):\n"
        "            socket.send_multipart([*ids, b'<IDS|MSG>'] + [b'x' * 19_000_000] * 12, copy=False)\n"
        "    return old(stream, kind, content, parent, ident=ident, **more)\n"
        "kernel.session.send = send",
        "1",
    ]
)
"""Sends more than there is memory, in pieces that are small enough."""


def hand_in(folder, pupils):
    for pupil in pupils:
        content = pupil.content
        for word, place in {"FOLDER": folder, "ROOT": ROOT, "INSTALLED": Path(kernel.__file__).parents[2]}.items():
            content = content.replace(word.encode() + b"/", f"{place}/".encode())
        path = folder / pupil.file
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "liquidation.course.grade", *map(str, arguments)],
        capture_output=True,
        env={**os.environ, **environment},
    )


def graded(tmp_path, pupils, **environment):
    """Grade a class and hold every row and every page against what was expected."""
    folder, marks, feedback = tmp_path / "class", tmp_path / "marks.csv", tmp_path / "feedback"
    folder.mkdir()
    hand_in(folder, pupils)
    done = run(folder, "--marks", marks, "--feedback", feedback, **environment)
    assert done.returncode == 0 and not done.stdout, done.stderr.decode()
    assert b"graded" in done.stderr and b"changed the installed package" not in done.stderr
    assert marks.read_bytes().startswith(b"\xef\xbb\xbf")  # what spreadsheets know UTF-8 by
    rows = list(csv.DictReader(io.StringIO(marks.read_text("utf-8-sig"))))
    assert len(rows) == len(pupils)
    by_file = {row["file"].lstrip("'"): row for row in rows}
    for pupil in pupils:
        row = by_file[pupil.file]
        told = (pupil.file, row)
        assert row["right"] == ("" if pupil.right is None else str(pupil.right)), told
        assert pupil.note in row["note"] and (pupil.note or not row["note"] or pupil in HOSTILE + FENCED_OFF), told
        assert not row["file"].startswith("=") and not row["student"].startswith("=")
        page = html.unescape((feedback / f"{_whose(pupil.file)[1]}.html").read_text("utf-8"))
        for question, words in pupil.verdicts.items():
            said = re.search(rf"Question {question}:(.*?)</p>", page, re.S)[1]
            assert words in said, (pupil.file, said)
            assert "Hint:" in said
    return rows


def test_a_class_is_graded_file_by_file(tmp_path):
    some = [
        *[p for p in PARTLY_RIGHT if p.file.startswith("odd")],
        HONEST[1],
        HONEST[2],
        HONEST[4],
        HONEST[7],
        PARTLY_RIGHT[0],
        PARTLY_RIGHT[5],
        PARTLY_RIGHT[7],
    ]
    some += [*PARTLY_RIGHT[-4:], NAMES[0], NAMES[6], NAMES[-1], *BROKEN, *HOSTILE[:5]]
    rows = graded(tmp_path, some, PYTHONIOENCODING="ascii", LC_ALL="C", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0")
    assert next(row["student"] for row in rows if row["file"].startswith("Ada")) == "Ada Example"


@pytest.mark.long
@FENCED
def test_a_class_of_all_kinds_keeps_its_marks(tmp_path):
    before = Package.read()
    (tmp_path / "home").mkdir()
    everybody = [*HONEST, *PARTLY_RIGHT, *NAMES, *BROKEN, *SLOW, *HOSTILE, *FENCED_OFF]
    graded(tmp_path, everybody, HOME=str(tmp_path / "home"), IPYTHONDIR="", JUPYTER_RUNTIME_DIR="")
    assert before.changed() == []
    assert not list((tmp_path / "home").rglob("*evil*"))
    assert (tmp_path / "class/ada/02.ipynb").read_bytes() == notebook()
    assert "sleep(3600)" not in subprocess.run(["ps", "ax", "-o", "args"], capture_output=True, text=True).stdout


@pytest.mark.long
def test_whoever_sends_too_much_is_alone_in_it(tmp_path):
    hand_in(tmp_path, [Pupil("ada/02.ipynb", notebook(), 9), Pupil("eve/02.ipynb", OVERWHELMING, None)])
    done = run(tmp_path, "--marks", tmp_path / "marks.csv")
    assert done.returncode == 0
    ada, eve = csv.DictReader(io.StringIO((tmp_path / "marks.csv").read_text("utf-8-sig")))
    assert ada["right"] == "9" and eve["file"] == "eve/02.ipynb"


@pytest.mark.long
def test_without_a_fence_the_marks_are_the_same(tmp_path):
    """Where bubblewrap is missing: each kernel has its own folder, process group, limits and copy of the package."""
    (tmp_path / "bin").mkdir()  # a PATH on which no bubblewrap is
    for name in ("sh", "head", "rm", "yes"):
        (tmp_path / "bin" / name).symlink_to(f"/usr/bin/{name}")
    hostile = [pupil for pupil in HOSTILE if "os.system" not in pupil.content.decode()]
    package = Pupil(
        "package/02.ipynb",
        notebook(after=["import liquidation\nopen(liquidation.__file__, 'w').write('1 / 0')"]),
        9,
    )
    graded(tmp_path, [*HONEST, package, *hostile], PATH=str(tmp_path / "bin"))


def test_what_is_no_file_of_its_own_gets_a_row_too(tmp_path):
    hand_in(tmp_path, [Pupil("ada/02.ipynb", notebook(), 9)])
    (tmp_path / "ben").mkdir()
    (tmp_path / "ben/02.ipynb").symlink_to(tmp_path / "ada/02.ipynb")
    os.mkfifo(tmp_path / "ben/03.ipynb")
    (tmp_path / "cyd").symlink_to(tmp_path / "ada")
    (tmp_path / "dot.ipynb").mkdir()
    (tmp_path / "ada/.ipynb_checkpoints").mkdir()
    (tmp_path / "ada/.ipynb_checkpoints/02.ipynb").write_bytes(notebook())
    read = {handin.file: handin.fault for handin in read_all(tmp_path, "*/*.ipynb")}
    assert read.pop("ada/02.ipynb") == ""
    assert len(read) in (2, 3) and all("a file of its own" in fault for fault in read.values())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["FOLDER"], "holds no notebook"),
        (["FOLDER/nowhere"], "is not a folder"),
        (["FOLDER", "--match", "/x"], "holds no notebook that matches /x"),
        ([], "usage:"),
    ],
)
def test_a_wrong_call_is_explained(arguments, words, tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([argument.replace("FOLDER", str(tmp_path)) for argument in arguments])
    assert stopped.value.code == 2 and words in capsys.readouterr().err


def test_without_a_file_the_marks_come_in_utf_8_whatever_the_console(tmp_path):
    hand_in(tmp_path, [Pupil("李雷/02.ipynb", b"", None)])
    done = run(tmp_path, PYTHONIOENCODING="ascii", LC_ALL="C", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0")
    assert done.returncode == 0 and "李雷/02.ipynb" in done.stdout.decode("utf-8-sig")


def test_a_changed_package_is_noticed(monkeypatch, tmp_path):
    package = Package.read()
    assert package.changed() == []
    package.copy_to(tmp_path)
    monkeypatch.setattr("liquidation.course.grading.package._installed", lambda: tmp_path / "liquidation")
    assert package.changed() == []
    (tmp_path / "liquidation/course/question.py").write_text("")
    (tmp_path / "liquidation/new.py").write_text("")
    assert package.changed() == ["course/question.py", "new.py"]


def test_the_exercise_is_known_by_the_notebook_and_the_name_is_the_fallback(tmp_path):
    assert exercises() == {path.stem[:2]: path.stem for path in (ROOT / "exercises/solutions").glob("*.ipynb")}
    without = nbformat.reads(notebook(without="import check"), 4)
    without.cells = [cell for cell in without.cells if "Exercise(" not in cell.source]
    for name in (f"{NAME}.ipynb", "exercise 2.ipynb", "02.ipynb", "Copy of 02 derive the liquidation price.ipynb"):
        nbformat.write(without, tmp_path / name)
    (tmp_path / "x.ipynb").write_bytes(notebook(without="Exercise("))
    assert {handin.exercise for handin in read_all(tmp_path, "*")} == {NAME}
    assert _of_name("notes.ipynb") is None


@pytest.mark.parametrize(
    "value",
    [None, True, ..., 0, -(10**400), 0.1, float("nan"), float("inf"), "wörd", (48, 200), [1.5], ["a", None]],
)
def test_plain_values_arrive_as_they_were(value):
    there = values.unpacked(json.loads(json.dumps(values.packed(value))))
    assert repr(there) == repr(value) and type(there) is type(value)


def test_other_objects_arrive_as_their_name_text_and_number():
    there = values.unpacked(values.packed(np.float32(1.5)))
    assert type(there).__name__ == "float32" and float(there) == 1.5
    assert type(values.unpacked(values.packed({1: 2}))).__name__ == "dict"
    with pytest.raises(TypeError):
        float(values.unpacked(values.packed({1: 2})))
    assert type(values.unpacked(values.packed([[1]]))[0]).__name__ == "list"


def test_expressions_arrive_unevaluated_and_are_judged_the_same():
    exercise = Exercise(NAME)
    E, L, m = sympy.symbols("E L m")
    tower = E
    for _ in range(60):
        tower = tower + tower**2
    for answer in (
        E * (1 / L - m),
        E / L - m * E,
        E * m / L,
        sympy.Eq(E, L),
        [E],
        tower,
        sympy.Integral(E, E),
        E * sympy.pi * sympy.I + sympy.Float("0.1") + sympy.oo,
        sympy.Function("f")(E),
        sympy.Matrix([E]),
        sympy.Rational(2, 3),
        sympy.zoo,
    ):
        there = values.unpacked(json.loads(json.dumps(values.packed(answer))))
        assert exercise.check(4, there).outcome is exercise.check(4, answer).outcome, answer
        assert exercise.check(4, there).message == exercise.check(4, answer).message, answer
    enormous = ["expression", [["Rational", ["int", "0xa"], ["int", "0x1"]], ["part", "Pow", True, [0, 0]]]]
    for _ in range(5):  # 10 ** 10 ** 10 ...: nobody may work that out
        enormous[1].append(["part", "Pow", True, [0, len(enormous[1]) - 1]])
    assert exercise.check(4, values.unpacked(enormous)).outcome is Outcome.NOT_YET


@pytest.mark.parametrize(
    "data",
    [
        [],
        ["eval", "1"],
        ["constant", "x"],
        ["int", "0x" + "f" * 10**6],
        ["float", "x"],
        ["expression", []],
        ["expression", [["part", "__class__", True, []]] * 10_000],
        ["expression", [["part", "Integer", True, []], ["part", "Add", True, [7]]]],
        ["unreadable", "it is far too long"],
        None,
    ],
)
def test_what_no_probe_sends_is_refused(data):
    with pytest.raises(values.UnreadableError):
        values.unpacked(data)


@pytest.mark.long
def test_nbgrader_takes_the_exercises_as_they_are(tmp_path):
    """A real nbgrader: it hands out our blank, gives the solution full marks, and the blank none."""
    course, packages = tmp_path / "course", tmp_path / "packages"
    subprocess.run([sys.executable, "-m", "venv", packages], check=True)
    subprocess.run([packages / "bin/pip", "install", "-q", "nbgrader>=0.9.5,<0.10", "-e", ROOT / "lib"], check=True)
    subprocess.run([sys.executable, "-m", "liquidation.course.nbgrader", course], check=True, cwd=ROOT)
    environment = {**os.environ, "PATH": f"{packages / 'bin'}:{os.environ['PATH']}", "HOME": str(tmp_path)}

    def nbgrader(*arguments):
        done = subprocess.run(["nbgrader", *arguments], cwd=course, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    for name in (NAME, "06_fill_the_insurance_fund"):
        nbgrader("generate_assignment", name)
        released = nbformat.read(course / f"release/{name}/{name}.ipynb", 4)
        blank = nbformat.read(ROOT / f"exercises/{name}.ipynb", 4)
        given = [cell.source.strip() for cell in released.cells if "answer_" in cell.source.split("=")[0].split("(")[0]]
        assert given == [cell.source for cell in blank.cells if "answer" in cell.metadata.get("tags", [])]
        assert not any("solutions/" in cell.source or "SOLUTION" in cell.source for cell in released.cells)
        for student, notebook_of in (("ada", "source"), ("ben", "release")):
            (course / f"submitted/{student}/{name}").mkdir(parents=True)
            content = (course / f"{notebook_of}/{name}/{name}.ipynb").read_bytes()
            (course / f"submitted/{student}/{name}/{name}.ipynb").write_bytes(content)
        nbgrader("autograde", name)
    nbgrader("export")
    rows = list(csv.DictReader(io.StringIO((course / "grades.csv").read_text())))
    for row in rows:
        questions = len(Exercise(row["assignment"]).questions)
        right = questions if row["student_id"] == "ada" else 0
        assert (float(row["score"]), float(row["max_score"])) == (right, questions)
    assert len(rows) == 4
