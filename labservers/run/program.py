"""Any Python program, run as if run directly, with a tap on its sockets.

`python -m labservers observe FILE` is `python FILE`, told call by call. The program keeps its
arguments, its folder first on the path, its `__main__`, its traceback and its exit code.
"""

from __future__ import annotations

import argparse
import atexit
import base64
import importlib.machinery
import os
import signal
import sys
import threading
import types
from typing import Any

from labservers.command_line import EXIT_USAGE, Parser, inherited_socket
from labservers.observe import births, crash, messages, tasks, threads
from labservers.observe.channel import Channel
from labservers.observe.lines import STARTERS, OwnLines
from labservers.observe.locks import Locks
from labservers.observe.points import Message, encode, summary
from labservers.observe.tap import Tap
from labservers.observe.teller import Sink, Teller
from labservers.run.trace import Printer


def main(words: list[str]) -> int:
    """Run what the command line names. A SystemExit or an exception of the program leaves."""
    parser = Parser(
        prog="python -m labservers observe",
        description="Run a Python program and say what its sockets do.",
    )
    parser.add_argument("--json", metavar="FILE", help="write it as lines of JSON, too")
    parser.add_argument("--quiet", action="store_true", help="print nothing")
    parser.add_argument("--channel", type=inherited_socket, help=argparse.SUPPRESS)
    parser.add_argument("--threads", action="store_true", help="^\\ says where each thread stands")
    parser.add_argument("file", metavar="FILE", help="the program")
    parser.add_argument("arguments", metavar="ARGUMENT", nargs="...", help="for the program")
    options = parser.parse_args(words)
    try:
        with open(options.file, "rb") as source:
            code = source.read()
        sinks: list[Sink] = [] if options.quiet else [Printer.on_standard_error().print]
        if options.json:
            sinks.append(_json_lines(options.json))
        if options.channel is not None:
            sinks.append(_channel(options.channel))
    except OSError as error:
        print(f"{parser.prog}: cannot open {error.filename}: {error.strerror}", file=sys.stderr)
        return EXIT_USAGE
    observed = Observed(options.file, sinks)
    observed.begin(options.arguments)
    if options.threads:
        signal.signal(signal.SIGQUIT, observed.tell_where_all_stand)
    observed.run(code, options.arguments)
    return 0


def _json_lines(path: str) -> Sink:
    """Whole lines, appended in one write each: a child may write to the same file."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    descriptor = _out_of_the_way(os.open(path, flags, 0o644))
    return lambda told: _write_all(descriptor, encode(told))


def _channel(descriptor: int) -> Sink:
    """To the dashboard; a channel that has no room for it loses the oldest."""
    channel = Channel.inherited(_out_of_the_way(descriptor))

    def send(told: Message) -> None:
        message = _typed(told)
        if message is not None:
            channel.send(messages.encode(message))

    return send


def _typed(told: Message) -> Any:
    """A message of the schema."""
    rest = {key: value for key, value in told.items() if key != "type"}
    for name in ("data", "received"):
        if rest.get(name):
            rest[name] = base64.b64encode(rest[name]).decode("ascii")
    kind, at = told["type"], told["at"]
    if kind == "point":
        return messages.Points(at, [messages.Point(**rest)], 0)
    if kind == "socket":
        return messages.SocketEvents(at, [messages.SocketEvent(**rest)])
    if kind == "thread":
        return messages.ThreadEvents(at, [messages.ThreadEvent(**rest)])
    if kind == "program":
        return messages.Program(**rest)
    if kind == "crash":
        rest["stack"] = [list(one.values()) for one in rest["stack"]]
        return messages.Crash(**rest, main=rest["thread"] == "MainThread")
    if kind == "summary":
        return messages.Summary(**{"exit_code": None, "signal": None, **rest})
    return None


def _out_of_the_way(descriptor: int) -> int:
    """The same file under a high number: the program's own descriptors are as without us."""
    import fcntl

    try:
        moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 500)
    except OSError:  # the limit of descriptors is lower
        return descriptor
    os.close(descriptor)
    return moved


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


class Observed:
    """A program under the tap, from its start to its summary."""

    def __init__(self, file: str, sinks: list[Sink]) -> None:
        self._file = file
        self._tap = Tap(OwnLines(file))
        self._locks = Locks(self._tap.own)
        self._teller = Teller(self._tap, sinks)
        self._teller.checks.append(self._look_for_a_deadlock)
        self._ending: Message = {"exit_code": 0}
        self._over = False

    def begin(self, arguments: list[str]) -> None:
        """Tap all that the program will use, before any of its own code runs."""
        STARTERS.update((__file__, str(getattr(sys.modules["__main__"], "__file__", ""))))
        crash.hide_in_texts()
        self._locks.install()
        births.watch(self._tap, self._teller.tell)
        atexit.register(self._end)  # the first to be registered is the last to be called
        self._follow_children(arguments)
        self._tap.install()
        self._tell_program(arguments)

    def run(self, code: bytes, arguments: list[str]) -> None:
        """Run the program to its end in this thread."""
        path = os.path.abspath(self._file)
        sys.argv = [self._file, *arguments]
        if not getattr(sys.flags, "safe_path", False):
            sys.path.insert(0, os.path.dirname(os.path.realpath(path)))
        module = _main_module(path)
        sys.modules["__main__"] = module
        try:
            exec(compile(code, path, "exec", dont_inherit=True), module.__dict__)
        except SystemExit as left:
            self._ending = {"exit_code": _exit_code(left.code)}
            raise
        except BaseException as error:
            self._died(error)
            raise

    def _died(self, error: BaseException) -> None:
        """Our own frames lie around the program's: its traceback is printed without them."""
        sys.excepthook = crash.hook_prints(sys.excepthook)
        if isinstance(error, KeyboardInterrupt):
            self._ending = {"signal": "SIGINT"}
            return
        self._ending = {"exit_code": 1}
        tap, thread = self._tap, threading.get_ident()
        received = tap.last.get(thread)
        self._teller.tell(crash.told(error, tap.clock.now(), "MainThread", tap.own, received))
        self._teller.flush()

    def _end(self) -> None:
        if self._over:
            return
        self._over = True
        self._teller.stop()
        self._teller.flush()
        left = {
            "sockets_left_open": len(self._tap.sockets.open()),
            "threads_left": threading.active_count() - 1,
        }
        at, counts = self._tap.clock.now(), self._tap.counts()
        self._teller.tell(summary(at, counts, self._teller.told, self._ending, left))
        self._teller.stop()
        self._teller.flush()

    def tell_where_all_stand(self, *_: object) -> None:
        """Each thread, and each suspended task: at once, from the main thread."""
        self._teller.tell(threads.standing(self._tap, self._locks))
        self._teller.tell(tasks.suspended(self._tap.own, self._tap.clock.now()))

    def _look_for_a_deadlock(self) -> None:
        found = self._locks.deadlock()
        if found is not None:
            self._teller.tell(threads.deadlock_message(found, self._tap.clock.now()))

    def _tell_program(self, arguments: list[str]) -> None:
        told: Message = {
            "type": "program",
            "at": self._tap.clock.now(),
            "pid": os.getpid(),
            "python": sys.version.split()[0],
            "file": os.path.abspath(self._file),
            "arguments": arguments,
        }
        self._teller.tell(told)

    def _follow_children(self, arguments: list[str]) -> None:
        """A forked child is told of like its parent; its end may be an os._exit()."""
        if not hasattr(os, "register_at_fork"):
            return
        leave = os._exit

        def _exit(status: int) -> Any:
            if not self._over:
                self._ending = {"exit_code": status}
                self._end()
            leave(status)

        def in_child() -> None:
            self._tap.forked()
            self._teller.forked()
            self._ending, self._over = {"exit_code": 0}, False
            self._tell_program(arguments)

        os._exit = _exit
        os.register_at_fork(before=self._teller.stop, after_in_child=in_child)


def _main_module(path: str) -> types.ModuleType:
    """`__main__` as Python makes it for a file on the command line."""
    module = types.ModuleType("__main__")
    loader: Any = importlib.machinery.SourceFileLoader("__main__", path)
    names = module.__dict__
    names.update(
        __file__=path, __loader__=loader, __spec__=None, __builtins__=sys.modules["builtins"]
    )
    if sys.version_info < (3, 14):
        names["__annotations__"] = {}
    if sys.version_info < (3, 15):
        names["__cached__"] = None
    return module


def _exit_code(code: object) -> int:
    """What the system sees of a SystemExit."""
    if code is None:
        return 0
    return code & 0xFF if isinstance(code, int) else 1
