"""The clients of the lab, each run beside its server: what it says is the conversation."""

import shutil
import sys
import threading
from pathlib import Path

import pytest

from labservers.checks import companion
from labservers.checks.plan import Options, run
from labservers.checks.values import Verdict
from tests.labservers.checks.rig import serving
from tests.ports import free_port

LAB = Path(__file__).parents[3] / "examples/lab"


def checked(name: str, client: str, folder: Path) -> Verdict:
    """Whether a server of the lab answers this client of its; on a port of ours."""
    for file in LAB.glob("*.*"):
        shutil.copy(file, folder)
    port = str(free_port())
    for file in folder.glob("*.py"):
        file.write_text(file.read_text("utf-8").replace(PORTS[name], port), "utf-8")
    options = Options(
        folder / f"{name}_server.py", client=folder / f"{client}.py", only=("answers",)
    )
    return run(options, lambda progress: None, lambda: False)


PORTS = {"hello": "8101", "hypotenuse": "8102", "page": "8103", "chat": "8104", "subjects": "8105"}


@pytest.mark.parametrize(
    ("name", "sent", "answer"),
    [
        ("hello", b"Hello server", rb"Hello\ client"),
        ("hypotenuse", b'{"a": 3.0, "b": 4.0}', rb"5\.0"),
        ("page", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", None),
        ("subjects", b"subject=physics&grade=5", None),
    ],
)
def test_its_conversation_is_held(
    name: str, sent: bytes, answer: bytes | None, tmp_path: Path
) -> None:
    verdict = checked(name, f"{name}_client", tmp_path)
    assert verdict.conversation is not None
    assert verdict.conversation.id == "learned"
    assert [turn.send[-len(sent) :] for turn in verdict.conversation.turns] == [sent]
    if answer is not None:
        assert verdict.conversation.turns[0].answer == answer
    assert [(one.probe, one.outcome) for one in verdict.outcomes] == [
        ("starts", "pass"), ("answers", "pass"),
    ]  # fmt: skip


@pytest.mark.parametrize("client", ["chat_sender", "chat_reader"])
def test_a_member_of_a_chat_hears_nothing_alone_and_that_is_said(
    client: str, tmp_path: Path
) -> None:
    verdict = checked("chat", client, tmp_path)
    assert verdict.talk == "chat-rooms"
    assert [(one.probe, one.outcome, one.why) for one in verdict.outcomes] == [
        ("starts", "pass", ""), ("client", "not tried", "client-unheard"), ("answers", "pass", ""),
    ]  # fmt: skip


ASKS = """
import socket, sys, threading
words = input("Say: ")
threading.Event().wait(0.5)
server = socket.create_connection(("127.0.0.1", PORT))
server.sendall(words.encode())
server.recv(100)
"""


def test_a_user_who_types_slowly_leaves_the_client_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not seem to have nothing more to say, as long as the user has thought."""
    monkeypatch.setattr(companion, "IDLE_S", 2.0)
    monkeypatch.setattr(companion, "LOOK_S", 0.01)
    monkeypatch.setattr(companion, "TOLD_S", 0.1)

    def typed(prompt: str) -> str:
        threading.Event().wait(2.1)
        return "hello"

    with serving(lambda sock: sock.sendall(sock.recv(100))) as address:
        client = tmp_path / "client.py"
        client.write_text(ASKS.replace("PORT", str(address.port)), "utf-8")
        learned = companion.learn(client, sys.executable, address, None, typed)
    assert [turn.send for turn in learned.talk.turns] == [b"hello"]
