"""A fence around a student's kernel, where the machine has one: bubblewrap, a small program that needs no service.

Behind it there is no network, nothing but its own folder can be written, and no process but its own can be seen or
ended; and all of them end with it. Without it a hand-in can do what the teacher's account can.
"""

from __future__ import annotations

import shutil
import subprocess
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


def around(folder: Path) -> list[str]:
    """What to write before a command so that it can write in one folder only; nothing where there is no fence.

    What lies beside the folder is hidden: it is the neighbors'.
    """
    return [*_FENCE, "--tmpfs", str(folder.parent), "--bind", str(folder), str(folder)] if is_there() else []
