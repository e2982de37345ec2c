"""Ends of the dashboard that are not plain, and what goes on; test_kill_matrix.py has the others."""

import os
import pty
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labservers.checks.patience import strain
from tests.conftest import PATIENCE_S
from tests.system.conftest import GONE_S
from tests.system.hard_to_end import CHECKED, CHECKS

pytestmark = pytest.mark.system


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
    eventually(lambda: not dashboard.alive(), "the children are gone")
    dashboard.process.wait(PATIENCE_S)


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
    eventually(lambda: not dashboard.alive(), "the children are gone")
    dashboard.process.wait(PATIENCE_S)


def test_nohup_keeps_the_dashboard(run_dashboard: Callable[..., Any]) -> None:
    dashboard = run_dashboard(preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    dashboard.start("chat")
    dashboard.process.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        dashboard.process.wait(0.5)
    assert dashboard.alive()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_check_and_the_program_that_it_checks(
    run_dashboard: Callable[..., Any],
    eventually: Callable[..., Any],
    tmp_path: Path,
    number: signal.Signals,
) -> None:
    """Whatever a probe waits for just then; the folder of the check goes as well."""
    folder, temporary = tmp_path / "programs", tmp_path / "tmp"
    for one in (folder, temporary):
        one.mkdir()
    (folder / "checked.py").write_text(CHECKED)
    environment = {"SOCKETLAB_PROGRAMS": str(folder), "TMPDIR": str(temporary)}
    dashboard = run_dashboard(environment=environment)
    files = dashboard.api("GET", "/api/programs")["files"]
    [name] = [file["id"] for file in files if file["title"] == "checked.py"]
    dashboard.api("POST", f"/api/programs/{name}/check", {})
    eventually(lambda: len(dashboard.workers()) >= CHECKS, "the checker and its program run")
    dashboard.born |= set(dashboard.workers())
    began = time.monotonic()
    dashboard.process.send_signal(number)
    eventually(lambda: not dashboard.alive(), "all are gone")
    assert time.monotonic() - began <= GONE_S * strain()
    assert list(temporary.glob("socketlab-check-*")) == []
    dashboard.process.wait(PATIENCE_S)
