"""The lab's own servers, seen by the tap: their calls, lines, threads; held, stepped."""

import base64
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from labservers.observe import messages, observed
from tests.labservers.run.watched import Watched

pytestmark = pytest.mark.system
Eventually = Callable[..., Any]
ASKED = {
    "hypotenuse": b'{"a": 3, "b": 4}\n',
    "page": b"GET / HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n",
    "chat": b"CHAT/1 raw\n",
    "subjects": b"GET /subjects HTTP/1.1\r\nHost: lab\r\n\r\n",
    "hello": b"hello",
}


class Served(Watched):
    """A server of the lab that is ready."""

    def __init__(self, name: str, folder: str, eventually: Eventually) -> None:
        words = [sys.executable, "-m", "labservers", name, "--port", "0", "--data-dir", folder]
        super().__init__(lambda number: [*words, "--channel", str(number)])
        eventually(lambda: self.of(messages.Ready), "it is ready")
        self.port = self.of(messages.Ready)[0].listening[0].port
        self.asks = ASKED[name]
        self.kind = socket.SOCK_DGRAM if name == "hello" else socket.SOCK_STREAM

    def connect(self) -> socket.socket:
        sock = socket.socket(socket.AF_INET, self.kind)
        sock.settimeout(30)
        sock.connect(("127.0.0.1", self.port))
        return sock

    def ask(self) -> bytes:
        with self.connect() as client:
            client.sendall(self.asks)
            return client.recv(65536)

    def data(self, *calls: str) -> bytes:
        found = [point.data for point in self.points() if point.call in calls and point.data]
        return b"".join(map(base64.b64decode, found))


@pytest.fixture
def serve(tmp_path: Any, eventually: Eventually) -> Iterator[Callable[[str], Served]]:
    made: list[Served] = []

    def start(name: str) -> Served:
        made.append(Served(name, str(tmp_path), eventually))
        return made[-1]

    yield start
    for one in made:
        one.end()


@pytest.mark.parametrize("name", ["hello", "hypotenuse", "page", "subjects"])
def test_the_bytes_of_an_exchange_are_seen_with_their_lines_and_only_while_somebody_looks(
    name: str, serve: Any, eventually: Eventually
) -> None:
    server = serve(name)
    unseen = server.ask()
    server.say(messages.Look(10.0, ["wire", "code"]))
    eventually(lambda: server.of(observed.Threads), "looks")
    answer = server.ask()
    assert answer[:12] == unseen[:12]
    eventually(lambda: server.data("send", "sendall", "sendto", "sendmsg").endswith(answer[-20:]))
    assert server.asks in server.data("recv", "recvfrom")
    lines = [point.line for point in server.points() if point.thread != "closer"]
    assert {line.partition(":")[0] for line in lines} <= {
        "hello.py", "hypotenuse.py", "page.py", "visit.py", "one_request.py", "loop_server.py",
        "subjects.py",
    }  # fmt: skip

    def counted() -> Any:
        return sum(row.calls for row in server.newest(observed.Lines).lines)

    eventually(lambda: server.of(observed.Lines) and counted() >= len(lines), "counted by line")
    shares = {batch.share for batch in server.of(observed.Points)}
    assert shares <= {1.0}
    server.say(messages.Look(1.0, []))

    def unseen() -> bool:
        before, frames = len(server.points()), len(server.of(messages.Frame))
        server.ask()
        eventually(lambda: len(server.of(messages.Frame)) >= frames + 2, "time goes by")
        return len(server.points()) == before

    eventually(unseen, "nobody looks, and nothing is seen")


@pytest.mark.parametrize("name", ["hello", "hypotenuse", "page", "subjects"])
def test_a_held_server_answers_once_it_is_resumed(
    name: str, serve: Any, eventually: Eventually
) -> None:
    server = serve(name)
    server.say(messages.Look(10.0, ["wire"]))
    server.say(messages.Pause())
    eventually(lambda: server.of(messages.Held), "it is paused")
    with server.connect() as client:
        client.sendall(server.asks)
        eventually(server.held, "it is held")
        passed = server.newest(messages.Held).points[0]
        server.say(messages.Step())
        eventually(lambda: server.newest(messages.Held).points[:1] != [passed])
        server.say(messages.Resume())
        assert client.recv(65536)
    eventually(lambda: server.held() == [] and not server.newest(messages.Held).paused)


def test_the_threads_of_the_chat_have_names_and_lines(serve: Any, eventually: Eventually) -> None:
    server = serve("chat")
    server.say(messages.Look(10.0, ["threads"]))
    with server.connect() as one, server.connect() as other:
        for client in (one, other):
            client.sendall(server.asks)
        eventually(lambda: server.of(observed.Threads), "looks")

        def rows() -> Any:
            return server.newest(observed.Threads).threads

        standing = ["recv", "recv", "select", "select"]
        eventually(lambda: sorted(str(row.call) for row in rows()) == standing, "all wait")
        assert all(row.line for row in rows())
        names = {row.name for row in rows()}
    assert {"MainThread", "postman"} <= names
    assert names.isdisjoint({"reporter", "commands", "stopper"})


def test_the_turn_of_a_room_is_a_lock_while_somebody_looks(
    serve: Any, eventually: Eventually
) -> None:
    server = serve("chat")
    with server.connect() as client:

        def say() -> None:
            client.sendall(b"hi\n")
            assert client.recv(10) == b"hi\n"

        def locks() -> Any:
            return server.newest(observed.Threads).locks

        client.sendall(b"7\n")
        say()
        server.say(messages.Look(10.0, ["threads"]))
        [lock] = eventually(lambda: server.of(observed.Threads) and locks(), "its lock is seen")
        assert (lock.kind, lock.holder, lock.held_total_s) == ("Lock 7", None, 0.0)
        assert lock.line.startswith("chat_delivery.py:")
        say()
        [hold] = eventually(lambda: [hold for one in locks() for hold in one.holds], "who held it")
        assert hold.thread == f"client 127.0.0.1:{client.getsockname()[1]}"
        assert hold.line.startswith("chat.py:")
        server.say(messages.Look(10.0, []))
        frames = len(server.of(messages.Frame))
        eventually(lambda: len(server.of(messages.Frame)) >= frames + 3, "nobody looks")
        say()
        server.say(messages.Look(10.0, ["threads"]))
        eventually(lambda: [one for one in locks() if one.id > lock.id], "it is traced anew")
        say()


def test_a_held_server_stops(serve: Any, eventually: Eventually) -> None:
    server = serve("page")
    server.say(messages.Pause())
    eventually(lambda: server.of(messages.Held), "it is paused")
    with server.connect() as client:
        client.sendall(server.asks)
        eventually(server.held, "it is held")
        server.say(messages.Stop())
        server.say(messages.Pause())
        assert server.ended()[2] == 0
