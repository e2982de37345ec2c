"""breaks.json beside a program: what its author says of how it breaks."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from dashboard.lab import EXAMPLES
from dashboard.programs.breaks import NOTHING, breaks_of

TEXTS = {"press": "Press it.", "see": "It ends."}
WAY = {"experiment": "half", "n": 1, "en": TEXTS}


@pytest.fixture
def program(tmp_path: Path) -> Path:
    return tmp_path / "server.py"


def write(program: Path, content: Any) -> None:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    (program.parent / "breaks.json").write_bytes(text)


def test_a_program_without_any(program: Path) -> None:
    assert breaks_of(program) == NOTHING
    write(program, {"another.py": {"ways": [WAY]}})
    assert breaks_of(program) == NOTHING == ("", ())
    write(program, {"server.py": {"ways": [WAY]}})
    assert breaks_of(program) == ("", (WAY,))


def test_its_ways_without_what_is_not_known(program: Path) -> None:
    ways = [WAY, {**WAY, "ru": TEXTS, "fr": TEXTS, "more": 5}, {"experiment": "reset", "en": TEXTS}]
    write(program, {"server.py": {"request": "hello\n", "ways": ways}})
    assert breaks_of(program) == (
        "hello\n",
        (WAY, {**WAY, "ru": TEXTS}, {"experiment": "reset", "n": 1, "en": TEXTS}),
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 50_000,
        b" " * 70_000,
        [],
        {"server.py": []},
        {"server.py": {}},
        {"server.py": {"ways": {}}},
        {"server.py": {"ways": [], "request": 5}},
        *(
            {"server.py": {"ways": [way]}}
            for way in [
                5,
                {**WAY, "n": 0},
                {**WAY, "n": True},
                {**WAY, "experiment": None},
                {**WAY, "en": "words"},
                {**WAY, "en": {**TEXTS, "see": ""}},
                {**WAY, "ru": {"press": "x" * 501, "see": "x"}},
                {"experiment": "half", "n": 1, "ru": TEXTS},
            ]
        ),
    ],
)
def test_what_cannot_be_used_is_logged_and_left_out(
    program: Path, content: Any, caplog: pytest.LogCaptureFixture
) -> None:
    write(program, content)
    assert breaks_of(program) == NOTHING
    assert "breaks.json is not used: " in caplog.text


def test_each_bound_is_reached_to_its_edge(program: Path) -> None:
    ways = [{**WAY, "n": number} for number in (1, *range(10_000, 9_989, -1))]
    text = json.dumps({"server.py": {"request": "x" * 500, "ways": ways}})
    write(program, text.ljust(65_536).encode())
    request, used = breaks_of(program)
    assert request == "x" * 500
    assert list(used) == ways[:10]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"{}".ljust(65_537), "longer than 65536 bytes"),
        ([5], "the file: [5] is not an object"),
        ({"server.py": 5}, "server.py: 5 is not an object"),
        ({"server.py": {}}, "server.py: a list of ways is needed"),
        ({"server.py": {"ways": [5]}}, "a way: 5 is not an object"),
        ({"server.py": {"ways": [{**WAY, "n": 10_001}]}}, "10001 is not a whole number from 1 to"),
        ({"server.py": {"ways": [{**WAY, "en": 5}]}}, "the texts: 5 is not an object"),
        ({"server.py": {"ways": [{**WAY, "en": {}}]}}, "press: None is not a text of 1 to 500"),
        ({"server.py": {"ways": [], "request": 5}}, "request: 5 is not a text of 1 to 500"),
        ({"server.py": {"ways": [{"en": TEXTS}]}}, "experiment: None is not a text of 1 to 500"),
        ({"server.py": {"ways": [{}]}}, "en: the texts are missing"),
    ],
)
def test_what_is_wrong_is_said(
    program: Path, content: Any, complaint: str, caplog: pytest.LogCaptureFixture
) -> None:
    write(program, content)
    assert breaks_of(program) == NOTHING
    assert f" is not used: {complaint}" in caplog.text


def test_half_a_surrogate_pair_can_be_sent_on(program: Path) -> None:
    write(program, {"server.py": {"ways": [{**WAY, "en": {**TEXTS, "see": "\ud800"}}]}})
    assert breaks_of(program).ways[0]["en"]["see"] == "?"


def test_the_examples_have_theirs() -> None:
    assert EXAMPLES is not None
    servers = sorted(EXAMPLES.glob("*_server.py"))
    assert len(servers) == 5
    assert all(len(breaks_of(server).ways) == 2 for server in servers)
    assert breaks_of(EXAMPLES / "hello_client.py") == NOTHING


def test_a_file_that_nobody_writes_to_is_not_waited_for(program: Path) -> None:
    os.mkfifo(program.parent / "breaks.json")
    assert breaks_of(program) == NOTHING
