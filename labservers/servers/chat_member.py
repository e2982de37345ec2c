"""A client of the chat from accept to close, and how it is sent what is said.

What the kernel takes at once is sent by the thread that delivers. What it does not take waits in
`rest`, the member falls behind, and the postman goes on: first with the rest, then with what the
member reads on from the room's backlog, until it is level again. The state says which thread that
is (chat_states.py), so a level member is sent to without a lock.
"""

import socket
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from labservers.net.no_wait import DONT_WAIT
from labservers.observe.monitor import Connection
from labservers.observe.readiness import writable
from labservers.protocols import chat
from labservers.servers.chat_message import raw_sends, skipped_notice
from labservers.servers.chat_states import READS_ON, Event, State, next_state

if TYPE_CHECKING:
    from labservers.servers.chat_backlog import Backlog
    from labservers.servers.chat_room import Room

LARGE_ROOM, REST_S = 32, 20e-6
SENDS_AT_ONCE = 256  # to one member; then others have their turn
SEND_FLAGS = DONT_WAIT | getattr(socket, "MSG_NOSIGNAL", 0)


class Place:
    """How far a member has been sent what was said in its room.

    at, number: bytes and messages of the room up to here; of a level member, up to where its bytes
    have been counted. missed: messages that were given up
    and that the member has not been notified of; missed_in_all: of its whole stay, these included.
    notices: how many notices it has got. end: the `at` and `number` at which it left.
    """

    __slots__ = ("at", "backlog", "end", "joined_at", "missed", "missed_in_all", "notices",
                 "number")  # fmt: skip

    def __init__(self, at: int, number: int) -> None:
        self.joined_at = number  # the room's number then
        self.backlog: Backlog | None = None  # while it is level
        self.at, self.number = at, number
        self.missed = self.missed_in_all = self.notices = 0
        self.end: tuple[int, int] | None = None


class Member:
    """See the module.

    mode: how it is sent messages, as chat.Framing has it. rest: sends that the kernel did not
    take. moved_at: when it last took something of that, or first took no more, by the room's clock.
    overheard: what it said while it was delivered what it had said before.
    """

    __slots__ = ("_sending", "connection", "framing", "mode", "moved_at", "overheard", "place",
                 "rest", "room", "sock", "state")  # fmt: skip

    def __init__(self, sock: socket.socket, connection: Connection) -> None:
        self.sock = sock
        self.connection = connection
        self.framing = chat.Framing()
        self.mode = self.framing.mode
        self.state = State.JOINING
        self.room: Room | None = None
        self.place = Place(0, 0)
        self.moved_at = 0.0
        self.rest: deque[bytes | memoryview] = deque()
        self.overheard: list[chat.Event] = []
        self._sending = threading.Lock()  # held by the postman while it sends

    def move(self, event: Event) -> None:
        """Change the state; with the room's lock held, if it is in one."""
        self.state = next_state(self.state, event)

    def change_mode(self, mode: str) -> None:
        """From the next message on it is sent them in this way."""
        if self.room is None:
            self.mode = mode
        else:
            self.room.change_mode(self, mode)

    def let_more_come(self) -> None:
        """Rest before the next recv(), in a large room, one without line feeds.

        What comes while a message is on its way to so many is one recv() anyway. A rest of a part
        of that time puts more into it, and each message less is a send less for every member.
        """
        if self.mode == "raw" and self.room and len(self.room.members) >= LARGE_ROOM:
            time.sleep(REST_S)

    def send_more(self, data: bytes, sent: int, more: list[bytes]) -> None:
        """To a level member that the kernel took so much of `data` for, by the thread with the
        room's turn: the rest of it, and what follows. The member may fall behind by it, and has
        been counted alone."""
        assert self.room is not None
        self.connection.bytes_out += sent
        begun = memoryview(data)[sent:]
        self.moved_at = self.room.clock()
        self.rest.extend([begun, *more] if begun else more)
        try:
            if not begun and self._send_rest():
                return
        except BlockingIOError:
            pass
        except OSError:
            self.break_off()
            return
        self.room.fall_behind(self)

    def go_on(self) -> bool:
        """Send what goes without waiting, by the postman; True when there is no more for it to
        do, False to be called again when the kernel can take something."""
        with self._sending:
            if self.state not in READS_ON or self.room is None:
                return True
            try:
                return self._send_rest() and self.room.catch_up(self)
            except BlockingIOError:
                return False
            except OSError:
                self.break_off()
                return True

    def flush(self, timeout_s: float) -> None:
        """Send what is left, by the thread of a member that is leaving; after it nothing is sent.

        Waits that long at most for a reader that is behind, and throws the rest away.
        """
        with self._sending:
            pass  # the postman has ended its last send, and finds the new state from now on
        deadline = time.monotonic() + timeout_s
        takes_more = writable(self.sock)
        with suppress(OSError):
            while not self._send_what_goes() and (left := deadline - time.monotonic()) > 0:
                takes_more(left)
        self.rest.clear()
        self.place.backlog = None  # or it would be kept by all that still know the member
        self.move(Event.CLOSED)

    def count_alone(self, before: Sequence[bytes]) -> None:
        """See Room."""
        assert self.room is not None
        self.room.count_alone(self, before)

    def give_up(self) -> None:
        """End the connection, which the postman cannot serve."""
        with self._sending:
            if self.state in READS_ON:
                self.break_off()

    def break_off(self) -> None:
        """Send nothing more, or it might go on in the middle of a line; the thread that reads
        finds the end of the stream."""
        if self.room is not None:
            self.room.lose(self)
        self.rest.clear()
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)

    def _send_what_goes(self) -> bool:
        try:
            return self._send_rest()
        except BlockingIOError:
            return False

    def _send_rest(self) -> bool:
        """Send all there is; False after SENDS_AT_ONCE.

        Raises:
            BlockingIOError: the kernel's buffer is full. OSError: the connection is broken.
        """
        rest, room = self.rest, self.room
        for _ in range(SENDS_AT_ONCE):
            if room is None or (not rest and not self._read_on(room)):
                return True
            data = rest[0]
            sent = self.sock.send(data, SEND_FLAGS)
            self.connection.bytes_out += sent
            self.moved_at = room.clock()
            if sent < len(data):
                rest[0] = memoryview(data)[sent:]
            else:
                rest.popleft()
        return False

    def _read_on(self, room: "Room") -> bool:
        """Whether the backlog had more."""
        missed, lines = room.read_on(self)
        if self.mode != "line":  # it cannot tell a notice from a message, so it gets none
            self.rest.extend(raw_sends(lines))
        elif lines or missed:
            self.rest.append(skipped_notice(missed) + lines)
        return bool(self.rest)
