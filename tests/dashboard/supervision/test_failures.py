"""Why a program does not run: the sentence, the next step, and the evidence."""

import errno
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dashboard.programs.catalogue import catalogue, own_program
from dashboard.programs.files import OwnFile
from dashboard.programs.settings import ServerSettings
from dashboard.supervision import failures
from dashboard.supervision.failures import NOTHING, End
from labservers.observe import messages

CHAT = catalogue()["chat"]
OWN = own_program(OwnFile(Path("/home/me/server.py")))
SETTINGS = ServerSettings(port=8004)
LINES = ["one", "two"]


def evidence(failure: dict[str, Any]) -> dict[str, Any]:
    """Without what is not known; every failure has all the fields."""
    assert failure.keys() == NOTHING.keys()
    return {name: value for name, value in failure.items() if value not in ("", None, [])}


def test_of_nothing_nothing_is_known() -> None:
    texts = ("reason", "message", "next_step", "code")
    others = ("errno", "exit_code", "signal", "ran_s", "port_owner", "free_port", "line", "port",
              "free_at", "python_offered")  # fmt: skip
    known = {**dict.fromkeys(texts, ""), **dict.fromkeys(others), "last_lines": []}
    assert known == NOTHING


@pytest.mark.parametrize(
    ("program", "number", "reason", "next_step"),
    [
        (CHAT, errno.ENOMEM, "spawn", ""),
        (CHAT, errno.ENOENT, "spawn", ""),
        (OWN, errno.ENOENT, "spawn", "choose another Python"),
        (OWN, errno.ENOMEM, "spawn", ""),
        (OWN, errno.EMFILE, "descriptors", "close tabs, stop programs, or raise ulimit -n"),
        (CHAT, errno.ENFILE, "descriptors", "close tabs, stop programs, or raise ulimit -n"),
    ],
)
def test_the_system_made_no_process(program: Any, number: int, reason: str, next_step: str) -> None:
    failure = failures.not_spawned(program, OSError(number, "the reason"))
    name = "server.py" if program is OWN else "chat"
    message = f"the process of {name} could not be started: [Errno {number}] the reason"
    told = {"reason": reason, "message": message, "errno": number}
    assert evidence(failure) == {**told, **({"next_step": next_step} if next_step else {})}


def test_an_error_without_a_number_made_no_process_either() -> None:
    failure = failures.not_spawned(CHAT, ValueError("odd"))
    assert (failure["reason"], failure["errno"]) == ("spawn", None)


def test_it_does_not_answer() -> None:
    chat = failures.not_answering(CHAT, SETTINGS, "no answer", LINES)
    assert evidence(chat) == {
        "reason": "not_answering",
        "message": "chat on port 8004 does not answer as it should: no answer",
        "last_lines": LINES,
    }
    own = failures.not_answering(OWN, SETTINGS, "no answer", [])
    assert own["message"] == "server.py does not answer as it should: no answer"


def test_it_outlived_its_kill() -> None:
    assert evidence(failures.unended(OWN, 77)) == {
        "reason": "unended",
        "message": "process 77 of server.py has not ended, although it was killed",
        "next_step": "the system holds it: wait, or look at it with ps",
    }


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("EADDRINUSE", "port_in_use"),
        ("EACCES", "permission"),
        ("EPERM", "permission"),
        ("EADDRNOTAVAIL", "bad_address"),
        (messages.FILES, "files"),
        ("ENOBUFS", "bind"),
        ("", "bad_address"),
    ],
)
def test_it_said_itself_why_it_cannot_start(code: str, reason: str) -> None:
    failed = messages.Failed(1.0, 98, code, "it said so")
    failure = failures.refused(failed, End(3, 0.1, LINES))
    assert failure["code"] == code
    assert evidence({**failure, "code": ""}) == {
        "exit_code": 3,
        "reason": reason,
        "message": "it said so",
        "errno": 98,
        "last_lines": LINES,
    }


@pytest.mark.parametrize(
    ("returncode", "expected"),
    [
        (3, {"exit_code": 3, "reason": "exited", "message": "server.py ended with exit code 3"}),
        (
            -9,
            {
                "signal": "SIGKILL",
                "reason": "killed",
                "message": "server.py ended with signal SIGKILL",
            },
        ),
    ],
)
def test_it_ended(returncode: int, expected: dict[str, Any]) -> None:
    failure = failures.ended(OWN, SETTINGS, End(returncode, 1.23456, LINES))
    assert evidence(failure) == {**expected, "ran_s": 1.235, "last_lines": LINES}
    assert failures.broke(failure)
    of_chat = failures.ended(CHAT, SETTINGS, End(returncode, 1.0, []))
    assert of_chat["message"].startswith("chat on port 8004 ended with ")


def test_a_port_in_use_has_its_owner_and_a_free_one() -> None:
    asked: Any = SimpleNamespace(
        owner=lambda *given: {"pid": 7, "of": given}, free_port=lambda *given: [8014, *given]
    )
    in_use, exited = {**NOTHING, "reason": "port_in_use"}, {**NOTHING, "reason": "exited"}
    known = failures.with_owner(in_use, CHAT, SETTINGS, asked)
    assert known == {
        **in_use,
        "port_owner": {"pid": 7, "of": (SETTINGS, CHAT.transport)},
        "free_port": [8014, SETTINGS, CHAT.transport],
    }
    assert failures.with_owner(exited, CHAT, SETTINGS, asked) is exited


def test_only_what_ran_and_broke_is_tried_again() -> None:
    reasons = ("exited", "killed", "port_in_use", "spawn", "not_answering", "")
    tried = [reason for reason in reasons if failures.broke({**NOTHING, "reason": reason})]
    assert tried == ["exited", "killed"]


def test_the_feed_has_words_for_these() -> None:
    assert failures.FEED_CODES == {
        "port_in_use": "port_in_use",
        "exited": "crashed",
        "killed": "crashed",
    }
