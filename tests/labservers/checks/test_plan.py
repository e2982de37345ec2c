"""Whole checks, of real programs."""

import re
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labservers.checks.plan import Cancelled, Options, Progress, run
from labservers.checks.values import Address, Outcome, Verdict
from tests.ports import end_behind_much, free_port

LAB = Path(__file__).parents[2] / "programs" / "lab"


def checked(options: Options, steps: list[Progress] | None = None) -> Verdict:
    return run(options, (steps if steps is not None else []).append, lambda: False)


def of(verdict: Verdict, probe: str) -> Outcome:
    return next(one for one in verdict.outcomes if one.probe == probe)


def test_a_fault_is_found_where_it_is() -> None:
    port, steps = free_port(), list[Progress]()
    only = ("answers", "not-utf8", "nonsense")
    verdict = checked(Options(file=LAB / "hello.py", arguments=(str(port),), only=only), steps)
    assert (verdict.task, verdict.verdict, verdict.guessed) == ("hello", "mend", True)
    assert (of(verdict, "answers").outcome, of(verdict, "nonsense").outcome) == ("pass", "pass")
    (finding,) = verdict.findings
    assert (finding.id, finding.line) == ("decode-not-text", "hello.py:7")
    assert [step.n for step in steps] == [1, 2, 3, 4]
    assert {step.of for step in steps} == {4}


def test_at_the_address_of_a_group_nobody_can_be_served(tmp_path: Path) -> None:
    """The kernel lets a program listen there."""
    file = tmp_path / "server.py"
    lines = f"""import socket
listener = socket.create_server(("224.0.0.1", {free_port()}))
listener.accept()
"""
    file.write_text(lines, "utf-8")
    (finding,) = checked(Options(file=file)).findings
    assert finding.id == "address-not-here"


def test_a_cancelled_check_ends_its_program() -> None:
    port = free_port()
    steps: list[Progress] = []
    with pytest.raises(Cancelled):
        run(
            Options(file=LAB / "hello.py", arguments=(str(port),)),
            steps.append,
            lambda: bool(steps),
        )
    free = checked(Options(file=LAB / "hello.py", arguments=(str(port),), only=("answers",)))
    assert of(free, "answers").outcome == "pass"


class Sum(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        for line in self.rfile:
            try:
                self.wfile.write(b"%d\n" % sum(map(int, line.split())))
            except ValueError:
                self.wfile.write(b"error: not numbers\n")


class Quiet(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: object, client_address: object) -> None: ...


@pytest.fixture
def stranger() -> Iterator[Address]:
    """A server that already runs, and is not ours to start."""
    with Quiet(("127.0.0.1", 0), Sum) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield Address("127.0.0.1", server.server_address[1])
        server.shutdown()
        thread.join(30)


def test_a_server_that_already_runs_is_judged_from_outside(stranger: Address) -> None:
    only = ("answers", "split", "connect-close", "silent", "ctrl-c")
    verdict = checked(Options(address=stranger, only=only))
    assert (verdict.task, verdict.verdict) == ("math", "pass")
    assert of(verdict, "ctrl-c").why == "remote"
    assert {one.outcome for one in verdict.outcomes if one.probe != "ctrl-c"} == {"pass"}


def test_nobody_listens_there() -> None:
    verdict = checked(Options(address=Address("127.0.0.1", free_port())))
    assert verdict.verdict == "cannot run"
    assert verdict.reason


def test_how_long_an_old_connection_keeps_its_port_is_said(program: Callable[[str], Path]) -> None:
    """Its client's side waits too, and was no socket of ours: nothing ends that."""
    server = program("""
        import socket
        listener = socket.socket()
        listener.bind(("127.0.0.1", PORT))
        listener.listen()
        listener.accept()
    """)
    port = int(re.findall(r"\d{5}", server.read_text("utf-8"))[0])
    with socket.create_server(("127.0.0.1", port)) as listener, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        client.connect(("127.0.0.1", port))
        end_behind_much(listener)
        client.shutdown(socket.SHUT_WR)
        while client.recv(65_536):
            pass
    verdict = checked(Options(file=server))
    assert (verdict.verdict, verdict.reason) == ("cannot run", "port-waits")
    assert verdict.findings == ()
    (_, said), (_, seconds) = verdict.reason_values
    assert said == str(port)
    assert 0 < int(seconds) <= 60


def test_a_server_that_a_silent_client_has_hung_is_begun_anew(
    program: Callable[[str], Path],
) -> None:
    """What it speaks is found nevertheless."""
    server = program("""
        import socket, threading
        listener = socket.create_server(("127.0.0.1", PORT))
        while True:
            client, _ = listener.accept()
            text = client.recv(1024).decode()
            if not text:
                threading.Event().wait()
            a, b = text.split(",")
            client.sendall(str(int(a) * int(b)).encode())
            client.close()
    """)
    verdict = checked(Options(file=server, task="math", only=("answers",)))
    assert (verdict.talk, of(verdict, "answers").outcome) == ("math-text", "pass")


def test_a_conversation_is_learned_from_the_programs_own_client(
    program: Callable[[str], Path],
) -> None:
    server = program("""
        import socket
        listener = socket.create_server(("127.0.0.1", PORT))
        try:
            while True:
                connection, _ = listener.accept()
                with connection, connection.makefile("rb") as file:
                    for line in file:
                        word, number = line.decode().split("|")
                        connection.sendall(f"{word} twice: {word * int(number)}\\n".encode())
        except KeyboardInterrupt:
            pass
    """)
    port = re.search(r"\d{5}", server.read_text("utf-8"))
    assert port
    client = server.with_name("asker.py")
    client.write_text(f"""
import socket
with socket.create_connection(("127.0.0.1", {port[0]})) as connection:
    word = input("Your name: ")
    connection.sendall(f"{{word}}|2\\n".encode())
    print(connection.recv(100).decode())
""")
    verdict = checked(Options(file=server, client=client, only=("answers", "answers-again")))
    assert verdict.conversation is not None
    (turn,) = verdict.conversation.turns
    assert (turn.send, turn.answer) == (b"anna|2\n", b"anna\\ twice:\\ annaanna\\\n")
    assert of(verdict, "answers").outcome == "pass"
