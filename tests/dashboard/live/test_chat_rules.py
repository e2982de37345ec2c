"""Room ids, nicknames and messages; a browser judges the same cases in tests/browser."""

import json
from pathlib import Path
from typing import Any

import pytest

from dashboard.live.chat_rules import name_problem, room_problem, text_problem, trimmed

CASES: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "chat_rules_cases.json").read_text("utf-8")
)


@pytest.mark.parametrize(("room", "good"), CASES["rooms"])
def test_rooms(room: str, good: bool) -> None:
    assert (room_problem(room) == "") is good


@pytest.mark.parametrize(("name", "taken"), CASES["names"])
def test_names(name: str, taken: str | None) -> None:
    assert (name_problem(name) == "") is (taken is not None)
    if taken is not None:
        assert trimmed(name) == taken


@pytest.mark.parametrize("value", [None, 7, [], {}, True, ["7"]])
def test_what_is_not_a_text_is_neither(value: object) -> None:
    assert room_problem(value)
    assert name_problem(value)
    assert text_problem(value)


@pytest.mark.parametrize(("text", "blank"), CASES["blanks"])
def test_blanks(text: str, blank: bool) -> None:
    assert (text_problem(text) != "") is blank


def test_every_space_of_this_python_is_blank() -> None:
    spaces = [chr(code) for code in range(0x110000) if chr(code).isspace()]
    assert [space for space in spaces if not text_problem(space)] == []


@pytest.mark.parametrize("text", ["a", " a ", "\0", "a\u2028b", "\x85a", "exit", "\ud800"])
def test_a_line_of_text_is_a_message(text: str) -> None:
    assert text_problem(text) == ""


@pytest.mark.parametrize("text", ["", " ", "\n", "a\n", "\na", "a\r", "\ra", "a\rb", "\r\n"])
def test_no_text_and_more_than_a_line_are_not(text: str) -> None:
    assert text_problem(text)
