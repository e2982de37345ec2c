"""The threads of a chat's clients: each begins at accept, and all end with the server."""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from labservers.servers.chat_member import Member

MEMBERS_AT_MOST = 2_000
STACK_BYTES = 256 * 1024


class ClientThreads:
    """One thread a client, up to a bound. The lock guards the table."""

    def __init__(self, at_most: int = MEMBERS_AT_MOST) -> None:
        self._at_most = at_most
        self._lock = threading.Lock()
        self._members: dict[threading.Thread, Member] = {}

    def begin(self, consume: Callable[[Member], None], member: Member) -> bool:
        """Have a new thread consume this client; False: there are too many already."""
        if len(self._members) >= self._at_most:
            return False
        name = f"client {member.connection.peer}"
        thread = threading.Thread(target=self._run, args=(consume, member), name=name, daemon=True)
        with self._lock:  # before it starts, since it takes itself out at its end
            self._members[thread] = member
        usual = threading.stack_size(STACK_BYTES)
        try:
            thread.start()
        except RuntimeError:  # the system has no more threads for us
            self._forget(thread)
            return False
        finally:
            threading.stack_size(usual)
        return True

    def end(self, deadline: float) -> None:
        """Wake every thread out of its recv() and wait for all of them until the deadline, a time
        of time.monotonic()."""
        with self._lock:
            members = list(self._members.items())
        for _, member in members:
            with suppress(OSError):
                member.sock.shutdown(socket.SHUT_RD)
        for thread, _ in members:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self, consume: Callable[[Member], None], member: Member) -> None:
        try:
            consume(member)
        finally:
            self._forget(threading.current_thread())

    def _forget(self, thread: threading.Thread) -> None:
        with self._lock:
            del self._members[thread]
