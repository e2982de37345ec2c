"""The observation of a program by itself, from its start to its summary."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from types import FrameType
from typing import NamedTuple

from labservers.observe import births, crash, messages, observed, tracebacks
from labservers.observe.channel import Channel
from labservers.observe.controls import out_of_the_way
from labservers.observe.lines import STARTERS, OwnLines
from labservers.observe.locks import Locks, Traced
from labservers.observe.observer import Observer
from labservers.observe.standing import Standing
from labservers.observe.swallowed import Swallowed
from labservers.observe.tap import Tap
from labservers.observe.teller import END_S, Sink, Teller
from labservers.run import children
from labservers.run.json_lines import JsonLines
from labservers.run.line_writer import LineWriter
from labservers.run.trace import Printer

HERE = os.path.dirname(os.path.abspath(__file__))
RATE, BURST = (
    10_000.0,
    8_000.0,
)  # points a second, and at once, where a file or a terminal takes them


class Telling(NamedTuple):
    """The receivers: a file of JSON lines, standard error, the descriptor of a channel.

    child: the file is the parent's, and each printed line names the process.
    """

    json: str | None
    prints: bool
    channel: int | None = None
    child: bool = False


class Observation:
    """The tap, and all that belongs to it, in the process of the program.

    Raises:
        OSError: the file for JSON lines cannot be written.
    """

    def __init__(self, file: str, arguments: list[str], telling: Telling) -> None:
        self._file = os.path.abspath(file)
        self._arguments = arguments
        self._telling = telling
        self._tap = Tap(OwnLines(file))
        self._locks = Locks(self._tap.own, self._waited)
        self._standing = Standing(self._tap, self._locks)
        sinks, self._writers = _sinks(telling)
        self._teller = Teller(self._tap, sinks)
        self._teller.checks.append(self._look_for_a_deadlock)
        self._observer: Observer | None = None
        if telling.channel is not None:
            self._observer = self._observed_by(Channel.inherited(out_of_the_way(telling.channel)))
            sinks.append(self._observer.send)
        self._swallowed = Swallowed(self._tap, self._teller.tell)
        self._teller.checks += [self._swallowed.tell, self._say_lost]
        self._exit_code: int | None = 0
        self._signal: str | None = None
        self._over = False
        if telling.channel is None:
            self._tap.book.rate, self._tap.book.burst = RATE, BURST

    def begin(self) -> None:
        """Tap all that the program will use, before any of its own code runs."""
        starter = str(getattr(sys.modules["__main__"], "__file__", ""))
        STARTERS.update((starter, *(os.path.join(HERE, name) for name in os.listdir(HERE))))
        tracebacks.hide_in_texts(self._swallowed.printed)
        self._locks.install()
        births.watch(self._tap, self._teller.tell, self._crashed, self._swallowed.watch_pools)
        atexit.register(self._end)  # the first to be registered is the last to be called
        children.watch_forks(self._teller.stop, self._teller.start, self._forked)
        if not self._follows:
            children.name_forked(lambda pid: self._unseen(f"child {pid} (forked) is not seen"))
        children.watch_exits(self._leave)
        children.watch_starts(self._unseen, self._following if self._follows else None)
        children.watch_shells(self._unseen)
        children.watch_replacements(self._replaced)
        self._tap.handled = self._swallowed.handled
        self._tap.install()
        self._swallowed.watch()
        self._teller.start()
        self._tell_program()
        if self._observer is not None:
            self._observer.start()

    def ending(self, code: int) -> None:
        """The program ends with this exit code."""
        self._exit_code = code

    def died(self, error: BaseException) -> None:
        """The program ends by this exception. Our own frames lie around the program's: its
        traceback is printed without them."""
        sys.excepthook = tracebacks.hook_prints(sys.excepthook)
        if isinstance(error, KeyboardInterrupt):
            self._exit_code, self._signal = None, "SIGINT"
            return
        self._exit_code = 1
        self._teller.tell(crash.message(error, "MainThread", self._tap, main=True))
        self._teller.flush()
        self._crashed(error)

    def caught(self, error: BaseException) -> None:
        """A file of the program's has caught this one."""
        self._swallowed.caught(error)

    def is_own(self, path: str) -> bool:
        """Whether this file is the program's, or lies beside it."""
        return self._tap.own.name(path) is not None

    def answer_sigquit(self) -> None:
        """^\\ at the terminal says where each thread and task stands: at once, from the main
        thread. On Windows it is Ctrl+Break."""
        name = "SIGQUIT" if hasattr(signal, "SIGQUIT") else "SIGBREAK"
        signal.signal(getattr(signal, name), lambda *_: self._teller.tell(self._standing.look()))

    def _crashed(self, error: BaseException) -> None:
        self._swallowed.not_caught(error)
        frame = crash.own_frame(error, self._tap.own)
        for gate in self._tap.gates:
            gate.crashed(error, frame)

    def _end(self) -> None:
        if self._over:
            return
        self._over = True
        self._swallowed.end()
        self._teller.end()
        self._teller.last_lines()
        self._say_lost()
        self._teller.tell(self._summary())
        self._teller.flush(END_S)
        self._say_lost(at_end=True)
        self._teller.flush(END_S)
        if self._observer is not None:
            self._observer.close()

    def _observed_by(self, channel: Channel) -> Observer:
        return Observer(channel, self._tap, self._standing, self._teller, self._end_by)

    def _end_by(self, signal: str) -> None:
        """This signal is about to end the process, and calls nothing of Python."""
        self._exit_code, self._signal = None, signal
        self._end()

    def _waited(self, lock: Traced, since: float, frame: FrameType) -> None:
        """A thread has waited for a lock, and has it now, or has given up."""
        self._tap.waited("lock", since, frame, lock.name)
        for gate in self._tap.gates:
            gate.after("lock", None, frame, None)

    def _summary(self) -> observed.Summary:
        totals, book = self._tap.totals(), self._tap.book
        return observed.Summary(
            at=self._tap.clock.now(),
            exit_code=self._exit_code,
            signal=self._signal,
            connections=totals.connections,
            bytes_in=totals.bytes_in,
            bytes_out=totals.bytes_out,
            points=totals.points,
            lost=book.lost,
            sockets_left_open=len(self._tap.sockets.open()),
            threads_left=threading.active_count() - 1,
        )

    def _say_lost(self, *, at_end: bool = False) -> None:
        """The file or the terminal has had no room: all receivers are to know."""
        for writer in self._writers:
            text = writer.loss(at_end=at_end)
            if text is not None:
                self._teller.tell(messages.Notice(self._tap.clock.now(), "untold", text))

    def _look_for_a_deadlock(self) -> None:
        for found in self._standing.deadlocks():
            self._teller.tell(found)

    def _tell_program(self) -> None:
        python, now = sys.version.split()[0], self._tap.clock.now()
        self._teller.tell(
            observed.Program(now, os.getpid(), python, self._file, self._arguments, observed.SCHEMA)
        )

    # Children.

    @property
    def _follows(self) -> bool:
        return self._telling.channel is None

    def _forked(self) -> None:
        """This is the child."""
        self._tap.forked()
        self._exit_code, self._signal = 0, None
        if self._follows:
            self._over = False
            for writer in self._writers:
                writer.begin_anew()
            self._teller.forked()
            self._tell_program()
        else:
            self._over = True
            self._tap.remove()
            if self._observer is not None:
                self._observer.forked()

    def _leave(self, status: int) -> None:
        if not self._over:
            self.ending(status)
            self._end()

    def _unseen(self, text: str) -> None:
        self._teller.tell(messages.Notice(self._tap.clock.now(), "child_unseen", text))

    def _replaced(self, command: str) -> None:
        self._unseen(f"process {os.getpid()} becomes another program ({command}) and is not seen")
        self._teller.last_lines()

    def _following(self) -> str:
        """The text of a program that makes a Python observe itself as this one is."""
        entry = os.path.join(HERE, "observe_file.py")
        words = (self._file, self._arguments, self._telling.json, self._telling.prints)
        return f"import runpy; runpy.run_path({entry!r})['follow']{words!r};"


def _sinks(telling: Telling) -> tuple[list[Sink], list[LineWriter]]:
    sinks: list[Sink] = []
    writers: list[LineWriter] = []
    if telling.prints:
        writers.append(LineWriter(out_of_the_way(os.dup(2)), "standard error"))
        sinks.append(Printer.on_standard_error(writers[-1].write, child=telling.child).print)
    if telling.json:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | (0 if telling.child else os.O_TRUNC)
        file = out_of_the_way(os.open(telling.json, flags, 0o644))
        writers.append(LineWriter(file, telling.json))
        sinks.append(JsonLines(writers[-1].write).write)
    return sinks, writers
