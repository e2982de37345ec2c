"""Only for speed: the subjects server with a shorter way for what it is asked most.

Plain GETs of students' newest grades, of which there are pages already, are answered together:
those that have come are all received, then all sent their pages, and no task is resumed. So are
plain POSTs of forms, which a commit saves together. While the log has room for a line of each, and
for all else, it is as in SubjectsServer, and a property test holds both equal.
"""

import re
from functools import lru_cache
from itertools import repeat
from socket import socket
from typing import Any

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
from labservers.servers.subjects_fields import SUBJECT_CHARACTERS, row_of_form

ANYBODY = "\0"  # in place of a student in an answer that is made beforehand
# A form of both fields alone, nothing in them escaped, the subject in visible ASCII at both ends.
PLAIN_FORM = re.compile(rb"subject=([!-$'-*,-~](?:[!-$'-~]*[!-$'-*,-~])?)&grade=([1-5])")


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
            client = task.about
            (left if client is None or client.busy else idle).append(task)
        received = each(socket.recv, [task.socket for task in idle], repeat(SHORT_BYTES))
        date, bytes_in = self.date.at(self.loop.now), 0
        asked: list[Task] = []  # for a page
        pages: list[bytes] = []
        rows: list[Row] = []
        for task, data in zip(idle, received, strict=True):
            client = task.about
            if page := self._page(data):
                asked.append(task)
                pages.append(page.keeping(date))
            elif row := self._row_asked(data):
                row.asker = task
                rows.append(row)
            else:
                client.ahead = data
                left.append(task)
                continue
            client.line = data
            client.bytes_in += len(data)
            bytes_in += len(data)
        self.monitor.bytes_in += bytes_in
        if asked:
            left += self._send("GET", asked, pages)
        if rows:
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
            return row_of_short_form(student[1].lstrip("0") or "0", body)
        except HTTPError:
            return None

    def _send(self, method: str, tasks: list[Task], answers: list[bytes]) -> list[Task]:
        """Send each its answer; the tasks whose clients do not take all of it."""
        monitor, number = self.monitor, len(tasks)
        monitor.counts[method] += number  # as note(), before anybody has the answer
        monitor.requests += number
        self.log.mute_many(number)
        sent = each(socket.send, [task.socket for task in tasks], answers)
        left: list[Task] = []
        if sent != [len(answer) for answer in answers]:
            left, sent = _let_them_go_on(tasks, answers, sent)
        for task, count in zip(tasks, sent, strict=True):
            task.about.bytes_out += count
        monitor.bytes_out += sum(sent)
        done = [task for task in tasks if task not in left] if left else tasks
        go_on = self.loop.read_again if method == "POST" else self.loop.read_on
        go_on(done, self.patience.idle_s)
        return left

    def _save(self, rows: list[Row]) -> None:
        """Let the tasks sleep until the commit. One that wakes before it finds an error."""
        late = not_saved()
        for row in rows:
            row.asker.about.busy, row.asker.about.ahead = True, late
        self.loop.sleep([row.asker for row in rows], self.timing.commit_s)
        self.store.save_together(rows)

    def answer_saved(self, rows: list[Row]) -> list[Row]:
        """Answer the POSTs of rows that were committed; the rows whose tasks are to be woken."""
        date = self.date.at(self.loop.now)
        saved: list[Task] = []
        answers: list[bytes] = []
        left: list[Row] = []
        for row in rows:
            task = row.asker
            if task is None or task.lane != "sleeping" or task.about.ahead is None:
                left.append(row)  # was not saved by _save(), or sleeps no more
            elif row.saved and not self._stopping:
                task.about.busy, task.about.ahead = False, None
                saved.append(task)
                answers.append(self._redirect.bytes(date, row.student))
            else:
                self._let_it_answer(task.about, row, date)
                left.append(row)
        for task in self._send("POST", saved, answers) if saved else ():
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


def row_of_short_form(student: str, body: bytes) -> Row:
    """As row_of_form()."""
    found = PLAIN_FORM.fullmatch(body)
    if found is None:
        return row_of_form(student, body)
    subject, grade = found.groups()
    if len(subject) > SUBJECT_CHARACTERS:
        return row_of_form(student, body)
    return Row(student, subject.replace(b"+", b" ").decode("ascii"), int(grade))


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


def _let_them_go_on(
    tasks: list[Task], answers: list[bytes], sent: list[Any]
) -> tuple[list[Task], list[int]]:
    """The tasks whose clients have not taken all of their answers, and how much each has taken.
    Such a task finds what is left, or the error."""
    left: list[Task] = []
    taken: list[int] = []
    for task, answer, count in zip(tasks, answers, sent, strict=True):
        if count != len(answer):
            left.append(task)
            count = _let_it_go_on(task.about, answer, count)
        taken.append(count)
    return left, taken


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
