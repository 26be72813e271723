"""How the property tests search, where extras are found, and what is said of a folder that somebody has used."""

import importlib.util
import os
import subprocess
import sys

import nbformat
import pytest
from hypothesis import Phase, settings
from lab import ROOT
from liquidation.course import author

# The same examples at every run, and no long inquest into a failure.
settings.register_profile(
    "course", derandomize=True, deadline=None, phases=[Phase.explicit, Phase.generate, Phase.shrink], max_examples=60
)
settings.load_profile("course")


@pytest.fixture(scope="session")
def interpreter(tmp_path_factory):
    """Find an interpreter that has an extra of the library: the one that runs, or one in an environment of its own."""

    def find(extra, module):
        if importlib.util.find_spec(module):
            return sys.executable
        place = tmp_path_factory.mktemp(extra)
        subprocess.run([os.path.realpath(sys._base_executable), "-m", "venv", place], check=True)
        pip = [place / "bin/python", "-m", "pip", "install", "-q", "-e", f"{ROOT / 'lib'}[{extra}]"]
        done = subprocess.run(pip, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]
        return place / "bin/python"

    return find


def answered_exercises():
    """The exercises that hold a reader's answers."""
    return [path for path in sorted((ROOT / "exercises").glob("*.ipynb")) if author.answered(author.read(path))]


def saved_notebooks():
    """The notebooks that JupyterLab has saved: it writes more beside the cells than we do."""
    found = []
    for path in sorted([*(ROOT / "notebooks").glob("*.ipynb"), *(ROOT / "exercises").glob("*.ipynb")]):
        metadata = dict(nbformat.read(path, as_version=4).metadata)
        metadata.pop("liquidation", None)
        if metadata != author.METADATA:
            found.append(path)
    return found


def pytest_collection_modifyitems(config, items):
    """Do not execute answers: tests/test_notebooks.py looks at such an exercise with its answers taken out."""
    answered = answered_exercises()
    out = [item for item in items if getattr(item, "path", None) in answered]
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in out]


def pytest_terminal_summary(terminalreporter):
    """Say in one sentence what a reader's copy is."""
    answered, saved = answered_exercises(), saved_notebooks()
    said = []
    for paths, words in ((answered, "with answers"), (saved, "saved by JupyterLab")):
        if paths:
            kind = "exercise" if paths is answered else "notebook"
            names = ", ".join(f"{path.parent.name}/{path.stem}" for path in paths)
            said.append(f"{len(paths)} {kind}{'s' if len(paths) > 1 else ''} {words} ({names})")
    if said:
        terminalreporter.write_line(
            f"A reader's copy: {'; '.join(said)}. Cells and outputs were tested, answers and widget state left out."
        )
