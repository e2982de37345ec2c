"""A program and the dashboard's end of its channel: what is reported, and what is obeyed."""

import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from labservers.observe import messages, observed
from tests.labservers.observe.test_alone import interpreter
from tests.labservers.run.observed.conftest import PROGRAMS
from tests.labservers.run.observed.test_lab import connect, free_port
from tests.labservers.run.watched import ROOT, Watched
from tests.measured import and_this

pytestmark = pytest.mark.system
ENTRY = ROOT / "labservers/run/observe_file.py"
Eventually = Callable[..., Any]


@pytest.fixture
def watch() -> Iterator[Callable[..., Watched]]:
    """watch(name, ...): a Watched; all are ended."""
    made: list[Watched] = []

    def start(name: str, *words: str, python: str = sys.executable) -> Watched:
        options = ["--quiet", str(PROGRAMS / name), *words]
        made.append(
            Watched(lambda number: [python, str(ENTRY), "--channel", str(number), *options])
        )
        return made[-1]

    yield start
    for one in made:
        one.end()


def listening(watch: Any, eventually: Eventually, name: str, **given: Any) -> tuple[Watched, int]:
    port = free_port()
    program = watch(name, str(port), **given)
    eventually(program.listens, "it listens")
    return program, port


def accepting(watch: Any, eventually: Eventually, name: str, **given: Any) -> tuple[Watched, int]:
    """It waits in accept() already: what is held from now on is held as that returns."""
    program, port = listening(watch, eventually, name, **given)
    program.say(messages.Look(1.0, ["threads"]))
    eventually(lambda: program.of(observed.Threads), "looks")
    eventually(lambda: program.newest(observed.Threads).threads[0].call == "accept", "it waits")
    return program, port


@pytest.mark.parametrize("minor", and_this(9, 11, 13))
def test_pause_step_resume_with_a_real_client(
    minor: int, watch: Any, eventually: Eventually
) -> None:
    python = interpreter(minor)
    program, port = accepting(watch, eventually, "lab/chat.py", python=python)
    program.say(messages.Pause())
    eventually(lambda: program.of(messages.Held), "it says so")
    with connect(port) as client:
        client.sendall(b"hello")
        accepted = ("MainThread", "chat.py:23", "accept", "after")
        eventually(lambda: program.held() == [accepted], "held as accept() returns")
        program.say(messages.Step())
        eventually(lambda: ("member 1", "chat.py:12", "recv", "before") in program.held())
        held = program.newest(messages.Held)
        assert held.paused
        assert held.resumes_in_s > 200
        program.say(messages.Step("member 1", "send"))
        eventually(lambda: ("member 1", "chat.py:18", "sendall", "before") in program.held())
        (row,) = [row for row in program.newest(messages.Held).points if row.thread == "member 1"]
        assert row.locals["text"] == "'hello'"
        assert row.function == "serve"
        assert row.peer == "{}:{}".format(*client.getsockname())
        program.say(messages.Resume())
        assert client.recv(100) == b"hello"
    eventually(lambda: program.held() == [], "nothing is held")
    expected = [("recv", "chat.py:12"), ("sendall", "chat.py:18")]
    eventually(
        lambda: (
            [(p.call, p.line) for p in program.points() if p.thread == "member 1"][:2] == expected
        ),
        "both calls are told",
    )


def test_clients_wait_while_it_is_held_and_the_kernel_counts_them(
    watch: Any, eventually: Eventually
) -> None:
    program, port = accepting(watch, eventually, "lab/chat.py")
    program.say(messages.Break([], ["accept"], [], exceptions=False))
    program.say(messages.Look(1.0, ["rows"]))
    eventually(lambda: program.of(messages.Held), "it says so")
    with connect(port), connect(port), connect(port) as third:
        eventually(lambda: program.held() == [("MainThread", "chat.py:23", "accept", "before")])

        def queued() -> Any:
            return [frame.accept_queue for frame in program.of(messages.Frame)[-1:]]

        eventually(lambda: queued() == [2], "two wait for accept()")
        eventually(
            lambda: [len(table.rows) >= 2 for table in program.of(messages.Rows)[-1:]] == [True]
        )
        rows = program.newest(messages.Rows).rows
        assert (rows[0].state, rows[0].recv_q, rows[0].tcp_state) == ("listening", 2, "LISTEN")
        assert rows[0].accept_limit == 128  # of a listen() without a number
        assert {row.tcp_state for row in rows[1:]} == {"ESTAB"}
        program.say(messages.Break([], [], [], exceptions=False))
        program.say(messages.Resume())
        third.sendall(b"now")
        assert third.recv(10) == b"now"
    eventually(lambda: program.newest(messages.Frame).requests >= 1, "the exchange is counted")
    last = program.newest(messages.Frame).last
    assert (last.received, last.sent) == ("now", "now")


def test_a_breakpoint_on_a_line_and_on_an_exception(watch: Any, eventually: Eventually) -> None:
    program, port = listening(watch, eventually, "lab/chat.py")
    program.say(messages.Break(["chat.py:18"], [], [], exceptions=True))
    eventually(lambda: program.of(messages.Held), "it says so")
    with connect(port) as client:
        client.sendall(b"one")
        eventually(lambda: ("member 1", "chat.py:18", "line", "before") in program.held())
        program.say(messages.Resume())
        assert client.recv(10) == b"one"
        eventually(lambda: program.held() == [], "nothing is held")
        eventually(lambda: program.of(observed.Lines), "the line is known to make a call")
        client.sendall(b"two")
        eventually(lambda: ("member 1", "chat.py:18") in [row[:2] for row in program.held()])
        program.say(messages.Resume())
        assert client.recv(10) == b"two"
        client.sendall(b"\xff")
        eventually(lambda: ("member 1", "chat.py:13", "crash", "after") in program.held())
        held = {point.thread: point for point in program.newest(messages.Held).points}
        assert held["member 1"].locals["data"] == "b'\\xff'"
        eventually(lambda: program.of(observed.Crash), "the crash is told")
        assert program.newest(observed.Crash).bad == 0
        program.say(messages.Resume())
        eventually(lambda: program.held() == [], "the thread has died")


@pytest.mark.parametrize("minor", and_this(9, 11, 13))
def test_a_breakpoint_on_a_line_that_makes_no_call(
    minor: int, watch: Any, eventually: Eventually
) -> None:
    """In a thread that has just begun, and in one that runs already; then nothing is traced."""
    python = interpreter(minor)
    program, port = listening(watch, eventually, "lab/chat.py", python=python)
    program.say(messages.Break(["chat.py:12"], [], [], exceptions=False))
    eventually(lambda: program.of(messages.Held), "it says so")
    with connect(port) as client:
        eventually(lambda: ("member 1", "chat.py:12", "line", "before") in program.held())
        program.say(messages.Break(["chat.py:13"], [], [], exceptions=False))
        program.say(messages.Resume())
        client.sendall(b"one")
        eventually(lambda: ("member 1", "chat.py:13", "line", "before") in program.held())
        held = {point.thread: point for point in program.newest(messages.Held).points}
        assert held["member 1"].locals["data"] == "b'one'"
        program.say(messages.Break([], [], [], exceptions=False))
        program.say(messages.Resume())
        assert client.recv(10) == b"one"
        client.sendall(b"two")
        assert client.recv(10) == b"two"


@pytest.mark.parametrize(("minor", "thread"), [(9, "main"), (11, "main"), (12, "thread"),
                                               (13, "thread")])  # fmt: skip
def test_a_breakpoint_on_a_line_reaches_a_thread_that_only_computes(
    minor: int, thread: str, watch: Any, eventually: Eventually
) -> None:
    """Before Python 3.12 the main thread alone."""
    python = interpreter(minor)
    program = watch("watched/computes.py", thread, python=python)
    eventually(lambda: program.of(messages.Frame), "it runs")
    program.say(messages.Break(["computes.py:6"], [], [], exceptions=False))
    name = "MainThread" if thread == "main" else "computer"
    eventually(lambda: program.held() == [(name, "computes.py:6", "line", "before")], "held")
    program.say(messages.Break(["computes.py:7"], [], [], exceptions=False))
    program.say(messages.Resume())
    eventually(lambda: program.held() == [(name, "computes.py:7", "line", "before")], "and there")
    program.say(messages.Break([], [], [], exceptions=False))
    program.say(messages.Resume())
    eventually(lambda: program.held() == [], "it goes on")


def test_a_breakpoint_on_a_client_of_udp_and_the_count_of_datagrams(
    watch: Any, eventually: Eventually
) -> None:
    port = free_port()
    program = watch("lab/hello.py", str(port))

    def events() -> list[str]:
        return [e.event for batch in program.of(observed.SocketEvents) for e in batch.events]

    eventually(lambda: "bound" in events(), "it is bound")
    with (
        socket.socket(type=socket.SOCK_DGRAM) as one,
        socket.socket(type=socket.SOCK_DGRAM) as other,
    ):
        for sock in (one, other):
            sock.settimeout(30)
            sock.connect(("127.0.0.1", port))
        peer = "{}:{}".format(*other.getsockname())
        program.say(messages.Break([], [], [peer], exceptions=False))
        eventually(lambda: program.of(messages.Held), "it says so")
        one.send(b"not me")
        assert one.recv(100) == b"Hello client"
        other.send(b"me")
        held = ("MainThread", "hello.py:6", "recvfrom", "after")
        eventually(lambda: program.held() == [held], "held with the datagram")
        assert program.newest(messages.Held).points[0].peer == peer
        program.say(messages.Break([], [], [], exceptions=False))
        program.say(messages.Resume())
        assert other.recv(100) == b"Hello client"
        one.send(b"")
        assert one.recv(100) == b"Hello client"
    eventually(lambda: program.newest(messages.Frame).accepted == 3, "three datagrams")


def test_where_threads_locks_and_tasks_stand(watch: Any, eventually: Eventually) -> None:
    program = watch("watched/stands.py")
    program.say(messages.Look(1.0, ["threads"]))

    def inside() -> Any:
        told = program.newest(observed.Threads)
        calls = [row.call for row in told.threads]
        seen = [task.suspended for task in told.tasks]
        return (calls, seen) == (["join", "wait", "wait", "lock"], [2]) and told

    eventually(lambda: program.of(observed.Threads), "looks")
    told = eventually(inside, "all stand, and the tasks are looked at since")
    locks = {row.id: row for row in told.locks}
    rows = {row.name: row for row in told.threads}
    assert rows["MainThread"].waits_for == "thread waiter"
    assert locks[rows["in a queue"].lock].kind == "Queue"
    assert (locks[rows["holder"].lock].kind, rows["holder"].line) == ("Event", "stands.py:14")
    lock = locks[rows["waiter"].lock]
    assert (lock.kind, lock.line, lock.holder, lock.taken, lock.waiters) == (
        "Lock",
        "stands.py:5",
        "holder",
        "stands.py:13",
        ["waiter"],
    )
    assert told.threads[3].waits_for == "Lock of stands.py:5, held by holder"
    (task,) = told.tasks
    assert (task.line, task.function, task.suspended, task.kind) == ("stands.py:11", "reads", 2,
                                                                 "generator")  # fmt: skip
    ids = [e.id for batch in program.of(observed.SocketEvents) for e in batch.events]
    assert task.sockets == sorted(set(ids))
    assert told.tasks_total == 2


def test_its_own_files_are_named_as_it_loads_them(watch: Any, eventually: Eventually) -> None:
    program = watch("watched/imports.py")
    known = ["imports.py", "parts/part.py"]
    eventually(lambda: program.of(messages.Frame) and program.newest(messages.Frame).files == known)


def test_stop_ends_it_as_a_signal_does_and_says_so(watch: Any, eventually: Eventually) -> None:
    program, _ = listening(watch, eventually, "lab/chat.py")
    program.say(messages.Pause())
    program.say(messages.Stop())
    assert program.ended()[2] == -signal.SIGTERM
    summary = program.newest(observed.Summary)
    assert (summary.exit_code, summary.signal) == (None, "SIGTERM")
    assert summary.sockets_left_open == 1


def test_a_program_that_handles_the_signal_of_stop_ends_in_its_own_way(
    watch: Any, eventually: Eventually
) -> None:
    """What a newer dashboard says before that is passed over."""
    program = watch("watched/polite.py")
    program.channel.send(b'{"type": "of tomorrow"}\nnot a message\n')
    eventually(lambda: program.of(messages.Notice), "it says what it does not see")
    assert [(one.code, one.text) for one in program.of(messages.Notice)] == [
        ("displaced", "send()")
    ]
    program.say(messages.Stop())
    assert program.ended()[2] == 3
    summary = program.newest(observed.Summary)
    assert (summary.exit_code, summary.signal) == (3, None)


def test_the_end_of_the_dashboard_ends_a_program_that_does_not_want_to(
    watch: Any, eventually: Eventually
) -> None:
    program = watch("watched/stubborn.py")
    assert program.process.stdout.readline() == b"ready\n"
    program.say(messages.Pause())
    eventually(lambda: program.of(messages.Held), "it is held")
    program.channel.close()
    out, _, code = program.ended()
    assert (out, code) == (b"not yet\n", -signal.SIGKILL)


def test_a_dashboard_that_does_not_read_is_waited_for_by_nobody(
    watch: Any, eventually: Eventually
) -> None:
    """What it does not take is counted: each call is told, or lost."""
    program = watch("watched/chatters.py", "3000")
    program.hear(wanted=False)
    eventually(lambda: program.process.poll() == 0, "it has come to its end")
    program.hear(wanted=True)
    program.ended()
    batches = program.of(observed.Points)
    told, lost = sum(len(b.points) for b in batches), sum(b.lost for b in batches)
    assert told + lost <= 6000
    if program.of(observed.Summary):
        summary = program.newest(observed.Summary)
        assert (summary.points, summary.bytes_in, summary.bytes_out) == (
            6000,
            12_000_000,
            12_000_000,
        )
        assert told + lost == 6000


def test_a_forked_child_leaves_the_channel_to_its_parent(
    watch: Any, eventually: Eventually
) -> None:
    program = watch("forks.py")
    out, _, code = program.ended()
    assert code == 0
    assert len(program.of(observed.Program)) == len(program.of(observed.Summary)) == 1
    assert program.newest(messages.Notice).code == "child_unseen"
    assert program.newest(observed.Program).pid == program.process.pid != os.getpid()
    assert out


@pytest.mark.parametrize("minor", and_this(9, 13))
def test_what_cannot_be_written_is_shown_by_its_type_and_all_else_as_ever(
    minor: int, watch: Any, eventually: Eventually
) -> None:
    python = interpreter(minor)
    program, port = listening(watch, eventually, "hard_to_write.py", python=python)
    program.say(messages.Break([], ["recv"], [], exceptions=False))
    eventually(lambda: program.of(messages.Held), "it says so")
    with connect(port) as client:
        held = ("MainThread", "hard_to_write.py:18", "recv", "before")
        eventually(lambda: program.held() == [held], "held before recv()")
        (row,) = program.newest(messages.Held).points
        shown = {"number": "<int of 31,697 bits>", "keys": "{<Key>, <Key>}"}
        assert {name: row.locals[name] for name in shown} == shown
        program.say(messages.Resume())
        client.sendall(b"a line")
        out, _, code = program.ended()
    (crash,) = program.of(observed.Crash)
    assert (out, code, program.of(messages.Notice)) == (b"", 1, [])
    assert {name: crash.locals[name] for name in shown} == shown
    assert crash.message == "<int of 31,697 bits>, {<Key>, <Key>}, b'a line'"
    assert program.newest(observed.Summary).exit_code == 1


BOTH_FAMILIES = """
import socket, sys
with socket.create_server(("::", int(sys.argv[1])), family=socket.AF_INET6,
                          dualstack_ipv6=True) as listener:
    for _ in range(2):
        connection, _ = listener.accept()
        with connection:
            connection.sendall(connection.recv(9))
"""


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="no socket takes both families here")
@pytest.mark.parametrize("named", ["127.0.0.1", "[::ffff:127.0.0.1]", "127.0.0.1:{}"])
def test_a_client_of_ipv4_is_held_where_the_server_takes_both_families(
    named: str, watch: Any, eventually: Eventually, tmp_path: Any
) -> None:
    file = tmp_path / "both.py"
    file.write_text(BOTH_FAMILIES)
    program, port = listening(watch, eventually, str(file))
    with connect(port) as client:
        number = client.getsockname()[1]
        program.say(messages.Break([], [], [named.format(number)], exceptions=False))
        eventually(lambda: program.of(messages.Held), "it says so")
        client.sendall(b"held")
        eventually(program.held, "it is held before it receives or before it answers")
        assert program.newest(messages.Held).points[0].peer == f"[::ffff:127.0.0.1]:{number}"
        program.say(messages.Break([], [], [], exceptions=False))
        program.say(messages.Resume())
        assert client.recv(9) == b"held"
