"""The one module that touches subprocess, with real children."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from dashboard.programs.launch import Command
from dashboard.supervision import process
from dashboard.supervision.process import ServerProcess, child_environment, exit_words
from labservers.observe import messages
from labservers.observe.channel import LINE_LIMIT
from tests.conftest import PATIENCE_S, Heard, runs
from tests.scarcity import few_threads, with_just_enough_descriptors

# `python -m labservers tiny ...` runs the real command line, with one more server in the registry:
# sitecustomize is this module, and PYTHONPATH reaches the child.
REGISTERED = """
import labservers.registry as registry
registry.SERVERS["tiny"] = registry.SERVERS["hello"]._replace(name="tiny", module="tiny_server")
"""
TINY = """
import os, subprocess, sys, threading
from labservers.run.server import LabServer

class Tiny(LabServer):
    def bind(self):
        self._end = threading.Event()
        return "127.0.0.1", 4

    def serve(self):
{work}
        self._end.wait()

    def stop(self):
        self._end.set()

def create(spec, options, monitor):
    return Tiny(spec, options, monitor)
"""


@pytest.fixture
def tiny(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, controlled: Callable[..., Any]
) -> Callable[[str], Any]:
    """tiny("print('hello')"): a server that does this while it serves, really launched."""
    (tmp_path / "sitecustomize.py").write_text(REGISTERED)
    path = os.pathsep.join([str(tmp_path), str(process.PACKAGE_PARENT)])
    monkeypatch.setenv("PYTHONPATH", path)

    def start(work: str) -> Any:
        lines = "".join(f"        {line}\n" for line in work.strip().splitlines())
        (tmp_path / "tiny_server.py").write_text(TINY.replace("{work}\n", lines))
        return controlled("tiny")

    return start


@pytest.fixture
def hello(controlled: Callable[..., Any]) -> Any:
    return controlled("hello")


def obeys(server: Any) -> None:
    """Frames come as often as they are asked for, and Stop ends it."""
    before = server.heard.next(messages.Frame).seq
    server.process.send(messages.Look(20.0, ["rows"]))
    assert server.heard.next(messages.Rows)
    assert server.heard.next(messages.Frame).seq > before
    server.process.send(messages.Stop())
    assert server.heard.exits.get(timeout=30) == 0
    assert "goodbye" in server.heard.logs[-1]


def test_it_says_ready_obeys_and_its_exit_is_told_last(hello: Any) -> None:
    obeys(hello)


PRINTS = """
print("by hand, and half a line:", end=" ")
print("привет")
sys.stderr.write("on standard error\\n")
os.write(1, b"from a library in C: \\xff\\n")
print('{"type":"frame"}')
print('{"type":"stop"}', flush=True)
"""


def test_what_a_server_prints_is_log_and_never_a_message(
    tiny: Callable[[str], Any], eventually: Callable[..., Any]
) -> None:
    server = tiny(PRINTS)
    eventually(lambda: len(server.heard.prints) == 4, "all lines are there")
    assert server.heard.prints == [
        "by hand, and half a line: привет",
        "from a library in C: \ufffd",
        '{"type":"frame"}',
        '{"type":"stop"}',
    ]
    eventually(lambda: "on standard error" in server.heard.logs, "the other stream is there")
    obeys(server)


READS = """
try:
    input("what is typed? ")
except EOFError:
    print("nothing")
print(repr(sys.stdin.read()), flush=True)
"""


def test_what_a_server_reads_is_never_a_command(
    tiny: Callable[[str], Any], eventually: Callable[..., Any]
) -> None:
    server = tiny(READS)
    eventually(lambda: len(server.heard.prints) == 2, "it has read")
    assert server.heard.prints == ["what is typed? nothing", "''"]
    obeys(server)


FLOOD = """
sys.stdout.write("x" * 10_000_000)
sys.stdout.write("\\nnext\\n" + "y\\n" * 2_000)
sys.stdout.flush()
"""


def test_a_flood_on_standard_output_is_cut_and_harms_nothing(
    tiny: Callable[[str], Any], eventually: Callable[..., Any]
) -> None:
    server = tiny(FLOOD)
    eventually(lambda: len(server.heard.prints) == 2_002, "all lines are there")
    assert server.heard.prints[:3] == ["x" * process.LOG_LINE, "next", "y"]
    obeys(server)


GARBAGE = """
descriptor = int(sys.argv[sys.argv.index("--channel") + 1])
blob = b"z" * 10_000_000 + b"\\n" + b"[" * 50_000 + b"\\n" + b"\\xff\\x00\\n" * 100
def write():
    left = memoryview(blob)
    while left:
        left = left[os.write(descriptor, left):]
write()
print("written", flush=True)
"""


def test_garbage_on_the_channel_is_said_in_the_log_and_harms_nothing(
    tiny: Callable[[str], Any], eventually: Callable[..., Any]
) -> None:
    server = tiny(GARBAGE)
    eventually(lambda: server.heard.prints, "it has written")
    eventually(lambda: sum("not of the schema" in line for line in server.heard.logs) >= 102)
    assert max(map(len, server.heard.logs)) < 500
    obeys(server)


GRANDCHILD = """
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], close_fds=False,
                         start_new_session=True)
print(child.pid, flush=True)
"""


def test_the_channel_is_not_passed_on_to_a_grandchild(
    tiny: Callable[[str], Any], eventually: Callable[..., Any]
) -> None:
    server = tiny(GRANDCHILD)
    eventually(lambda: server.heard.prints, "it has a child")
    grandchild = psutil.Process(int(server.heard.prints[0]))

    words = psutil.Process(server.pid).cmdline()
    number = words[words.index("--channel") + 1]

    def held(pid: int) -> dict[str, str]:
        found = {}
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # it has just been closed
                found[link.name] = os.readlink(link)
        return found

    try:
        if Path("/proc/self/fd").is_dir():
            channel = held(server.pid)[number]
            # Popen returns while execve(2) still closes descriptors.
            eventually(lambda: channel not in held(grandchild.pid).values(), "it has none")
        server.process.send(messages.Stop())
        assert server.heard.exits.get(timeout=30) == 0  # though its streams are still held
    finally:
        grandchild.kill()
        eventually(lambda: not runs(grandchild.pid), "it is gone")


def test_the_channel_is_in_no_environment(tiny: Callable[[str], Any]) -> None:
    server = tiny("print(sorted(os.environ), flush=True)")
    obeys(server)
    assert "CHANNEL" not in server.heard.prints[0].upper()


def test_a_child_that_hangs_does_not_hang_what_commands_it(
    hello: Any, eventually: Callable[..., Any]
) -> None:
    os.kill(hello.pid, signal.SIGSTOP)

    def command() -> None:
        for _ in range(20_000):  # far more than a socket holds
            hello.process.send(messages.Look(1.0, []))

    commanding = threading.Thread(target=command, daemon=True)
    commanding.start()
    commanding.join(30)
    hung = commanding.is_alive()
    os.kill(hello.pid, signal.SIGCONT)
    obeys(hello)
    commanding.join(30)
    assert not hung


def test_what_breaks_on_one_message_does_not_silence_the_next(
    hello: Any, eventually: Callable[..., Any]
) -> None:
    def breaks(message: messages.Message) -> None:
        hello.heard.on_message = hello.heard.messages.put
        raise RuntimeError("a fault of the dashboard")

    hello.heard.on_message = breaks
    eventually(lambda: any("a fault of the dashboard" in line for line in hello.heard.logs))
    obeys(hello)


def test_a_killed_child_is_told_with_its_signal(hello: Any) -> None:
    hello.process.kill()
    assert exit_words(hello.heard.exits.get(timeout=30)) == (None, "SIGKILL")


@pytest.mark.parametrize("word", ["0", "99", "x", "-1", "٣"])
def test_a_channel_that_is_not_a_socket_is_one_sentence(
    word: str, capfd: pytest.CaptureFixture[str]
) -> None:
    import subprocess

    words = [sys.executable, "-m", "labservers", "hello", f"--channel={word}"]
    done = subprocess.run(
        words, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_a_child_that_cannot_be_spawned_leaves_no_descriptor() -> None:
    before = psutil.Process().num_fds()
    with pytest.raises(OSError, match="nowhere"):
        ServerProcess(Command(("/nowhere/python", "-m", "hello")), Any)
    assert psutil.Process().num_fds() == before


@pytest.mark.parametrize("terminal", [False, True])
def test_a_child_for_which_there_are_too_few_descriptors_leaves_none(terminal: bool) -> None:
    command, heard = Command((sys.executable, "-c", "input()"), terminal=terminal), Heard()
    child = with_just_enough_descriptors(lambda: ServerProcess(command, heard))
    child.kill()
    assert heard.exits.get(timeout=PATIENCE_S)


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("granted", [0, 1, 2])
def test_a_child_that_no_thread_can_watch_is_not_left_behind(granted: int, terminal: bool) -> None:
    command = Command((sys.executable, "-c", "input()"), terminal=terminal)
    before, others = psutil.Process().num_fds(), set(psutil.Process().children())
    with few_threads(granted), pytest.raises(OSError, match="can't start new thread"):
        ServerProcess(command, Heard())
    assert set(psutil.Process().children()) <= others  # a browser of other tests may be there
    assert psutil.Process().num_fds() <= before


def test_a_child_does_not_inherit_what_is_the_dashboards_own() -> None:
    given: dict[str, Any] = {
        "PATH": "/bin",
        "WERKZEUG_SERVER_FD": "3",
        "FLASK_APP": "dashboard",
        "SOCKETLAB_TOKEN": "secret",
    }
    kept = child_environment(given)
    assert {"PATH", "PYTHONPATH", "PYTHONUNBUFFERED"} == set(kept)


def test_a_thousand_events_fit_into_one_line() -> None:
    sizes = [65_536] * 100
    data = {"room": "я" * 64, "peer": "127.0.0.1:60000", "id": 1, "mode": "line", "sizes": sizes}
    events = [messages.Event(n, 1.7e9, "said", {**data, "seq": n}) for n in range(1_000)]
    assert len(messages.encode(messages.Events(1.7e9, events, 0))) < LINE_LIMIT
