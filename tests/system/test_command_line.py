"""`flask --app dashboard lab ...` while a dashboard runs, as a user types it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PATIENCE_S

pytestmark = pytest.mark.system
ROOT = Path(__file__).resolve().parent.parent.parent
ANSWER_S = 120.0


def lab(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "dashboard", "lab", *words],
        cwd=ROOT,
        env={**os.environ, "SOCKETLAB_DATA_DIR": str(folder), "SOCKETLAB_CONFIG": "none.toml"},
        capture_output=True,
        text=True,
        timeout=ANSWER_S,
    )


def test_a_server_is_started_read_and_stopped(
    run_dashboard: Callable[..., Any], eventually: Callable[..., Any]
) -> None:
    dashboard = run_dashboard()
    port = dashboard.ports["chat"]
    started = lab(dashboard.folder, "start", "chat", "--wait", "30")
    assert (started.returncode, started.stderr) == (0, "")
    assert f"RUNNING   127.0.0.1:{port}" in started.stdout
    listed = lab(dashboard.folder, "list").stdout.splitlines()
    assert [line.split()[1] for line in listed] == ["STOPPED"] * 3 + ["RUNNING", "STOPPED"]
    eventually(lambda: "listening" in lab(dashboard.folder, "logs", "chat").stdout, "it is logged")
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
    dashboard.process.wait(PATIENCE_S)
    missing = lab(dashboard.folder, "list")
    assert missing.stderr == (
        f"Error: no dashboard answers at {dashboard.url}; start it with: make run\n"
    )


@pytest.mark.parametrize("host", ["0", "::ffff:0.0.0.0", "127.1"])
def test_a_dashboard_is_found_whatever_the_spelling_of_its_host(
    run_dashboard: Callable[..., Any], host: str
) -> None:
    dashboard = run_dashboard("--host", host)
    listed = lab(dashboard.folder, "list")
    assert (listed.returncode, listed.stderr) == (0, "")
    shown = "127.1" if host == "127.1" else "127.0.0.1"
    assert f"Socket Lab is on http://{shown}:{dashboard.port}" in dashboard.said()


@pytest.mark.parametrize("host", ["０", "１２７.0.0.1", "a\x1b[31mb"])
def test_a_host_that_is_none_is_refused_by_flask_as_well(tmp_path: Path, host: str) -> None:
    words = ["-m", "flask", "--app", "dashboard", "run", "--port", "0", "--host", host]
    environment = {**os.environ, "SOCKETLAB_DATA_DIR": str(tmp_path), "SOCKETLAB_CONFIG": "no.toml"}
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=ANSWER_S,
    )
    assert done.returncode == 1
    assert "is not a name or address such as 127.0.0.1" in done.stderr
    assert "\x1b" not in done.stderr


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
        timeout=ANSWER_S,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "Error: environment SOCKETLAB_*: log_lines: 'many' is not a whole number "
        "from 1 to 1000000; correct the value\n"
    )


SERVER = "import socket, sys\nprint(sys.argv, sys.version_info[:2])\nsocket.create_server(('127.0.0.1', 0)).accept()\n"


def test_a_file_is_opened_started_and_forgotten(
    run_dashboard: Callable[..., Any], tmp_path: Path, eventually: Callable[..., Any]
) -> None:
    dashboard = run_dashboard()
    file = tmp_path / "мой server.py"
    file.write_text(SERVER)
    words = ["--args", "9090 'a b'", "--python", sys.executable]
    opened = lab(dashboard.folder, "open", str(file), *words)
    assert (opened.returncode, opened.stderr) == (0, "")
    name = opened.stdout.strip().rpartition("/")[2]
    assert opened.stdout == f"{dashboard.url}/programs/{name}\n"
    view = dashboard.api("GET", f"/api/programs/{name}")
    assert (view["title"], view["arguments"]) == ("мой server.py", "9090 'a b'")
    assert view["python"] == sys.executable
    started = lab(dashboard.folder, "start", name)
    assert f"{name} RUNNING" in started.stdout, started.stderr
    eventually(
        lambda: f"{name} RUNNING   127.0.0.1:" in lab(dashboard.folder, "list").stdout, "it listens"
    )
    again = lab(dashboard.folder, "open", str(file))
    assert again.stdout == opened.stdout
    eventually(lambda: "9090', 'a b']" in lab(dashboard.folder, "logs", name).stdout, "it says so")
    assert "STOPPED   -" in lab(dashboard.folder, "stop", name).stdout
    assert dashboard.api("DELETE", f"/api/programs/{name}")["files"] == [
        listed for listed in dashboard.api("GET", "/api/programs")["files"] if listed["example"]
    ]
    assert file.read_text() == SERVER


def test_what_cannot_be_opened_is_one_sentence(
    run_dashboard: Callable[..., Any], tmp_path: Path
) -> None:
    assert "does not exist" in lab(tmp_path, "open", str(tmp_path / "nothing.py")).stderr
    assert "is a directory" in lab(tmp_path, "open", str(tmp_path)).stderr
    file = tmp_path / "server.py"
    file.write_text(SERVER)
    assert "no dashboard answers" in lab(tmp_path, "open", str(file)).stderr
    dashboard = run_dashboard()
    for python in ("/not/there", "/bin/sh"):
        refused = lab(dashboard.folder, "open", str(file), "--python", python)
        assert refused.returncode == 1
        assert refused.stderr.count("\n") == 1


def test_folders_of_programs_are_named_at_the_start(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "dashboard", "--programs", str(tmp_path / "nowhere")]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=ANSWER_S)
    assert done.returncode == 1
    assert done.stderr.startswith("There is no folder ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("given", [["--programs", "{}"], ["--programs={}"]])
def test_a_folder_named_at_the_start_is_listed(
    run_dashboard: Callable[..., Any], tmp_path: Path, given: list[str]
) -> None:
    (tmp_path / "one.py").write_text(SERVER)
    words = [word.format(tmp_path) for word in given]
    dashboard = run_dashboard(*words, command=["dashboard", "--port", "{port}"])
    files = dashboard.api("GET", "/api/programs")["files"]
    assert [file["title"] for file in files if not file["example"]] == ["one.py"]
