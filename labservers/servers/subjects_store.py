"""The grade book as the event loop's tasks use it: pages made lately, and rows on their way.

Everything runs in the loop's thread, but for what the grade book's writer calls.
"""

import functools
from collections.abc import Callable

from labservers.loop.event_loop import EventLoop
from labservers.protocols.http11 import Response
from labservers.protocols.http11_fast import ReadyResponse
from labservers.servers.cache import Cache
from labservers.servers.gradebook import GradeBook, Row
from labservers.servers.subjects_app import listing

PAGES_BYTES = 32 * 1024 * 1024


class Store:
    """Pages out of the grade book, and rows into it. A commit drops the pages of its students.

    A commit by another process is not noticed: two servers on one data folder lose no rows, but
    each shows those of the other late. So a server has a data folder to itself.
    """

    def __init__(self, loop: EventLoop, book: GradeBook) -> None:
        self._loop = loop
        self._book = book
        self._unsaved: list[Row] = []  # until no task is ready
        # Of rows that were committed, or failed, those whose askers are to be woken.
        self.answer_together: Callable[[list[Row]], list[Row]] = lambda rows: rows
        # Of the newest grades, by path and then by whether it is JSON.
        self.pages: Cache[bytes, dict[bool, ReadyResponse]] = Cache(PAGES_BYTES)

    def newest(self, student: str, *, as_json: bool) -> Response:
        """The newest grades of a student."""
        path = _path(student)
        pages = self.pages.get(path)
        if pages is None or as_json not in pages:
            page = self._book.read(student)
            ready = ReadyResponse(listing(student, page, as_json=as_json))
            pages = {**(pages or {}), as_json: ready}
            self.pages.put(path, pages, 2 * sum(len(page.body) for page in pages.values()))
        return pages[as_json]

    def older(self, student: str, before: int, *, as_json: bool) -> Response:
        """The newest of a student's grades in rows before one."""
        page = self._book.read(student, before)
        return listing(student, page, as_json=as_json, newest=False)

    def save(self, row: Row) -> None:
        """Let a row be committed with others, and the task that runs be woken after that."""
        row.asker = self._loop.current
        self.save_together([row])

    def save_together(self, rows: list[Row]) -> None:
        """As save(); each has its asker."""
        if not self._unsaved:
            self._loop.call_when_idle(self._hand_over)
        self._unsaved += rows

    def _hand_over(self) -> None:
        """Between two ticks: the rows that have come go to the grade book together."""
        rows, self._unsaved = self._unsaved, []
        self._book.commit(rows, self._saved)

    def _saved(self, rows: list[Row]) -> None:
        """In the grade book's thread."""
        self._loop.call_soon(functools.partial(self._committed, rows))

    def _committed(self, rows: list[Row]) -> None:
        for row in rows:
            if (path := _path(row.student)) in self.pages:
                self.pages.drop(path)
        for row in self.answer_together(rows):
            if row.asker is not None:
                self._loop.wake(row.asker)


def _path(student: str) -> bytes:
    return b"/subjects/" + student.encode()
