"""For every test: a patient `eventually`, and a check that nothing is left over."""

import contextlib
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import HealthCheck, settings

from dashboard.programs.launch import CHANNEL, Command
from dashboard.supervision import process
from labservers.observe import messages
from labservers.run import guarded
from tests.measured import MEASURED, MOMENT_S, let_end

settings.register_profile(
    "lab", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("lab")


def pytest_sessionfinish() -> None:
    """A worker of pytest-xdist has 10 s after its last word, and may need more to save."""
    if MEASURED:
        import coverage

        if measuring := coverage.Coverage.current():
            measuring.save()


# The machine may be busy: what takes a tenth of a second takes ten at a load of 70 on two cores.
LEAVE_S = 15.0
PATIENCE_S = 30.0
AGAIN_S = 5.0
ENDS_S = 400.0

if MEASURED:  # a guard without packages is not; nor is it quick
    guarded.PYTHON = (sys.executable, "-I", str(Path(__file__).with_name("measured_guard.py")))
    guarded.SAYS_S = PATIENCE_S


# A program that rests until ^C and loses none: one that comes amid an import, or just before a call
# that waits, is seen after it. Here the signal itself ends the wait (signal.set_wakeup_fd).
RESTS = """
import os, signal
ours, theirs = os.pipe()
os.set_blocking(theirs, False)
signal.set_wakeup_fd(theirs)
print("up")
os.read(ours, 1)
"""


def ended_by(one: subprocess.Popen[bytes], number: int = signal.SIGINT) -> tuple[bytes, bytes]:
    """What a process has said when it has ended by this signal, which is sent once more where it
    had no effect: Python looks for signals between two steps, and sees one that comes just before
    accept() after it."""
    one.send_signal(number)
    with contextlib.suppress(subprocess.TimeoutExpired):
        return one.communicate(timeout=AGAIN_S)
    one.send_signal(number)
    return one.communicate(timeout=PATIENCE_S)


def wait_until(condition: Callable[[], Any], what: str = "", timeout_s: float = PATIENCE_S) -> Any:
    """The first true value of `condition()`; fails the test when there is none in time."""
    deadline = time.monotonic() + timeout_s
    pause = threading.Event()
    while not (value := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"not within {timeout_s} s: {what or condition}")
        pause.wait(0.01)
    return value


@pytest.fixture(name="eventually", scope="session")
def eventually_fixture() -> Callable[..., Any]:
    return wait_until


@pytest.fixture
def need() -> Callable[[str], str]:
    """The path of a program; its absence is a stated skip, and a failure where CI installs it."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            if os.environ.get("CI") == "true":
                pytest.fail(f"no {name} here; CI installs it")
            pytest.skip(f"no {name} here: install it to run this test")
        return path

    return find


def children() -> set[int]:
    """Processes that this one started. The kernel's list (proc_pid_task(5)) costs 0.1 ms."""
    lists = list(Path("/proc/self/task").glob("*/children"))
    if not lists:
        return {child.pid for child in psutil.Process().children()}
    found: set[int] = set()
    for path in lists:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # the thread has ended
            found |= {int(pid) for pid in path.read_text().split()}
    return found


def runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture(autouse=True, scope="session")
def interruptible() -> None:
    """A shell that runs us in the background ignores ^C for us, and a child would inherit that."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def has_an_end() -> Iterator[None]:
    """A test that hangs fails there: nobody waits for it."""

    def hangs(*_: object) -> None:
        raise TimeoutError(f"this test has not ended within {ENDS_S:.0f} s")

    before = signal.signal(signal.SIGALRM, hangs)
    signal.setitimer(signal.ITIMER_REAL, ENDS_S)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Threads and child processes of a test end with it."""
    threads, before = set(threading.enumerate()), children()
    yield

    def left() -> list[object]:
        alive = [t for t in threading.enumerate() if t not in threads and t.is_alive()]
        return [*alive, *(pid for pid in children() - before if runs(pid))]

    deadline = time.monotonic() + LEAVE_S
    pause = threading.Event()
    while left() and time.monotonic() < deadline:
        pause.wait(0.01)
    assert left() == []


class ServerProcess:
    """`python -m labservers NAME ...` as somebody starts it in a shell, its log in `said`."""

    def __init__(self, name: str, *words: str, **options: Any) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "labservers", name, *words],
            cwd=Path(__file__).resolve().parent.parent,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            **options,
        )
        self.said: list[str] = []
        self._listening = threading.Event()
        self._reader = threading.Thread(target=self._read, name=f"log of {name}")
        self._reader.start()
        self.address = ("", 0)

    def wait_for_address(self) -> None:
        assert self._listening.wait(PATIENCE_S), self.said
        found = re.search(r"listening on \[?([^\s\]]+)\]?:(\d+),", self.said[0])
        assert found, self.said
        self.address = found[1], int(found[2])

    @property
    def pid(self) -> int:
        return self.process.pid

    def rss_kib(self) -> int:
        """Resident memory (proc_pid_status(5)); Linux only."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0])

    def stop(self, how: int = signal.SIGTERM) -> int:
        """End it by a signal; its exit code."""
        self.process.send_signal(how)
        return self.process.wait(30)

    def close(self) -> None:
        let_end(self.process)
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait(30)
        self._reader.join(30)

    def _read(self) -> None:
        assert self.process.stderr
        with self.process.stderr as lines:
            for line in lines:
                self.said.append(line)
                self._listening.set()
        self._listening.set()


class Heard:
    """The dashboard's listener to a process: it keeps every message."""

    def __init__(self) -> None:
        self.messages: queue.SimpleQueue[messages.Message] = queue.SimpleQueue()
        self.logs: list[str] = []
        self.prints: list[str] = []
        self.output = b""
        self.exits: queue.SimpleQueue[int] = queue.SimpleQueue()
        self.on_message = self.messages.put
        self.on_log = self.logs.append
        self.on_print = self.prints.append
        self.on_exit = self.exits.put

    def on_output(self, data: bytes) -> None:
        self.output += data

    def next(self, kind: type[Any], timeout_s: float = PATIENCE_S) -> Any:
        """The next message of a kind; those before it are dropped."""
        deadline = time.monotonic() + timeout_s
        while True:
            message = self.messages.get(timeout=max(0.0, deadline - time.monotonic()))
            if isinstance(message, kind):
                return message


class Controlled:
    """A server as the dashboard runs it: `process` to command it, `heard` of it, its address."""

    def __init__(self, *words: str) -> None:
        self.heard = Heard()
        argv = (sys.executable, "-m", "labservers", *words, "--channel", CHANNEL)
        self.process = process.ServerProcess(Command(argv), self.heard)
        ready = self.heard.next(messages.Ready)
        self.address = tuple(ready.listening[0])
        self.pid = self.process.pid


@pytest.fixture
def controlled() -> Iterator[Callable[..., Controlled]]:
    """controlled("chat", "--host", ...): on a free port, killed after the test."""
    running: list[Controlled] = []

    def start(name: str, *words: str) -> Controlled:
        running.append(Controlled(name, "--port", "0", *words))
        return running[-1]

    yield start
    for server in running:
        if MEASURED:
            server.process.terminate()
            with contextlib.suppress(queue.Empty):
                server.heard.exits.get(timeout=MOMENT_S)
        server.process.kill()


@pytest.fixture
def start_server() -> Iterator[Callable[..., ServerProcess]]:
    """start_server("chat", "--host", ...): on a free port, killed after the test."""
    running: list[ServerProcess] = []

    def start(name: str, *words: str, port: int = 0, **options: Any) -> ServerProcess:
        server = ServerProcess(name, "--port", str(port), *words, **options)
        running.append(server)
        server.wait_for_address()
        return server

    yield start
    for server in running:
        server.close()
