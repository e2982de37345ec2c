"""The level members of a room, in groups by the way in which they are sent to.

Delivering goes round them. Before each group it is asked what has been said meanwhile, so a group
gets in one send all that it misses, and nothing waits until what was said before has reached
everybody. In a large room most of the work is the kernel's for each send.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from operator import call
from typing import TYPE_CHECKING

from labservers.net.each import each
from labservers.servers.chat_member import SEND_FLAGS
from labservers.servers.chat_message import raw_sends

if TYPE_CHECKING:
    from labservers.servers.chat_member import Member

GROUP = 4  # members, at least
GROUPS = 32
TEXTS = 64  # of one round, beyond which, and beyond
ROUND_BYTES = 64 * 1024  # no more is asked for: who wants to leave has to wait for its end


class Audience:
    """Made anew when a member becomes level, is level no longer, or changes its mode."""

    def __init__(self, members: Iterable["Member"]) -> None:
        line: list[Member] = []
        raw: list[Member] = []
        for member in members:
            (line if member.mode == "line" else raw).append(member)
        self._groups: list[Listeners] = [Listeners(group) for group in _groups_of(line)]
        if raw:  # they get a send a message, whenever that is: there is nothing to be saved
            self._groups.append(RawListeners(raw))

    def send(self, lines: bytes, more: Callable[[], bytes | None]) -> None:
        """One or more messages to each member, and what more() gives meanwhile. One that is not
        sent all of it falls behind."""
        groups, texts = self._groups, [lines]
        if len(groups) == 1:
            groups[0].send(lines, ())
            return
        sent = [0] * len(groups)  # how many of the texts, to each group
        left = ROUND_BYTES - len(lines)
        while groups and min(sent) < len(texts):
            for number, group in enumerate(groups):
                if left > 0 and len(texts) < TEXTS and (text := more()):
                    texts.append(text)
                    left -= len(text)
                if missed := texts[sent[number] :]:
                    group.send(b"".join(missed), texts[: sent[number]])
                    sent[number] = len(texts)


def _groups_of(members: list["Member"]) -> list[list["Member"]]:
    """Few enough that asking what was said is little beside sending, and as even as can be."""
    count = min(GROUPS, max(1, len(members) // GROUP))
    return [members[number::count] for number in range(count)] if members else []


class Listeners:
    """Members that are sent the same bytes.

    Nearly always the kernel takes everything. So each member's socket is called and nothing else;
    its counter follows from how much was said in the room (chat_room.py).
    """

    def __init__(self, members: list["Member"]) -> None:
        self._members = members
        self._sends = [member.sock.send for member in members]

    def send(self, lines: bytes, before: Sequence[bytes]) -> None:
        """Whole lines to each. before: what they were sent in this round already."""
        self._send(lines, [], before)

    def _send(self, data: bytes, more: list[bytes], before: Sequence[bytes]) -> None:
        """`data`, and then `more`, by a send each."""
        sent = each(call, self._sends, repeat(data), repeat(SEND_FLAGS))
        if more or sent.count(len(data)) != len(sent):
            for member, count in zip(self._members, sent, strict=True):
                self._go_on(member, data, count, more, before)

    @staticmethod
    def _go_on(
        member: "Member",
        data: bytes,
        sent: int | OSError,
        more: list[bytes],
        before: Sequence[bytes],
    ) -> None:
        if isinstance(sent, BlockingIOError):
            sent = 0
        if isinstance(sent, OSError):
            member.count_alone(before)
            member.break_off()
        elif more or sent != len(data):
            member.count_alone(before)
            member.send_more(data, sent, more)


class RawListeners(Listeners):
    """They get each message by itself, without its line feed."""

    def send(self, lines: bytes, before: Sequence[bytes]) -> None:
        sends = raw_sends(lines)
        self._send(sends[0], sends[1:], before)
