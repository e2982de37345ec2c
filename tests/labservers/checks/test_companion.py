"""The clients of the lab, each run beside its server: what it says is the conversation."""

import shutil
from pathlib import Path

import pytest

from labservers.checks.plan import Options, run
from labservers.checks.values import Verdict
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
