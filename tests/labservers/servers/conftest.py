"""The chat for its tests: one whose members have sockets that take what the test says, and whose
postman comes when it says so; and a real server with clients in the test's words."""

import io
import socket
import threading
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from labservers.observe import messages
from labservers.observe.log import Log
from labservers.observe.monitor import Connection, Monitor
from labservers.servers.chat import ChatConnectionManager, ChatServer
from labservers.servers.chat_delivery import Patience
from labservers.servers.chat_member import Member
from labservers.servers.chat_rooms import Rooms
from labservers.servers.chat_states import READS_ON

EVERYTHING = 1 << 40


class FakeSocket:
    """Takes `room` bytes and then no more; `sends` is what each send brought. `error`: with what
    each send fails. `ended`: it was shut down for both sides."""

    def __init__(self, room: int = EVERYTHING, error: OSError | None = None) -> None:
        self.room = room
        self.error = error
        self.sends: list[bytes] = []
        self.ended = False

    def send(self, data: bytes, _flags: int) -> int:
        if self.error:
            raise self.error
        if not self.room:
            raise BlockingIOError
        taken = bytes(data[: self.room])
        self.room -= len(taken)
        self.sends.append(taken)
        return len(taken)

    def shutdown(self, how: int) -> None:
        self.ended = True

    def fileno(self) -> int:
        return 0

    @property
    def got(self) -> bytes:
        return b"".join(self.sends)


class FakeChat:
    """The lab's manager, with clients in the test's words. called: the members for which the
    postman was. now: the time of the patience with readers. meanwhile: what happens each time that
    a speaker could say more, while what it said is delivered."""

    def __init__(self, patience_s: float = 0.1, **options: Any) -> None:
        self.now = 100.0
        self.log = Log("chat", io.StringIO())
        self.log.close()  # nothing is written here
        self.monitor = Monitor(self.log)
        self.called: list[Member] = []
        self.call: Callable[[Member], None] = self.called.append
        patience = Patience(patience_s, lambda: self.now)
        self.rooms = Rooms(self.monitor, lambda m: self.call(m), patience, **options)
        self.rooms.report_said(True)
        self.meanwhile: Callable[[Member], object] = lambda speaker: None
        self.manager = ChatConnectionManager(self.rooms, self.monitor, lambda m: self.meanwhile(m))
        self._ids = count(1)

    def join(
        self, sock: Any, name: str = "1", mode: str = "line", kind: type[Member] = Member
    ) -> Member:
        connection = Connection(next(self._ids), "peer", None)
        member = kind(sock, connection)
        member.mode = mode
        self.manager.connect_client_to_chat(name, member)
        return member

    def put(self, speaker: Member, *texts: str) -> None:
        """For a `meanwhile`: it is said, and delivered by who delivers."""
        assert speaker.room is not None
        speaker.room.delivery.put(speaker, "".join(f"{text}\n" for text in texts).encode())

    def say(self, speaker: Member, *texts: str) -> None:
        self.manager.send_message(speaker, "".join(f"{text}\n" for text in texts).encode())

    def leave(self, member: Member) -> None:
        self.manager.disconnect_client_from_chat(member, "exit")

    def open_up(self, member: Member) -> None:
        """The kernel takes everything from now on, and the postman has noticed."""
        sock: Any = member.sock
        sock.room = EVERYTHING
        while member.state in READS_ON:
            member.go_on()

    def events(self, kind: str) -> list[dict[str, Any]]:
        """The data of the events of this kind since the last call."""
        batch = self.monitor.take_events()
        return [event.data for event in batch.events if event.kind == kind] if batch else []


@pytest.fixture(scope="session")
def make_chat() -> Callable[..., FakeChat]:
    return FakeChat


@pytest.fixture
def fake_chat() -> FakeChat:
    return FakeChat()


@pytest.fixture(scope="session")
def fake_socket() -> type[FakeSocket]:
    return FakeSocket


class WatchedServer(ChatServer):
    """Keeps its members in the order in which they came."""

    def __init__(self, *where: Any, **options: Any) -> None:
        super().__init__(*where, **options)
        self.members: list[Member] = []
        self.looked_at(messages.Look(10.0, ["rooms"]))

    def consume_client(self, member: Member) -> None:
        self.members.append(member)
        super().consume_client(member)


class Client:
    """A client of a room in the user's words."""

    def __init__(self, sock: socket.socket, server: Any, room: str, raw: bool) -> None:
        self.sock = sock
        self.heard = b""
        before = server.rooms.sizes().get(room, 0)
        sock.sendall(room.encode() + (b"" if raw else b"\n"))
        wait = threading.Event()
        for _ in range(500):
            if server.rooms.sizes().get(room, 0) > before:
                return
            wait.wait(0.01)
        pytest.fail("not in the room within 5 s")

    def say(self, text: str) -> None:
        self.sock.sendall(text.encode())

    def hear(self, expected: str) -> None:
        """Exactly these bytes come next."""
        wanted = expected.encode()
        while len(self.heard) < len(wanted):
            received = self.sock.recv(65536)
            assert received, f"the end, after {self.heard!r}"
            self.heard += received
        assert self.heard[: len(wanted)] == wanted
        self.heard = self.heard[len(wanted) :]

    def hear_the_end(self) -> None:
        assert self.heard + self.sock.recv(65536) == b""


@pytest.fixture
def serve_chat(serve: Callable[..., Any]) -> Callable[..., Any]:
    """serve_chat(patience_s=...) -> a running server with its `members`."""

    def start(patience_s: float = 0.1, **options: Any) -> Any:
        def make(*where: Any) -> WatchedServer:
            return WatchedServer(*where, patience=Patience(patience_s), **options)

        return serve("chat", make)

    return start


@pytest.fixture
def chat_server(serve_chat: Callable[..., Any]) -> Any:
    return serve_chat()


@pytest.fixture
def enter(connect: Callable[..., socket.socket]) -> Callable[..., Client]:
    """enter(server, room) -> a client that is in the room."""

    def come(server: Any, room: str = "1", raw: bool = False) -> Client:
        return Client(connect(server.address), server, room, raw)

    return come


@pytest.fixture
def join(chat_server: Any, enter: Callable[..., Client]) -> Callable[..., Client]:
    """join(room) -> a client of `chat_server` that is in the room."""
    return lambda *where, **how: enter(chat_server, *where, **how)
