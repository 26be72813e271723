"""The house: layers that look downwards only, one typed public door, files that are where the texts say they are."""

import ast
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import liquidation
import nbformat
import pytest
from lab import ROOT

LIBRARY = ROOT / "lib/liquidation"
PAGES = [ROOT / "README.md", *ROOT.glob(".book/*.md"), *ROOT.glob(".github/*.md")]
TEXTS = [*PAGES, *(ROOT / "notebooks").glob("*.ipynb"), *(ROOT / "exercises").rglob("*.ipynb")]


def test_imports_lead_downwards_only():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT / "lib", capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 kept, 0 broken" in done.stdout


def test_the_door_offers_editors_what_it_offers_python():
    """The names under ``TYPE_CHECKING`` are the lazy ones, from the same modules."""
    tree = ast.parse((LIBRARY / "__init__.py").read_text())
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    typed = {
        alias.asname: f"{node.module}.{alias.name}" for node in block.body for alias in node.names
    }  # fmt: skip
    lazy = {**liquidation._MODULES, **{name: f"{module}.{name}" for name, module in liquidation._WHERE.items()}}
    assert typed == lazy
    assert set(liquidation.__all__) == set(lazy)


@pytest.mark.parametrize("name", liquidation.__all__)
def test_every_public_name_comes_through_the_door(name):
    found = getattr(liquidation, name)
    module = liquidation._MODULES.get(name) or liquidation._WHERE[name]
    home = import_module(f"liquidation.{module}")
    assert found is (home if name in liquidation._MODULES else getattr(home, name))


def test_a_name_that_is_not_there_is_refused():
    with pytest.raises(AttributeError, match="no attribute 'liquidate_me'"):
        liquidation.liquidate_me  # noqa: B018 - asking is the test


def test_wings_hold_a_docstring_and_nothing_else():
    for wing in ("algebra", "margin", "odds", "engine", "trader", "course"):
        tree = ast.parse((LIBRARY / wing / "__init__.py").read_text())
        assert ast.get_docstring(tree) and len(tree.body) == 1, wing


def code_and_prose(path):
    """What a text says: the lines that Python reads, and the others."""
    if path.suffix == ".ipynb":
        cells = nbformat.read(path, as_version=4).cells
        return ["\n".join(c.source for c in cells if (c.cell_type == "code") is code) for code in (True, False)]
    text = path.read_text()
    return re.sub("^>>> ", "", "\n".join(re.findall(r"```python\n(.*?)```", text, re.S)), flags=re.M), text


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_texts_import_from_the_door_alone(path):
    """The apparatus in ``liquidation.course`` apart."""
    code, _ = code_and_prose(path)
    for module in re.findall(r"^(?:from|import) (liquidation[\w.]*)", code, re.M):
        assert module == "liquidation" or module.startswith("liquidation.course"), module


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_that_are_named_exist(path):
    """Whole paths from the top; a bare name is that of a file in the folder named last."""
    _, prose = code_and_prose(path)
    folder = None
    for name in re.findall(r"`((?:lib|tests|notebooks|exercises)/[\w./]*|\w+\.py|\w+/)`", prose):
        if "/" in name.rstrip("/"):
            assert (ROOT / name).exists(), name
            folder = ROOT / name if name.endswith("/") else (ROOT / name).parent
        else:
            assert (ROOT / name).exists() or (folder is not None and (folder / name).exists()), name
