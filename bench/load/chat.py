"""A room with one speaker: `python -m bench.load.chat PORT MEMBERS SILENT WINDOW [raw]`.

Every member reads (the speaker too), but for SILENT more that never do; with these there is another
room without them, and both are talked to by turns. The speaker keeps WINDOW
messages on their way: the next goes out when everything older has been delivered. It talks in
turns, each as long as a line of standard input says in seconds. After a turn it is looked whether
each member has got the bytes of each message once, in the order in which they were said. Reported
at its end are delivered messages a second, and what was found wrong. Who is told of a message
(ncat's broker sends nobody his own words), and what a server puts before it, is learnt from probes
before the begin.

Raw members are the lab's own: no line feed, one send a message. What several sends brought may
arrive in one piece. So what has been delivered is counted by the size of a message, while it
comes; to look at each piece would make the load the limit, and not the server.
"""

import select
import socket
import sys
import time

from bench.figures import rotated
from bench.load.stopwatch import Stopwatch
from bench.load.talk import QUIET_S, STALL_S, talk

ROOM, OTHER_ROOM = b"1", b"2"
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
    """A reader: the pieces of this turn, and how many bytes it got in all. sound: they were what
    was said, in order."""

    __slots__ = ("bytes", "pieces", "recv", "sock", "sound")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.recv = sock.recv
        self.pieces: list[bytes] = []
        self.clear()

    def clear(self) -> None:
        self.pieces.clear()
        self.bytes = 0
        self.sound = True

    def take(self) -> bytes:
        """What has come since the last time."""
        data = b"".join(self.pieces)
        self.pieces.clear()
        self.bytes += len(data)
        return data


class Room:
    """The members of one room and what has been delivered to them."""

    def __init__(
        self, port: int, members: int, silent: int, *, raw: bool = False, name: bytes = ROOM
    ) -> None:
        self._end = b"" if raw else b"\n"
        self._name = name
        self._prefix = b""  # that the server puts before each message
        self._poller = select.epoll()
        self._port = port
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
        self._size = len(self._heard(0))
        self._bytes = 0

    @property
    def total(self) -> int:
        """Messages delivered so far, to all members together."""
        return self._bytes // self._size

    def _heard(self, number: int) -> bytes:
        """A message as members get it."""
        return self._prefix + MESSAGE % number + self._end

    def _join(self, *, small: bool = False) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if small:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        sock.settimeout(STALL_S)
        sock.connect(("127.0.0.1", self._port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.send(self._name + self._end)
        sock.setblocking(False)
        return sock

    def take(self, timeout_s: float) -> bool:
        """Read what has arrived; False: nothing did in that time."""
        events = self._poller.poll(timeout_s, EVENTS)
        members, size = self.members, 0
        for fd, _ in events:
            member = members[fd]
            piece = member.recv(BUFFER)
            if not piece:
                raise ConnectionError("a member was thrown out")
            member.pieces.append(piece)
            size += len(piece)
        self._bytes += size
        return bool(events)

    def settle(self) -> None:
        """Until nothing more comes, and forget it."""
        deadline = time.perf_counter() + 10 * STALL_S
        while self.take(QUIET_S) and time.perf_counter() < deadline:
            pass
        self.clear()

    def clear(self) -> None:
        self._bytes = 0
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
            probe = MESSAGE % 0 + self._end
            heard = {member: member.take() for member in self.members.values()}
            told = [member for member, data in heard.items() if data.count(probe) == 1]
            if len(told) >= len(self.members) - 1:
                self._prefix = heard[told[0]].removesuffix(probe)
                self._size = len(self._heard(0))
                self.clear()
                return told
        raise ConnectionError("a message does not reach everybody")

    def say(self, number: int) -> bool:
        """One message in one send; False when the server does not take it now."""
        try:
            return self._speaker.send(MESSAGE % number + self._end) > 0
        except BlockingIOError:
            return False

    def compare(self, told: list[Member], first: int, said: int) -> None:
        """What came in a turn with the messages from `first` on to before `said`."""
        expected = b"".join(map(self._heard, range(first, said)))
        for member in told:
            member.sound = (member.take() == expected) and member.sound

    def complete(self, told: list[Member], said: int) -> int:
        """How many have got as much as was said."""
        return sum(member.bytes == said * self._size for member in told)

    def faults(self, told: list[Member], said: int) -> list[str]:
        """The fault in the messages that the members got; empty when all are there, in order."""
        found = []
        if short := len(told) - self.complete(told, said):
            found.append(f"{short} members miss messages")
        if broken := sum(not member.sound for member in told):
            found.append(f"{broken} members got messages broken or out of order")
        return found


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


class Speaker:
    """Talks to a room in turns. said: messages so far. spent_s: in all turns."""

    def __init__(self, room: Room, window: int) -> None:
        self.room = room
        self.told = room.learn()
        self.said = 0
        self.spent_s = 0.0
        self._window = window
        self._before = 0  # the turn that is to be compared

    def warm_up(self, *, fill: bool) -> None:
        """fill: until the buffers of those who never read are full."""
        for _ in range(2 if fill else 1):
            talk(self.room, len(self.told), self._window, WARM_UP_S, WARM_UP)
            self.room.clear()
        if fill:
            talk(self.room, len(self.told), self._window, FILL_S)
            self.room.clear()

    def turn(self, seconds: float) -> None:
        began, self._before = time.perf_counter(), self.said
        self.said = talk(self.room, len(self.told), self._window, seconds, said=self.said)
        self.spent_s += time.perf_counter() - began

    def compare(self) -> None:
        """What each has got in the turn with what was said."""
        self.room.compare(self.told, self._before, self.said)

    @property
    def rate(self) -> float:
        """Delivered messages a second."""
        return self.room.total / self.spent_s


def main() -> None:
    port, members, silent, window = map(int, sys.argv[1:5])
    raw = sys.argv[5:] == ["raw"]
    speakers = [Speaker(Room(port, members, silent, raw=raw), window)]
    if silent:  # beside it one without them, of the same server
        speakers.append(Speaker(Room(port, members, 0, raw=raw, name=OTHER_ROOM), window))
    for speaker in speakers:
        speaker.warm_up(fill=silent > 0)
    watch = Stopwatch()

    def compare() -> None:
        for speaker in speakers:
            speaker.compare()

    for number, seconds in enumerate(watch.turns(compare)):
        for speaker in rotated(speakers, number):
            speaker.turn(seconds)
    first, last = speakers[0], speakers[-1]
    watch.report(
        said=first.said,
        told=len(first.told),
        delivered=first.room.total,
        rate=first.rate,
        rate_without=last.rate,
        complete=100.0 * first.room.complete(first.told, first.said) / len(first.told),
        faults=[fault for one in speakers for fault in one.room.faults(one.told, one.said)],
    )


if __name__ == "__main__":
    main()
