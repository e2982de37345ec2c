"""The words of `make run`: the address last, or the reason without one and the next step."""

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dashboard import __main__ as command

pytestmark = pytest.mark.system


def refused(*words: str) -> str:
    """The one line that `python -m dashboard` answers."""
    done = subprocess.run(
        [sys.executable, "-m", "dashboard", *words],
        env={**os.environ, "SOCKETLAB_CONFIG": "/nonexistent.toml"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    return line


def test_a_busy_port_is_said_with_its_owner_and_the_way_out(
    run_dashboard: Callable[..., Any],
) -> None:
    dashboard = run_dashboard()
    said = refused("--port", str(dashboard.port))
    assert f"Port {dashboard.port} is already taken by" in said
    assert f"pid {dashboard.process.pid}" in said
    assert f'make run ARGS="--port {dashboard.port + 50}"' in said


@pytest.mark.parametrize(
    "words", [["--port", "{}"], ["--port={}"], ["-p", "{}"], ["-p{}"], ["--port", "1", "-p{}"]]
)
def test_the_port_is_found_in_every_way_of_writing_it(words: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"Port {port} is already taken" in refused(*[w.format(port) for w in words])


@pytest.mark.parametrize(
    ("host", "port", "said"),
    [
        ("127.0.0.1", "99999", "'99999' is not a port"),
        ("127.0.0.1", "http", "'http' is not a port"),
        (
            "192.0.2.1",
            "5000",
            "192.0.2.1 is not an address of this machine. Leave it out: make run",
        ),
        ("nobody.invalid", "5000", "nobody.invalid is not an address of this machine"),
        ("a" * 300, "5000", "is not a host name"),
        ("０", "5000", "'０' is not a host name. Leave it out: make run"),
        ("１２７.0.0.1", "5000", "is not a host name"),
        ("[::1]", "5000", "is not a host name"),
        ("a\x1b[31mb", "5000", r"'a\x1b[31mb' is not a host name"),
        ("a..b", "5000", "is not a"),
        ("127.0.0.1", "9" * 5_000, "is not a port"),
        ("127.0.0.1", "５０００", "is not a port"),
        ("127.0.0.1", "-1", "is not a port"),
        ("127.0.0.1", "5_000", "is not a port"),
        ("127.0.0.1", " 5000", "is not a port"),
    ],
)
def test_an_address_that_cannot_be_had_is_one_sentence(host: str, port: str, said: str) -> None:
    assert said in command.refusal(host, port)
    assert 'make run ARGS="--' in command.refusal(host, port)


def test_an_address_that_can_be_had_is_no_sentence() -> None:
    assert command.refusal("127.0.0.1", "0") == command.refusal("localhost", "0") == ""


def test_the_address_is_printed_last(run_dashboard: Callable[..., Any]) -> None:
    dashboard = run_dashboard()
    assert dashboard.said().strip().splitlines()[-1].endswith(f"is on {dashboard.url}")


def test_a_foreign_host_is_sent_to_the_port_that_was_asked_for(
    run_dashboard: Callable[..., Any],
) -> None:
    dashboard = run_dashboard()
    request = urllib.request.Request(dashboard.url, headers={"Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(request)
    with refusal.value as answer:
        step = json.load(answer)["error"]["next_step"]
    assert step == f"open {dashboard.url}"


def test_a_folder_that_cannot_be_written_is_said_before_the_address(
    run_dashboard: Callable[..., Any], tmp_path: Path
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    folder = str(in_the_way / "data")
    dashboard = run_dashboard(environment={"SOCKETLAB_DATA_DIR": folder})
    *_, last = dashboard.said().strip().splitlines()
    assert f"Socket Lab cannot write to {folder} (Not a directory)" in dashboard.said()
    assert "SOCKETLAB_DATA_DIR=" in dashboard.said()
    assert last.endswith(dashboard.url)
