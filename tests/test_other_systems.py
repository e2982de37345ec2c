"""Other systems, as far as this one can stand in for them (other_system.py): a Mac runs all of it by
kqueue, and Windows runs what it can, and says the rest in a sentence."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from dashboard.programs.catalogue import catalogue
from labservers.run import guarded
from labservers.run.terminal import Terminal
from tests.conftest import runs

ROOT = Path(__file__).resolve().parent.parent
OTHER_SYSTEM = [sys.executable, str(ROOT / "tests/other_system.py")]


def run(system: str, *words: str) -> tuple[int, str]:
    """The exit code, and all that was printed."""
    done = subprocess.run(
        [*OTHER_SYSTEM, system, *words], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True,
        timeout=60,
    )  # fmt: skip
    return done.returncode, (done.stdout + done.stderr).decode()


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_every_module_can_be_imported(system: str) -> None:
    code, said = run(system, "tests/every_module.py")
    assert (code, said.split()[0]) == (0, system)
    assert int(said.split()[1]) > 200


Serve = Callable[..., tuple[str, int]]


@pytest.fixture
def on_a_mac(tmp_path: Path) -> Iterator[Serve]:
    """on_a_mac("chat", ...): the address of a server that runs there."""
    with ExitStack() as stack:

        def serve(*words: str) -> tuple[str, int]:
            command = [*OTHER_SYSTEM, "darwin", "-m", "labservers", *words, "--port", "0"]
            server = stack.enter_context(
                subprocess.Popen(
                    [*command, "--data-dir", str(tmp_path)],
                    cwd=ROOT,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            stack.callback(server.terminate)
            assert server.stderr
            found = re.search(r"listening on ([0-9.]+):([0-9]+),", line := server.stderr.readline())
            assert found, line
            return found[1], int(found[2])

        yield serve


@pytest.mark.parametrize("name", ["hello", "hypotenuse", "page", "chat"])
def test_a_mac_runs_the_servers(on_a_mac: Serve, name: str) -> None:
    check = catalogue()[name].check
    assert check
    check(*on_a_mac(name), 10)


@pytest.mark.parametrize("selector", ["kqueue", "poll", "select"])
def test_a_mac_has_event_loops_of_three_kinds(on_a_mac: Serve, selector: str) -> None:
    place = on_a_mac("subjects", "--selector", selector)
    check = catalogue()["subjects"].check
    assert check
    check(*place, 10)
    body = b"subject=Networks&grade=5"
    head = b"POST /subjects/1 HTTP/1.1\r\nHost: lab\r\nContent-Length: %d\r\n" % len(body)
    form = b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    with socket.create_connection(place, 30) as client:
        for _ in range(3):  # on one connection, each in two parts
            client.sendall(head)
            client.sendall(form + body)
            assert client.recv(65_536).startswith(b"HTTP/1.1 ")


def test_a_mac_has_no_epoll_and_says_so() -> None:
    code, said = run("darwin", "-m", "labservers", "subjects", "--selector", "epoll")
    assert (code, "'epoll' (choose from" in said) == (2, True)


DAEMON = """
import os, signal, subprocess, sys, time
rests = [sys.executable, "-c", "import signal; signal.pause()"]
child = subprocess.Popen(rests, start_new_session=True)
if not os.fork():
    os.setsid()
    parent = os.getpid()
    if not os.fork():
        while os.getppid() == parent:
            time.sleep(0.01)
        print(child.pid, os.getpid(), flush=True)
        signal.pause()
    os._exit(0)
os.wait()
signal.pause()
"""


def test_without_a_subreaper_a_guard_ends_all_but_daemons(eventually: Callable[..., Any]) -> None:
    terminal, (ours, theirs) = Terminal(), socket.socketpair()
    words = guarded.words(theirs, [sys.executable, "-c", DAEMON])
    words = words[words.index(guarded.GUARD) :]
    tests = ROOT / "tests"
    mortal, other = str(tests / "mortal.py"), str(tests / "other_system.py")
    command = [sys.executable, mortal, other, "darwin", *words]
    side = terminal.theirs
    guard = subprocess.Popen(
        command, stdin=side, stdout=side, stderr=side, pass_fds=[theirs.fileno()],
        start_new_session=True,
    )  # fmt: skip
    theirs.close()
    terminal.close_theirs()
    with ours:
        found = guarded.introduced(ours)
        prints = terminal.pieces()  # its end closes our end of the terminal
        said = b""  # a terminal gives a line in as many pieces as it likes
        while not said.endswith(b"\n") or len(said.split()) < 2:
            said += next(prints)
        child, daemon = map(int, said.split())
        try:
            assert not found.wholly
            ours.send(b"K")
            guard.wait(30)
            eventually(lambda: not any(map(runs, (found.pid, child))), "all but the daemon")
            assert runs(daemon)
        finally:
            os.kill(daemon, signal.SIGKILL)
            terminal.close()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("-m", "labservers", "chat"), "the servers need Linux or macOS"),
        (("-m", "labservers", "check", "examples/lab/chat_server.py"), "no pseudoterminals"),
        (("-m", "flask", "--app", "dashboard", "run"), "the dashboard runs on Linux and macOS"),
    ],
)
def test_windows_is_shown_the_way_in_a_sentence(words: tuple[str, ...], sentence: str) -> None:
    code, said = run("win32", *words)
    assert (code != 0, sentence in said, "WSL2" in said) == (True, True, True)
    assert len(said.splitlines()) == 1


TALKS = """
import socket
server = socket.create_server(("127.0.0.1", 0))
with socket.create_connection(server.getsockname()) as client:
    client.sendall(b"hi")
    print(server.accept()[0].recv(5))
"""


def test_windows_observes_a_program_and_asks_a_server(
    tmp_path: Path, start_server: Callable[..., Any]
) -> None:
    (tmp_path / "talks.py").write_text(TALKS)
    lines = tmp_path / "lines.json"
    code, said = run(
        "win32", "-m", "labservers", "observe", "--threads", "--json", str(lines),
        str(tmp_path / "talks.py"),
    )  # fmt: skip
    assert (code, said.splitlines()[0]) == (0, "b'hi'")
    assert "recv() -> 2 bytes 'hi'" in said
    assert '"type": "summary"' in lines.read_text()
    port = str(start_server("page").address[1])
    code, said = run("win32", "-m", "labservers", "client", "page", "--port", port)
    assert (code, "200" in said) == (0, True)
