"""The checked program as a process: observed, on a terminal, with a guard between it and us.

The guard (run/guard.py) ends the program and all that it has started as soon as this process is
gone, however that died.
"""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from labservers.checks import remains
from labservers.observe import messages
from labservers.observe.channel import Channel
from labservers.run import guarded
from labservers.run.terminal import Terminal

OBSERVE = Path(guarded.__file__).with_name("observe_file.py")
AT_ONCE_S = 0.5  # then the end of its line ends what is left
END_S = 6.0  # SIGKILL and the guard's clearing up
DRAIN_S = 5.0  # for our threads to read its last words
KEPT = 32 * 1024  # bytes of output: of its head, and of its tail


class Output:
    """What the program prints: its first bytes and its last ones."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._tail = bytearray()

    def add(self, data: bytes) -> None:
        room = KEPT - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        del self._tail[:-KEPT]

    @property
    def text(self) -> str:
        return (self._head + self._tail).decode("utf-8", "replace").replace("\r\n", "\n")


class Process:
    """One run of a program, from its start to its end. `pid` is its own, not its guard's.

    `cache` is a folder for its compiled modules: nothing is left beside them, and its second
    start is quicker. `take` gets each line of the channel, in a thread of ours.
    switch_s: after so long another thread has its turn, where one waits; None: as Python has it.

    Raises:
        OSError: it could not be started.
    """

    def __init__(
        self,
        python: str,
        file: Path,
        arguments: Sequence[str],
        folder: Path,
        cache: str,
        take: Callable[[bytes], None],
        switch_s: float | None = None,
    ) -> None:
        self.output = Output()
        self._take = take
        self._threads: list[threading.Thread] = []
        with contextlib.ExitStack() as undo, contextlib.ExitStack() as passed_on:
            ours, channels = guarded.pair(undo, passed_on)
            self._line, guards = guarded.pair(undo, passed_on)
            self._terminal = Terminal()
            undo.callback(self._terminal.close)
            self._channel = Channel(ours)
            program = [python, str(OBSERVE), "--quiet", "--channel", str(channels.fileno()),
                       "--cache", cache,
                       *(("--switch", str(switch_s)) if switch_s is not None else ()),
                       str(file), *arguments]  # fmt: skip
            with remains.making():
                words = guarded.words(guards, program)
                self._child = self._spawn(words, folder, (channels.fileno(), guards.fileno()))
                guarded.wakes(guards, self._child.pid)
                remains.add(self._kill)
            undo.pop_all()
        try:
            self.pid = self._number()
            for work in (self._read_channel, self._read_terminal):
                self._threads.append(self._start(work))
        except RuntimeError as error:  # no thread for it
            self.end()
            raise OSError(errno.EAGAIN, str(error)) from error
        except BaseException:
            self.end()
            raise

    def _spawn(
        self, words: list[str], folder: Path, descriptors: tuple[int, ...]
    ) -> subprocess.Popen[bytes]:
        theirs = self._terminal.theirs
        try:
            return subprocess.Popen(
                words,
                stdin=theirs,
                stdout=theirs,
                stderr=theirs,
                cwd=folder,
                env={**_without_ours(), "TERM": "dumb"},
                start_new_session=True,
                pass_fds=descriptors,
            )
        finally:
            self._terminal.close_theirs()

    def _number(self) -> int:
        try:
            return guarded.introduced(self._line).pid
        except ValueError as error:
            self._child.kill()
            self._child.wait()
            raise OSError(str(error)) from error

    @property
    def alive(self) -> bool:
        return self._child.poll() is None

    @property
    def returncode(self) -> int | None:
        """As subprocess has it: negative for a signal; None while it runs."""
        return self._child.poll()

    def wait(self, timeout_s: float) -> bool:
        """Whether it has ended within that time."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(max(0.0, timeout_s))
        return not self.alive

    def command(self, command: messages.Command) -> None:
        self._channel.send(messages.encode(command))

    def type(self, data: bytes) -> None:
        """As from the keyboard of its terminal."""
        self._terminal.type(data)

    def interrupt(self) -> None:
        """^C, as the terminal sends it to the job in the foreground."""
        self._terminal.type(b"\x03")

    def end(self) -> None:
        """Kill the program and all that it has started; everything of ours is closed then."""
        if not self._kill(END_S):
            self._child.kill()
            self._child.wait()
        self.drain()
        self._close()

    def _kill(self, within_s: float = AT_ONCE_S) -> bool:
        """A byte on its line has the guard kill all of it; whether all of it is gone in time."""
        with contextlib.suppress(OSError):
            self._line.send(b"K")
        return self.wait(within_s)

    def drain(self, timeout_s: float = DRAIN_S) -> None:
        """The program has ended: wait until its last words are read."""
        self._terminal.end()
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _close(self) -> None:
        remains.discard(self._kill)
        self._channel.close()
        self._line.close()
        self._terminal.close()

    def _start(self, work: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=work, name=f"{work.__name__}-{self.pid}", daemon=True)
        thread.start()
        return thread

    def _read_channel(self) -> None:
        for line in self._channel.lines():
            self._take(line)

    def _read_terminal(self) -> None:
        for data in self._terminal.pieces():
            self.output.add(data)


def _without_ours() -> dict[str, str]:
    names = ("FLASK_", "WERKZEUG_", "SOCKETLAB_", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if not name.startswith(names)}
