"""`lab ...` in a terminal: words of servers are shown as text, options are checked."""

from typing import Any

import pytest

from dashboard import cli

STEERING = "\x1b[2J\x9b1m\u202e\u2028\nforged"


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The dashboard's answer to the command's one call."""
    said: dict[str, Any] = {}
    monkeypatch.setattr(cli, "call", lambda *_: said)
    return said


def test_a_log_line_steers_no_terminal(app: Any, answer: dict[str, Any]) -> None:
    answer["lines"] = [{"at": 0.0, "level": "info", "text": f"said {STEERING}"}]
    output = app.test_cli_runner().invoke(args=["lab", "logs", "chat"]).output
    assert output.endswith("INFO    said ·[2J·1m···forged\n")
    assert output.count("\n") == 1


def test_a_servers_failure_steers_no_terminal(app: Any, answer: dict[str, Any]) -> None:
    view = {"name": "chat", "state": "FAILED", "host": "127.0.0.1", "port": 8004, "pid": None}
    answer["servers"] = [{**view, "failure": {"message": f"could not {STEERING}"}}]
    output = app.test_cli_runner().invoke(args=["lab", "list"]).output
    assert output == ("chat        FAILED    127.0.0.1:8004\n  could not ·[2J·1m···forged\n")


@pytest.mark.parametrize(
    "option",
    [["wait", "chat", "--timeout"], ["start", "chat", "--wait"], ["logs", "chat", "--lines"]],
)
@pytest.mark.parametrize("value", ["nan", "inf", "-1", "1e3", "５", "1_0", "x"])
def test_options_are_numbers_in_their_range(app: Any, option: list[str], value: str) -> None:
    *words, name = option
    refused = app.test_cli_runner().invoke(args=["lab", *words, f"{name}={value}"])
    assert refused.exit_code == 2
    assert "is not a" in refused.output


def test_a_state_that_does_not_come_in_time_is_a_failure(app: Any, answer: dict[str, Any]) -> None:
    view = {"name": "chat", "state": "RUNNING", "host": "127.0.0.1", "port": 8004, "pid": 7}
    answer.update({**view, "failure": None})
    waits = ["lab", "wait", "chat", "--timeout", "0"]
    assert app.test_cli_runner().invoke(args=waits).exit_code == 0
    late = app.test_cli_runner().invoke(args=[*waits, "--state", "stopped"])
    assert (late.exit_code, late.output.splitlines()[-1]) == (
        1,
        "Error: chat is RUNNING after 0 s",
    )


@pytest.mark.parametrize("words", [["list"], ["start", "all"], ["open", __file__]])
def test_without_a_dashboard_the_next_step_is_said(app: Any, words: list[str]) -> None:
    refused = app.test_cli_runner().invoke(args=["lab", *words])
    assert refused.exit_code == 1
    assert "no dashboard answers; start it with: make run" in refused.output
