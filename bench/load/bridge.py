"""Rooms behind a bridge: `bench.load.bridge PORT KIND ROOMS MEMBERS WINDOW TOKEN`.

KIND says how a member comes to the chat: `dashboard` and `aiohttp` by a websocket with JSON
messages, `websockify` by one that carries bytes, `raw` by no bridge at all. Every room has so many
MEMBERS. All of them read; one in each room speaks and keeps WINDOW messages on their way, in
turns, each as long as a line of standard input says in seconds. Reported are delivered messages a
second, the time from saying to all members when nothing else is under
way, and whether all got all in order.
"""

import base64
import json
import os
import re
import select
import socket
import struct
import sys
import time

from bench.figures import median
from bench.load.stopwatch import Stopwatch
from bench.load.talk import QUIET_S, STALL_S, talk

ROOMS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NUMBER = re.compile(rb"(\d{8}) is said in this room")
TEXT = "%08d is said in this room, for everybody to read in order"
BUFFER = 64 * 1024
JOIN_S = 10.0
ROUND_TRIPS = 300
TEXT_FRAME, BINARY_FRAME = 0x81, 0x82  # RFC 6455 section 5.2: FIN and the opcode
MASKED = 0x80


class Raw:
    """A member by TCP."""

    def __init__(self, port: int, room: str, token: str) -> None:
        self.room = room
        self.sock = socket.create_connection(("127.0.0.1", port), STALL_S)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.read = self.begun = b""
        self.heard = 0
        self.in_order = True
        self.enter(token)
        self.sock.setblocking(False)

    def enter(self, _token: str) -> None:
        self.sock.sendall(f"{self.room}\n".encode())

    def say(self, text: str) -> None:
        self.sock.sendall(f"{text}\n".encode())

    def hear(self) -> int:
        """Read all that has arrived: how many messages that are."""
        received = self.sock.recv(BUFFER)
        if not received:
            raise ConnectionError("a member was thrown out")
        *_, rest = lines = (self.read + self.payload(received)).split(b"\n")
        self.read = rest
        heard = 0
        for line in lines[:-1]:
            if found := NUMBER.search(line):
                self.in_order = self.in_order and int(found[1]) == self.heard
                self.heard += 1
                heard += 1
        return heard

    def payload(self, received: bytes) -> bytes:
        return received

    def clear(self) -> None:
        self.heard, self.in_order = 0, True


class Websockify(Raw):
    """A member by a websocket that carries the bytes of the chat (RFC 6455)."""

    path, opcode = "/", BINARY_FRAME

    def enter(self, token: str) -> None:
        self.handshake()
        self.send(f"{self.room}\n".encode())

    def handshake(self) -> None:
        host, port = self.sock.getpeername()
        key = base64.b64encode(os.urandom(16)).decode()
        head = (
            f"GET {self.path} HTTP/1.1", f"Host: {host}:{port}", "Upgrade: websocket",
            "Connection: Upgrade", f"Origin: http://{host}:{port}", "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Protocol: binary",
        )  # fmt: skip
        self.sock.sendall("".join(f"{line}\r\n" for line in (*head, "")).encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            if not (received := self.sock.recv(BUFFER)):
                raise ConnectionError("no answer to the handshake")
            answer += received
        answer, _, self.begun = answer.partition(b"\r\n\r\n")
        if b" 101 " not in answer.partition(b"\r\n")[0]:
            raise ConnectionError(f"no websocket: {answer[:80]!r}")

    def send(self, payload: bytes) -> None:
        """One frame. Its mask is zero, so that masking costs the load nothing."""
        size = len(payload)
        length = bytes([MASKED | size]) if size < 126 else struct.pack("!BH", MASKED | 126, size)
        self.sock.sendall(bytes([self.opcode]) + length + bytes(4) + payload)

    def say(self, text: str) -> None:
        self.send(f"{text}\n".encode())

    def payload(self, received: bytes) -> bytes:
        """The payloads of the whole frames, one after the other."""
        data, at, parts = self.begun + received, 0, []
        while (frame := self.next_frame(data, at)) is not None:
            begin, at = frame
            parts.append(self.unpacked(data[begin:at]))
        self.begun = data[at:]
        return b"".join(parts)

    @staticmethod
    def next_frame(data: bytes, at: int) -> tuple[int, int] | None:
        """Where the payload of the frame at a place begins and ends, when all of it is there."""
        if len(data) < at + 2:
            return None
        size, begin = data[at + 1], at + 2
        if size >= 126:
            wide = 2 if size == 126 else 8
            if len(data) < begin + wide:
                return None
            size, begin = int.from_bytes(data[begin : begin + wide], "big"), begin + wide
        return (begin, begin + size) if len(data) >= begin + size else None

    def unpacked(self, payload: bytes) -> bytes:
        return payload


class Dashboard(Websockify):
    """A member by the dashboard's websocket, as the page does it."""

    path, opcode = "/ws/chat", TEXT_FRAME

    def enter(self, token: str) -> None:
        self.handshake()
        self.send(json.dumps({"token": token, "room": self.room, "name": "bench"}).encode())

    def say(self, text: str) -> None:
        self.send(json.dumps({"say": text}).encode())

    def unpacked(self, payload: bytes) -> bytes:
        """Messages of one frame as lines; other frames have none."""
        return payload.replace(b'","', b"\n") + b"\n" if payload.startswith(b'{"said"') else b""


class Aiohttp(Dashboard):
    """A member by a websocket with a frame for each message."""

    def unpacked(self, payload: bytes) -> bytes:
        return payload + b"\n"


KINDS: dict[str, type[Raw]] = {
    "raw": Raw,
    "websockify": Websockify,
    "dashboard": Dashboard,
    "aiohttp": Aiohttp,
}


class Rooms:
    """Members of some rooms; the last one of each speaks."""

    def __init__(self, kind: str, port: int, rooms: int, members: int, token: str) -> None:
        self._poller = select.epoll()
        self.members: dict[int, Raw] = {}
        self._speakers: list[Raw] = []
        for room in ROOMS[:rooms]:
            for _ in range(members):
                member = KINDS[kind](port, room, token)
                self.members[member.sock.fileno()] = member
                self._poller.register(member.sock.fileno(), select.EPOLLIN)
            self._speakers.append(member)
        self.total = 0
        self.newest_at = 0.0

    def say(self, number: int) -> bool:
        """One message in each room."""
        for speaker in self._speakers:
            speaker.say(TEXT % number)
        return True

    def take(self, timeout_s: float) -> bool:
        """Read what has arrived; False: nothing did in that time."""
        events = self._poller.poll(timeout_s)
        for fd, _ in events:
            self.total += self.members[fd].hear()
        if events:
            self.newest_at = time.perf_counter()
        return bool(events)

    def wait_for_all(self) -> None:
        """Until a message reaches everybody.

        Raises:
            ConnectionError: none does.
        """
        deadline = time.perf_counter() + JOIN_S
        while time.perf_counter() < deadline:
            self.clear()
            self.say(0)
            while self.take(QUIET_S):
                pass
            if all(member.heard == 1 for member in self.members.values()):
                self.clear()
                return
        raise ConnectionError("a message does not reach everybody")

    def clear(self) -> None:
        self.total = 0
        for member in self.members.values():
            member.clear()

    def round_trips_ms(self, count: int) -> list[float]:
        """One message at a time: until everybody has it."""
        spent = []
        for _ in range(count):
            self.clear()
            began = time.perf_counter()
            talk(self, len(self.members), 1, STALL_S, most=1)
            spent.append(1000 * (self.newest_at - began))
        self.clear()
        return spent


def main() -> None:
    port, kind = int(sys.argv[1]), sys.argv[2]
    rooms, members, window, token = *map(int, sys.argv[3:6]), sys.argv[6]
    room = Rooms(kind, port, rooms, members, token)
    room.wait_for_all()
    trips = room.round_trips_ms(ROUND_TRIPS)
    watch, said = Stopwatch(), 0
    for seconds in watch.turns():
        said = talk(room, len(room.members), window, seconds, said=said)
    everybody = room.members.values()
    whole = sum(member.heard == said and member.in_order for member in everybody)
    watch.report(
        rate=room.total / watch.in_turns,
        round_trip_ms=median(trips),
        complete=100.0 * whole / len(everybody),
    )


if __name__ == "__main__":
    main()
