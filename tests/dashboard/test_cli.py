"""`lab ...` in a terminal: words of servers are shown as text, options are checked."""

import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboard import cli
from dashboard.instance import Instance
from tests.ports import free_port
from tests.scarcity import full

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


def test_a_state_that_is_none_steers_no_terminal(app: Any, answer: dict[str, Any]) -> None:
    view = {"name": "chat", "host": "", "port": 0, "pid": None, "failure": None}
    answer.update({**view, "state": STEERING})
    words = ["lab", "wait", "chat", "--timeout", "0"]
    output = app.test_cli_runner().invoke(args=words).output
    assert "chat is ·[2J·1m···forged after 0 s" in output
    assert output.replace("\n", "").isprintable()


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


def test_a_server_is_started_again(app: Any, answer: dict[str, Any]) -> None:
    view = {"name": "chat", "state": "RUNNING", "host": "127.0.0.1", "port": 8004, "pid": 7}
    answer.update({**view, "failure": None})
    said = app.test_cli_runner().invoke(args=["lab", "restart", "chat"])
    assert said.output == "chat        RUNNING   127.0.0.1:8004  pid 7\n"


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Instance]:
    """The data folder, whose dashboard listens nowhere."""
    instance = Instance(tmp_path)
    instance.take()
    instance.say(f"http://127.0.0.1:{free_port()}", "token")
    yield instance
    instance.release()


@pytest.fixture
def answering(held: Instance) -> Iterator[Callable[[int, bytes], None]]:
    """answering(status, body): the dashboard of the folder answers so."""
    with http.server.HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        held.say(f"http://127.0.0.1:{server.server_port}", "token")

        def choose(status: int, body: bytes) -> None:
            Answers.answer = status, body

        yield choose
        server.shutdown()
        thread.join()


CHUNK = b"20\r\n"  # of 32 bytes


class Answers(http.server.BaseHTTPRequestHandler):
    answer: tuple[int, bytes]

    def do_GET(self) -> None:
        status, body = self.answer
        self.send_response(status)
        if body.startswith(CHUNK):
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (409, b'{"error": {"message": "no\\u001b[2J", "next_step": "wait"}}', "no·[2J; wait"),
        (500, b"<h1>Internal Server Error</h1>", "the dashboard answered 500"),
        (502, b'{"error": []}', "the dashboard answered 502"),
        (503, CHUNK + b'{"error": {', "the dashboard answered 503"),
    ],
)
def test_a_refusal_is_one_sentence(
    app: Any, answering: Callable[[int, bytes], None], status: int, body: bytes, said: str
) -> None:
    answering(status, body)
    refused = app.test_cli_runner().invoke(args=["lab", "list"])
    assert (refused.exit_code, refused.output) == (1, f"Error: {said}\n")


@pytest.mark.parametrize(
    "body", [None, b"<h1>A page of another program</h1>", CHUNK + b'{"servers": [']
)
def test_a_dashboard_that_does_not_answer_is_named(
    app: Any, answering: Callable[[int, bytes], None], held: Instance, body: bytes | None
) -> None:
    if body is None:
        held.say(f"http://127.0.0.1:{free_port()}", "token")
    else:
        answering(200, body)
    refused = app.test_cli_runner().invoke(args=["lab", "list"])
    assert refused.exit_code == 1
    assert "no dashboard answers at http://127.0.0.1:" in refused.output


@pytest.mark.parametrize("wait", ["0", "0.00001", "30", "1.5"])
def test_what_is_asked_can_be_read_by_the_dashboard(
    app: Any, monkeypatch: pytest.MonkeyPatch, wait: str
) -> None:
    asked: list[str] = []

    def call(method: str, path: str) -> dict[str, Any]:
        asked.append(path)
        headers = {"Host": "127.0.0.1", "X-Lab-Token": app.extensions["lab"].token}
        answer = app.test_client().open(path, method=method, json={}, headers=headers)
        assert answer.status_code == 200, answer.json
        found: dict[str, Any] = answer.json
        return found

    monkeypatch.setattr(cli, "call", call)
    run = app.test_cli_runner().invoke
    assert run(args=["lab", "stop", "chat", "--wait", wait]).exit_code == 0
    assert run(args=["lab", "logs", "chat", "--grep", "a&b=\udcff%"]).exit_code == 0
    assert len(asked) == 2


@pytest.mark.usefixtures("held")
def test_a_file_that_a_full_disk_does_not_remember_is_not_opened(app: Any, tmp_path: Path) -> None:
    with full(0):
        refused = app.test_cli_runner().invoke(args=["lab", "open", __file__])
    assert (refused.exit_code, refused.output) == (1, f"Error: {tmp_path}: File too large\n")
