"""One child process: the only module that touches subprocess.

The child's standard input is a pipe that we hold open: its end tells the child that the
dashboard is gone, however it died. PR_SET_PDEATHSIG would follow the thread that forked, a
request's thread, and kill the child with it. One thread waits for the exit, one reads each
pipe; all of them end with the child. The end of a pipe is not taken for the exit: a
grandchild may hold it.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol

from labservers.observe import messages

MAX_LINE = 1024 * 1024  # a thousand events in one
PIPES_DRAIN_S = 1.0
PACKAGE_PARENT = Path(messages.__file__).resolve().parents[2]


class Listener(Protocol):
    """Who is told of the child's life. Calls come from the child's own threads."""

    def on_message(self, message: messages.Message) -> None: ...
    def on_log(self, line: str) -> None: ...
    def on_exit(self, returncode: int) -> None: ...


class ServerProcess:
    """A running child, from spawn to exit.

    Raises:
        OSError: it could not be spawned.
    """

    def __init__(self, arguments: Sequence[str], listener: Listener) -> None:
        self._listener = listener
        self._write_lock = threading.Lock()
        self._child = subprocess.Popen(
            [sys.executable, "-m", "labservers", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=child_environment(os.environ),
            start_new_session=True,
            close_fds=True,
        )
        self.pid = self._child.pid
        assert self._child.stdin
        assert self._child.stdout
        assert self._child.stderr
        # A child that hangs must not hang whoever sends it a command.
        os.set_blocking(self._child.stdin.fileno(), False)
        self._readers = [
            self._thread("telemetry", self._child.stdout, self._take_message),
            self._thread("stderr", self._child.stderr, self._take_log),
        ]
        threading.Thread(target=self._wait, name=f"wait-{self.pid}", daemon=True).start()

    def send(self, command: messages.Command) -> None:
        """Pass a command on; a child that is gone or does not read misses it."""
        assert self._child.stdin
        with self._write_lock:
            try:
                os.write(self._child.stdin.fileno(), messages.encode(command))
            except (OSError, ValueError):
                pass

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
        self, name: str, pipe: IO[bytes], take: Callable[[bytes], None]
    ) -> threading.Thread:
        thread = threading.Thread(
            target=_read_lines, args=(pipe, take), name=f"{name}-{self.pid}", daemon=True
        )
        thread.start()
        return thread

    def _take_message(self, line: bytes) -> None:
        try:
            message = messages.decode(line)
        except messages.TelemetryError as error:
            self._listener.on_log(str(error))
            return
        self._listener.on_message(message)

    def _take_log(self, line: bytes) -> None:
        self._listener.on_log(line.decode("utf-8", "replace").rstrip("\r\n"))

    def _wait(self) -> None:
        returncode = self._child.wait()
        for reader in self._readers:
            reader.join(PIPES_DRAIN_S)
        with self._write_lock:
            assert self._child.stdin
            self._child.stdin.close()
        self._listener.on_exit(returncode)


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


def _read_lines(pipe: IO[bytes], take: Callable[[bytes], None]) -> None:
    with pipe:
        while line := pipe.readline(MAX_LINE):
            take(line)


def exit_words(returncode: int) -> tuple[int | None, str | None]:
    """A return code as (exit code, None) or (None, signal name)."""
    if returncode >= 0:
        return returncode, None
    try:
        return None, signal.Signals(-returncode).name
    except ValueError:
        return None, f"signal {-returncode}"
