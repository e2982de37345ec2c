"""Looking changes nothing: every style of program, with and without the tap."""

import re
from pathlib import Path

import pytest

from tests.labservers.run.observed.conftest import PROGRAMS, Run, run

pytestmark = pytest.mark.system

STDIN = {"asks": b"student\n"}
WORDS = {"arguments": ("--port", "80", "-x", "--json", "a b")}
NAMES = sorted(path.stem for path in PROGRAMS.glob("*.py") if path.stem != "peer")
UNBALANCED = {
    "duplicates",  # a write that does not go through the socket
    "by_name",  # a peek by recvfrom_into(), and bytes that are left in the queue
    "recv_into",  # bytes that are left in the queue
    "time_limit",  # a datagram that has gone to a call that a signal ended
    "udp",  # a datagram that is longer than the buffer
}


def path(name: str) -> Path:
    folder = PROGRAMS / name
    return folder / f"{name}.py" if folder.is_dir() else PROGRAMS / f"{name}.py"


def both(name: str) -> tuple[Run, Run]:
    file, words, stdin = path(name), WORDS.get(name, ()), STDIN.get(name, b"")
    bare = run(file, *words, stdin=stdin, tapped=False)
    return bare, run(file, *words, stdin=stdin, tapped=True)


def plain(text: bytes) -> bytes:
    """Without what differs between any two runs."""
    text = re.sub(
        rb"0x[0-9a-f]+|\b1[0-9]{14}\b|, \d{5}\)|started (daemon )?\d+|pid=\d+", b"?", text
    )
    return re.sub(rb"[0-9]{5,}", b"?", text)


@pytest.mark.parametrize("name", [*NAMES, "siblings"])
def test_a_program_says_and_ends_with_what_it_would_without_the_tap(name: str) -> None:
    bare, tapped = both(name)
    assert (plain(tapped.out), plain(tapped.err), tapped.code) == (
        plain(bare.out),
        plain(bare.err),
        bare.code,
    )
    if name != "execs" and (bare.code >= 0 or name == "interrupted"):
        check_books(name, tapped)


def check_books(name: str, tapped: Run) -> None:
    """Points, counts and summary agree; all bytes in between are counted at both ends."""
    pids = {one.get("pid") for one in tapped.of("program")}
    summaries, points = tapped.of("summary"), tapped.of("point")
    assert len(summaries) == len(pids)
    assert sum(s["points"] - s["lost"] for s in summaries) == len(points)
    received = sum(s["bytes_in"] for s in summaries)
    sent = sum(s["bytes_out"] for s in summaries)
    took = [p for p in points if p["call"].startswith("recv") and p.get("result") != "MSG_PEEK"]
    if not any(s["lost"] for s in summaries):
        assert received == sum(point["bytes"] for point in took)
    if name not in UNBALANCED and not name.startswith("process_spawn"):
        assert received == sent
    assert all(p["line"] for p in points if "asyncio" not in name and "server" not in name)


def test_a_file_that_python_does_not_read_names_its_line() -> None:
    (crash,) = run(path("bad_syntax"), tapped=True).of("crash")
    assert (crash["exception"], crash["line"]) == ("SyntaxError", "bad_syntax.py:2")
    assert crash["source"] == path("bad_syntax").read_text().splitlines()[1].strip()
