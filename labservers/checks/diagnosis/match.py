"""What the diagnosis of one failed probe gives."""

from __future__ import annotations

from typing import NamedTuple

from labservers.checks.values import Death, Stand

# Probes that tell the good conversation in another way: the bytes are good, their pieces are not.
DELIVERIES = frozenset({"split", "glued", "long", "chat-letters"})
# Probes in which a client leaves without a word of farewell.
LEAVERS = frozenset({"reset", "gone-while-sending", "chat-leave-fin", "chat-leave-reset"})
READS = frozenset({"recv", "recvfrom", "recv_into", "recvmsg", "readline", "read"})
SENDS = frozenset({"send", "sendall", "sendto", "sendmsg", "sendfile"})


class Match(NamedTuple):
    """A cause, by its id in causes.json, and where it is: line "server.py:24" and its text.

    death, stand: what of the inside has shown it.
    """

    cause: str
    line: str | None = None
    source: str | None = None
    death: Death | None = None
    stand: Stand | None = None
