"""The children are gone within 2 s of the dashboard's end, however it ended."""

import os
import pty
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import runs

pytestmark = pytest.mark.system
GONE_S = 2.0


def gone(dashboard: Any, eventually: Callable[..., Any]) -> None:
    began = time.monotonic()
    eventually(lambda: not dashboard.alive(), "the children are gone", 10)
    assert time.monotonic() - began <= GONE_S
    for name, port in dashboard.ports.items():
        if name != "hello":
            with pytest.raises(OSError, match="refused"):
                socket.create_connection(("127.0.0.1", port), 1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT, signal.SIGHUP])
def test_a_signal(
    run_dashboard: Callable[..., Any], eventually: Callable[..., Any], number: signal.Signals
) -> None:
    dashboard = run_dashboard()
    for name in dashboard.ports:
        dashboard.start(name)
    dashboard.process.send_signal(number)
    gone(dashboard, eventually)
    dashboard.process.wait(5)


@pytest.mark.parametrize("pause_ms", [0.5, 1, 20])
def test_signals_that_come_twice(
    run_dashboard: Callable[..., Any], eventually: Callable[..., Any], pause_ms: float
) -> None:
    """A closed terminal hangs up on make and on us, and make passes its own on."""
    dashboard = run_dashboard()
    for name in dashboard.ports:
        dashboard.start(name)
    for number in (signal.SIGHUP, signal.SIGHUP, signal.SIGTERM):
        dashboard.process.send_signal(number)
        threading.Event().wait(pause_ms / 1000)
    gone(dashboard, eventually)
    dashboard.process.wait(5)


@pytest.mark.parametrize("words", [[], ["--debug"]], ids=["plain", "debug"])
@pytest.mark.parametrize("end", ["closed", "^C"])
def test_the_terminal(
    run_dashboard: Callable[..., Any], eventually: Callable[..., Any], words: list[str], end: str
) -> None:
    main, side = pty.openpty()
    # setsid makes the terminal ours: its end is then a SIGHUP for the whole session, and ^C a
    # SIGINT for the dashboard and its reloader's worker, not for the servers' own sessions.
    dashboard = run_dashboard(
        *words, stdin=side, preexec_fn=_take_terminal(side), start_new_session=False
    )
    os.close(side)
    for name in dashboard.ports:
        dashboard.start(name)
    workers = dashboard.workers()
    if end == "^C":
        os.write(main, b"\x03")
    else:
        os.close(main)
    gone(dashboard, eventually)
    dashboard.process.wait(5)
    eventually(lambda: not any(map(runs, workers)), "the worker is gone as well")
    if end == "^C":
        os.close(main)


@pytest.mark.parametrize("words", [[], ["--debug"]], ids=["plain", "debug"])
def test_the_terminal_of_somebody_else(
    run_dashboard: Callable[..., Any], eventually: Callable[..., Any], words: list[str]
) -> None:
    """Where make leads the session, no signal tells us that the terminal is closed."""
    main, side = pty.openpty()
    dashboard = run_dashboard(*words, stdin=side)
    os.close(side)
    dashboard.start("chat")
    os.write(main, b"what is typed does not matter\n")
    os.close(main)
    gone(dashboard, eventually)
    dashboard.process.wait(5)


def test_nohup_keeps_the_dashboard(run_dashboard: Callable[..., Any]) -> None:
    dashboard = run_dashboard(preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    dashboard.start("chat")
    dashboard.process.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        dashboard.process.wait(0.5)
    assert dashboard.alive()


WITH_CHILDREN = """
import multiprocessing, signal, socket, subprocess, sys
{refuse}
server = socket.create_server(("127.0.0.1", 0))
rests = [sys.executable, "-c", "import signal; signal.pause()"]
worker = multiprocessing.get_context("fork").Process(target=signal.pause)
worker.start()
born = [subprocess.Popen(rests), subprocess.Popen(rests, start_new_session=True), worker]
with open("born", "w") as file:
    file.write(" ".join(str(process.pid) for process in born))
server.accept()
"""
REFUSE = "for n in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT): signal.signal(n, signal.SIG_IGN)"


@pytest.mark.parametrize("refuse", ["", REFUSE], ids=["obedient", "stubborn"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_program_of_the_user_and_its_children(
    run_dashboard: Callable[..., Any],
    eventually: Callable[..., Any],
    tmp_path: Path,
    number: signal.Signals,
    refuse: str,
) -> None:
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "server.py").write_text(WITH_CHILDREN.replace("{refuse}", refuse))
    dashboard = run_dashboard(environment={"SOCKETLAB_PROGRAMS": str(folder)})
    files = dashboard.api("GET", "/api/programs")["files"]
    [name] = [file["id"] for file in files if file["title"] == "server.py"]
    view = dashboard.api("POST", f"/api/programs/{name}/start?wait=10", {})
    assert view["state"] == "RUNNING", view["failure"]
    names = folder / "born"
    born = eventually(
        lambda: len(pids := names.read_text().split() if names.exists() else []) == 3 and pids
    )
    dashboard.born |= {view["pid"], *map(int, born)}
    dashboard.process.send_signal(number)
    eventually(lambda: not dashboard.alive(), "all are gone", 10)
    dashboard.process.wait(5)


ECHO = """
import socket
server = socket.create_server(("127.0.0.1", 0))
while True:
    client, peer = server.accept()
    client.sendall(client.recv(100))
    client.close()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_check_and_the_program_that_it_checks(
    run_dashboard: Callable[..., Any],
    eventually: Callable[..., Any],
    tmp_path: Path,
    number: signal.Signals,
) -> None:
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "echo.py").write_text(ECHO)
    dashboard = run_dashboard(environment={"SOCKETLAB_PROGRAMS": str(folder)})
    files = dashboard.api("GET", "/api/programs")["files"]
    [name] = [file["id"] for file in files if file["title"] == "echo.py"]
    dashboard.api("POST", f"/api/programs/{name}/check", {})
    eventually(lambda: len(dashboard.workers()) >= 2, "the checker and its program run")
    dashboard.born |= set(dashboard.workers())
    dashboard.process.send_signal(number)
    eventually(lambda: not dashboard.alive(), "all are gone", 10)
    dashboard.process.wait(5)


def _take_terminal(side: int) -> Callable[[], None]:
    import fcntl
    import termios

    def take() -> None:
        os.setsid()
        fcntl.ioctl(side, termios.TIOCSCTTY, 0)

    return take


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the application, so that a reload may touch its files."""
    import shutil

    root = Path(__file__).resolve().parent.parent.parent
    for folder in ("dashboard", "labservers", "templates", "static"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(root / folder, tmp_path / "checkout" / folder, ignore=ignored)
    return tmp_path / "checkout"


def test_debug_reloads(
    run_dashboard: Callable[..., Any], eventually: Callable[..., Any], checkout: Path
) -> None:
    dashboard = run_dashboard("--debug", cwd=checkout)
    pid = dashboard.start("chat")
    touched = checkout / "dashboard" / "config.py"
    touched.write_text(touched.read_text() + "\n")
    eventually(lambda: not dashboard.alive(), "the reload ended the child", 10)
    dashboard._wait_for_answer()
    assert dashboard.start("chat") != pid


@pytest.mark.parametrize("whom", ["parent", "worker"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_process_of_debug_is_killed(
    run_dashboard: Callable[..., Any],
    eventually: Callable[..., Any],
    whom: str,
    number: signal.Signals,
) -> None:
    dashboard = run_dashboard("--debug")
    dashboard.start("chat")
    dashboard.start("subjects")
    [worker] = dashboard.workers()
    os.kill(dashboard.process.pid if whom == "parent" else worker, number)
    gone(dashboard, eventually)
    eventually(lambda: not runs(worker), "the worker is gone as well")
