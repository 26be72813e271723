"""Reading what was handed in: which exercise, whose, and which cells."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .. import author, questions

_LARGEST = 100_000_000
"""Bytes that a hand-in may have, pictures and all."""
_HINTED = re.compile(r"\.hint\s*\(\s*(\d{1,3})\b")
_MOODLE = re.compile(r"^(.+?)_\d+_assignsubmission_\w+?_")
_CANVAS = re.compile(r"^([^\s./-]+?)(?:_LATE)?_\d{3,}_\d{3,}_")
_CANVAS_ANONYMOUS = re.compile(r"^(?:LATE_)?(anon_[^_]+)_\d+_")
_BLACKBOARD = re.compile(r"^.+_([^_]+)_attempt_\d{4}(?:-\d\d){5}_")
_PLATFORMS = (_MOODLE, _BLACKBOARD, _CANVAS_ANONYMOUS, _CANVAS)


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
    exercise: str = ""
    cells: tuple[str, ...] = ()
    hinted: Mapping[int, int] | None = None
    """How many hints to each question the notebook asks for."""
    untouched: bool = False
    note: str = ""
    fault: str = ""


def read_all(folder: Path, match: str) -> list[HandIn]:
    """Read every notebook below a folder before the first is run, for a run may change what lies beside it.

    ``match`` is a pattern for places below the folder: ``*`` stands for a part of a name, ``**/`` for any folders.
    Notebooks that a mail program or a platform has given a second ending are among them, our own solutions are not.
    """
    wanted = re.compile(re.escape(match).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*"), re.IGNORECASE)
    named = (path for path in _files(folder) if ".ipynb" in path.name.lower() and not path.name.startswith("._"))
    found = sorted((str(path), path) for path in named)
    return [
        _read(path, folder)
        for _, path in found
        if wanted.fullmatch(_spelled(path.relative_to(folder)))
        and ".ipynb_checkpoints" not in path.parts
        and path.parts[-3:-1] != ("exercises", "solutions")
    ]


def _files(folder: Path) -> Iterator[Path]:
    """All that lies below a folder and is no folder; not by recursion, and not through links."""
    todo = [str(folder)]
    while todo:
        try:
            with os.scandir(todo.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(entry.path)
                    else:
                        yield Path(entry.path)
        except OSError:  # it may not be entered, or lies too deep
            continue


def _spelled(path: Path | str) -> str:
    return os.fsencode(str(path)).decode("utf-8", "backslashreplace").replace(os.sep, "/")


def _read(path: Path, folder: Path) -> HandIn:
    file = _spelled(path.relative_to(folder))
    student, page = _whose(file)
    try:
        if path.is_symlink() or not path.is_file():
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
    >>> _whose("all/Exercise_02_ada.e_attempt_2026-11-25-10-00-00_02.ipynb")[0], _whose("anon_aB3_678_02.ipynb")[0]
    ('ada.e', 'anon_aB3')
    >>> _whose("ada/exercises/02.ipynb"), _whose("02.ipynb")
    (('ada', 'ada/feedback'), ('', '02'))
    """
    *folders, name = file.split("/")
    for count, part in enumerate(folders, 1):
        for platform in _PLATFORMS:
            if found := platform.match(f"{part}_"):
                return found[1], "/".join([*folders[:count], "feedback"])
    page = file.removesuffix(".ipynb")
    if found := next(filter(None, (platform.match(name) for platform in _PLATFORMS)), None):
        return found[1], page
    return (folders[0], f"{folders[0]}/feedback") if folders else ("", page)


def _contents(path: Path, file: str) -> dict[str, Any]:
    if path.stat().st_size > _LARGEST:
        raise ValueError(f"it is larger than {_LARGEST // 1_000_000} MB; clear its outputs")
    notebook, mark = _notebook(path.read_bytes())
    code = [text for kind, text in notebook if kind == "code"]
    source = "\n".join(code)
    says, named = _of_name(file.rsplit("/", 1)[-1]), _named(source)
    # A notebook may look at another exercise; where it speaks of two alike, its name decides.
    chosen = says if says and named and named[says] == max(named.values()) else next(iter(named), says)
    if not chosen:
        raise ValueError("neither the notebook nor its name says which exercise it is")
    if not named and not re.search(r"\banswer_\d", source):
        raise ValueError("it names no exercise and holds no answer")
    notes = [f"the file's name says {says}, the notebook {chosen}"] if named and says not in (chosen, None) else []
    notes += [f"it also speaks of {name}" for name in named if name != chosen]
    return {
        "exercise": chosen,
        "cells": tuple(cell for cell in code if cell.strip()),
        "hinted": Counter(int(number) for number in _HINTED.findall(source)),
        "untouched": mark == author.fingerprint(text for _, text in notebook),
        "note": "; ".join(notes),
    }


def _notebook(data: bytes) -> tuple[list[tuple[str, str]], Any]:
    """The kind and source of each cell, of any format so far and where others would refuse it; and the blank's mark."""
    whole = json.loads(data.decode(json.detect_encoding(data)))
    cells = whole.get("cells") if isinstance(whole, dict) else None
    if cells is None and isinstance(whole, dict):  # the format of before 2015
        cells = [cell for sheet in whole.get("worksheets", []) for cell in sheet.get("cells", [])]
    if not isinstance(cells, list) or not cells:
        raise ValueError("it is no notebook: it has no cells")
    found = []
    for cell in cells:
        if isinstance(cell, dict):
            source = cell.get("source", cell.get("input", ""))
            text = "".join(map(str, source)) if isinstance(source, list) else source if isinstance(source, str) else ""
            # Half an emoji, which some editors leave behind, can be sent to nobody.
            found.append((str(cell.get("cell_type")), text.encode("utf-8", "replace").decode()))
    metadata = whole.get("metadata")
    mark = metadata.get(author.MARK) if isinstance(metadata, dict) else None
    return found, mark.get("blank") if isinstance(mark, dict) else None


def _named(source: str) -> Counter[str]:
    """The exercises that a notebook's code speaks of, the one it names most often first."""
    counts = {name: source.count(name) for name in exercises().values() if name in source}
    return Counter(dict(sorted(counts.items(), key=lambda pair: -pair[1])))


def _of_name(name: str) -> str | None:
    """The exercise that a file's name speaks of.

    >>> _of_name("Copy of 02_derive_the_liquidation_price (1).ipynb"), _of_name("exercise 2.ipynb")
    ('02_derive_the_liquidation_price', '02_derive_the_liquidation_price')
    """
    plain = re.sub(r"\W+", "_", name.lower())
    for exercise in exercises().values():
        if exercise.split("_", 1)[1] in plain:
            return exercise
    found = re.match(r"(\d\d)_", plain) or re.search(r"(?<![a-z])(?:exercise|ex|lesson)_*0?(\d{1,2})(?!\d)", plain)
    return exercises().get(found[1].zfill(2)) if found else None
