"""The chat as a process of its own under load: floods, crowds that come and go, slow readers."""

import contextlib
import itertools
import re
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from labservers.checks.patience import strain

pytestmark = pytest.mark.system
RESET = struct.pack("ii", 1, 0)
Connect = Callable[..., socket.socket]
Address = tuple[str, int]
SKIPPED = re.compile(rb"\* ([0-9]+) messages? w(?:as|ere) skipped\n")


@pytest.fixture
def chat(start_server: Callable[..., Any]) -> Any:
    return start_server("chat")


@pytest.fixture
def enter(chat: Any, connect: Connect) -> Callable[..., socket.socket]:
    """A client that is in the room, as its own message shows that came back."""

    def join(room: str = "1", raw: bool = False, window: int = 0) -> socket.socket:
        sock = connect(chat.address, 20.0)
        if window:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        sock.sendall(room.encode() + (b"" if raw else b"\n"))
        if not raw:
            sock.sendall(b"in\n")
            assert receive(sock, 3) == b"in\n"
        return sock

    return join


def receive(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        received = sock.recv(65536)
        assert received, f"the end, after {len(data)} bytes"
        data += received
    return data


def count(sock: socket.socket, size: int) -> int:
    """How many bytes come, up to this size or to 10 s of silence."""
    got = 0
    sock.settimeout(30)
    with contextlib.suppress(TimeoutError):
        while got < size and (received := len(sock.recv(1 << 20))):
            got += received
    return got


@contextlib.contextmanager
def running(*work: Callable[[], None]) -> Iterator[None]:
    threads = [threading.Thread(target=one) for one in work]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()


@pytest.mark.parametrize("size", [1_000, 40_000])
def test_fifty_megabytes_past_a_sender_that_never_reads_are_heard_or_counted_in_bounded_memory(
    chat: Any, enter: Any, size: int
) -> None:
    """On a busy machine the reader itself may be kept from reading for longer than the room
    waits for it. What it misses then is counted, to the message."""
    sender, reader = enter(), enter(window=32_768)  # the kernel holds little for it
    times = 50_000_000 // size
    message = b"x" * (size - 1) + b"\n"
    before = chat.rss_kib() if sys.platform == "linux" else 0
    peak, finished = [before], threading.Event()

    def watch() -> None:
        while sys.platform == "linux" and not finished.wait(0.02):
            peak.append(chat.rss_kib())

    def speak() -> None:
        for _ in range(times):
            sender.sendall(message)

    with running(watch, speak):
        try:
            heard, skipped = heard_and_skipped(reader, message, times)
        finally:
            finished.set()
    assert heard + skipped == times
    assert max(peak) - before < 16 * 1024


def heard_and_skipped(sock: socket.socket, message: bytes, times: int) -> tuple[int, int]:
    """How often a line member heard a message, and how many it was notified that it missed."""
    heard = skipped = 0
    sock.settimeout(30)
    with sock.makefile("rb") as stream:
        while heard + skipped < times:
            line = stream.readline()
            if line == message:
                heard += 1
            else:
                notice = SKIPPED.fullmatch(line)
                assert notice, line[:80]
                skipped += int(notice[1])
    return heard, skipped


def test_the_labs_flooding_sender_is_heard_whole_by_the_labs_reader(
    serve_chat: Callable[..., Any], connect: Connect, eventually: Callable[..., Any]
) -> None:
    """A raw member gets no notices. So here the room is more patient, if the machine is busy."""
    server = serve_chat(patience_s=5.0)
    reader, sender = connect(server.address, 20.0), connect(server.address, 20.0)
    for client in (reader, sender):
        client.sendall(b"1")
    eventually(lambda: server.rooms.sizes() == {"1": 2}, "both are in")
    data = "Привет, мир. ".encode() * 500
    times = 2_000

    def speak() -> None:
        for _ in range(times):
            sender.sendall(data)

    with running(speak):
        assert count(reader, len(data) * times) == len(data) * times


def drain(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while sock.recv(1 << 20):
            pass


def hears(stream: Any, wanted: bytes) -> bool:
    """Reads up to this line. False: others before it, and so maybe it, were skipped, as this
    machine was too busy to read them in time."""
    while (line := stream.readline()) != wanted:
        assert line
        if SKIPPED.fullmatch(line):
            return False
    return True


def test_slow_and_deaf_members_cost_the_others_nothing_and_hear_what_they_missed(
    enter: Any,
) -> None:
    """Two members talk while a flood goes past one that never reads and one that is slow."""
    deaf, slow, a, b, flooder = [enter() for _ in range(5)]
    receive(deaf, 12)  # the others' joining
    flood = 400
    text = b"f" * 50_000 + b"\n"
    stop = threading.Event()

    def speak() -> None:
        for _ in range(flood):
            flooder.sendall(text)

    def read_slowly() -> None:
        while not stop.wait(0.01):
            slow.recv(1000)

    longest, turn = 0.0, 0
    lines = [sock.makefile("rb") for sock in (a, b)]
    flooding = threading.Thread(target=speak)
    flooding.start()
    with running(read_slowly, lambda: drain(flooder)):
        while flooding.is_alive():
            began, turn = time.monotonic(), turn + 1
            a.sendall(b"turn %d\n" % turn)
            for stream in lines:
                hears(stream, b"turn %d\n" % turn)
            longest = max(longest, time.monotonic() - began)
        flooding.join()
        for over in itertools.count(1):
            flooder.sendall(b"over %d\n" % over)
            if hears(lines[1], b"over %d\n" % over):
                break
        stop.set()
        a.sendall(b"all said\n")
        heard = skipped = 0
        with deaf.makefile("rb") as stream:
            while (line := stream.readline()) != b"all said\n":
                note = SKIPPED.fullmatch(line)
                skipped += int(note[1]) if note else 0
                heard += not note
        flooder.shutdown(socket.SHUT_RDWR)
    for stream in lines:
        stream.close()
    assert skipped > 0
    assert heard + skipped == flood + turn + over
    assert longest < 2.0 * strain()


def leave_in_every_way(sock: socket.socket, number: int) -> None:
    if number % 4 == 0:
        sock.sendall(b"exit\n")
    elif number % 4 == 1:
        sock.shutdown(socket.SHUT_WR)
    elif number % 4 == 2:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    sock.close()


def test_a_thousand_come_and_go_in_every_way_while_two_talk(chat: Any, enter: Any) -> None:
    a, b = enter(), enter()
    receive(a, 3)
    passing = 1_000
    took: list[float] = []

    def come_and_go() -> None:
        began = time.monotonic()
        for number in range(passing):
            sock = socket.create_connection(chat.address, 30)
            sock.sendall(b"1\n")
            leave_in_every_way(sock, number)
        took.append(time.monotonic() - began)

    def say(sender: socket.socket, turns: int) -> None:
        for turn in range(turns):
            sender.sendall(b"%d\n" % turn)

    turns = 300
    expected = b"".join(b"%d\n" % turn for turn in range(turns))
    with running(come_and_go):
        for sender in (a, b):
            with running(lambda sender=sender: say(sender, turns)):
                for listener in (a, b):
                    assert receive(listener, len(expected)) == expected
    assert took[0] < 5.0 * strain()  # about 0.5 s on a machine that does nothing else
    a.sendall(b"still here\n")
    assert receive(b, 11) == b"still here\n"


def test_a_room_of_five_hundred_hears_everything_in_one_order(chat: Any, enter: Any) -> None:
    members = [enter("*", raw=number % 2 == 1) for number in range(500)]
    speakers, turns = members[:6:2], 20
    ends = [b"end %d\n" % number for number in range(3)]

    def say(number: int) -> None:
        for turn in range(turns):
            speakers[number].sendall(b"%d.%d\n" % (number, turn))
        speakers[number].sendall(ends[number])

    with running(*(lambda number=number: say(number) for number in range(3))):
        orders = set()
        for listener in members[::2]:
            data = b""
            while not all(end in data for end in ends):
                received = listener.recv(65536)
                assert received
                data += received
            orders.add(data.replace(b"in\n", b"").replace(b"in", b""))
    assert len(orders) == 1


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_though_somebody_never_stops_talking_nor_reads(
    chat: Any, enter: Any, how: int
) -> None:
    talker, deaf = enter(), enter()

    def talk() -> None:
        with contextlib.suppress(OSError):
            while True:
                talker.sendall(b"x" * 10_000 + b"\n")

    with running(talk):
        receive(deaf, 100_000)
        began = time.monotonic()
        assert chat.stop(how) == 0
        assert time.monotonic() - began < 2.0 * strain()
    chat.close()
    assert "goodbye" in "".join(chat.said)
    assert "not everything ended" not in "".join(chat.said)
