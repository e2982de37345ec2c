"""Only for speed: the subjects server with a shorter way for what it is asked most.

Plain GETs of students' newest grades, of which there are pages already, are answered together:
those that have come are all received, then all sent their pages, and no task is resumed. So are
plain POSTs of forms, which a commit saves together. While the log has room for a line of each, and
for all else, it is as in SubjectsServer, and a property test holds both equal.
"""

from functools import lru_cache
from itertools import repeat
from socket import socket
from typing import NamedTuple

from labservers.loop.event_loop_fast import FastEventLoop
from labservers.loop.task import Task
from labservers.net.each import each
from labservers.protocols.http11 import HTTPError
from labservers.protocols.http11_fast import (
    SHORT_BYTES,
    SHORT_FIELDS,
    ReadyResponse,
    match_form,
    match_get,
)
from labservers.servers.gradebook import Row
from labservers.servers.loop_server import Client
from labservers.servers.subjects import SubjectsServer, not_saved
from labservers.servers.subjects_app import PATH, page_of, prefers_json
from labservers.servers.subjects_fields import row_of_form

ANYBODY = "\0"  # in place of a student in an answer that is made beforehand


class Sends(NamedTuple):
    """What is to be sent, and for which tasks."""

    tasks: list[Task]
    answers: list[bytes]


class FastSubjectsServer(SubjectsServer):
    """See the module."""

    loop_class = FastEventLoop
    loop: FastEventLoop

    def bind(self) -> tuple[str, int]:
        address = super().bind()
        limits = self.limits
        bytes_at_least = min(limits.head, limits.line, limits.body)
        if bytes_at_least >= SHORT_BYTES and limits.fields > SHORT_FIELDS:
            self.loop.together = self.answer_together
            self.store.answer_together = self.answer_saved
        self._redirect = Redirect()
        return address

    def answer_together(self, tasks: list[Task]) -> list[Task]:
        """The tasks that this leaves to do; what has been received for them is not lost."""
        if self.log.budget > 0 or self._stopping:
            return tasks
        idle: list[Task] = []  # those whose clients have asked nothing yet
        left: list[Task] = []
        for task in tasks:
            (left if task.about is None or task.about.busy else idle).append(task)
        received = each(socket.recv, [task.socket for task in idle], repeat(SHORT_BYTES))
        date, sends, rows = self.date.at(self.loop.now), Sends([], []), list[Row]()
        for task, data in zip(idle, received, strict=True):
            client = task.about
            if page := self._page(data):
                sends.tasks.append(task)
                sends.answers.append(page.keeping(date))
            elif row := self._row_asked(data):
                row.asker = task
                rows.append(row)
            else:
                client.ahead = data
                left.append(task)
                continue
            client.line = data
            client.bytes_in += len(data)
            self.monitor.bytes_in += len(data)
        left += self._send("GET", sends)
        self._save(rows)
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

    def _row_asked(self, data: bytes | OSError) -> Row | None:
        """The row that is to be saved, where all of it is as it should be."""
        form = match_form(data) if isinstance(data, bytes) else None
        if form is None:
            return None
        path, accept, body = form
        student = PATH.fullmatch(path.decode("ascii"))
        if student is None or (accept is not None and _prefers_json(accept)):
            return None
        try:
            return row_of_form(student[1].lstrip("0") or "0", body)
        except HTTPError:
            return None

    def _send(self, method: str, sends: Sends) -> list[Task]:
        """Send each its answer; the tasks whose clients do not take all of it."""
        left: list[Task] = []
        if not sends.tasks:
            return left
        monitor, mute = self.monitor, self.log.mute
        monitor.counts[method] += len(sends.tasks)  # as note(), before anybody has the answer
        monitor.requests += len(sends.tasks)
        sent = each(socket.send, [task.socket for task in sends.tasks], sends.answers)
        for task, answer, count in zip(*sends, sent, strict=True):
            client = task.about
            if count != len(answer):
                left.append(task)
                count = _let_it_go_on(client, answer, count)
            client.bytes_out += count
            monitor.bytes_out += count
            mute()
        done = [task for task in sends.tasks if task not in left] if left else sends.tasks
        self.loop.read_on(done, self.patience.idle_s)
        return left

    def _save(self, rows: list[Row]) -> None:
        """Let the tasks sleep until the commit. One that wakes before it finds an error."""
        if not rows:
            return
        late = not_saved()
        for row in rows:
            row.asker.about.busy, row.asker.about.ahead = True, late
        self.loop.sleep([row.asker for row in rows], self.timing.commit_s)
        self.store.save_together(rows)

    def answer_saved(self, rows: list[Row]) -> list[Row]:
        """Answer the POSTs of rows that were committed; the rows whose tasks are to be woken."""
        date, sends, left = self.date.at(self.loop.now), Sends([], []), list[Row]()
        for row in rows:
            task = row.asker
            if task is None or task.lane != "sleeping" or task.about.ahead is None:
                left.append(row)  # was not saved by _save(), or sleeps no more
            elif row.saved and not self._stopping:
                task.about.busy, task.about.ahead = False, None
                sends.tasks.append(task)
                sends.answers.append(self._redirect.bytes(date, row.student))
            else:
                self._let_it_answer(task.about, row, date)
                left.append(row)
        for task in self._send("POST", sends):
            self.loop.wake(task)
        return left

    def _let_it_answer(self, client: Client, row: Row, date: str) -> None:
        """Its task is woken, and answers for the last time."""
        self.monitor.counts["POST"] += 1
        self.monitor.requests += 1
        if row.saved:
            answer = page_of(row.student).serialize(date, close=True)
            client.unsent, client.ahead = answer, BlockingIOError()
        else:
            self.log.error(f"a grade could not be saved: {row.error}")
            client.ahead = not_saved(row.error)


class Redirect:
    """The answer to a POST of a form that is saved, made once for each date."""

    def __init__(self) -> None:
        self._date = ""
        self._begin = self._end = b""

    def bytes(self, date: str, student: str) -> bytes:
        """As page_of() and serialize(), for a connection that is kept."""
        if date != self._date:
            self._date, answer = date, page_of(ANYBODY).serialize(date, close=False)
            self._begin, self._end = answer.split(ANYBODY.encode())
        return self._begin + student.encode() + self._end


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
