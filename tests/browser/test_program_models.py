"""What the page knows of a program's terminal, source and hold, in the browser's own JavaScript."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.models import call


def console(model: Page, *events: Any) -> dict[str, Any]:
    """The terminal after these messages of the dashboard; a text is output of the program."""
    script = """async (text) => {
      const { NO_CONSOLE, reduceConsole } = await import("/static/js/model/console.js");
      return JSON.parse(JSON.stringify(JSON.parse(text).reduce(reduceConsole, NO_CONSOLE)));
    }"""
    messages = [{"output": one, "at": 1} if isinstance(one, str) else one for one in events]
    told = [one if "type" in one else {"type": "down", "message": one} for one in messages]
    state: dict[str, Any] = model.evaluate(script, json.dumps(told))
    return state


def texts(state: dict[str, Any]) -> list[str]:
    return ["".join(part for part, _ in line.get("parts", [])) for line in state["lines"]]


def classes(state: dict[str, Any]) -> list[tuple[str, str]]:
    return [(part, cls) for line in state["lines"] for part, cls in line.get("parts", [])]


COLOURED = "\x1b[1;31mno\x1b[0m yes\r\nПорт \x1b[32m80\x1b[39m80\n"


def test_lines_and_colours_do_not_depend_on_how_the_output_is_cut(model: Page) -> None:
    whole = console(model, COLOURED)
    assert texts(whole) == ["no yes", "Порт 8080"]
    assert classes(whole)[:2] == [("no", "t-program sgr-red sgr-bold"), (" yes", "t-program")]
    assert ("80", "t-program sgr-green") in classes(whole)
    by_character = console(model, *COLOURED)
    assert texts(by_character) == texts(whole)
    styles = {part: cls for part, cls in classes(by_character) if part.strip()}
    assert styles["n"] == "t-program sgr-red sgr-bold"
    assert styles["8"] in ("t-program sgr-green", "t-program")


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        ("\x1b[2Jclear\n", "^[[2Jclear"),
        ("\x1b]0;title\x07\n", "^[]0;title^G"),
        ("10%\r20%\n", "10%^M20%"),
        ("a\tb\n", "a\tb"),
        ("<b>bold</b> \x7f\n", "<b>bold</b> ^?"),
        ("\r\r\n", ""),
    ],
)
def test_what_moves_a_terminal_is_shown_as_text(model: Page, output: str, shown: str) -> None:
    assert texts(console(model, output)) == [shown]


def test_what_was_typed_has_a_tone_of_its_own(model: Page) -> None:
    state = console(model, "Port: ", {"output": "9090\r\n", "at": 2, "tone": "input"}, "ok\n")
    assert classes(state) == [("Port: ", "t-program"), ("9090", "t-input"), ("ok", "t-program")]
    assert texts(state) == ["Port: 9090", "ok"]


def test_words_of_the_dashboard_stand_alone(model: Page) -> None:
    end = {"state": {"at": 3, "state": "ended", "exit_code": 1, "signal": None}}
    state = console(model, "half", end, "next\n", {"skipped": 5})
    assert texts(state) == ["half", "", "next", ""]
    assert state["lines"][1]["state"]["exit_code"] == 1
    assert state["lines"][3]["skipped"] == 5
    assert [line["n"] for line in state["lines"]] == sorted({line["n"] for line in state["lines"]})


def test_a_process_begins_with_an_empty_terminal(model: Page) -> None:
    begin = {"state": {"at": 4, "state": "started"}}
    state = console(model, "of the life before\n", begin, "\x1b[31mnew\n")
    assert texts(state) == ["", "new"]
    assert state["lines"][0]["state"]["state"] == "started"
    assert state["status"] == "open"


def test_a_terminal_is_bounded(model: Page) -> None:
    state = console(model, "x\n" * 5200)
    assert len(state["lines"]) == 5000
    assert state["cut"]
    endless = console(model, "y" * 3000, "y" * 3000, "z")
    assert [len(text) for text in texts(endless)] == [6000, 1]


def test_a_connection_made_anew_begins_anew(model: Page) -> None:
    lost = {"type": "lost", "retry_at": 9}
    state = console(model, "old\n", lost)
    assert (state["status"], texts(state)) == ("lost", ["old"])
    assert texts(console(model, "old\n", lost, {"type": "trying"}, "new\n")) == ["new"]


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ('  File "/home/a/server.py", line 24, in serve', "server.py:24"),
        ('  File "/home/a/lib/net.py", line 3, in <module>', "lib/net.py:3"),
        ('  File "/usr/lib/python3.11/json/decoder.py", line 355', None),
        ('  File "/home/ab/server.py", line 24', None),
        ("nothing", None),
    ],
)
def test_lines_of_tracebacks_lead_to_the_programs_own_code(
    model: Page, line: str, place: str | None
) -> None:
    found = call(model, "console", "placeIn", line, "/home/a")
    assert (found and found["line"]) == place
    if found and place:
        before, within, after = call(
            model, "console", "cutParts", [[line[:5], "a"], [line[5:], "b"]], found
        )
        joined = ["".join(text for text, _ in part) for part in (before, within, after)]
        assert "".join(joined) == line
        assert joined[1].startswith('File "')
        assert joined[1].endswith(f"line {place.rpartition(':')[2]}")


SOURCE = {"file": "server.py", "lines": ["import socket", "s.accept()", "c.recv(9)", "c.send(b'')"]}
COUNTS = {
    "server.py:2": {"calls": 3, "waited_us": 1000, "bytes_in": 0, "bytes_out": 0, "errors": 0},
    "server.py:3": {"calls": 5, "waited_us": 250, "bytes_in": 40, "bytes_out": 0, "errors": 1},
    "other.py:4": {"calls": 9, "waited_us": 9000, "bytes_in": 0, "bytes_out": 0, "errors": 0},
}
STANDING = [
    {"line": "server.py:2", "count": 2, "tasks": 0},
    {"line": "server.py:3", "count": 0, "tasks": 9},
]


def test_a_line_carries_what_happens_on_it(model: Page) -> None:
    points = [{"thread": "a", "line": "server.py:3"}, {"thread": "b", "line": "server.py:4"}]
    code = {"lines": COUNTS, "standing": STANDING}
    rows = call(model, "code", "annotated", SOURCE, code, points, ["server.py:4", "x.py:1"])
    assert [row["n"] for row in rows] == [1, 2, 3, 4]
    assert [row["count"] and row["count"]["calls"] for row in rows] == [None, 3, 5, None]
    assert [row["share"] for row in rows] == [0, 1, 0.25, 0]
    assert [row["standing"] and row["standing"]["count"] for row in rows] == [None, 2, 0, None]
    assert [row["held"] for row in rows] == [None, None, "next", "held"]
    assert [row["stop"] for row in rows] == [False, False, False, True]
    assert rows[3]["key"] == "server.py:4"
    assert [row["line"] for row in call(model, "code", "crowded", code)] == [
        "server.py:3",
        "server.py:2",
    ]


def test_a_file_is_found_whichever_name_has_more_folders(model: Page) -> None:
    code = {"lines": {"servers/hello.py:1": COUNTS["server.py:2"]}, "standing": []}
    source = {"file": "hello.py", "lines": ["recvfrom()"]}
    assert call(model, "code", "annotated", source, code, [], [])[0]["key"] == "servers/hello.py:1"
    files = ["main.py", "lib/net.py"]
    assert call(model, "code", "fileOf", files, {"file": "net.py", "n": 3}) == "lib/net.py"
    assert call(model, "code", "fileOf", files, None) == "main.py"
    assert call(model, "code", "annotated", source, None, [], [])[0]["count"] is None


def test_syntax_colours_keep_every_character(model: Page) -> None:
    lines = [
        '"""One',
        "# two",
        'three"""',
        "x = 'it\\'s' # end",
        "def f(): return SOCK.recv(1)",
        "",
    ]
    pieces = call(model, "source", "colouredLines", lines)
    assert ["".join(text for _, text in line) for line in pieces] == lines
    assert pieces[1] == [["s", "# two"]]
    assert ["c", "# end"] in pieces[3]
    assert ["f", "recv"] in pieces[4]


def test_a_breakpoint_is_set_and_removed(model: Page) -> None:
    none = call(model, "hold", "breakpoints", {"held": None})
    one = call(model, "hold", "toggled", none, "lines", "server.py:4")
    assert one == {"lines": ["server.py:4"], "calls": [], "clients": [], "exceptions": False}
    assert call(model, "hold", "breakpointCount", {**one, "exceptions": True}) == 2
    assert call(model, "hold", "toggled", one, "lines", "server.py:4") == none


def test_the_next_point_is_that_of_the_chosen_thread(model: Page) -> None:
    held = {"held": {"points": [{"thread": "a", "line": "1"}, {"thread": "b", "line": "2"}]}}
    assert call(model, "hold", "nextPoint", held, "b")["line"] == "2"
    assert call(model, "hold", "nextPoint", held, "gone")["line"] == "1"
    assert call(model, "hold", "nextPoint", {"held": None}, "a") is None
    assert call(model, "hold", "secondsLeft", {"at": 10, "resumes_in_s": 300}, 40) == 270


def test_files_are_grouped_and_found(model: Page) -> None:
    files = [
        {"id": "1", "title": "b.py", "folder": "/lab", "example": True},
        {"id": "2", "title": "z.py", "folder": "/mine"},
        {"id": "3", "title": "a.py", "folder": "/mine"},
    ]
    grouped = call(model, "files", "byFolder", files)
    assert [(folder, [one["title"] for one in some]) for folder, some in grouped] == [
        ("/mine", ["a.py", "z.py"]),
        ("/lab", ["b.py"]),
    ]
    found = call(model, "files", "chooseFiles", files, " LAB/b ")
    assert [file["id"] for file in found] == ["1"]
