"""Only for speed: the subjects server with a shorter way for what it is asked most.

A plain GET of a student's newest grades, of which there is a page already, is answered as soon as
it is received. All else is for SubjectsServer, and a property test holds both equal.
"""

from functools import lru_cache
from time import perf_counter
from typing import Any

from labservers.loop.event_loop_fast import FastEventLoop
from labservers.protocols.http11_fast import GET_BYTES, GET_FIELDS, match_get
from labservers.servers.loop_server import Client
from labservers.servers.subjects import RECEIVE_BYTES, SubjectsServer
from labservers.servers.subjects_app import prefers_json

PERCENT = ord("%")  # a number is looked for with `in`, bytes with find(): the fast way for each


class FastSubjectsServer(SubjectsServer):
    """See the module."""

    loop_class = FastEventLoop

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        limits = self.limits
        self._within_limits = (
            min(limits.head, limits.line) >= GET_BYTES and limits.fields > GET_FIELDS
        )

    def received(self, client: Client) -> bytes | None:
        """As in SubjectsServer; None also when what has come is answered already."""
        try:
            data = client.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return None
        if client.reader.begun or self._stopping or (parts := match_get(data)) is None:
            return data
        path, query, accept = parts
        if not self._within_limits or (query and (PERCENT in query or query.find(b"before") >= 0)):
            return data  # it may name a row
        began = perf_counter() if self.log.budget > 0 else None
        page = self.store.known(path, as_json=accept is not None and _prefers_json(accept))
        if page is None:
            return data
        client.send(page.keeping(self.date.at(self.loop.now)))
        client.line = data
        if began is not None:
            self.note(data[: data.index(b" HTTP/")], "GET", page.status, began)
        else:  # as there
            self.monitor.counts["GET"] += 1
            self.monitor.requests += 1
            self.log.mute()
        return None


@lru_cache(maxsize=256)
def _prefers_json(accept: bytes) -> bool:
    return prefers_json(accept.decode("latin-1"))
