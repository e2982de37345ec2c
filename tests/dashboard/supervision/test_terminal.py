"""A program on a terminal, with real processes: it prints, reads, is interrupted, and leaves
nothing behind."""

import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from dashboard.programs.launch import CHANNEL, Command
from dashboard.supervision.process import ServerProcess, child_environment, exit_words
from labservers.run import terminal
from tests.conftest import RESTS, Heard, runs

Start = Callable[..., Any]


class OnTerminal:
    """A program on a terminal, and what was heard of it."""

    def __init__(self, source: str, *words: str, folder: Path | None = None) -> None:
        self.heard = Heard()
        command = Command((sys.executable, "-c", source, *words), folder, terminal=True)
        self.process = ServerProcess(command, self.heard)

    @property
    def text(self) -> str:
        """Of a letter that is echoed byte by byte, only the half may have come."""
        return self.heard.output.decode("utf-8", "replace")

    def end(self) -> tuple[int | None, str | None]:
        """Its exit code or its signal."""
        return exit_words(self.heard.exits.get(timeout=30))


@pytest.fixture
def start() -> Iterator[Start]:
    running: list[OnTerminal] = []

    def begin(source: str, *words: str, **options: Any) -> OnTerminal:
        running.append(OnTerminal(source, *words, **options))
        return running[-1]

    yield begin
    for program in running:
        program.process.kill()


def test_it_has_a_terminal_of_its_own(start: Start, tmp_path: Path) -> None:
    program = start(
        "import os, sys\n"
        "print(all(os.isatty(n) for n in (0, 1, 2)), os.get_terminal_size(), os.getcwd())\n"
        "print(os.getpgrp() == os.getpid(), os.tcgetpgrp(0) == os.getpgrp(), os.ctermid())\n"
        "print(open('/dev/tty').isatty(), sys.argv[1].isdigit(), sys.argv[2:])",
        *(CHANNEL, "two words", "", CHANNEL),
        folder=tmp_path,
    )
    assert program.end() == (0, None)
    assert program.text.split("\r\n") == [
        f"True os.terminal_size(columns=120, lines=40) {tmp_path}",
        "True True /dev/tty",
        "True True ['two words', '', '{channel}']",
        "",
    ]


def test_it_prints_at_once_and_reads_what_is_typed(
    start: Start, eventually: Callable[..., Any]
) -> None:
    program = start("name = input('name? ')\nprint('hello', name)\nprint(repr(input()))")
    eventually(lambda: program.text == "name? ", "it asks")
    assert program.process.type("Аня\n".encode())
    eventually(lambda: program.text.endswith("hello Аня\r\n"), "it answers")
    program.process.type(b"\x04")
    assert program.end() == (1, None)
    assert "EOFError" in program.text


def test_the_interrupt_key_interrupts(start: Start, eventually: Callable[..., Any]) -> None:
    program = start(RESTS)
    eventually(lambda: "up\r\n" in program.text, "it is up")  # ^C clears what the terminal holds
    program.process.interrupt()
    assert program.end() == (None, "SIGINT")
    assert program.text.startswith("up\r\n^CTraceback")


def test_ignored_signals_are_not_inherited(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        program = start(
            "import signal\nprint(signal.getsignal(signal.SIGINT) is signal.default_int_handler,"
            " *(signal.getsignal(n) == signal.SIG_DFL for n in (signal.SIGQUIT, signal.SIGHUP)))"
        )
        assert program.end() == (0, None)
    finally:
        signal.signal(signal.SIGINT, before)
    assert program.text == "True True True\r\n"


def test_a_flood_is_read_and_hinders_no_kill(start: Start, eventually: Callable[..., Any]) -> None:
    program = start("while True: print('spinning ' * 20)")
    eventually(lambda: len(program.heard.output) > 200_000, "it prints")
    program.process.kill()
    assert program.end() == (None, "SIGKILL")


def test_a_program_that_does_not_read_takes_no_more_and_can_be_interrupted(
    start: Start, eventually: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "TYPE_S", 0.2)
    program = start(RESTS)
    eventually(lambda: "up\r\n" in program.text, "it is up")
    eventually(lambda: not program.process.type(b"x" * 1_000 + b"\n"), "it is full")
    assert not program.process.type(b"x\n")
    program.process.interrupt()
    assert program.end() == (None, "SIGINT")


def test_typing_after_the_end_is_refused(start: Start) -> None:
    program = start("pass")
    program.end()
    assert not program.process.type(b"too late\n")
    program.process.terminate()
    program.process.kill()


FORKS = """
import os, signal, subprocess, sys
rests = [sys.executable, "-c", "import signal; signal.pause()"]
born = [subprocess.Popen(rests), subprocess.Popen(rests, process_group=0)]
ignoring = subprocess.Popen([sys.executable, "-c", "import signal; "
    "signal.signal(signal.SIGHUP, signal.SIG_IGN); print('ignores', flush=True); signal.pause()"])
print(*(p.pid for p in (*born, ignoring)), flush=True)
{then}
"""


@pytest.mark.parametrize(
    ("then", "how"),
    [
        ("signal.pause()", "kill"),
        ("signal.pause()", "terminate"),
        ("sys.exit(3)", ""),
        ("os._exit(0)", ""),
        ("os.kill(os.getpid(), 9)", ""),
    ],
)
def test_nothing_of_its_session_outlives_it(
    start: Start, eventually: Callable[..., Any], then: str, how: str
) -> None:
    program = start(FORKS.replace("{then}", then))
    line = eventually(
        lambda: next((line for line in program.text.split("\r\n")[:-1] if line[:1].isdigit()), None)
    )
    if how:
        eventually(lambda: "ignores" in program.text)
        getattr(program.process, how)()
    program.end()
    eventually(lambda: not any(runs(int(pid)) for pid in line.split()), "all are gone")


def test_a_kill_reaches_descendants_in_sessions_of_their_own(
    start: Start, eventually: Callable[..., Any]
) -> None:
    program = start(
        "import signal, subprocess, sys\n"
        "p = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'],"
        " start_new_session=True)\nprint(p.pid)\nsignal.pause()"
    )
    pid = int(eventually(lambda: program.text.endswith("\n") and program.text))
    program.process.kill()
    program.end()
    eventually(lambda: not runs(pid), "it is gone as well")


@pytest.mark.parametrize("whom", ["getpid", "getppid"], ids=["program", "guard"])
def test_one_that_is_stopped_is_killed(
    start: Start, eventually: Callable[..., Any], whom: str
) -> None:
    program = start(
        "import os, signal\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\nprint('up')\n"
        f"os.kill(os.{whom}(), signal.SIGSTOP)\nsignal.pause()"
    )
    eventually(lambda: "up" in program.text)
    program.process.kill()
    assert program.end() == (None, "SIGKILL")


@pytest.mark.parametrize("gone", ["interpreter", "folder"])
def test_what_cannot_be_started_is_an_error_and_leaves_no_descriptor(
    tmp_path: Path, gone: str
) -> None:
    nowhere = tmp_path / "nowhere"
    python = str(nowhere) if gone == "interpreter" else sys.executable
    folder = nowhere if gone == "folder" else tmp_path
    before = psutil.Process().num_fds()
    with pytest.raises(OSError, match="nowhere"):
        ServerProcess(Command((python,), folder, terminal=True), Heard())
    assert psutil.Process().num_fds() == before


def test_many_lives_leave_no_descriptor_and_no_thread(
    start: Start, eventually: Callable[..., Any]
) -> None:
    us = psutil.Process()
    start("print('warm')").end()
    eventually(lambda: us.num_threads() == len(os.listdir("/proc/self/task")))
    descriptors, threads = us.num_fds(), us.num_threads()
    programs = [start("print('x')") for _ in range(20)]
    assert [program.end() for program in programs] == [(0, None)] * 20
    eventually(
        lambda: (us.num_fds(), us.num_threads()) <= (descriptors, threads), "all is given back"
    )


def test_the_users_environment_is_the_users() -> None:
    given = {"PATH": "/bin", "PYTHONPATH": "/mine", "FLASK_APP": "x", "SOCKETLAB_TOKEN": "secret"}
    kept = child_environment(given, terminal=True)
    assert kept == {"PATH": "/bin", "PYTHONPATH": "/mine", "TERM": "xterm-256color"}
    assert child_environment({}, terminal=True) == {"TERM": "xterm-256color"}


ESCAPES = """
import os, signal, subprocess, sys
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
here, told = os.getpid(), os.dup(1)
subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True)
if not os.fork():  # a daemon: its parent ends, it leaves the session and closes all
    os.setsid()
    if not os.fork():
        os.write(told, b"pids %d %d\\n" % (here, os.getpid()))
        os.closerange(0, 100)
        signal.pause()
    os._exit(0)
if sys.argv[1:] == ["ends"]:
    sys.stdin.readline()
    os._exit(7)
os.closerange(3, 100)
signal.pause()
"""


def escaped(program: OnTerminal, eventually: Callable[..., Any]) -> list[int]:
    """Numbers of the program, of its guard's two processes, its child and its daemon."""
    pids = eventually(lambda: re.search(r"pids ([0-9]+) ([0-9]+)\r", program.text), "a daemon")
    numbers = [program.process.pid, int(pids[2])]
    assert int(pids[1]) == program.process.pid
    inner, outer = guards(program)
    children = inner.children(recursive=True)
    return [inner.pid, outer.pid, *numbers, *(child.pid for child in children)]


def guards(program: OnTerminal) -> list[psutil.Process]:
    """The inner one, which is the program's parent, and the outer one."""
    return psutil.Process(program.process.pid).parents()[:2]


@pytest.mark.parametrize("which", [0, 1], ids=["inner", "outer"])
def test_a_daemon_outlives_no_guard_that_is_killed(
    start: Start, eventually: Callable[..., Any], which: int
) -> None:
    program = start(ESCAPES)
    pids = escaped(program, eventually)
    guards(program)[which].kill()
    assert program.end() == (None, "SIGKILL")
    eventually(lambda: not any(map(runs, pids)), "all are gone")


def test_the_session_of_a_program_outlives_no_pair_of_guards(
    start: Start, eventually: Callable[..., Any]
) -> None:
    """The second is killed before it can act. What has left the session stays."""
    program = start(FORKS.replace("{then}", "signal.pause()"))
    eventually(lambda: "ignores" in program.text)
    line = eventually(
        lambda: next((line for line in program.text.split("\r\n")[:-1] if line[:1].isdigit()), None)
    )
    inner, outer = guards(program)
    inner.suspend()
    outer.kill()
    inner.kill()
    assert program.end() == (None, "SIGKILL")
    eventually(lambda: not any(runs(int(pid)) for pid in line.split()), "all are gone")


@pytest.mark.parametrize("how", ["kill", "end"])
def test_a_daemon_and_a_child_in_a_session_of_its_own_end_with_it(
    start: Start, eventually: Callable[..., Any], how: str
) -> None:
    program = start(ESCAPES, *(["ends"] if how == "end" else []))
    pids = escaped(program, eventually)
    assert len(set(pids)) >= 4
    if how == "kill":
        program.process.kill()
        assert program.end() == (None, "SIGKILL")
    else:
        program.process.type(b"\n")
        assert program.end() == (7, None)
    eventually(lambda: not any(map(runs, pids)), "all are gone")
