"""The transcript of a terminal: bounded, in two tones, the same for each reader."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.supervision.console import HALF, Console

PRINTS = st.lists(st.binary(max_size=200), max_size=30)


def new() -> Console:
    console = Console(lambda: 5.0)
    console.begin()
    return console


def read(console: Console, number: int = 0) -> list[dict[str, Any]]:
    return console.following(number, 0)[1]


def text_of(said: list[dict[str, Any]]) -> str:
    return "".join(one.get("output", "") for one in said)


@given(PRINTS)
def test_a_reader_from_the_beginning_gets_all_of_it(prints: list[bytes]) -> None:
    console = new()
    for data in prints:
        console.print(data)
    console.end(0, None)
    said = read(console)
    assert text_of(said) == b"".join(prints).decode("utf-8", "replace")
    assert said[0] == {"state": {"state": "started", "at": 5.0}}
    assert said[-1]["state"] == {"state": "ended", "exit_code": 0, "signal": None, "at": 5.0}


@given(PRINTS, st.integers(0, 30))
def test_a_reader_that_reads_in_between_gets_the_same(prints: list[bytes], every: int) -> None:
    console = new()
    number, text = 0, ""
    for index, data in enumerate(prints):
        console.print(data)
        if every and index % every == 0:
            number, said = console.following(number, 0)
            text += text_of(said)
    text += text_of(console.following(number, 0)[1])
    assert text == text_of(read(console))


@pytest.mark.parametrize("piece", [16, 4096, 3 * HALF])
def test_a_flood_keeps_its_beginning_and_its_end_and_says_what_is_missing(piece: int) -> None:
    console = new()
    console.print(b"the beginning\n")
    for number in range(4 * HALF // piece + 1):
        console.print(bytes([97 + number % 26]) * piece)
    console.print(b"the end")
    said = read(console)
    text = text_of(said)
    assert text.startswith("the beginning")
    assert text.endswith("the end")
    skipped = sum(one.get("skipped", 0) for one in said)
    assert skipped + len(text) == (4 * HALF // piece + 1) * piece + len("the beginning\nthe end")
    assert len(text) <= 2 * HALF + piece


def test_a_process_begins_with_an_empty_transcript() -> None:
    console = new()
    console.print(b"of the first life \xd0")
    number, _ = console.following(0, 0)
    console.begin()
    console.print(b"of the second")
    assert text_of(read(console)) == text_of(read(console, number)) == "of the second"
    assert read(console, number)[0]["state"]["state"] == "started"


def test_half_a_character_waits_for_its_rest() -> None:
    console = new()
    console.print("п".encode()[:1])
    console.print("п".encode()[1:])
    assert text_of(read(console)) == "п"


def tones(console: Console) -> list[tuple[str, str]]:
    return [(one["tone"], one["output"]) for one in read(console) if "tone" in one]


@pytest.mark.parametrize(
    ("typed", "printed", "expected"),
    [
        ("bob\n", [b"bob\r\nhello bob\r\n"], [("input", "bob\r\n"), ("program", "hello bob\r\n")]),
        ("bob\n", [b"name? ", b"bo", b"b\r\n", b"hi"], None),
        ("\x03", [b"^C", b"Traceback"], [("input", "^C"), ("program", "Traceback")]),
        ("secret\n", [b"\r\n", b"welcome"], [("program", "\r\nwelcome")]),
        ("\x04", [b"the end"], [("program", "the end")]),
        ("имя\n", ["имя\r\n".encode()], [("input", "имя\r\n")]),
        ("bob\n", [b"1", b"2", b"3", b"bob\r\n"], [("program", "123bob\r\n")]),  # not waited for
        (
            "one\ntwo\n",  # the second line is echoed when it is read
            [b"one\r\nnext? ", b"two\r\n"],
            [("input", "one\r\n"), ("program", "next? "), ("input", "two\r\n")],
        ),
    ],
)
def test_what_was_typed_has_a_tone_of_its_own(
    typed: str, printed: list[bytes], expected: list[tuple[str, str]] | None
) -> None:
    console = new()
    console.typed(typed)
    for data in printed:
        console.print(data)
    wanted = expected or [("program", "name? "), ("input", "bob\r\n"), ("program", "hi")]
    assert tones(console) == wanted


@given(st.lists(st.text("ab\n\x03", max_size=5), max_size=5), PRINTS)
def test_tones_change_no_character(typed: list[str], prints: list[bytes]) -> None:
    console = new()
    for text, data in zip([*typed, *[""] * len(prints)], prints, strict=False):
        console.typed(text)
        console.print(data)
    console.end(0, None)
    assert text_of(read(console)) == b"".join(prints).decode("utf-8", "replace")


def test_a_reader_waits_for_what_comes_next(eventually: Callable[..., Any]) -> None:
    console = new()
    number, _ = console.following(0, 0)
    heard: list[dict[str, Any]] = []
    reader = threading.Thread(target=lambda: heard.extend(console.following(number, 10)[1]))
    reader.start()
    console.print(b"now")
    reader.join(30)
    assert text_of(heard) == "now"
