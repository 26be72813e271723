"""The set-up check of lesson 00: is everything here, and if not, what to type."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable

from packaging.requirements import Requirement

COURSE_PACKAGES = ("jupyterlab>=4.4,<5", "nbval>=0.11,<0.12")
FIX = "run  pip install -r requirements.txt  at the top of the course's folder, then restart the kernel"


def check_setup(version: Callable[[str], str] = importlib.metadata.version) -> None:
    """Print a line for every package the course needs, with the fix where one is missing or too old or new.

    ``version`` returns a package's installed version and raises ``PackageNotFoundError`` where there is none.
    """
    wanted = [*COURSE_PACKAGES, *(importlib.metadata.requires("liquidation") or ())]
    faults = 0
    for requirement in sorted((Requirement(text) for text in wanted), key=lambda r: r.name):
        if requirement.marker:  # only for the tests
            continue
        try:
            found = version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            said = "is missing"
        else:
            if requirement.specifier.contains(found, prereleases=True):
                print(f"{requirement.name:<14} ok")
                continue
            said = f"is version {found}, the course needs {requirement.specifier}"
        faults += 1
        print(f"{requirement.name:<14} {said}: {FIX}")
    print("Everything is here." if not faults else f"{faults} to mend, see above.")


if __name__ == "__main__":
    check_setup()
