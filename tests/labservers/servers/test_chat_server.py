"""The chat server with raw members, line members, netcat, and those who leave badly."""

import socket
import struct
import subprocess
import threading
from collections.abc import Callable
from typing import Any

import pytest

from labservers.servers.chat_backlog import CAPACITY, SEGMENT_BYTES
from labservers.servers.chat_room import CROWDED, GO_BYTES

Connect = Callable[..., socket.socket]
RESET = struct.pack("ii", 1, 0)


class Member:
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


def members(server: Any, room: str = "1") -> list[Any]:
    """The server's view of who is in a room, the first that came first."""
    return [member for member in server._clients.values() if member.room.name == room]


@pytest.fixture
def server(serve: Callable[..., Any]) -> Any:
    return serve("chat")


@pytest.fixture
def join(server: Any, connect: Connect) -> Callable[..., Member]:
    def enter(room: str = "1", raw: bool = False) -> Member:
        return Member(connect(server.address), server, room, raw)

    return enter


def test_a_room_hears_what_is_said_in_it_the_sender_included(join: Any) -> None:
    line, raw, elsewhere = join(), join(raw=True), join("2")
    line.say("hello\n")
    line.hear("hello\n")
    raw.hear("hello")
    raw.say("raw words")
    line.hear("raw words\n")
    raw.hear("raw words")
    elsewhere.say("alone\n")
    elsewhere.hear("alone\n")


def test_two_lines_in_one_send_are_two_messages_and_half_a_line_is_none(join: Any) -> None:
    a, b = join(), join()
    a.say("one\ntwo\nthr")
    b.hear("one\ntwo\n")
    a.say("ee\n")
    b.hear("three\n")


@pytest.mark.parametrize("ending", ["exit", "half-close", "close", "reset"])
def test_whoever_leaves_and_however_the_room_goes_on(
    join: Any, server: Any, ending: str, eventually: Callable[..., Any]
) -> None:
    leaver, stayer = join(), join()
    leaver.say("last words\n")
    stayer.hear("last words\n")
    if ending == "exit":
        leaver.say("exit\n")
        leaver.hear("last words\n")
        leaver.hear_the_end()
    elif ending == "half-close":
        leaver.say("unfinished")
        leaver.sock.shutdown(socket.SHUT_WR)
        stayer.hear("unfinished\n")
        leaver.hear("last words\nunfinished\n")
        leaver.hear_the_end()
    else:
        if ending == "reset":
            leaver.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        leaver.sock.close()
    eventually(lambda: server.rooms.sizes() == {"1": 1}, "one is left")
    stayer.say("still here\n")
    stayer.hear("still here\n")


def test_who_leaves_hears_what_is_being_delivered_at_that_moment(
    server: Any, join: Any, eventually: Callable[..., Any]
) -> None:
    _speaker, leaver = join(), join()
    room = members(server)[0].room
    with room.turn:  # as if somebody delivered: the lines are counted, and not yet sent to all
        room.spoken.append((members(server)[0].outbox, b"hello\n"))
        lines, level = room.take_spoken()
        leaver.say("exit\n")
        one = members(server)[1].connection
        eventually(lambda: one.bytes_in == len(b"1\nexit\n"), "it has said so")
        assert [outbox.send(lines) for _, outbox in level] == [True, True]
    leaver.hear("hello\n")
    leaver.hear_the_end()


def test_many_who_speak_at_once_wait_for_a_reader_before_it_misses_anything(
    server: Any, join: Any, monkeypatch: pytest.MonkeyPatch, eventually: Callable[..., Any]
) -> None:
    """What they have to say together is more than the backlog holds."""
    monkeypatch.setattr("labservers.servers.chat_room.PATIENCE_S", 10.0)
    reader, *speakers = (join() for _ in range(25))
    place = members(server)[0].room.members[members(server)[0].connection.id]
    room, text, times = members(server)[0].room, "x" * 59_999 + "\n", 10

    def flood(speaker: Member) -> None:
        for _ in range(times):
            speaker.say(text)

    def echo(speaker: Member) -> None:
        left = len(speakers) * times * len(text)
        while left > 0:
            left -= len(speaker.sock.recv(1 << 20))

    threads = [
        threading.Thread(target=work, args=(speaker,))
        for speaker in speakers
        for work in (flood, echo)
    ]
    for thread in threads:
        thread.start()
    eventually(lambda: room.size - place.at > CROWDED, "the reader is far behind")
    with reader.sock.makefile("rb") as stream:
        for _ in range(len(speakers) * times):
            assert len(stream.readline()) == len(text)
    for thread in threads:
        thread.join(20)
    assert place.dropped == 0


def test_who_never_sends_an_id_is_in_no_room(
    server: Any, connect: Connect, eventually: Callable[..., Any]
) -> None:
    sock = connect(server.address)
    eventually(lambda: server.frame(1).connections == 1, "connected")
    sock.close()
    eventually(lambda: server.frame(1).connections == 0, "gone")
    assert server.rooms.sizes() == {}


def test_everybody_hears_the_same_order(join: Any) -> None:
    listeners = [join() for _ in range(10)]
    speakers = [join() for _ in range(4)]

    def speak(number: int, member: Member) -> None:
        for turn in range(50):
            member.say(f"{number}.{turn}\n")

    threads = [
        threading.Thread(target=speak, args=(number, member))
        for number, member in enumerate(speakers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    heard = []
    for listener in listeners:
        stream = listener.sock.makefile("r", encoding="utf-8")
        heard.append([stream.readline().strip() for _ in range(200)])
        stream.close()
    assert all(order == heard[0] for order in heard)
    for number in range(4):
        own = [line for line in heard[0] if line.startswith(f"{number}.")]
        assert own == [f"{number}.{turn}" for turn in range(50)]


def test_what_is_said_while_somebody_delivers_goes_out_together_and_is_counted_apart(
    server: Any, join: Any, eventually: Callable[..., Any]
) -> None:
    one, two, listener = join(), join(), join()
    room = members(server)[0].room
    server.monitor.take_events()
    with room.turn:  # as if somebody delivered at the moment
        one.say("first\n")
        eventually(lambda: len(room.spoken) == 1, "one waits for his turn")
        two.say("second\nthird\n")
        eventually(lambda: len(room.spoken) == 2, "two does so too")
    assert listener.sock.recv(100) == b"first\nsecond\nthird\n"
    for speaker in (one, two):
        speaker.hear("first\nsecond\nthird\n")
    eventually(lambda: server.monitor.requests == 3, "all are counted")
    events = server.monitor.take_events().events
    told = [(event.kind, event.data["seq"], event.data["sizes"]) for event in events]
    assert told == [("said", 1, [5]), ("said", 2, [6, 5])]


def test_what_is_much_goes_out_in_several_goes_and_nobody_is_left_out(
    server: Any, join: Any
) -> None:
    speaker, other = join(), join()
    room = members(server)[0].room
    texts = [letter * GO_BYTES + "\n" for letter in "abc"]
    for text in texts:  # as if others had put it there and somebody delivered at the moment
        room.spoken.append((members(server)[1].outbox, text.encode()))
    lines, _ = room.take_spoken()
    assert lines == texts[0].encode()
    speaker.say("mine\n")
    for member in (speaker, other):
        member.hear("".join([*texts[1:], "mine\n"]))


def test_a_member_that_never_reads_costs_nobody_anything_and_is_told_what_it_missed(
    join: Any, server: Any
) -> None:
    deaf, speaker = join(), join()
    text = "x" * 60_000
    count = 200  # 12 MB, far more than the kernel and the outbox hold
    for _ in range(count):
        speaker.say(text + "\n")
        speaker.hear(text + "\n")
    dropped = server.frame(1).counts["dropped"]
    assert 0 < dropped < count
    backlog = members(server)[0].room._backlog
    assert backlog.end - backlog.oldest.begin <= CAPACITY + SEGMENT_BYTES
    stream = deaf.sock.makefile("rb")
    heard = skipped = 0
    while heard + skipped < count:
        line = stream.readline().decode().rstrip("\n")
        if line.startswith("* "):
            skipped += int(line.split()[1])
        else:
            assert line == text
            heard += 1
    stream.close()
    assert server.frame(2).counts["dropped"] == skipped == dropped


def test_the_telemetry_tells_who_joined_said_and_left(
    join: Any, server: Any, eventually: Callable[..., Any]
) -> None:
    a, b = join("я"), join("я", raw=True)
    a.say("one\n")
    b.hear("one")
    b.say("two")
    a.hear("one\ntwo\n")
    peers = [m.connection.peer for m in members(server, "я")]
    b.say("exit")
    eventually(lambda: server.rooms.sizes() == {"я": 1}, "b left")
    assert server.frame(1).rooms == {"я": 1}
    events = server.monitor.take_events().events
    assert [event.number for event in events] == [1, 2, 3, 4, 5]
    told = [(e.kind, e.data["room"], e.data["peer"], e.data.get("seq")) for e in events]
    assert told == [
        ("joined", "я", peers[0], 0),
        ("joined", "я", peers[1], 0),
        ("said", "я", peers[0], 1),
        ("said", "я", peers[1], 2),
        ("left", "я", peers[1], None),
    ]
    assert [e.data["mode"] for e in events if e.kind == "said"] == ["line", "raw"]


def test_what_is_said_in_one_go_is_one_event_with_the_sizes(join: Any, server: Any) -> None:
    speaker = join()
    speaker.say("one\nthree\n" + "x\n" * 200)
    speaker.hear("one\nthree\n" + "x\n" * 200)
    speaker.say("more\n")
    speaker.hear("more\n")
    said = [e.data for e in server.monitor.take_events().events if e.kind == "said"]
    assert [(data["seq"], data["sizes"]) for data in said] == [
        (1, [3, 5] + [1] * 98),
        (203, [4]),
    ]


def test_netcat_hears_and_leaves_by_half_close(
    server: Any, join: Any, need: Callable[[str], str]
) -> None:
    listener = join("7")
    given = subprocess.run(
        [need("ncat"), "127.0.0.1", str(server.address[1])],
        input=b"7\nhello from netcat\n",
        capture_output=True,
        timeout=10,
        check=True,
    )
    assert given.stdout == b"hello from netcat\n"
    listener.hear("hello from netcat\n")


def test_the_labs_sender_and_reader(
    server: Any, connect: Connect, eventually: Callable[..., Any]
) -> None:
    """The lab's clients as they are: an id of one send, messages without line feeds, recv(1024)."""
    reader, sender = connect(server.address), connect(server.address)
    reader.send(b"1")
    sender.send(b"1")
    eventually(lambda: server.rooms.sizes() == {"1": 2}, "both are in")
    long = "Привет, " * 500
    sender.send(long.encode())
    heard = ""
    while len(heard) < len(long):
        heard += reader.recv(1024).decode()  # strictly: no character may be cut
    assert heard == long
    sender.send(b"exit")
    assert sender.recv(65536)  # its own echo, unread till now


def test_stopping_resets_raw_members_and_ends_line_members_politely(
    serve: Callable[..., Any], connect: Connect
) -> None:
    server = serve("chat")
    raw = Member(connect(server.address), server, "1", raw=True)
    line = Member(connect(server.address), server, "1", raw=False)
    server.stop()
    with pytest.raises(ConnectionResetError):
        raw.sock.recv(10)
    line.hear_the_end()


def test_five_hundred_members_and_a_thousand_joins(
    server: Any, connect: Connect, eventually: Callable[..., Any]
) -> None:
    members = [connect(server.address) for _ in range(500)]
    for member in members:
        member.sendall(b"*\n")
    eventually(lambda: server.rooms.sizes() == {"*": 500}, "all are in", 20)
    for _ in range(500):
        passing = socket.create_connection(server.address, 5)
        passing.sendall(b"*\nexit\n")
        passing.close()
    for number in range(5):
        members[number].sendall(b"message %d\n" % number)
    for member in members:
        stream = member.makefile("rb")
        assert sorted(stream.readline() for _ in range(5)) == [
            b"message %d\n" % n for n in range(5)
        ]
        stream.close()
    eventually(lambda: server.rooms.sizes() == {"*": 500}, "who passed is gone", 20)


def test_small_messages_are_not_held_back_and_vanished_peers_are_noticed(
    join: Any, server: Any
) -> None:
    """TCP_NODELAY and keepalive, tcp(7), as the accepted sockets really have them."""
    join()
    [member] = members(server)

    def option(level: int, name: str) -> int:
        value: int = member.sock.getsockopt(level, getattr(socket, name))
        return value

    assert option(socket.IPPROTO_TCP, "TCP_NODELAY")
    assert option(socket.SOL_SOCKET, "SO_KEEPALIVE")
    if hasattr(socket, "TCP_KEEPIDLE"):
        assert option(socket.IPPROTO_TCP, "TCP_KEEPIDLE") == 60


def test_a_stop_does_not_wait_for_the_end_of_what_somebody_has_to_say(
    server: Any, join: Any, eventually: Callable[..., Any]
) -> None:
    """Not every system ends reading at shutdown() while more and more arrives."""
    talker, listener = join(), join()
    server._stopping.set()
    talker.say("last words\n")
    listener.hear("last words\n")
    eventually(lambda: server.rooms.sizes() == {"1": 1}, "the talker has left")


def test_a_reader_that_is_behind_misses_nothing_if_it_reads(
    server: Any, join: Any, monkeypatch: pytest.MonkeyPatch, eventually: Callable[..., Any]
) -> None:
    monkeypatch.setattr("labservers.servers.chat_room.PATIENCE_S", 10.0)
    reader, flooder = join(), join(raw=True)
    [behind, _] = members(server)
    text, times = "x" * 49_999, 600  # 30 MB, several times what the kernel holds

    def flood() -> None:
        for _ in range(times):
            flooder.say(text + "\n")

    def echo() -> None:
        left = times * 50_000
        while left > 0:
            left -= len(flooder.sock.recv(1 << 20))

    threads = [threading.Thread(target=work) for work in (flood, echo)]
    for thread in threads:
        thread.start()
    place = behind.room.members[behind.connection.id]
    eventually(lambda: behind.room.size - place.at > CROWDED, "the reader is far behind")
    with reader.sock.makefile("rb") as stream:
        for _ in range(times):
            assert len(stream.readline()) == 50_000
    for thread in threads:
        thread.join(10)
    assert place.dropped == 0


def test_a_thread_that_cannot_be_started_is_a_refusal(
    server: Any, connect: Connect, monkeypatch: pytest.MonkeyPatch, join: Any
) -> None:
    stays = join()

    def no_more(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", no_more)
        assert b"full" in connect(server.address).recv(100)
    assert (server.frame(1).connections, server.monitor.counts["refused"]) == (1, 1)
    stays.say("still here\n")
    stays.hear("still here\n")


def test_more_than_it_has_threads_for_are_refused(
    server: Any, connect: Connect, monkeypatch: pytest.MonkeyPatch, join: Any
) -> None:
    monkeypatch.setattr("labservers.servers.chat.MEMBERS_AT_MOST", 2)
    join()
    second = join()
    assert b"full" in connect(server.address).recv(100)
    second.say("exit\n")
    second.hear_the_end()


def test_what_goes_wrong_with_one_member_ends_only_that_one(
    join: Any, server: Any, monkeypatch: pytest.MonkeyPatch, eventually: Callable[..., Any]
) -> None:
    victim, other = join("1"), join("2")
    [member] = members(server)

    def broken(_data: bytes) -> None:
        raise ValueError("a fault of ours")

    monkeypatch.setattr(member.framing, "feed", broken)
    victim.say("hello\n")
    victim.hear_the_end()
    eventually(lambda: "a fault of ours" in server.lines(), "logged")
    other.say("still here\n")
    other.hear("still here\n")


def test_events_that_nobody_takes_are_bounded_and_the_missing_are_counted(
    join: Any, server: Any
) -> None:
    speaker = join()
    for number in range(1_200):
        speaker.say(f"{number}\n")
        speaker.hear(f"{number}\n")
    batch = server.monitor.take_events()
    assert len(batch.events) == 1_000
    assert batch.lost == 1_201 - 1_000
    assert server.frame(1).events_lost == batch.lost
    speaker.say("room again\n")
    speaker.hear("room again\n")
    batch = server.monitor.take_events()
    assert (len(batch.events), batch.lost) == (1, 0)


def test_who_joins_is_told_however_much_is_said(join: Any, server: Any) -> None:
    speaker = join()
    for number in range(1_200):
        speaker.say(f"{number}\n")
        speaker.hear(f"{number}\n")
    join()
    batch = server.monitor.take_events()
    assert [event.kind for event in batch.events[-2:]] == ["said", "joined"]
    assert batch.lost == 1_202 - len(batch.events)


def test_the_stack_size_of_other_threads_stays_as_it_was(serve: Callable[..., Any]) -> None:
    before = threading.stack_size()
    server = serve("chat")
    server.stop()
    for thread in threading.enumerate():
        if thread.name == "serve chat":
            thread.join(8)
    assert threading.stack_size() == before


def test_a_frame_names_the_largest_rooms_only(
    serve: Callable[..., Any], connect: Callable[..., socket.socket], eventually: Callable[..., Any]
) -> None:
    server = serve("chat")
    for number in range(60):
        connect(server.address).sendall(chr(0x400 + number).encode() + b"\n")
    for _ in range(3):
        connect(server.address).sendall("Ы\n".encode())
    eventually(lambda: server.frame(1).connections == 63, "all are there")
    eventually(lambda: server.frame(1).rooms.get("Ы") == 4, "and in their rooms")
    assert len(server.frame(1).rooms) == 50
