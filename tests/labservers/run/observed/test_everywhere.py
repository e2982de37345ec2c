"""By every Python that is here, and a hundred at once."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from labservers.observe import messages, observed
from tests.labservers.observe.test_alone import MINORS, interpreter
from tests.labservers.run.observed.conftest import DEADLINE_S, PROGRAMS, ROOT, read
from tests.labservers.run.observed.test_program import plain

pytestmark = pytest.mark.system
ENTRY = str(ROOT / "labservers/run/observe_file.py")
STYLES = ("threads", "asyncio_streams", "process_spawn", "tls", "asyncio_tls", "memory_tls", "waits",
          "swallowed", "swallowed_silently", "siblings/siblings", "siblings/drops", "keeps_errors", "prints_stack", "thread_hooks", "time_limit",
          "by_name", "crash_chain", "causes_in_a_ring")  # fmt: skip
OTHERS = [minor for minor in MINORS if minor != sys.version_info.minor]  # this one runs them all
AT_ONCE = 100


def start(words: list[str], file: Path, **more: Any) -> "subprocess.Popen[bytes]":
    """Without a word of ours in its environment."""
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    env |= {"PYTHONDONTWRITEBYTECODE": "1"} | more.pop("env", {})
    return subprocess.Popen(
        [*words, str(file)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, cwd=file.parent, env=env,
        start_new_session=True, **more,
    )  # fmt: skip


@pytest.mark.parametrize("minor", OTHERS)
def test_a_program_is_observed_by_the_path_of_a_file(minor: int, tmp_path: Path) -> None:
    python = interpreter(minor)
    pairs = []
    for number, style in enumerate(STYLES):
        file, told = PROGRAMS / f"{style}.py", tmp_path / f"{number}.jsonl"
        seen = start([python, ENTRY, "--quiet", "--json", str(told)], file)
        pairs.append((style, start([python], file), seen, told))
    for style, bare, seen, told in pairs:
        ends = [one.communicate(timeout=DEADLINE_S) for one in (bare, seen)]
        outcomes = [(plain(out), plain(err)) for out, err in ends]
        assert outcomes[0] == outcomes[1], style
        assert bare.returncode == seen.returncode
        messages = read(told)
        assert messages[-1]["type"] == "summary", style
        assert messages[0]["python"].startswith(f"3.{minor}.")
        swallowed = [one["swallowed"] for one in messages if one["type"] == "crash"]
        assert swallowed == {"swallowed_silently": [True] * 2, "siblings/drops": [True]}.get(
            style, swallowed
        )
        if style == "crash_chain":
            assert [one["swallowed"] for one in messages if one["type"] == "crash"] == [False]


@pytest.mark.parametrize("minor", [12, 13])
@pytest.mark.parametrize("name", ["forks", "forks_beside_a_thread"])
def test_a_fork_is_warned_of_where_the_program_itself_has_threads(minor: int, name: str) -> None:
    python = interpreter(minor)
    file = PROGRAMS / f"{name}.py"
    running = [start([python], file), start([python, ENTRY, "--quiet"], file)]
    bare, seen = [[plain(text) for text in one.communicate(timeout=DEADLINE_S)] for one in running]
    assert bare == seen
    assert (b"is multi-threaded" in seen[1]) == (name != "forks")


@pytest.mark.parametrize("minor", [sys.version_info.minor, 12, 13])
def test_a_fork_under_the_dashboard_is_said_to_be_unseen_and_warns_of_nothing(minor: int) -> None:
    python = interpreter(minor)
    ours, theirs = socket.socketpair()
    file = PROGRAMS / "forks.py"
    with ours, theirs:
        channel = ["--channel", str(theirs.fileno())]
        seen = start([python, ENTRY, "--quiet", *channel], file, pass_fds=[theirs.fileno()])
        theirs.close()
        told = [messages.decode(line) for line in ours.makefile("rb")]
    bare = start([python], file)
    outcomes = [one.communicate(timeout=DEADLINE_S) for one in (bare, seen)]
    assert outcomes[0] == outcomes[1]
    notices = [one.text for one in told if isinstance(one, messages.Notice)]
    assert [text.endswith("(forked) is not seen") for text in notices] == [True]
    assert type(told[-1]) is observed.Summary


def test_a_hundred_at_once_leave_nothing_behind(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    entry = [sys.executable, ENTRY, "--quiet", "--json"]
    running = [
        start([*entry, str(tmp_path / f"{n}.jsonl")], PROGRAMS / "crash_thread.py",
              env={"TMPDIR": str(tmp_path / "temporary")})
        for n in range(AT_ONCE)
    ]  # fmt: skip
    outcomes = {(one.communicate(timeout=2 * DEADLINE_S)[0], one.returncode) for one in running}
    assert len(outcomes) == 1
    for n in range(AT_ONCE):
        messages = read(tmp_path / f"{n}.jsonl")
        assert [m["type"] for m in messages if m["type"] in ("crash", "summary")] == [
            "crash", "summary",
        ]  # fmt: skip
        assert messages[-1]["lost"] == 0
    assert not (tmp_path / "temporary").exists()
    assert len(os.listdir("/proc/self/fd")) == before
    sessions = {one.pid for one in running}
    assert [
        pid
        for pid in map(int, filter(str.isdigit, os.listdir("/proc")))
        if _session(pid) in sessions
    ] == []


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:  # gone meanwhile
        return 0
