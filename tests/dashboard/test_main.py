"""`python -m dashboard`: what keeps it from becoming the dashboard is one sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.__main__ import main, refusal
from tests.ports import free_port
from tests.scarcity import without_rights

PROGRAMS = "SOCKETLAB_PROGRAMS"

LISTENS = """
import socket
with socket.create_server(("127.0.0.1", 0)) as server:
    print(server.getsockname()[1], flush=True)
    input()
"""


def test_a_setting_that_cannot_be_used_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOCKETLAB_LOG_LINES", "many")
    assert main([]) == 1
    said = capsys.readouterr().err
    assert said.startswith("Socket Lab: environment SOCKETLAB_*: log_lines: 'many' is not a ")
    assert said.count("\n") == 1


@pytest.mark.parametrize("form", ["--programs {}", "--programs={}"])
def test_each_home_of_a_list_of_folders_is_found(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A shell replaces the first `~` alone, and none behind `=`."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(PROGRAMS, "")
    started: list[str] = []
    monkeypatch.setattr(os, "execv", lambda path, words: started.append(os.environ[PROGRAMS]))
    words = [*form.format("~/lab:~/more").split(), "--port", str(free_port())]
    (tmp_path / "lab").mkdir()
    assert main(words) == 1
    assert "There is no folder '~/more'. " in capsys.readouterr().err
    (tmp_path / "more").mkdir()
    with pytest.raises(AssertionError, match="execv"):
        main(words)
    assert started == ["~/lab:~/more"]


def test_the_address_of_a_group_is_none_of_this_machine() -> None:
    said = refusal("224.0.0.1", "5050")
    assert said.startswith("224.0.0.1 is not an address of this machine. Leave it out: ")


def test_a_port_of_the_system_asks_for_another_one() -> None:
    assert refusal("127.0.0.1", "0") == ""  # all that this needs of Python is read with rights
    with without_rights():
        said = refusal("127.0.0.1", "1")
    assert said == 'No right to take port 1. Another port: make run ARGS="--port 5050"'


def test_a_strangers_command_line_steers_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    steering = ["\x1b[31mRED\x1b]0;t\x07", "\nforged\r", "\x9b2J", "\u202e\u2028"]
    with subprocess.Popen(
        [sys.executable, "-c", LISTENS, *steering], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as stranger:
        assert stranger.stdout
        port = stranger.stdout.readline().decode().strip()
        assert main(["--port", port]) == 1
        stranger.communicate(b"\n")
    said = capsys.readouterr().err
    assert said.endswith("\n")
    assert said[:-1].isprintable()
    assert f"pid {stranger.pid}" in said


@pytest.mark.skipif(os.geteuid() != 0, reason="the owner is to be another user")
def test_a_port_of_another_user_is_taken_by_a_program_that_is_not_seen() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", LISTENS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout
        port = other.stdout.readline().strip()
        assert f"pid {other.pid}" in refusal("127.0.0.1", port)
        with without_rights():
            said = refusal("127.0.0.1", port)
        other.communicate("")
    assert said.startswith(f"Port {port} is already taken by another program. Another port: ")


def test_an_address_that_the_system_does_not_take_is_said_in_its_words() -> None:
    without_interface = "fe80::1"
    assert refusal(without_interface, "5000") == "[fe80::1]:5000 cannot be had: Invalid argument"
