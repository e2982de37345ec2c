"""One child process: the only module that touches subprocess.

The child inherits one end of a channel for messages and commands. Its standard input is empty,
its standard output and error are log lines, so whatever it prints or reads stays its own affair.
We hold the channel's other end: its end tells the child that the dashboard is gone, however it
died. PR_SET_PDEATHSIG would follow the thread that forked, a request's thread, and kill the child
with it. One thread waits for the exit, one reads each stream; all of them end with the child. The
end of a stream is not taken for the exit: a grandchild may hold it.
"""

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Protocol

from dashboard.programs.launch import CHANNEL, Command
from labservers.observe import messages
from labservers.observe.channel import PIECE, Channel, Lines

COMMANDS_KEPT = 64 * 1024  # bytes, for a child that does not read
LOG_LINE = 64 * 1024
DRAIN_S = 1.0
PACKAGE_PARENT = Path(messages.__file__).resolve().parents[2]


class Listener(Protocol):
    """What is notified of the child's life. Calls come from the child's own threads.

    on_log: a line on standard error; on_print: one on standard output.
    """

    def on_message(self, message: messages.Message) -> None: ...
    def on_log(self, line: str) -> None: ...
    def on_print(self, line: str) -> None: ...
    def on_exit(self, returncode: int) -> None: ...


class ServerProcess:
    """A running child, from spawn to exit.

    Raises:
        OSError: it could not be spawned.
    """

    def __init__(self, command: Command, listener: Listener) -> None:
        self._listener = listener
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._child = _spawn(command, theirs)
            except BaseException:
                ours.close()
                raise
        self.pid = self._child.pid
        self._channel = Channel(ours, COMMANDS_KEPT)
        assert self._child.stdout
        assert self._child.stderr
        self._readers = [
            self._thread("channel", self._channel.lines(), self._take_message),
            self._thread("stdout", _lines(self._child.stdout), self._take_print),
            self._thread("stderr", _lines(self._child.stderr), self._take_log),
        ]
        threading.Thread(target=self._wait, name=f"wait-{self.pid}", daemon=True).start()

    def send(self, command: messages.Command) -> None:
        """Pass a command on; a child that is gone or does not read misses it."""
        self._channel.send(messages.encode(command))

    def terminate(self) -> None:
        """SIGTERM to the child."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL to the child's whole group."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self._child.returncode is not None:
            return
        try:
            if number == signal.SIGKILL:
                os.killpg(self.pid, number)
            else:
                self._child.send_signal(number)
        except (ProcessLookupError, PermissionError):
            pass

    def _thread(
        self, name: str, lines: Iterator[bytes], take: Callable[[bytes], None]
    ) -> threading.Thread:
        thread = threading.Thread(
            target=self._read, args=(lines, take), name=f"{name}-{self.pid}", daemon=True
        )
        thread.start()
        return thread

    def _read(self, lines: Iterator[bytes], take: Callable[[bytes], None]) -> None:
        for line in lines:
            try:
                take(line)
            except Exception as error:  # what one line leads to does not silence the next
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
        returncode = self._child.wait()
        for reader in self._readers:
            reader.join(DRAIN_S)
        self._channel.close()
        self._listener.on_exit(returncode)


def _spawn(command: Command, channel: socket.socket) -> subprocess.Popen[bytes]:
    """The child; CHANNEL in its words becomes the number of the descriptor that it inherits."""
    asks = any(CHANNEL in word for word in command.words)
    number = str(channel.fileno())
    return subprocess.Popen(
        [word.replace(CHANNEL, number) for word in command.words],
        cwd=command.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=child_environment(os.environ),
        start_new_session=True,
        pass_fds=[channel.fileno()] if asks else [],
    )


def child_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Ours without what belongs to Flask, Werkzeug (their socket, their reloader) and the
    dashboard (its token)."""
    kept = {
        name: value
        for name, value in environment.items()
        if not name.startswith(("WERKZEUG_", "FLASK_", "SOCKETLAB_"))
    }
    path = [str(PACKAGE_PARENT), *filter(None, [environment.get("PYTHONPATH")])]
    return {**kept, "PYTHONUNBUFFERED": "1", "PYTHONPATH": os.pathsep.join(path)}


def _lines(pipe: IO[bytes]) -> Iterator[bytes]:
    """What comes out of a pipe, line by line, until its end."""
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
