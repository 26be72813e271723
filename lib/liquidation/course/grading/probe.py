"""What sits in a student's kernel and hands the answers out, one at a time, as plain data.

It judges nothing: that is done in the grader's process. It answers a kind of message of its own, signed with the
connection's key, before and beside the student's cells; so neither what a notebook prints nor what it names, replaces
or leaves behind is in its way.
"""

from __future__ import annotations

import signal
import sys
from builtins import (  # noqa: UP029
    BaseException,
    EOFError,
    Exception,
    KeyboardInterrupt,
    callable,
    float,
    hasattr,
    isinstance,
    list,
    str,
    tuple,
    type,
)
from collections.abc import Mapping, Sequence
from typing import Any

from . import values

REQUEST, REPLY = "answer_request", "answer_reply"


def _answer(variables: Mapping[str, Any], number: int, cases: Sequence[Any] | None) -> Any:
    """An answer as plain data; of a function, what it returns in each of the cases."""
    answer = variables.get(f"answer_{number}", ...)
    if cases is None or not callable(answer):
        return values.packed(answer)
    from liquidation.course.question import is_blank

    if is_blank(answer):
        return values.packed(...)
    return ["function", [_returned(answer, case) for case in cases]]


def _returned(function: Any, case: Any) -> Any:
    """What a function returns in a case; where it fails, with which error."""
    try:
        given = function(**{name: values.unpacked(value) for name, value in case.items()})
        given = given.tolist() if hasattr(given, "tolist") else given
        return values.packed(given if given is None or isinstance(given, (list, tuple)) else float(given))
    except EOFError:
        return ["fails", "EOFError", "it asks for input, and nobody is there to type it"]
    except (Exception, SystemExit) as error:
        try:
            said = str(error)[:200]
        except Exception:
            said = "..."
        return ["fails", type(error).__name__[:100], said]


def _mend_streams() -> None:
    """Give back what a cell prints to, if it was closed or thrown away: the kernel itself needs it to go on."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name, None)
        if not hasattr(stream, "flush") or getattr(stream, "closed", False):
            setattr(sys, name, getattr(sys, f"__{name}__"))


def install(memory: int, file: int, core: int | None) -> None:
    """Be ready for requests, and bound memory and files, in bytes, and the core of the machine that is used.

    ``quit()`` and the like end nothing: there is nobody to quit, and the cells after it have answers.
    """
    from IPython import get_ipython

    try:
        import os
        import resource
    except ImportError:  # Windows
        pass
    else:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_FSIZE, (file, file))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if core is not None:  # however many processes it starts, the neighbors have cores of their own
            os.sched_setaffinity(0, {core})
    shell = get_ipython()
    kernel, variables = shell.kernel, shell.user_ns
    shell.ask_exit = lambda: None
    kernel.do_shutdown = lambda restart: {"status": "ok", "restart": restart}
    shell.events.register("post_execute", _mend_streams)

    async def reply(stream: Any, ident: Any, parent: Any) -> None:
        try:
            if hasattr(signal, "setitimer"):  # a student's own alarm is not to ring here
                signal.setitimer(signal.ITIMER_REAL, 0)
            answer = _answer(variables, **parent["content"])
        except KeyboardInterrupt:
            answer = ["unreadable", "it does not come to an end in time."]
        except BaseException as error:
            answer = ["unreadable", f"it ends in {type(error).__name__}."]
        kernel.session.send(stream, REPLY, {"answer": answer}, parent, ident=ident)

    kernel.shell_handlers[REQUEST] = reply
