"""The installed package, kept safe from those who are graded: each gets a copy of it, taken before the first run."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_NAME = __name__.partition(".")[0]


def _installed() -> Path:
    import liquidation

    return Path(liquidation.__file__).parent


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@dataclass(frozen=True)
class Package:
    """The files of the package as they were when it was read: path to content and time."""

    files: Mapping[str, tuple[bytes, int]]

    @classmethod
    def read(cls) -> Package:
        """Read the installed package."""
        folder = _installed()
        return cls({str(p.relative_to(folder)): (p.read_bytes(), p.stat().st_mtime_ns) for p in _files(folder)})

    def copy_to(self, folder: Path) -> None:
        """Write the package into a folder that is to be on Python's path; times are kept, so that its cache holds."""
        for name, (content, time) in self.files.items():
            path = folder / _NAME / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            os.utime(path, ns=(time, time))

    def changed(self) -> list[str]:
        """The sources of the installed package that are no longer as they were read."""
        folder = _installed()
        then = {name: hashlib.sha256(content).digest() for name, (content, _) in self.files.items()}
        now = {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).digest() for path in _files(folder)}
        names = {name for name in then.keys() | now.keys() if "__pycache__" not in name}
        return sorted(name for name in names if then.get(name) != now.get(name))
