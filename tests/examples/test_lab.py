"""examples/lab under the tap: each program serves its own client, and breaks as breaks.json says."""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.examples.conftest import BREAKS, LAB, PORTS, Example, Messages, has
from tests.labservers.run.observed.conftest import DEADLINE_S, environment

pytestmark = pytest.mark.system
QUIET_S = 5.0
TALKS = {  # what is typed into a client, and what that shows
    "hello": ("", "The server answers: Hello client"),
    "hypotenuse": ("3,4\n", "Hypotenuse = 5.0"),
    "page": ("", "<h1>It works</h1>"),
    "subjects": ("Maths\n5\n", "<li>Maths: 5</li>"),
}
STALLED_S = 1.0
Start = Callable[[str], Example]


def crashes(told: Messages) -> Messages:
    return [one for one in told if one["type"] == "crash"]


def received(told: Messages) -> Messages:
    return [one for one in told if str(one.get("call")).startswith("recv")]


def test_each_server_of_the_lab_breaks_in_words_of_both_languages() -> None:
    assert BREAKS.keys() == {f"{name}_server.py" for name in PORTS}
    assert BREAKS.keys() < {path.name for path in LAB.iterdir()}
    for breaks in BREAKS.values():
        assert len(breaks["ways"]) == 2
        for way in breaks["ways"]:
            assert way.keys() == {"experiment", "n", "en", "ru"}
            assert all(way[language].keys() == {"press", "see"} for language in ("en", "ru"))


@pytest.mark.parametrize("name", TALKS)
def test_its_own_client_is_served(name: str, start: Start) -> None:
    example = start(name)
    typed, shown = TALKS[name]
    assert shown in example.client(typed)
    example.told(received)
    run = example.interrupt()
    assert (run.code, crashes(run.told)) == (-signal.SIGINT, [])
    if name != "subjects":  # its client posts a form
        request = BREAKS[f"{name}_server.py"]["request"]
        assert received(run.told)[0]["data"] == request.encode()


@contextlib.contextmanager
def in_chat(example: Example, part: str, shows: Path) -> Iterator[subprocess.Popen[str]]:
    """A client of the chat; killed in the end, where it has not ended."""
    with (
        shows.open("w") as out,
        subprocess.Popen(
            [sys.executable, "-u", example.folder / f"chat_{part}.py"],
            stdin=subprocess.PIPE,
            stdout=out,
            text=True,
            env=environment(),
        ) as client,
    ):
        try:
            print("7", file=client.stdin, flush=True)
            yield client
        finally:
            client.kill()


def test_a_chat_between_its_own_clients(
    start: Start, tmp_path: Path, eventually: Callable[..., Any]
) -> None:
    example = start("chat")
    shown = tmp_path / "shown"
    with (
        in_chat(example, "reader", shown),
        in_chat(example, "sender", tmp_path / "asked") as sender,
    ):

        def is_heard() -> bool:
            """Said again: nothing tells when the server has let the reader in."""
            print("hello from the lab", file=sender.stdin, flush=True)
            return "New message: hello from the lab" in shown.read_text()

        eventually(is_heard)
        print("exit", file=sender.stdin, flush=True)
        assert sender.wait(DEADLINE_S) == 0


@pytest.mark.parametrize(
    ("name", "kind", "exception", "source"),
    [
        ("hello", "not_utf8", "UnicodeDecodeError", "text = data.decode()"),
        ("hypotenuse", "half", "JSONDecodeError", "legs = json.loads(request)"),
        ("page", "storm", "IndexError", 'print(f"{address}: {request.splitlines()[0]}")'),
        ("subjects", "reset", "BrokenPipeError", "stream.flush()"),
    ],
)
def test_the_button_kills_it_in_the_line_that_is_named(
    start: Start, name: str, kind: str, exception: str, source: str
) -> None:
    example = start(name)
    example.press(kind)
    run = example.ended()
    [crash] = run.of("crash")
    assert (crash["exception"], crash["source"]) == (exception, source)
    assert example.source(crash["line"]) == source
    assert (run.code, run.summary["exit_code"]) == (1, 1)


@pytest.mark.parametrize(
    ("name", "kind", "source"),
    [
        ("hypotenuse", "silent", "request = client.recv(BUFFER_SIZE)"),
        ("page", "silent", "request = client.recv(BUFFER_SIZE).decode()"),
        ("subjects", "half", 'words = stream.readline().decode("iso-8859-1").split()'),
    ],
)
def test_the_button_stalls_all_others_in_the_line_that_waits(
    start: Start, name: str, kind: str, source: str
) -> None:
    example = start(name)
    example.press(kind)
    example.told(has("accepted"))
    with pytest.raises(subprocess.TimeoutExpired):
        example.client(TALKS[name][0], timeout_s=STALLED_S)
    example.release()

    def waited(told: Messages) -> Messages:
        return [p for p in received(told) if p["waited_us"] >= STALLED_S * 1e6 / 2]

    assert example.source(example.told(waited)[0]["line"]) == source


def test_a_member_that_is_cut_off_breaks_the_broadcast_of_another(start: Start) -> None:
    example = start("chat")
    example.press("reset")
    example.told(has("died"))
    example.client("7\nhello\nexit\n", part="sender")
    found = example.told(lambda told: len(crashes(told)) == 2 and crashes(told))
    assert [(crash["exception"], crash["source"]) for crash in found] == [
        ("ConnectionResetError", "message = client.recv(MESSAGE_SIZE).decode()"),
        ("BrokenPipeError", "member.send(message.encode())"),
    ]


def test_members_that_have_left_make_their_threads_spin(start: Start) -> None:
    def at_the_end(told: Messages) -> Any:
        ends = [point for point in received(told) if point["bytes"] == 0]
        return len(ends) > 100 and ends

    example = start("chat")
    example.press("storm")
    lines = [example.source(point["line"]) for point in example.told(at_the_end)]
    assert lines.count("message = client.recv(MESSAGE_SIZE).decode()") > 90


def test_datagrams_that_do_not_fit_into_the_queue_are_lost(start: Start) -> None:
    example = start("hello")
    with example.frozen():
        example.press("burst")
        example.visitors_end()
    ways = BREAKS["hello_server.py"]["ways"]
    [sent] = [way["n"] for way in ways if way["experiment"] == "burst"]

    def quiet(told: Messages) -> Messages:
        try:  # the lab's client waits for ever where its own datagram is lost
            answered = "Hello client" in example.client(timeout_s=QUIET_S)
        except subprocess.TimeoutExpired:
            return []
        return received(told) if answered else []

    assert 0 < len(example.told(quiet)) < sent
