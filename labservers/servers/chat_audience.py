"""The level members of a room by the way in which they are sent to."""

from collections.abc import Iterable
from itertools import repeat
from operator import call
from typing import TYPE_CHECKING

from labservers.net.each import each
from labservers.servers.chat_member import SEND_FLAGS
from labservers.servers.chat_message import raw_sends

if TYPE_CHECKING:
    from labservers.servers.chat_member import Member


class Audience:
    """Made anew when a member becomes level, is level no longer, or changes its mode.

    Nearly always the kernel takes everything. So each member's socket is called and nothing else;
    its counter follows from how much was said in the room (chat_room.py).
    """

    def __init__(self, members: Iterable["Member"]) -> None:
        line: list[Member] = []
        raw: list[Member] = []
        for member in members:
            (line if member.mode == "line" else raw).append(member)
        self._line, self._raw = Listeners(line), Listeners(raw)

    def send(self, lines: bytes) -> None:
        """One or more messages to each member; one that is not sent all of it falls behind."""
        if self._line.members:
            self._line.send(lines, [])
        if self._raw.members:
            first, *more = raw_sends(lines)
            self._raw.send(first, more)


class Listeners:
    """Members that are sent the same bytes."""

    def __init__(self, members: list["Member"]) -> None:
        self.members = members
        self._sends = [member.sock.send for member in members]

    def send(self, data: bytes, more: list[bytes]) -> None:
        """`data`, and then `more`, by a send each."""
        sent = each(call, self._sends, repeat(data), repeat(SEND_FLAGS))
        if more or sent.count(len(data)) != len(sent):
            for member, count in zip(self.members, sent, strict=True):
                self._go_on(member, data, count, more)

    @staticmethod
    def _go_on(member: "Member", data: bytes, sent: int | OSError, more: list[bytes]) -> None:
        if isinstance(sent, BlockingIOError):
            member.send_more(data, 0, more)
        elif isinstance(sent, OSError):
            member.break_off()
        elif more or sent != len(data):
            member.send_more(data, sent, more)
