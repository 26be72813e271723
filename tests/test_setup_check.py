"""The set-up check of lesson 00: it must name what is missing and what to type."""

import importlib.metadata

from liquidation.course.setup_check import check_setup


def test_everything_is_here(capsys):
    check_setup()
    *lines, last = capsys.readouterr().out.splitlines()
    assert last == "Everything is here." and all(line.endswith(" ok") for line in lines)
    assert [line.split()[0] for line in lines] == sorted(line.split()[0] for line in lines)
    assert {"jupyterlab", "ipywidgets", "matplotlib", "sympy", "nbval"} <= {line.split()[0] for line in lines}


def test_a_missing_and_an_old_package_are_named_with_the_fix(capsys):
    def version(name):
        if name == "sympy":
            raise importlib.metadata.PackageNotFoundError(name)
        return "7.0" if name == "ipywidgets" else importlib.metadata.version(name)

    check_setup(version)
    said = capsys.readouterr().out
    assert "sympy          is missing: run  pip install -r requirements.txt" in said
    assert "ipywidgets     is version 7.0, the course needs <9,>=8.1.5: run  pip install" in said
    assert said.endswith("2 to mend, see above.\n")
