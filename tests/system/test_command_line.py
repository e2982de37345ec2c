"""`flask --app dashboard lab ...` while a dashboard runs, as a user types it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.system
ROOT = Path(__file__).resolve().parent.parent.parent


def lab(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "dashboard", "lab", *words],
        cwd=ROOT,
        env={**os.environ, "SOCKETLAB_DATA_DIR": str(folder), "SOCKETLAB_CONFIG": "none.toml"},
        capture_output=True,
        text=True,
        timeout=40,
    )


def test_a_server_is_started_read_and_stopped(run_dashboard: Callable[..., Any]) -> None:
    dashboard = run_dashboard()
    port = dashboard.ports["chat"]
    started = lab(dashboard.folder, "start", "chat")
    assert (started.returncode, started.stderr) == (0, "")
    assert f"RUNNING   127.0.0.1:{port}" in started.stdout
    listed = lab(dashboard.folder, "list").stdout.splitlines()
    assert [line.split()[1] for line in listed] == ["STOPPED"] * 3 + ["RUNNING", "STOPPED"]
    assert "listening" in lab(dashboard.folder, "logs", "chat").stdout
    assert lab(dashboard.folder, "wait", "chat").returncode == 0
    late = lab(dashboard.folder, "wait", "hello", "--timeout", "0.1")
    assert (late.returncode, "hello is STOPPED" in late.stderr) == (1, True)
    assert "STOPPED" in lab(dashboard.folder, "stop", "all").stdout
    private = (dashboard.folder / "dashboard.json").stat().st_mode & 0o077
    assert private == 0


def test_without_a_dashboard_the_next_step_is_said(tmp_path: Path) -> None:
    missing = lab(tmp_path, "list")
    assert (missing.returncode, missing.stdout) == (1, "")
    assert missing.stderr == "Error: no dashboard answers; start it with: make run\n"


def test_a_dashboard_that_has_gone_is_named(run_dashboard: Callable[..., Any]) -> None:
    dashboard = run_dashboard()
    dashboard.process.kill()
    dashboard.process.wait(10)
    missing = lab(dashboard.folder, "list")
    assert missing.stderr == (
        f"Error: no dashboard answers at {dashboard.url}; start it with: make run\n"
    )


@pytest.mark.parametrize("words", [["start", "nginx"], ["wait", "chat", "--timeout=nan"]])
def test_words_that_are_not_understood_are_a_usage_error(tmp_path: Path, words: list[str]) -> None:
    refused = lab(tmp_path, *words)
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("word", ["--debug", "--no-reload"])
def test_the_token_is_known_however_flask_runs(
    run_dashboard: Callable[..., Any], word: str
) -> None:
    dashboard = run_dashboard(word, environment={"SOCKETLAB_TOKEN": ""})
    started = lab(dashboard.folder, "start", "hypotenuse")
    assert (started.returncode, started.stderr) == (0, "")
    assert lab(dashboard.folder, "stop", "hypotenuse").returncode == 0


def test_gunicorn_tells_where_it_is_at_the_first_request(
    run_dashboard: Callable[..., Any],
) -> None:
    words = ["gunicorn", "-k", "gthread", "-b", "127.0.0.1:{port}", "dashboard:create_app()"]
    dashboard = run_dashboard(command=words)
    assert lab(dashboard.folder, "list").stdout.count("STOPPED") == 5


@pytest.mark.parametrize("words", [["run"], ["lab", "list"]])
def test_an_unusable_setting_is_one_sentence(tmp_path: Path, words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "dashboard", *words],
        cwd=ROOT,
        env={**os.environ, "SOCKETLAB_LOG_LINES": "many", "SOCKETLAB_CONFIG": str(tmp_path / "no")},
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "Error: environment SOCKETLAB_*: log_lines: 'many' is not a whole number "
        "from 1 to 1000000; correct the value\n"
    )
