"""Kinds of calls and of endings, each as the messages tell it."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.labservers.run.observed.conftest import (
    DEADLINE_S,
    PROGRAMS,
    Run,
    command,
    environment,
    run,
)  # fmt: skip

pytestmark = pytest.mark.system


def observed(name: str) -> Run:
    return run(PROGRAMS / f"{name}.py", tapped=True)


def calls(ended: Run, **fields: Any) -> list[tuple[Any, ...]]:
    rows = [p for p in ended.of("point") if all(p.get(k) == v for k, v in fields.items())]
    return [(p["line"], p["call"], p.get("data", b"")) for p in rows]


def test_tls_is_seen_in_plain_text_one_point_a_call() -> None:
    ended = observed("tls")
    server = next(e["id"] for e in ended.of("socket") if e["event"] == "accepted")
    assert calls(ended, id=server, result="tls") == [
        ("tls.py:24", "recv", b"secret"),
        ("tls.py:24", "send", b"SECRET"),
        ("tls.py:26", "recv", b"a line\n"),
        ("tls.py:27", "send", b"A LINE\n"),
    ]
    handshakes = [p for p in ended.of("point") if p["call"] == "handshake"]
    assert sorted(p["line"] for p in handshakes) == ["tls.py:12", "tls.py:23"]
    assert all(p["result"].startswith("TLSv1.") for p in handshakes)
    closed = [e["id"] for e in ended.of("socket") if e["event"] == "closed"]
    assert len(closed) == len(set(closed)) == 3


def test_tls_of_asyncio_is_seen_in_plain_text_and_nothing_of_it_encrypted() -> None:
    ended = observed("asyncio_tls")
    born = {e["event"]: e["id"] for e in ended.of("socket") if e["event"] != "closed"}
    server, client = born["accepted"], born["connected"]
    assert [row[1:] for row in calls(ended, id=server) if row[2]] == [
        ("recv", b"secret\n"),
        ("send", b"SECRET\n"),
    ]
    assert ("asyncio_tls.py:9", "send", b"SECRET\n") in calls(ended, id=server, result="tls")
    assert calls(ended, id=client, call="send") == [("asyncio_tls.py:16", "send", b"secret\n")]
    moved = [p["call"] for p in ended.of("point") if p["id"] in (server, client)]
    assert moved.count("handshake") == 2
    assert set(moved) <= {"connect", "handshake", "recv", "send"}
    assert not [p for p in ended.of("point") if "SSLWant" in p.get("error", "")]
    assert (ended.summary["bytes_in"], ended.summary["bytes_out"]) == (14, 14)
    (peer,) = {
        e["peer"] for e in ended.of("socket") if e["id"] == client and e["event"] == "closed"
    }
    assert peer == next(e["local"] for e in ended.of("socket") if e["event"] == "listening")


def test_tls_without_a_socket_is_let_alone() -> None:
    ended = observed("memory_tls")
    assert (ended.out, ended.code) == (b"b'secret' None\n", 0)
    assert ended.of("point") == []
    assert ended.of("notice") == []


def test_waits_without_a_socket_are_points() -> None:
    ended = observed("waits")
    waits = [(p["line"], p["call"]) for p in ended.of("point") if p["id"] is None]
    assert waits[:7] == [
        ("waits.py:10", "sleep"),
        ("waits.py:11", "sleep"),
        ("waits.py:13", "select"),
        ("waits.py:13", "select"),
        ("waits.py:16", "select"),
        ("waits.py:19", "select"),
        ("waits.py:22", "select"),
    ]
    slept = [p for p in ended.of("point") if p["call"] == "sleep" and "error" not in p]
    assert all(p["waited_us"] >= 10_000 for p in slept)
    (table,) = ended.of("lines")
    rows = {row["line"]: row for row in table["lines"]}
    assert (rows["waits.py:24"]["calls"], rows["waits.py:24"]["errors"]) == (4, 4)


def test_input_says_what_it_asks() -> None:
    ended = run(PROGRAMS / "asks.py", stdin=b"student\n", tapped=True)
    asks = ended.of("asks")
    assert asks[0]["prompt"] is not None
    assert asks[1]["prompt"] is None
    assert asks[0]["line"] == asks[1]["line"] == calls(ended, call="input")[0][0]


def test_a_client_cannot_name_itself_so_that_it_steers_the_terminal() -> None:
    seen = subprocess.run(
        command(PROGRAMS / "unix_names.py", observe=[]),
        capture_output=True, env=environment(), timeout=DEADLINE_S, check=True,
    )  # fmt: skip
    lines = seen.stderr.decode().split("\n")
    assert sum("·[31m·Tue  ·exit code 0·" in line for line in lines) >= 2
    assert all(line.isprintable() for line in lines)
    assert all(re.match(r"\d\d:\d\d:\d\d\.\d{3}  ", line) for line in lines[:-1])


def test_an_error_that_a_loop_has_caught_is_told() -> None:
    first, second = observed("swallowed").of("crash")
    assert (first["line"], first["exception"]) == ("swallowed.py:8", "UnicodeDecodeError")
    assert (first["received"], first["bad"]) == (b"\xff", 0)
    assert (second["line"], second["exception"]) == ("swallowed.py:30", "ValueError")
    assert first["swallowed"] is second["swallowed"] is True


def test_errors_that_come_from_each_other_are_told() -> None:
    told = [
        (one["thread"], one["exception"], one["main"])
        for one in observed("causes_in_a_ring").of("crash")
    ]
    assert told == [("reads", "KeyError", False), ("MainThread", "ValueError", True)]


def test_an_error_that_a_loop_drops_without_a_word_is_told() -> None:
    ended = observed("swallowed_silently")
    told = [(one["line"], one["received"], one["swallowed"]) for one in ended.of("crash")]
    assert told == [
        ("swallowed_silently.py:6", b"\xff", True),
        ("swallowed_silently.py:6", b"\xfe", True),
    ]


def test_an_error_that_a_loop_in_a_file_beside_it_drops_is_told() -> None:
    [crash] = observed("siblings/drops").of("crash")
    assert (crash["line"], crash["received"], crash["swallowed"]) == ("drops.py:7", b"\xff", True)


def test_a_file_beside_it_that_is_none_is_refused_in_the_same_words(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("def\n")
    (tmp_path / "program.py").write_text("import bad\n")
    said = [run(tmp_path / "program.py", tapped=tapped).err for tapped in (False, True)]
    assert said[0] == said[1]
    assert b"SyntaxError" in said[0]


def test_what_a_task_of_a_pool_died_of_is_told() -> None:
    [crash] = observed("swallowed_by_a_pool").of("crash")
    assert crash["line"] == "swallowed_by_a_pool.py:6"
    assert (crash["exception"], crash["swallowed"]) == ("UnicodeDecodeError", True)
    assert (crash["received"], crash["bad"]) == (b"\xff", 0)


def test_an_error_that_nobody_caught_is_told_once() -> None:
    for name in ("crash", "crash_chain", "crash_thread", "generator_loop"):
        crashes = observed(name).of("crash")
        assert len(crashes) == len({(c["line"], c["thread"]) for c in crashes})
        assert not any(crash["swallowed"] for crash in crashes)


def test_a_thread_that_dies_is_told_whoever_has_the_hook() -> None:
    ended = observed("thread_hooks")
    died = [(one["exception"], one["line"], one["main"]) for one in ended.of("crash")]
    assert died == [
        ("ValueError", "thread_hooks.py:14", False),
        (ended.of("crash")[1]["exception"], "thread_hooks.py:19", False),
    ]
    assert [one["event"] for one in ended.of("thread")].count("died") == 2


def test_a_signal_that_raises_at_any_moment_leaves_the_tap_in_its_place() -> None:
    ended = observed("time_limit")
    assert ended.of("notice") == []
    assert ended.summary["points"] > 100


def test_nothing_is_printed_into_a_socket_that_has_the_number_of_standard_error() -> None:
    file = PROGRAMS / "closes_stderr.py"
    done = subprocess.run(
        command(file, observe=[]), capture_output=True, env=environment(), timeout=DEADLINE_S
    )
    assert done.stdout == b"2 b'mine' b''\n"
    assert b"sendall() -> 4 bytes 'mine'" in done.stderr


def test_arguments_by_name_and_gathered_buffers_are_bytes_of_the_wire() -> None:
    ended = observed("by_name")
    assert ended.of("notice") == []
    moved = [(p["call"], p.get("data")) for p in ended.of("point") if p["bytes"]]
    six = b"\1\0\2\0\3\0"
    assert moved == [
        ("sendall", six), ("recv", six[:1]), ("recv", six[1:]), ("recvfrom_into", six[1:]),
        ("recv", six[1:]), ("sendmsg", b"gathered!"), ("sendmsg", None), ("recvmsg", b"gat"),
        ("recvmsg_into", b"gathered!onetwo"),
    ]  # fmt: skip


def test_a_crash_names_the_bad_byte_and_its_sender() -> None:
    ended = observed("crash")
    (crash,) = ended.of("crash")
    peer = next(e["peer"] for e in ended.of("socket") if e["event"] == "accepted")
    assert (crash["received"], crash["bad"], crash["peer"]) == (b"\xff\xfe", 0, peer)
    assert crash["main"] is True
    assert [line for line, _, _ in crash["stack"]] == ["crash.py:12", "crash.py:3"]


def test_a_child_of_another_program_is_said_to_be_unseen() -> None:
    notices = observed("starts_others").of("notice")
    assert [notice["code"] for notice in notices] == ["child_unseen"] * 2
    assert notices[1]["text"].endswith("(sh -c exit 3) is not seen")


def test_what_a_shell_runs_and_what_takes_the_place_of_the_program_is_said() -> None:
    ended = observed("execs")
    texts = [one["text"] for one in ended.of("notice")]
    assert texts[0] == "child (exit 3) is not seen"
    assert "becomes another program (" in texts[1]
    assert [one["call"] for one in ended.of("point")] == ["bind"]


def test_a_spawned_child_is_followed() -> None:
    ended = observed("process_spawn")
    assert len({one["pid"] for one in ended.of("program")}) == 2
    assert [s["exit_code"] for s in ended.of("summary")] == [0, 0]
    assert ("process_spawn.py:5", "sendall", b"child process") in calls(ended)
