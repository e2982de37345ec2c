"""Only for speed: the subjects server with a shorter way for what it is asked most.

Plain GETs of students' newest grades, of which there are pages already, are answered together:
those that have come are all received, then all sent their pages, and no task is resumed. While the
log has room for a line of each, and for all else, it is as in SubjectsServer, and a property test
holds both equal.
"""

from functools import lru_cache
from itertools import repeat
from socket import socket
from typing import Any

from labservers.loop.event_loop_fast import FastEventLoop
from labservers.loop.task import Task
from labservers.net.each import each
from labservers.protocols.http11_fast import GET_BYTES, GET_FIELDS, ReadyResponse, match_get
from labservers.servers.loop_server import Client
from labservers.servers.subjects import SubjectsServer
from labservers.servers.subjects_app import prefers_json


class FastSubjectsServer(SubjectsServer):
    """See the module."""

    loop_class = FastEventLoop
    loop: FastEventLoop

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        limits = self.limits
        if min(limits.head, limits.line) >= GET_BYTES and limits.fields > GET_FIELDS:
            self.loop.together = self.answer_together

    def answer_together(self, tasks: list[Task]) -> list[Task]:
        """The tasks that this leaves to do; what has been received for them is not lost."""
        if self.log.budget > 0 or self._stopping:
            return tasks
        idle: list[Task] = []  # those whose clients have asked nothing yet
        left: list[Task] = []
        for task in tasks:
            (left if task.about is None or task.about.busy else idle).append(task)
        received = each(socket.recv, [task.socket for task in idle], repeat(GET_BYTES))
        date = self.date.at(self.loop.now)
        asked: list[Task] = []
        answers: list[bytes] = []
        for task, data in zip(idle, received, strict=True):
            page = self._page(data)
            if page is None:
                task.about.ahead = data
                left.append(task)
                continue
            client = task.about
            client.line = data
            client.bytes_in += len(data)
            asked.append(task)
            answers.append(page.keeping(date))
        self._send(asked, answers, left)
        return left

    def _page(self, data: bytes | OSError) -> ReadyResponse | None:
        """The page that is asked for, where it is there."""
        found = match_get(data) if isinstance(data, bytes) else None
        if found is None:
            return None
        path, query, accept = found.groups()
        pages = self.store.pages.get(path)
        if pages is None or (query and query.find(b"before") >= 0):  # it may name a row
            return None
        return pages.get(accept is not None and _prefers_json(accept))

    def _send(self, asked: list[Task], answers: list[bytes], left: list[Task]) -> None:
        """Send each its answer; a task whose client does not take all of it is left."""
        monitor, mute = self.monitor, self.log.mute
        sent = each(socket.send, [task.socket for task in asked], answers)
        for task, answer, count in zip(asked, answers, sent, strict=True):
            client = task.about
            if count != len(answer):
                left.append(task)
                count = _let_it_go_on(client, answer, count)
            client.bytes_out += count
            monitor.bytes_in += len(client.line)
            monitor.bytes_out += count
            mute()
        monitor.counts["GET"] += len(asked)  # as note()
        monitor.requests += len(asked)


def _let_it_go_on(client: Client, answer: bytes, sent: int | OSError) -> int:
    """Its task finds what a send has left, or the error; how much was sent."""
    if isinstance(sent, OSError) and not isinstance(sent, BlockingIOError):
        client.ahead = sent
        return 0
    count = 0 if isinstance(sent, OSError) else sent
    client.unsent, client.ahead = answer[count:], BlockingIOError()
    return count


@lru_cache(maxsize=256)
def _prefers_json(accept: bytes) -> bool:
    return prefers_json(accept.decode("latin-1"))
