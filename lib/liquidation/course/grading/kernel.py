"""A student's kernel: alone in a fresh folder, behind the fence where there is one, within limits.

Its outputs are never read, so they cannot fill the grader's memory, nor be mistaken for an answer.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from . import fence, probe

GRACE, START = 3.0, 60.0
"""Seconds for a cell to obey an interrupt, and for a kernel to start."""
MEMORY, FILE, MESSAGE = 4 * 2**30, 100_000_000, 20_000_000
"""Bytes that a kernel may use, and that a file that it writes and a message of its may have."""


class KernelEndedError(Exception):
    """The kernel ended, or did not obey, while it did something."""


@contextmanager
def fresh_folder(among: Path) -> Iterator[Path]:
    """A folder for one run of one notebook, among those of others."""
    folder = Path(tempfile.mkdtemp(dir=among, prefix=""))
    try:
        for name in ("home", "ipython", "work", "tmp", "course"):
            (folder / name).mkdir()
        yield folder
    finally:
        remove(folder)


def remove(folder: Path) -> None:
    """Delete a folder, whatever was put into it."""
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except RecursionError:  # it is deeper than Python's stack
        with suppress(OSError):
            subprocess.run(["rm", "-rf", str(folder)], check=False)


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of the grader's own environment but where programs are found."""
    home = folder / "home"
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C.UTF-8",
        "HOME": str(home),
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_CONFIG_DIR": str(home / "jupyter"),
        "JUPYTER_DATA_DIR": str(home / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(home / "jupyter"),
        "MPLCONFIGDIR": str(home / "matplotlib"),
        "TMPDIR": str(folder / "tmp"),
        "PYTHONPATH": str(folder / "course"),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


class _Fenced(KernelManager):
    """Starts a kernel behind the fence."""

    hidden: Sequence[Path] = ()

    def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
        """The command, with the fence before it."""
        folder = Path(self.connection_file).parent
        return [*fence.around(folder, self.hidden), *super().format_kernel_cmd(extra_arguments)]


class Kernel:
    """A student's kernel: its own process group, and a channel that only its own messages reach."""

    def __init__(self, folder: Path, core: int | None, hidden: Sequence[Path]) -> None:
        context = zmq.Context()
        context.setsockopt(zmq.MAXMSGSIZE, MESSAGE)  # what sends a larger one is cut off
        context.setsockopt(zmq.SNDTIMEO, int(1000 * GRACE))
        context.setsockopt(zmq.LINGER, 0)
        self._context = context
        self._manager = _Fenced(
            transport="ipc",  # files in the folder: a port on this machine could not be reached from behind the fence
            ip=str(folder / "channel"),
            kernel_name="python3",
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),  # the grader's own Python, whatever is installed
            connection_file=str(folder / "kernel.json"),
        )
        self._manager.hidden = hidden
        self._manager.start_kernel(
            cwd=str(folder / "work"),
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.group: int = getattr(self._manager.provisioner, "pid")  # noqa: B009  (only the local kind has one)
        self._client = self._manager.client(context=context)
        self._client.start_channels(iopub=False, stdin=False, hb=False)
        self.look()
        install = f"__import__({probe.__name__!r}, fromlist=['install']).install({MEMORY}, {FILE}, {core})"
        said = {"code": "", "silent": True, "user_expressions": {"it": install}}
        reply = self._ask("execute_request", said, START)[0]["user_expressions"]["it"]
        if reply["status"] != "ok":
            raise RuntimeError(f"the kernel cannot be prepared: {reply.get('ename')}: {reply.get('evalue')}")

    def look(self) -> None:
        """See whether it still answers. Raises :class:`KernelEndedError`."""
        self._ask("kernel_info_request", {}, START)

    def execute(self, source: str, limit: float) -> tuple[Mapping[str, Any], bool]:
        """Run a cell; return the reply, and whether it was interrupted. Raises :class:`KernelEndedError`."""
        said = {"code": source, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": False}
        return self._ask("execute_request", said, limit)

    def answer(self, question: int, cases: Sequence[Any] | None, limit: float) -> Any:
        """Ask for one answer, as plain data. Raises :class:`KernelEndedError`."""
        return self._ask(probe.REQUEST, {"number": question, "cases": cases}, limit)[0].get("answer")

    def _ask(self, kind: str, content: dict[str, Any], limit: float) -> tuple[Mapping[str, Any], bool]:
        request = self._client.session.msg(kind, content)
        try:
            self._client.shell_channel.send(request)
            try:
                return self._reply(request, limit), False
            except TimeoutError:
                # By message: a signal would end the fence.
                self._client.control_channel.send(self._client.session.msg("interrupt_request", {}))
                return self._reply(request, GRACE), True
        except (TimeoutError, zmq.ZMQError):
            raise KernelEndedError from None

    def _reply(self, request: Mapping[str, Any], limit: float) -> Mapping[str, Any]:
        until = time.monotonic() + limit
        while (left := until - time.monotonic()) > 0:
            with suppress(Exception):  # nothing within a moment; or a message that is none
                message = self._client.get_shell_msg(timeout=min(0.25, left))
                if message["parent_header"].get("msg_id") == request["header"]["msg_id"]:
                    return message["content"]
                continue
            if not self._manager.is_alive():
                raise KernelEndedError
        raise TimeoutError

    def end(self) -> None:
        """End the kernel and all that its process group has started."""
        self._client.stop_channels()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.group, signal.SIGKILL)
        with suppress(Exception):
            self._manager.shutdown_kernel(now=True)
        self._context.destroy(linger=0)
