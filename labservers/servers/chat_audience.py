"""The level members of a room by the way in which they are sent to."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from labservers.servers.chat_member import SEND_FLAGS
from labservers.servers.chat_message import raw_sends

if TYPE_CHECKING:
    from labservers.servers.chat_member import Member

Sends = list[tuple[Callable[[bytes, int], int], "Member"]]


class Audience:
    """Made anew when a member becomes level, is level no longer, or changes its mode.

    To send is a plain loop over the members, and nearly always the kernel takes everything. So
    for each member the loop calls its socket and nothing else; its counter follows from how much
    was said in the room (chat_room.py).
    """

    def __init__(self, members: Iterable["Member"]) -> None:
        self._line: Sends = []
        self._raw: Sends = []
        for member in members:
            sends = self._line if member.mode == "line" else self._raw
            sends.append((member.sock.send, member))

    def send(self, lines: bytes) -> None:
        """One or more messages to each member; one that is not sent all of it falls behind."""
        if self._line:
            _send(self._line, lines, [])
        if self._raw:
            first, *more = raw_sends(lines)
            _send(self._raw, first, more)


def _send(sends: Sends, data: bytes, more: list[bytes]) -> None:
    whole, flags = -1 if more else len(data), SEND_FLAGS
    for send, member in sends:
        try:
            sent = send(data, flags)
        except BlockingIOError:
            sent = 0
        except OSError:
            member.break_off()
            continue
        if sent != whole:
            member.send_more(data, sent, more)
