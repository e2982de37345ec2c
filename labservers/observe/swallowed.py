"""Exceptions that end a task of the program and that its loop has caught: no excepthook sees them.

From Python 3.12 on sys.monitoring says when a generator or coroutine of an own file is left by an
exception; that costs only where one is raised. Before, caught() is called from each `except` of
the program's files (run/handlers.py); of a child that multiprocessing has spawned, two things show
it: a socket that is closed in an `except`, and a traceback that is printed.

A pool of threads keeps the error of a task for whoever asks for its result; often nobody does.
"""

from __future__ import annotations

import functools
import inspect
import sys
import threading
import time
from types import CodeType
from typing import Any, Callable

from . import crash
from .tap import Tap
from .tracebacks import chain

TASK = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
GRACE_S = 0.3  # within it an excepthook shows that the exception was not caught
KEPT = 100
ENDINGS = (GeneratorExit, StopIteration, StopAsyncIteration, KeyboardInterrupt, SystemExit)
TOOL = 4  # of sys.monitoring: neither a debugger's nor a profiler's
MONITORING: Any = getattr(sys, "monitoring", None)


class Swallowed:
    """Crashes that wait for a moment: an excepthook may yet say that nobody has caught them."""

    def __init__(
        self, tap: Tap, tell: Callable[[Any], None], now: Callable[[], float] = time.monotonic
    ) -> None:
        self._tap = tap
        self._tell = tell
        self._now = now
        # By the id() of the exception, which another one has when it is gone: its marks, since
        # when, and the message.
        self._waiting: dict[int, tuple[Any, float, Any]] = {}
        self._told: dict[int, float] = {}

    def watch(self) -> None:
        """See all that can be seen by this Python."""
        if MONITORING is not None and MONITORING.get_tool(TOOL) is None:
            MONITORING.use_tool_id(TOOL, "socket lab")
            MONITORING.register_callback(TOOL, MONITORING.events.PY_UNWIND, self._unwound)
            MONITORING.set_events(TOOL, MONITORING.events.PY_UNWIND)

    def watch_pools(self) -> None:
        """The program may have loaded pools of threads since the last call."""
        futures: Any = sys.modules.get("concurrent.futures._base")
        future = getattr(futures, "Future", None)
        if future is None or hasattr(future.set_exception, "__wrapped__"):
            return
        original = future.set_exception

        @functools.wraps(original)
        def set_exception(kept: Any, exception: Any) -> Any:
            if exception is sys.exc_info()[1]:
                self._kept(exception)
            return original(kept, exception)

        future.set_exception = set_exception

    def handled(self, error: BaseException | None) -> None:
        """This exception is being handled, in the thread that calls this."""
        if error is not None and self._left_a_task(error):
            self._add(error)

    def caught(self, error: BaseException) -> None:
        """The program catches this one, in the thread that calls this: one that has left a task is
        its loop's, where no other task has caught it."""
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            catches, trace = trace.tb_frame.f_code, trace.tb_next
            left = trace.tb_frame.f_code
            own = left.co_flags & TASK and self._tap.own.name(left.co_filename) is not None
            if own and not catches.co_flags & TASK:
                self._add(error)
                return

    def printed(self, error: BaseException) -> None:
        """The program prints the traceback of this one."""
        if self._tap.own.name(_innermost(error)) is not None or self._left_a_task(error):
            self._add(error)

    def not_caught(self, error: BaseException) -> None:
        """An excepthook has got it, and prints those that led to it as well."""
        for one in chain(error):
            self._waiting.pop(id(one), None)
            self._told[id(one)] = self._now()

    def tell(self) -> None:
        """Tell of those that were caught; called once in a while, and at the end."""
        now = self._now()
        for key, (_, since, message) in list(self._waiting.items()):
            if now - since > GRACE_S and key in self._waiting:
                del self._waiting[key]
                self._tell(message)
        for key, since in list(self._told.items()):
            if now - since > GRACE_S:
                self._told.pop(key, None)

    def end(self) -> None:
        """The program is over: what waits was caught."""
        waiting, self._waiting = self._waiting, {}
        for _, _, message in waiting.values():
            self._tell(message)

    def _unwound(self, code: CodeType, instruction: int, error: BaseException) -> None:
        """sys.monitoring: an exception leaves a frame."""
        own = code.co_flags & TASK and self._tap.own.name(code.co_filename) is not None
        if own and not isinstance(error, ENDINGS):
            resumer = sys._getframe(1).f_back
            if resumer is None or not resumer.f_code.co_flags & TASK:
                self._add(error)

    def _kept(self, error: BaseException | None) -> None:
        """A pool keeps the error of a task, in the thread that has run it."""
        if error is not None and crash.own_frame(error, self._tap.own) is not None:
            self._add(error)

    def _left_a_task(self, error: BaseException) -> bool:
        """Whether it has ended a generator: its frame is not the one that handles it."""
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
            code = trace.tb_frame.f_code
            if code.co_flags & TASK and self._tap.own.name(code.co_filename) is not None:
                return True
        return False

    def _add(self, error: BaseException) -> None:
        key, marks = id(error), _marks(error)
        known, _, earlier = self._waiting.get(key, (None, 0.0, None))
        if known == marks or key in self._told or isinstance(error, ENDINGS):
            return
        if earlier is not None:  # it is gone, so no excepthook will get it
            del self._waiting[key]
            self._tell(earlier)
        if len(self._waiting) < KEPT:
            name = threading.current_thread().name
            message = crash.message(error, name, self._tap, main=False, swallowed=True)
            self._waiting[key] = (marks, self._now(), message)


def _marks(error: BaseException) -> Any:
    """What another exception in its place would not have; it keeps none of its values."""
    return type(error), tuple(map(id, error.args))


def _innermost(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace.tb_frame.f_code.co_filename if trace is not None else ""
