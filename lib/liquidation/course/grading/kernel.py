"""Running a hand-in: alone in a fresh folder, within limits, and asked for its answers one by one.

Its outputs are never read, so they cannot fill the grader's memory, nor be mistaken for an answer. A cell that does not
stop is interrupted and the next one run; a cell that ends the kernel is left out and the rest is run anew.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from ..cells import numbers_answered
from . import fence, probe, values
from .package import Package

CELL, CELLS, NOTEBOOK = 20.0, 120.0, 180.0
"""Seconds that a cell, all cells together, and a notebook with its answers may take."""
GRACE, START = 3.0, 60.0
"""Seconds for a cell to obey an interrupt, and for a kernel to start."""
MEMORY, FILE, MESSAGE = 4 * 2**30, 100_000_000, 20_000_000
"""Bytes that a kernel may use, and that a file that it writes and a message of its may have."""


class KernelEndedError(Exception):
    """The kernel ended, or did not obey, while it did something."""


class Answer:
    """What came back for a question: a value, or why there is none (``fault`` ends "not yet, because ...")."""

    def __init__(self, value: Any = ..., fault: str = "") -> None:
        self.value, self.fault = value, fault


class Run:
    """One run of a hand-in's cells, and what is to be said of it."""

    def __init__(self, cells: Sequence[str], package: Package, among: Path) -> None:
        self.cells, self.package, self._among = cells, package, among
        self.notes: dict[str, None] = {}  # in the order in which they came, each once
        self.failed: dict[int, str] = {}
        """Why the cell of a question did not come to its end."""
        self.answers: dict[int, Answer] = {}
        self._ended: set[int] = set()
        self._deadline = 0.0

    def ask(self, wanted: Mapping[int, Sequence[Any] | None]) -> dict[int, Answer]:
        """Run the cells and return the answers to the questions: of functions, in the cases given."""
        self._deadline = time.monotonic() + NOTEBOOK
        while True:
            self._cells_until = min(time.monotonic() + CELLS, self._deadline - CELL)
            with _fresh_folder(self._among) as folder:
                self.package.copy_to(folder / "course")
                kernel = Kernel(folder)
                try:
                    self._run_cells(kernel)
                    self._ask(kernel, wanted)
                    return self.answers
                except KernelEndedError:
                    if time.monotonic() > self._deadline:
                        self._note("its time was over before all answers were in")
                        return self.answers
                finally:
                    kernel.end()

    def _run_cells(self, kernel: Kernel) -> None:
        for number, source in enumerate(self.cells, 1):
            if number in self._ended:
                continue
            left = self._cells_until - time.monotonic()
            if left <= 0:
                self.notes[f"the cells took longer than {CELLS:.0f} s together: from cell {number} on none was run"] = (
                    None
                )
                return
            try:
                reply = kernel.execute(source, min(CELL, left))
            except KernelEndedError:
                self._ended.add(number)
                self._fail(number, "ended the kernel (or did not obey when it was to stop)", "was left out")
                raise
            if reply.get("status") == "error":
                self._fail(number, *_told(reply))
            else:
                for question in numbers_answered(source):
                    self.failed.pop(question, None)

    def _note(self, what: str) -> None:
        self.notes[what] = None

    def _fail(self, number: int, what: str, then: str = "") -> None:
        self._note(f"cell {number} {what}" + (f" and {then}" if then else ""))
        for question in numbers_answered(self.cells[number - 1]):
            self.failed[question] = f"the cell with your answer {what}."

    def _ask(self, kernel: Kernel, wanted: Mapping[int, Sequence[Any] | None]) -> None:
        for question, cases in wanted.items():
            if question in self.answers:
                continue
            left = self._deadline - time.monotonic()
            try:
                if left <= 0:
                    raise KernelEndedError
                self.answers[question] = kernel.answer(question, cases, min(CELL, left))
            except KernelEndedError:
                self.answers[question] = Answer(fault="it ends the kernel, or does not come to an end.")
                self._note(f"answer {question} ended the kernel")
                raise


def _told(reply: Mapping[str, Any]) -> tuple[str, str]:
    name, said = str(reply.get("ename"))[:60], " ".join(str(reply.get("evalue")).split())[:120]
    if name == "KeyboardInterrupt":
        return f"did not stop within {CELL:.0f} s", "was interrupted"
    if name == "StdinNotImplementedError":
        return "asks for input, and nobody is there to type it; write the value into the cell", ""
    return f"ended in {name}: {said}", ""


@contextmanager
def _fresh_folder(among: Path):
    folder = Path(tempfile.mkdtemp(dir=among, prefix=""))
    try:
        for name in ("home", "ipython", "work", "tmp", "course"):
            (folder / name).mkdir()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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

    def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
        """The command, with the fence before it."""
        folder = Path(self.connection_file).parent
        return [*fence.around(folder), *super().format_kernel_cmd(extra_arguments)]


class Kernel:
    """A student's kernel: its own process group, and a channel that only its own messages reach."""

    def __init__(self, folder: Path) -> None:
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
        self._manager.start_kernel(
            cwd=str(folder / "work"),
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._group = getattr(self._manager.provisioner, "pid")  # noqa: B009  (only the local kind has one)
        self._client = self._manager.client(context=context)
        self._client.start_channels(iopub=False, stdin=False, hb=False)
        self._ask("kernel_info_request", {}, START)
        install = f"__import__({probe.__name__!r}, fromlist=['install']).install({MEMORY}, {FILE})"
        said = {"code": "", "silent": True, "user_expressions": {"it": install}}
        if self._ask("execute_request", said, START)["user_expressions"]["it"]["status"] != "ok":
            raise RuntimeError("the kernel cannot be prepared")

    def execute(self, source: str, limit: float) -> Mapping[str, Any]:
        """Run a cell; after the limit it is interrupted. Raises :class:`KernelEndedError`."""
        said = {"code": source, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": False}
        return self._ask("execute_request", said, limit)

    def answer(self, question: int, cases: Sequence[Any] | None, limit: float) -> Answer:
        """Ask for one answer. Raises :class:`KernelEndedError`."""
        data: Any = self._ask(probe.REQUEST, {"number": question, "cases": cases}, limit).get("answer")
        try:
            return Answer(Replay(data[1]) if data[0] == "function" else values.unpacked(data))
        except values.UnreadableError as error:
            return Answer(fault=str(error))
        except Exception:  # whatever came: it was made by a stranger
            return Answer(fault="it cannot be read.")

    def _ask(self, kind: str, content: dict[str, Any], limit: float) -> Mapping[str, Any]:
        request = self._client.session.msg(kind, content)
        try:
            self._client.shell_channel.send(request)
            try:
                return self._reply(request, limit)
            except TimeoutError:
                # By message: a signal would end the fence.
                self._client.control_channel.send(self._client.session.msg("interrupt_request", {}))
                return self._reply(request, GRACE)
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
            os.killpg(self._group, signal.SIGKILL)
        with suppress(Exception):
            self._manager.shutdown_kernel(now=True)
        self._context.destroy(linger=0)


class Replay:
    """In the place of a student's function: returns, case by case, what it has returned in its own kernel."""

    def __init__(self, results: Sequence[Any]) -> None:
        self._results = iter(results)

    def __call__(self, **case: Any) -> Any:
        """Return the next result, or fail as it did there."""
        result = next(self._results)
        if result[0] == "fails":
            raise type(str(result[1])[:100], (Exception,), {})(str(result[2])[:200])
        return values.unpacked(result)
