"""A room with one speaker: `python -m bench.load.chat PORT MEMBERS SILENT WINDOW [raw]`.

Every member reads (the speaker too), but for SILENT more that never do. The speaker keeps WINDOW
messages on their way: the next goes out when everything older has been delivered. It talks in
turns, each as long as a line of standard input says in seconds. Reported at its end are
delivered messages a second, and whether every member got each message once, whole, in the order
in which it was said. Who is told of a message (ncat's broker sends nobody his own words) is
learnt from probes before the begin; what a server puts before a message is taken as it is.

Raw members are the lab's own: no line feed, one send a message. What several sends brought may
arrive in one piece, so all that such a member has got is counted by the size of a message.
"""

import select
import socket
import sys
import time
import zlib

from bench.load.stopwatch import Stopwatch
from bench.load.talk import QUIET_S, STALL_S, talk

ROOM = b"1"
TEXT = b": what everybody in the room is to read, in order"
MESSAGE = b"%08d" + TEXT
MESSAGE_BYTES = len(MESSAGE % 0)
BUFFER = 64 * 1024
TOGETHER = 4  # connections before the next look at the accept queue: the smallest holds 11
ACCEPT_S = 5.0
PROBES = 5
EVENTS = 32  # at a look: a speaker does not wait until a large room has been read
WARM_UP, WARM_UP_S = 300, 0.6  # messages, or so long
FILL_S = 1.5  # until the buffers of who never reads are full, but in the largest rooms
SMALL_BUFFER = 4096


class Member:
    """The receipts of one reader since the last clear(): messages, bytes, a checksum of these."""

    __slots__ = ("bytes", "crc", "kept", "messages", "sock")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.kept: bytearray | None = None
        self.clear()

    def clear(self) -> None:
        self.messages = 0
        self.bytes = 0
        self.crc = 0
        if self.kept is not None:
            self.kept.clear()


class Room:
    """The members of one room and what has been delivered to them."""

    def __init__(self, port: int, members: int, silent: int, *, raw: bool = False) -> None:
        self._end = b"" if raw else b"\n"
        self._poller = select.epoll()
        self._port = port
        self._buffer = bytearray(BUFFER)
        self._silent = [self._join(small=True) for _ in range(silent)]
        self.members: dict[int, Member] = {}
        for number in range(members):
            member = Member(self._join())
            self.members[member.sock.fileno()] = member
            self._poller.register(member.sock.fileno(), select.EPOLLIN)
            if number % TOGETHER == 0:
                wait_for_accepts(port)
        *_, speaker = self.members.values()
        self._speaker = speaker.sock
        self.total = 0
        self.newest_at = 0.0

    def _join(self, *, small: bool = False) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if small:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        sock.settimeout(STALL_S)
        sock.connect(("127.0.0.1", self._port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.send(ROOM + self._end)
        sock.setblocking(False)
        return sock

    def take(self, timeout_s: float) -> bool:
        """Read what has arrived; False: nothing did in that time."""
        events = self._poller.poll(timeout_s, EVENTS)
        members, buffer, total = self.members, self._buffer, 0
        with memoryview(buffer) as view:
            for fd, _ in events:
                member = members[fd]
                size = member.sock.recv_into(buffer)
                if not size:
                    raise ConnectionError("a member was thrown out")
                messages = self._messages_in(member, size)
                member.messages += messages
                member.bytes += size
                member.crc = zlib.crc32(view[:size], member.crc)
                if member.kept is not None:
                    member.kept += view[:size]
                total += messages
        if events:
            self.total += total
            self.newest_at = time.perf_counter()
        return bool(events)

    def _messages_in(self, member: Member, size: int) -> int:
        """How many messages the newest bytes have brought to their end."""
        if self._end:
            return self._buffer.count(self._end, 0, size)
        return (member.bytes + size) // MESSAGE_BYTES - member.messages

    def settle(self) -> None:
        """Until nothing more comes, and forget it."""
        deadline = time.perf_counter() + 10 * STALL_S
        while self.take(QUIET_S) and time.perf_counter() < deadline:
            pass
        self.clear()

    def clear(self) -> None:
        self.total = 0
        for member in self.members.values():
            member.clear()

    def learn(self) -> list[Member]:
        """The members that get a message; everybody has joined then.

        Raises:
            ConnectionError: a message does not reach everybody.
        """
        for _ in range(PROBES):
            self.settle()
            self.say(0)
            while self.take(QUIET_S):
                pass
            told = [member for member in self.members.values() if member.messages == 1]
            if len(told) >= len(self.members) - 1:
                self.clear()
                return told
        raise ConnectionError("a message does not reach everybody")

    def say(self, number: int) -> bool:
        """One message in one send; False when the server does not take it now."""
        try:
            return self._speaker.send(MESSAGE % number + self._end) > 0
        except BlockingIOError:
            return False

    def faults(self, told: list[Member], said: int) -> list[str]:
        """The fault in the messages that the members got; empty when all are there, in order."""
        found = []
        if short := sum(member.messages < said for member in told):
            found.append(f"{short} members miss messages")
        if len({(member.crc, member.messages) for member in told}) > 1 and not short:
            found.append("members got different messages")
        if any(
            not message.endswith(MESSAGE % number)
            for number, message in enumerate(self._kept_messages(told[0]))
        ):
            found.append("messages are broken or out of order")
        return found

    def _kept_messages(self, member: Member) -> list[bytes]:
        kept = bytes(member.kept or b"")
        if self._end:
            return kept.split(self._end)[:-1]
        return [kept[at : at + MESSAGE_BYTES] for at in range(0, len(kept), MESSAGE_BYTES)]


def wait_for_accepts(port: int) -> None:
    """Until the server has taken all connections; else some would only come after a second."""
    deadline = time.perf_counter() + ACCEPT_S
    while accept_queue(port) and time.perf_counter() < deadline:
        time.sleep(0.001)


def accept_queue(port: int) -> int:
    """Connections that wait for accept() (proc(5), net/tcp: the receive queue of a listener)."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        for line in table:
            if f":{port:04X} 00000000:0000 0A " in line:
                return int(line.split()[4].partition(":")[2], 16)
    return 0


def main() -> None:
    port, members, silent, window = map(int, sys.argv[1:5])
    room = Room(port, members, silent, raw=sys.argv[5:] == ["raw"])
    told = room.learn()
    for _ in range(2 if silent else 1):
        talk(room, len(told), window, WARM_UP_S, WARM_UP)
        room.clear()
    if silent:
        talk(room, len(told), window, FILL_S)
        room.clear()
    told[0].kept = bytearray()
    watch, said = Stopwatch(), 0
    for seconds in watch.turns():
        said = talk(room, len(told), window, seconds, said=said)
    watch.report(
        said=said,
        told=len(told),
        delivered=room.total,
        rate=room.total / watch.in_turns,
        complete=100.0 * sum(member.messages == said for member in told) / len(told),
        faults=room.faults(told, said),
    )


if __name__ == "__main__":
    main()
