"""A fence around a student's kernel, where the machine has one: bubblewrap, a small program that needs no service.

Behind it there is no network, nothing but its own folder can be written, the teacher's home and the other hand-ins
cannot be read, and no process but its own can be seen or ended; and all of them end with it. Without it a hand-in can
do what the teacher's account can.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

_FENCE = [
    *("bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--as-pid-1"),
    *("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"),
]


@cache
def is_there() -> bool:
    """Whether hand-ins can be fenced off here: bubblewrap is installed, and the system lets it work."""
    if shutil.which(_FENCE[0]) is None:
        return False
    return subprocess.run([*_FENCE, "true"], capture_output=True).returncode == 0


def around(folder: Path, hidden: Iterable[Path]) -> list[str]:
    """What to write before a command so that it can write in one folder only; nothing where there is no fence.

    Hidden is what lies beside the folder (it is the neighbors'), the teacher's home, the sockets of the machine's
    services, and what else is given; but not Python, wherever it lives.
    """
    if not is_there():
        return []
    places = [folder.parent, Path("/run"), Path.home(), *hidden]
    away = [word for place in places if place.is_dir() and place != Path("/") for word in ("--tmpfs", str(place))]
    python = [word for place in (sys.base_prefix, sys.prefix) for word in ("--ro-bind", place, place)]
    return [*_FENCE, *away, *python, "--bind", str(folder), str(folder)]
