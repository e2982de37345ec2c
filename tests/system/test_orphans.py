"""The children are gone within 2 s of the dashboard's end, however it ended."""

import os
import pty
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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


def test_the_terminal_is_closed(
    run_dashboard: Callable[..., Any], eventually: Callable[..., Any]
) -> None:
    main, side = pty.openpty()
    # setsid makes the terminal ours: its end is then a SIGHUP for the whole session.
    dashboard = run_dashboard(stdin=side, preexec_fn=_take_terminal(side), start_new_session=False)
    os.close(side)
    dashboard.start("chat")
    os.close(main)
    gone(dashboard, eventually)
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
    touched = checkout / "dashboard" / "figures.py"
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
    [worker] = dashboard.workers()
    os.kill(dashboard.process.pid if whom == "parent" else worker, number)
    gone(dashboard, eventually)

    def port_is_free() -> bool:
        import psutil

        return not psutil.pid_exists(worker) or psutil.Process(worker).status() == "zombie"

    eventually(port_is_free, "the worker is gone as well")


def test_a_busy_port_is_said_with_its_owner_and_the_way_out(
    run_dashboard: Callable[..., Any],
) -> None:
    dashboard = run_dashboard()
    second = subprocess.run(
        [sys.executable, "-m", "dashboard", "--port", str(dashboard.port)],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert second.returncode == 1
    assert f"Port {dashboard.port} is already taken by" in second.stderr
    assert f"pid {dashboard.process.pid}" in second.stderr
    assert f'make run ARGS="--port {dashboard.port + 50}"' in second.stderr
    assert len(second.stderr.strip().splitlines()) == 1


def test_the_address_is_printed_last(run_dashboard: Callable[..., Any]) -> None:
    dashboard = run_dashboard()
    assert dashboard.said().strip().splitlines()[-1].endswith(f"is on {dashboard.url}")
