"""The library on the lowest versions that its bounds allow: what is promised there must hold there."""

import os
import re
import subprocess
import sys
import tomllib

import pytest
from lab import ROOT
from packaging.requirements import Requirement

# What installs and lints, and what needs JupyterLab or a browser, is tested with the newest versions.
LEFT_OUT = {"ruff", "playwright", "mypy", "jupyterlab"}
NOT_OF_THE_LIBRARY = "book|browser|repository|house|setup_check|figures|progress|oldest"


def lowest():
    """``name==lower bound`` of everything that the library and its tests need."""
    project = tomllib.loads((ROOT / "lib/pyproject.toml").read_text())["project"]
    course = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if not line.startswith("-e")]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"], *course]
    pins = {}
    for requirement in map(Requirement, wanted):
        (low,) = (s.version for s in requirement.specifier if s.operator == ">=")
        if requirement.name not in LEFT_OUT:
            pins[requirement.name] = f"{requirement.name}=={low}"
    return sorted(pins.values())


@pytest.mark.long
@pytest.mark.oldest
def test_the_library_keeps_its_promises_on_the_oldest_versions(tmp_path):
    python = tmp_path / "oldest/bin/python"
    subprocess.run([os.path.realpath(sys._base_executable), "-m", "venv", tmp_path / "oldest"], check=True)
    # ipykernel and ipython are what the widgets need; nothing bounds them here.
    for wanted in ([*lowest(), "ipykernel"], ["--no-deps", "-e", str(ROOT / "lib")]):
        done = subprocess.run([python, "-m", "pip", "install", "-q", *wanted], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]
    files = [path for path in (ROOT / "tests").rglob("test_*.py") if not re.search(NOT_OF_THE_LIBRARY, path.name)]
    env = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH") and "XDIST" not in k}
    options = ["-q", "-c", ".pytest.ini", "-o", "addopts=", "-n", "2", "-m", "not long", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [python, "-m", "pytest", *options, *files],
        cwd=ROOT, capture_output=True, text=True, env=env,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert int(re.search(r"(\d+) passed", done.stdout).group(1)) > 1_000
