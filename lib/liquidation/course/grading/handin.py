"""Reading what was handed in: which exercise, whose, and which cells."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import re
import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat

from .. import author, questions

_LARGEST = 100_000_000
"""Bytes that a hand-in may have, pictures and all."""
_NAMED = re.compile(r"""\b(?P<call>Exercise|check)\s*\(\s*(["'])(?P<name>\d\d_\w+)\2""")
_HINTED = re.compile(r"\.hint\s*\(\s*(\d+)")
_MOODLE = re.compile(r"^(.+?)_\d+_assignsubmission_\w+?_")
_CANVAS = re.compile(r"^([^\W_]+)(?:_LATE)?_\d{3,}_\d{3,}_")
_BLACKBOARD = re.compile(r"^.+?_(\w+)_attempt_\d{4}(?:-\d\d){5}_")
_PLATFORMS = (_MOODLE, _CANVAS, _BLACKBOARD)


@cache
def exercises() -> Mapping[str, str]:
    """The exercises there are: two-digit number to full name."""
    modules = {
        m.name: importlib.import_module(f"{questions.__name__}.{m.name}")
        for m in pkgutil.iter_modules(questions.__path__)
    }
    return {module.NUMBER: f"{module.NUMBER}_{name}" for name, module in modules.items()}


@dataclass(frozen=True)
class HandIn:
    """One handed-in file. ``fault`` says why it cannot be graded; then it has no exercise and no cells."""

    file: str
    """Its place below the folder, with ``/``; what the file system cannot spell is replaced."""
    student: str
    page: str
    """Where the student's feedback goes: one place a student, however many share a name."""
    exercise: str | None = None
    cells: tuple[str, ...] = ()
    hinted: Mapping[int, int] | None = None
    """How many hints to each question the notebook asks for."""
    untouched: bool = False
    note: str = ""
    fault: str = ""


def read_all(folder: Path, match: str) -> list[HandIn]:
    """Read every notebook below a folder before the first is run, for a run may change what lies beside it."""
    paths = [path for path in folder.glob(match) if path.suffix == ".ipynb" and ".ipynb_checkpoints" not in path.parts]
    return [_read(path, folder) for path in sorted(paths) if path.is_symlink() or not path.is_dir()]


def _spelled(path: Path | str) -> str:
    return os.fsencode(str(path)).decode("utf-8", "backslashreplace").replace(os.sep, "/")


def _read(path: Path, folder: Path) -> HandIn:
    file = _spelled(path.relative_to(folder))
    student, page = _whose(file)
    try:
        if path.resolve() != folder.resolve() / path.relative_to(folder) or not path.is_file():
            raise ValueError("it is a link, a pipe or the like, not a file of its own")
        return HandIn(file, student, page, **_contents(path, file))
    except Exception as error:  # whatever was handed in: it gets its row
        said = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return HandIn(file, student, page, fault=f"not graded: {said}"[:300])


def _whose(file: str) -> tuple[str, str]:
    """Whose file it is, and where the feedback goes: a learning platform's name for it says so, or the first folder.

    >>> _whose("Ada Example_1234567_assignsubmission_file_/02.ipynb")
    ('Ada Example', 'Ada Example_1234567_assignsubmission_file_/feedback')
    >>> _whose("exampleada_LATE_12345_678901_02_derive_the_liquidation_price.ipynb")
    ('exampleada', 'exampleada_LATE_12345_678901_02_derive_the_liquidation_price')
    >>> _whose("ada/exercises/02.ipynb"), _whose("02.ipynb")
    (('ada', 'ada/feedback'), ('', '02'))
    """
    *folders, name = file.split("/")
    for count, part in enumerate(folders, 1):
        for platform in _PLATFORMS:
            if found := platform.match(f"{part}_"):
                return found[1], "/".join([*folders[:count], "feedback"])
    if folders:
        return folders[0], f"{folders[0]}/feedback"
    page = name.removesuffix(".ipynb")
    return next((found[1] for platform in _PLATFORMS if (found := platform.match(name))), ""), page


def _contents(path: Path, file: str) -> dict:
    if path.stat().st_size > _LARGEST:
        raise ValueError(f"it is larger than {_LARGEST // 1_000_000} MB; clear its outputs")
    data = path.read_bytes()
    text = data.decode(json.detect_encoding(data))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of missing or doubled cell names, which do not matter here
        notebook = nbformat.reads(text, as_version=4)
    cells = tuple(str(cell.source) for cell in notebook.cells if cell.cell_type == "code")
    source = "\n".join(cells)
    says, named = _of_name(file.rsplit("/", 1)[-1]), _named(source)
    if not (exercise := named or says):
        raise ValueError("neither the notebook nor its name says which exercise it is")
    if not named and not re.search(r"\banswer_\d", source):
        raise ValueError("it names no exercise and holds no answer")
    return {
        "exercise": exercise,
        "cells": tuple(cell for cell in cells if cell.strip()),
        "hinted": Counter(int(number) for number in _HINTED.findall(source)),
        "untouched": "blank" in notebook.metadata.get("liquidation", {}) and author.is_untouched(notebook),
        "note": f"the file's name says {says}, the notebook {named}" if named and says not in (named, None) else "",
    }


def _named(source: str) -> str | None:
    """The exercise that a notebook names: in ``Exercise("...")``; without one, most often in ``check("...", 1)``."""
    found = Counter((match["call"], match["name"]) for match in _NAMED.finditer(source))
    known = {key: count for key, count in found.items() if key[1] in exercises().values()}
    chosen = max(known, key=lambda key: (key[0] == "Exercise", known[key]), default=None)
    return chosen[1] if chosen else None


def _of_name(name: str) -> str | None:
    """The exercise that a file's name speaks of.

    >>> _of_name("Copy of 02_derive_the_liquidation_price (1).ipynb"), _of_name("exercise 2.ipynb")
    ('02_derive_the_liquidation_price', '02_derive_the_liquidation_price')
    """
    plain = re.sub(r"\W+", "_", name.lower())
    for exercise in exercises().values():
        if exercise.split("_", 1)[1] in plain:
            return exercise
    found = re.match(r"(\d\d)_", plain) or re.search(r"(?:exercise|ex|lesson)_*0?(\d{1,2})(?!\d)", plain)
    return exercises().get(found[1].zfill(2)) if found else None
