"""The repository as a stranger finds it: what is where, what is pinned, and whether the README's commands work."""

import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
import urllib.request

import pytest
import yaml
from conftest import answered_exercises
from lab import ROOT, free_port
from packaging.requirements import Requirement

README = (ROOT / "README.md").read_text()
COMMANDS = re.findall(r"```bash\n(.*?)\n```", README, re.S)
git = pytest.mark.skipif(
    not (ROOT / ".git").exists() or not shutil.which("git"), reason="only in a git checkout, and git is not here"
)


def tracked():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return listed.stdout.splitlines()


@git
def test_the_top_level_is_the_promised_one():
    top = {path.split("/")[0] for path in tracked()}
    visible = {name for name in top if not name.startswith(".")}
    assert visible == {"README.md", "requirements.txt", "notebooks", "lib", "exercises", "tests"}


@git
def test_the_library_is_tracked_although_common_ignore_files_hide_lib():
    ours = {path for path in tracked() if path.startswith("lib/liquidation/")}
    assert {"lib/liquidation/algebra/formula.py", "lib/liquidation/course/check.py"} <= ours
    new = "lib/liquidation/margin/a_new_room.py"
    assert subprocess.run(["git", "check-ignore", "-q", new], cwd=ROOT).returncode == 1, "a new file would be ignored"


@git
def test_nothing_of_this_machine_is_committed():
    for path in tracked():
        if not path.endswith(".png"):
            text = (ROOT / path).read_text()
            assert not re.search(r"/(home|root|work)/\w", text) or path.startswith("tests/"), path
            assert not re.search(r"(index-url|find-links|trusted-host)", text) or path.startswith("tests/"), path


def test_every_requirement_has_a_lower_and_an_upper_bound():
    lines = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if line]
    assert lines.pop() == "-e ./lib"
    course = {r.name: r for r in map(Requirement, lines)}
    assert set(course) == {"jupyterlab", "ipywidgets", "matplotlib", "sympy", "nbval"}
    project = tomllib.loads((ROOT / "lib/pyproject.toml").read_text())
    library = {r.name: r for r in map(Requirement, project["project"]["dependencies"])}
    optional = project["project"]["optional-dependencies"]
    extras = map(Requirement, [*optional["test"], *optional["book"]])
    building = map(Requirement, project["build-system"]["requires"])
    for requirement in [*course.values(), *library.values(), *extras, *building]:
        operators = {specifier.operator for specifier in requirement.specifier}
        assert operators == {">=", "<"}, requirement
    for name in set(course) & set(library):
        assert course[name].specifier == library[name].specifier, "two bounds for one package"


def test_the_code_keeps_its_style():
    ruff = [sys.executable, "-m", "ruff"]
    # A reader's half-written answer is not ours.
    out = [f"--extend-exclude={path.relative_to(ROOT)}" for path in answered_exercises()]
    for command in (["check", ".", *out], ["format", "--check", "lib", "tests"]):
        done = subprocess.run([*ruff, *command], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def test_the_types_are_true(tmp_path):
    """Strict over the wings and the theory, plain over the course; no error is ignored without its reason."""
    mypy = [sys.executable, "-m", "mypy", f"--cache-dir={tmp_path}"]
    done = subprocess.run(mypy, cwd=ROOT / "lib", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]
    for path in (ROOT / "lib").rglob("*.py"):
        for line in path.read_text().splitlines():
            if "type: ignore" in line:
                assert re.search(r"type: ignore\[[\w-]+\]  # \w", line), f"{path.name}: {line}"


def test_the_readme_names_every_lesson_and_its_links_lead_somewhere():
    for lesson in (ROOT / "notebooks").glob("*.ipynb"):
        assert f"(notebooks/{lesson.name})" in README
    for exercise in (ROOT / "exercises").glob("*.ipynb"):
        assert f"(exercises/{exercise.name})" in README
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert "://" in target or (ROOT / target).exists(), target


def test_a_machine_elsewhere_runs_what_is_run_here():
    """The workflow calls .ci/run every week on the oldest and the newest Python; Binder installs requirements.txt."""
    workflow = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text())
    (job,) = workflow["jobs"].values()
    project = tomllib.loads((ROOT / "lib/pyproject.toml").read_text())["project"]
    promised = [c.rpartition(" ")[2] for c in project["classifiers"] if re.search(r":: 3\.\d+$", c)]
    assert job["steps"][-1] == {"run": ".ci/run"} and "schedule" in workflow[True]  # YAML takes the word "on" for true
    assert job["strategy"]["matrix"]["python"] == [promised[0], promised[-1]]
    assert project["requires-python"] == f">={promised[0]}"
    assert (ROOT / ".binder/runtime.txt").read_text().strip().removeprefix("python-") in promised
    (line,) = (ROOT / ".binder/requirements.txt").read_text().splitlines()
    assert (ROOT / ".binder" / line.removeprefix("-r ")).resolve() == ROOT / "requirements.txt"


def test_continuous_integration_runs_the_readmes_test_command():
    assert len(COMMANDS) == 2
    assert COMMANDS[1].strip() in (ROOT / ".ci/run").read_text()


@git
@pytest.mark.fresh
def test_the_readmes_two_commands_work_in_a_fresh_clone(tmp_path):
    """The commands as printed, in a clone with nothing installed; only the last program gets further arguments."""
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", ROOT, clone], check=True)
    # The interpreter that started the tests, not the virtual environment they run in.
    base = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH") and "XDIST" not in k}
    bare = tmp_path / "bin"
    bare.mkdir()
    (bare / "python3").symlink_to(os.path.realpath(sys._base_executable))
    env = {**base, "PATH": f"{bare}:{os.environ['PATH']}", "HOME": str(tmp_path / "home")}

    open_command, test_command = (command.strip() for command in COMMANDS)
    said, port = tmp_path / "said", free_port()
    server = subprocess.Popen(
        ["bash", "-c", f"{open_command} --no-browser --allow-root --port={port} --IdentityProvider.token=fresh "
         f">{said} 2>&1"],
        cwd=clone, env=env, start_new_session=True,
    )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}/api/contents/notebooks/00_start_here.ipynb?token=fresh"
        deadline = time.monotonic() + 300
        while True:
            try:
                assert urllib.request.urlopen(address, timeout=20).status == 200
                break
            except OSError:
                assert server.poll() is None and time.monotonic() < deadline, said.read_text()[-3000:]
                time.sleep(1)
        # The page that opens is lesson 00, and links from it to the exercises stay inside what the server shows.
        assert "/lab/tree/notebooks/00_start_here.ipynb?token=" in said.read_text()
        exercises = f"http://127.0.0.1:{port}/api/contents/exercises?token=fresh"
        assert urllib.request.urlopen(exercises, timeout=20).status == 200
    finally:
        os.killpg(server.pid, 15)
        server.wait(30)

    done = subprocess.run(
        ["bash", "-c", f"{test_command} tests/test_contract.py notebooks exercises/solutions"],
        cwd=clone, env=env, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert re.search(r"\d{2,} passed", done.stdout)
    status = subprocess.run(["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True)
    assert status.stdout == "", "running the commands left files behind"
