"""Child processes that are gone at the end: own process groups, drained pipes, deadlines."""

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.machine import on_core
from labservers.observe import messages
from labservers.observe.channel import Channel

CHANNEL = "{channel}"  # as a word: the number of the descriptor that the child inherits
ROOT = Path(__file__).resolve().parent.parent
GRACE_S = 3.0
KEPT_LINES = 400
TICKS_PER_S = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100

_alive: "set[Child]" = set()


def surroundings() -> dict[str, str]:
    """Ours, but that modules stay compiled: those of the standard library, and so of the peers,
    are compiled whatever a user has set."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


class Child:
    """A process in a group of its own, pinned to a core, standard input open, output drained.

    The last lines that it wrote are kept, to say why it ended. No method waits without end.
    Where CHANNEL is one of its words it inherits a channel, as under the dashboard: what it
    reports is read and forgotten, and send() commands it.
    """

    def __init__(
        self, words: Sequence[str], *, core: int | None, environment: Mapping[str, str] = {}
    ) -> None:
        self.lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._said = threading.Condition()
        self._ended = False
        ours, theirs = socket.socketpair()
        descriptor = theirs.fileno()
        with theirs, on_core(core):
            self.process = subprocess.Popen(
                [str(descriptor) if word == CHANNEL else word for word in words],
                cwd=ROOT,
                env={**surroundings(), "PYTHONUNBUFFERED": "1", **environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=[descriptor] if CHANNEL in words else [],
            )
        _alive.add(self)
        self._channel = Channel(ours)
        self._readers = [
            threading.Thread(target=self._drain, daemon=True),
            threading.Thread(target=self._forget_messages, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def say(self, line: str) -> None:
        """Write a line to its standard input; one that has gone misses it."""
        assert self.process.stdin is not None
        with contextlib.suppress(OSError, ValueError):
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()

    def no_more(self) -> None:
        """The end of its standard input."""
        assert self.process.stdin is not None
        with contextlib.suppress(OSError):
            self.process.stdin.close()

    def send(self, command: messages.Command) -> None:
        """Command a server of ours; one that has gone misses it."""
        self._channel.send(messages.encode(command))

    def line_with(self, start: str, timeout_s: float) -> str | None:
        """The newest of its kept lines that begins so, waited for; None: none came in time."""
        deadline = time.monotonic() + timeout_s
        with self._said:
            while True:
                for line in reversed(self.lines):
                    if line.startswith(start):
                        return line
                left = deadline - time.monotonic()
                if left <= 0 or self._ended:
                    return None
                self._said.wait(min(left, 0.1))

    def forget_lines(self) -> None:
        with self._said:
            self.lines.clear()

    def last_words(self) -> str:
        """The last thing it said, in one line."""
        said = [line for line in self.lines if line.strip()]
        return said[-1].strip()[:200] if said else "it said nothing"

    def cpu_s(self) -> float:
        """Processor time of its whole group so far, in seconds; 0 where /proc is not."""
        return group_cpu_s(self.pid)

    def cpu_ns(self) -> int:
        """Processor time of its threads so far in nanoseconds (proc(5), schedstat): for turns that
        are too short for cpu_s(), which counts in steps of 10 ms."""
        tasks = Path(f"/proc/{self.pid}/task")
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir())

    def pss_kib(self) -> float:
        """Its memory as the kernel shares it out (proc(5), smaps_rollup), in KiB."""
        text = Path(f"/proc/{self.pid}/smaps_rollup").read_text("ascii")
        return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))

    def stop(self) -> None:
        """End the group: end of input and SIGTERM, then SIGKILL after GRACE_S."""
        if self not in _alive:
            return
        self.no_more()
        self._signal(signal.SIGTERM)
        try:
            self.process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            pass
        finally:
            self._signal(signal.SIGKILL)
            self.process.wait(GRACE_S)
            self._channel.close()
            for reader in self._readers:
                reader.join(GRACE_S)
            _alive.discard(self)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def _forget_messages(self) -> None:
        for _ in self._channel.lines():
            pass

    def _drain(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as pipe:
            for line in pipe:
                with self._said:
                    self.lines.append(line.decode("utf-8", "replace"))
                    self._said.notify_all()
        with self._said:
            self._ended = True
            self._said.notify_all()


def end_all() -> None:
    """End every child that is left, however we came here."""
    for child in list(_alive):
        child.stop()


def group_cpu_s(leader: int) -> float:
    """Processor time of a process group so far, in seconds; 0 where /proc is not."""
    return sum(_cpu_s(pid) for pid in _group(leader))


def _group(leader: int) -> list[int]:
    """Processes of a group, from /proc."""
    found = []
    for entry in os.scandir("/proc") if os.path.isdir("/proc") else ():
        if entry.name.isdigit():
            fields = _stat(int(entry.name))
            if fields and int(fields[2]) == leader:
                found.append(int(entry.name))
    return found


def _cpu_s(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S if fields else 0.0


def _stat(pid: int) -> list[str]:
    """The fields of proc(5) stat after the name, none where the process has gone."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    return []
