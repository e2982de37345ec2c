"""The servers as a user runs them in a shell: how they start, refuse to, and end."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labservers.checks.patience import strain
from labservers.clients.checks import CHECKS
from labservers.registry import SERVERS
from labservers.run import lifetime
from tests.ports import V6, free_port

pytestmark = pytest.mark.system
ROOT = Path(__file__).resolve().parent.parent.parent
TCP = [name for name, spec in SERVERS.items() if spec.transport == "tcp"]


def labservers(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "labservers", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        **options,
    )


def one_sentence(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    assert (done.returncode, done.stdout) == (code, "")
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert all(word in done.stderr for word in words), done.stderr


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("nginx", ["no server 'nginx'", "chat"]),
        ("chat --prot 1", ["--prot", "--help"]),
        ("chat --port 70000", ["70000", "65535"]),
        ("chat --port -1", ["-1"]),
        ("chat --port ١", ["not a number"]),
        ("hello --backlog 5", ["--backlog"]),
        ("page --model fork", ["fork", "threads"]),
        ("list extra", ["list"]),
        ("client nothing", ["no client 'nothing'", "chat-reader"]),
        ("client hello --port x", ["x"]),
    ],
)
def test_a_mistake_on_the_command_line_is_one_sentence_and_exit_2(
    line: str, words: list[str]
) -> None:
    one_sentence(labservers(*line.split()), 2, *words)


def test_without_a_word_the_usage_is_shown() -> None:
    done = labservers()
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage" in done.stderr
    assert (labservers("--help").returncode, labservers("chat", "--help").returncode) == (0, 0)


def test_list_names_all_servers_with_their_ports() -> None:
    done = labservers("list")
    assert done.returncode == 0
    for name, spec in SERVERS.items():
        assert f"{spec.default_port}/{spec.transport}" in done.stdout
        assert name in done.stdout


@pytest.mark.parametrize("name", SERVERS)
def test_a_busy_port_is_one_sentence_and_exit_1(name: str, tmp_path: Path) -> None:
    kind = socket.SOCK_STREAM if name in TCP else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as owner:
        owner.bind(("127.0.0.1", 0))
        if name in TCP:
            owner.listen()
        port = str(owner.getsockname()[1])
        done = labservers(name, "--port", port, "--data-dir", str(tmp_path))
    one_sentence(done, 1, port, "already in use", "--port")


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("nosuch.invalid", ["unknown"]),
        ("a" * 300, ["unknown"]),
        ("203.0.113.5", ["not an address of this machine"]),
    ],
)
@pytest.mark.parametrize("name", ["hello", "chat"])
def test_an_address_that_cannot_be_had_is_one_sentence_and_exit_1(
    name: str, host: str, words: list[str]
) -> None:
    one_sentence(labservers(name, "--host", host), 1, *words, "--host 127.0.0.1")


def test_a_privileged_port_is_one_sentence_and_exit_1() -> None:
    bound = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    if not bound.exists() or int(bound.read_text()) < 81:
        pytest.skip("no port is privileged here")
    options: dict[str, Any] = {}
    if os.geteuid() == 0:
        # Nor may that user write what `make coverage` measures.
        kept = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}
        options = {"user": 65534, "group": 65534, "extra_groups": [], "env": kept}
        try:
            usable = labservers("list", **options).returncode == 0
        except PermissionError:
            usable = False
        if not usable:
            pytest.skip("an ordinary user may not run this Python or read this checkout")
    one_sentence(labservers("chat", "--port", "80", **options), 1, "no right", "1024")


def test_no_right_to_bind_is_said_with_the_next_step(serve: Callable[..., Any]) -> None:
    message = lifetime.bind_failure(serve("chat"), PermissionError(13, "Permission denied"))
    assert "no right" in message
    assert "--port 1024" in message


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("name", SERVERS)
def test_a_signal_ends_it_with_a_goodbye_and_its_port_is_free_at_once(
    start_server: Callable[..., Any],
    connect: Callable[..., socket.socket],
    name: str,
    how: int,
    tmp_path: Path,
) -> None:
    words = ("--data-dir", str(tmp_path))
    server = start_server(name, *words, port=free_port())
    CHECKS[name](*server.address, 5.0)
    if name in TCP:  # one that says nothing, and one that leaves a TIME_WAIT
        connect(server.address)
        connect(server.address).close()
    assert server.stop(how) == 0
    server.close()
    assert "goodbye" in server.said[-1]
    assert "Traceback" not in "".join(server.said)
    again = start_server(name, *words, port=server.address[1])
    CHECKS[name](*again.address, 5.0)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_same_signal_again_and_again_changes_nothing(
    start_server: Callable[..., Any], how: int
) -> None:
    server = start_server("hello")
    pause = threading.Event()
    while server.process.poll() is None:
        server.process.send_signal(how)
        pause.wait(0.0005)
    server.close()
    assert server.process.returncode == 0
    assert "goodbye" in server.said[-1]


@pytest.mark.parametrize("name", SERVERS)
def test_a_signal_that_does_not_interrupt_the_main_thread_ends_it_as_well(
    start_server: Callable[..., Any], name: str, tmp_path: Path
) -> None:
    """Any thread may get a signal, signal(7), and one that comes just before the main thread
    waits for clients does not end that wait: Python's own handlers would never run."""
    server = start_server(name, "--data-dir", str(tmp_path))
    tasks = Path(f"/proc/{server.pid}/task")
    if not tasks.exists():
        pytest.skip("only Linux tells the threads of a process")
    CHECKS[name](*server.address, 5.0)
    others = [int(task.name) for task in tasks.iterdir() if int(task.name) != server.pid]
    os.kill(others[0], signal.SIGTERM)
    assert server.process.wait(30) == 0


@V6
@pytest.mark.parametrize("name", SERVERS)
def test_ipv6(start_server: Callable[..., Any], name: str, tmp_path: Path) -> None:
    server = start_server(name, "--host", "::1", "--data-dir", str(tmp_path))
    assert server.address[0] == "::1"
    CHECKS[name](*server.address, 5.0)


def test_nohup_keeps_it_when_the_terminal_goes(start_server: Callable[..., Any]) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup(1) does it
    try:
        kept = start_server("hello")
    finally:
        signal.signal(signal.SIGHUP, before)
    usual = start_server("hello")
    assert usual.stop(signal.SIGHUP) == 0
    kept.process.send_signal(signal.SIGHUP)
    CHECKS["hello"](*kept.address, 5.0)


REQUESTS = {
    "hypotenuse": (b'{"a": 3, "b": 4}', b"5.0"),
    "page": (b"GET / HTTP/1.0\r\n\r\n", b"HTTP/1.1 200"),
    "chat": (b"1\nhello\n", b"hello\n"),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_out_of_descriptors_it_waits_and_goes_on(
    start_server: Callable[..., Any],
    connect: Callable[..., socket.socket],
    eventually: Callable[..., Any],
    name: str,
) -> None:
    """EMFILE, accept(2). Where the oldest silent one makes room, the next is answered all the
    same; in the chat, whose members may be silent, when one leaves."""
    resource = pytest.importorskip("resource")
    if not hasattr(resource, "prlimit"):
        pytest.skip("only Linux limits another process")
    server = start_server(name)
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (40, 40))
    silent = [connect(server.address) for _ in range(60)]
    eventually(lambda: any("cannot accept" in line for line in server.said), "said in the log")
    request, answer = REQUESTS[name]
    last = connect(server.address, 15.0)
    last.sendall(request)
    began = time.monotonic()
    if name == "chat":
        for sock in silent:
            sock.close()
    assert last.recv(100).startswith(answer)
    assert time.monotonic() - began < 2.0 * strain()
    assert server.stop() == 0
