"""Only for speed: the subjects server with a shorter way for what it is asked most.

A plain GET of a student's newest grades, of which there is a page already, is answered as soon as
it is received, unless the log has room for a line of it. All else is for SubjectsServer, and a
property test holds both equal.
"""

from functools import lru_cache
from typing import Any

from labservers.loop.event_loop_fast import FastEventLoop
from labservers.protocols.http11_fast import GET_BYTES, GET_FIELDS, match_get
from labservers.servers.loop_server import Client
from labservers.servers.subjects import RECEIVE_BYTES, SubjectsServer
from labservers.servers.subjects_app import prefers_json


class FastSubjectsServer(SubjectsServer):
    """See the module."""

    loop_class = FastEventLoop

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        limits = self.limits
        within = min(limits.head, limits.line) >= GET_BYTES and limits.fields > GET_FIELDS
        self._match = match_get if within else _nothing

    def received(self, client: Client) -> bytes | None:
        """As in SubjectsServer; None also when what has come is answered already."""
        try:
            data = client.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return None
        log, monitor = self.log, self.monitor
        if client.reader.begun or self._stopping or log.budget > 0:
            return data
        if (parts := self._match(data)) is None:
            return data
        path, query, accept = parts
        pages = self.store.pages.get(path)
        if pages is None or (query and query.find(b"before") >= 0):  # it may name a row
            return data
        page = pages.get(accept is not None and _prefers_json(accept))
        if page is None:
            return data
        client.send(page.keeping(self.date.at(self.loop.now)))
        client.line = data
        monitor.counts["GET"] += 1  # as note()
        monitor.requests += 1
        log.mute()
        return None


def _nothing(data: bytes) -> None:
    """As match_get() where the limits are tighter than its own."""


@lru_cache(maxsize=256)
def _prefers_json(accept: bytes) -> bool:
    return prefers_json(accept.decode("latin-1"))
