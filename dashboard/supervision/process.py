"""One child process: the only module that touches subprocess.

The child inherits one end of a channel for messages and commands. A server of the lab has an
empty standard input, and its output is log lines. A program of the user has a terminal, so it
prints, reads and is interrupted as in a shell; a guard stands between it and us (run/guard.py),
so that nothing that it starts outlives it. We hold the other ends: their end tells the child that
the dashboard is gone, however it died. A second line wakes a child that is stopped just then.
PR_SET_PDEATHSIG would follow the thread that forked, a request's thread, and take the child with
it.

The child, or its guard, leads a session (setsid(2)). One thread waits for its exit, one reads each
stream; all of them end with the child. The end of a stream is not taken for the exit: a
grandchild may hold it.
"""

import contextlib
import errno
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Protocol

from dashboard.errors import Unsupported
from dashboard.programs.launch import CHANNEL, Command
from dashboard.supervision import session
from labservers.observe import messages
from labservers.observe.channel import PIECE, Channel, Lines
from labservers.run import guarded
from labservers.run.terminal import Terminal

COMMANDS_KEPT = 64 * 1024  # bytes, for a child that does not read
LOG_LINE = 64 * 1024
DRAIN_S = 3.0  # for our readers to come to the end of what a child has said
CLOSED_S = 1.0  # from the end of the line to that of the process
ANSWER_BYTES = 64 * 1024
PACKAGE_PARENT = Path(messages.__file__).resolve().parents[2]


def require_children() -> None:
    """
    Raises:
        Unsupported: a child cannot inherit a socket here.
    """
    if not hasattr(os, "fork"):
        raise Unsupported("the dashboard runs on Linux and macOS", "on Windows start it in WSL2")


class Listener(Protocol):
    """Is notified of the child's life. Calls come from the child's own threads.

    on_log: a line on standard error; on_print: one on standard output; on_output: the
    output of its terminal, as it comes.
    """

    def on_message(self, message: messages.Message) -> None: ...
    def on_log(self, line: str) -> None: ...
    def on_print(self, line: str) -> None: ...
    def on_output(self, data: bytes) -> None: ...
    def on_exit(self, returncode: int) -> None: ...


class ServerProcess:
    """A running child, from spawn to exit. `pid`: of the program, not of its guard. `wholly`:
    nothing that it starts can outlive it.

    Raises:
        OSError: it could not be spawned.
    """

    def __init__(self, command: Command, listener: Listener) -> None:
        self._listener = listener
        with contextlib.ExitStack() as undo, contextlib.ExitStack() as passed_on:
            ours, theirs = guarded.pair(undo, passed_on)
            self._line, guards = guarded.pair(undo, passed_on)
            self._terminal = Terminal() if command.terminal else None
            if self._terminal:
                undo.callback(self._terminal.close)
            self._child = _spawn(command, theirs, guards, self._terminal)
            undo.pop_all()
        self.pid, self.wholly = self._child.pid, True
        self._session = self._child.pid
        self._lock = threading.Lock()  # no signal after the child was reaped
        self._reaped = threading.Event()
        self._observed = CHANNEL in command.words and self._terminal is not None
        self._channel = Channel(ours, COMMANDS_KEPT)
        self._readers: list[threading.Thread] = []
        try:
            if self._terminal:
                self.pid, self._session, self.wholly = guarded.introduced(self._line)
            for name, pieces, take in self._streams():
                self._readers.append(self._start(name, self._read, pieces, take))
            self._start("wait", self._wait)
        except (RuntimeError, ValueError) as error:  # no thread for it, or the guard has ended
            self._undo()
            raise OSError(errno.EAGAIN, str(error)) from error

    def send(self, command: messages.Command) -> None:
        """Pass a command on; a child that is gone or does not read misses it."""
        self._channel.send(messages.encode(command))

    def type(self, data: bytes) -> bool:
        """Bytes as from the keyboard of its terminal; False: it takes no more, or has none."""
        return self._terminal is not None and self._terminal.type(data)

    def interrupt(self) -> None:
        """^C: typed where there is a terminal, a signal elsewhere."""
        if self._terminal is None:
            self._signal(signal.SIGINT)
        else:
            self._terminal.type(b"\x03")

    def terminate(self) -> None:
        """SIGTERM to the child."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL to the child and to all that it has started."""
        with self._lock:
            if self._reaped.is_set():
                return
            if self._terminal is None:
                session.kill_all(self._child.pid)
            else:
                with contextlib.suppress(OSError):  # its guard is at the end as well
                    self._line.send(b"K")

    def _signal(self, number: signal.Signals) -> None:
        with self._lock:
            if not self._reaped.is_set():
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(self._child.pid, number)  # a guard passes it on

    def _streams(self) -> Iterator[tuple[str, Iterable[bytes], Callable[[bytes], None]]]:
        yield "channel", self._messages(), self._take_message
        if self._terminal is not None:
            yield "terminal", self._terminal.pieces(), self._listener.on_output
        for name, pipe, take in (
            ("stdout", self._child.stdout, self._take_print),
            ("stderr", self._child.stderr, self._take_log),
        ):
            if pipe is not None:
                yield name, _lines(pipe), take

    def _messages(self) -> Iterator[bytes]:
        """Those of the process; the last one is ours where it closes the line and lives on."""
        yield from self._channel.lines()
        if self._observed and not self._reaped.wait(CLOSED_S):
            yield messages.encode(messages.Notice(time.time(), messages.LINE_CLOSED, ""))

    def _start(self, name: str, work: Callable[..., None], *values: Any) -> threading.Thread:
        thread = threading.Thread(target=work, args=values, name=f"{name}-{self.pid}", daemon=True)
        thread.start()
        return thread

    def _undo(self) -> None:
        """End a child that cannot be watched."""
        self.kill()
        self._reap()
        self._channel.close()
        self._line.close()
        for reader in self._readers:
            reader.join(DRAIN_S)
        for stream in (self._child.stdout, self._child.stderr, self._terminal):
            if stream is not None:
                stream.close()

    def _read(self, pieces: Iterable[bytes], take: Callable[[bytes], None]) -> None:
        for piece in pieces:
            try:
                take(piece)
            except Exception as error:  # a fault on one line does not silence the next
                self._listener.on_log(f"the dashboard broke on a line of the server: {error!r}")

    def _take_message(self, line: bytes) -> None:
        try:
            message = messages.decode(line)
        except messages.MessageError as error:
            self._listener.on_log(str(error))
            return
        self._listener.on_message(message)
        self._channel.flush()  # commands that the child did not read while it hung

    def _take_print(self, line: bytes) -> None:
        self._listener.on_print(_text(line))

    def _take_log(self, line: bytes) -> None:
        self._listener.on_log(_text(line))

    def _wait(self) -> None:
        returncode = self._reap()
        try:
            if self._terminal is not None:
                self._terminal.end()
            until = time.monotonic() + DRAIN_S
            for reader in self._readers:
                reader.join(max(0.0, until - time.monotonic()))
            self._channel.close()
            self._line.close()
        finally:
            self._listener.on_exit(returncode)

    def _reap(self) -> int:
        """Wait for the end. The rest of the session is killed while the leader's number
        cannot be another process's: before it is reaped. A guard leaves nobody in the program's,
        unless both of its processes were killed; then the members keep that number."""
        if hasattr(os, "waitid"):
            os.waitid(os.P_PID, self._child.pid, os.WEXITED | os.WNOWAIT)
            session.kill_others(self._session)
        else:
            self._child.wait()
        with self._lock:
            self._reaped.set()
            return self._child.wait()


def _spawn(
    command: Command, channel: socket.socket, line: socket.socket, terminal: Terminal | None
) -> subprocess.Popen[bytes]:
    """The child; the first of its words that is CHANNEL becomes the number of the descriptor that
    it inherits. Words that a user has typed come after that."""
    words = list(command.words)
    asks = CHANNEL in words
    if asks:
        words[words.index(CHANNEL)] = str(channel.fileno())
    inherited = [line.fileno(), *([channel.fileno()] if asks else [])]
    given, prints = subprocess.DEVNULL, subprocess.PIPE
    try:
        if terminal:
            _check_executable(words[0])
            words = guarded.words(line, words)
            given = prints = terminal.theirs
        child = subprocess.Popen(
            words,
            stdin=given,
            stdout=prints,
            stderr=prints,
            cwd=command.folder,
            env=child_environment(os.environ, terminal=terminal is not None),
            start_new_session=True,
            pass_fds=inherited,
        )
        guarded.wakes(line, child.pid)
        return child
    finally:
        if terminal:
            terminal.close_theirs()


def _check_executable(path: str) -> None:
    """The error that Popen raises for a program that it runs itself."""
    if not os.access(path, os.X_OK):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)


def child_environment(environment: Mapping[str, str], *, terminal: bool = False) -> dict[str, str]:
    """Ours without the variables of Flask, Werkzeug (their socket, their reloader) and the
    dashboard (its token). A program on a terminal gets nothing else that is ours."""
    kept = {
        name: value
        for name, value in environment.items()
        if not name.startswith(("WERKZEUG_", "FLASK_", "SOCKETLAB_"))
    }
    if terminal:
        return {**kept, "TERM": "xterm-256color"}
    path = [str(PACKAGE_PARENT), *filter(None, [environment.get("PYTHONPATH")])]
    return {**kept, "PYTHONUNBUFFERED": "1", "PYTHONPATH": os.pathsep.join(path)}


def answer_of(words: Sequence[str], given: bytes, timeout_s: float) -> str | None:
    """The output of a short-lived command, given some bytes; None where it fails, or is late."""
    try:
        done = subprocess.run(
            list(words),
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=timeout_s,
            env=child_environment(os.environ, terminal=True),
            start_new_session=True,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout[:ANSWER_BYTES].decode("utf-8", "replace") if done.returncode == 0 else None


def _lines(pipe: IO[bytes]) -> Iterator[bytes]:
    """The lines of a pipe, until its end."""
    lines = Lines(LOG_LINE)
    with pipe:
        while data := os.read(pipe.fileno(), PIECE):
            yield from lines.feed(data)
    yield from lines.end()


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\r")


def exit_words(returncode: int) -> tuple[int | None, str | None]:
    """A return code as (exit code, None) or (None, signal name)."""
    if returncode >= 0:
        return returncode, None
    try:
        return None, signal.Signals(-returncode).name
    except ValueError:
        return None, f"signal {-returncode}"
