"""Every example printed in a docstring or in the README gives what it says."""

import doctest
import importlib
import pkgutil
import re

import liquidation
import pytest
from lab import ROOT

MODULES = ["liquidation", *(m.name for m in pkgutil.walk_packages(liquidation.__path__, "liquidation."))]


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_docstring_examples():
    modules = map(importlib.import_module, MODULES)
    assert sum(len(test.examples) for m in modules for test in doctest.DocTestFinder().find(m)) >= 10


def test_readme():
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    example = doctest.DocTestParser().get_doctest(block, {}, "README.md", None, 0)
    assert len(example.examples) == 4
    assert doctest.DocTestRunner().run(example).failed == 0
