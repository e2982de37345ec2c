"""The points of a program, newest last, and its sockets. Bounded, and what has to go is counted."""

import base64
import itertools
from collections import OrderedDict
from collections.abc import Iterable, Iterator

from dashboard.recording.streams import IN, Stream, size, way
from labservers.checks.values import CHECK_HOST
from labservers.clients.crowd.visitors import CROWD_HOST
from labservers.observe.addresses import is_of
from labservers.observe.messages import Rows
from labservers.observe.observed import Point, SocketEvent

POINTS = 20_000
STREAM_BYTES = 512 * 1024
PROGRAM_BYTES = 8 * 1024 * 1024
STREAMS = 6_000
REACHABLE = 250  # sockets that are shown as those where clients reach the program
OUR_CLIENTS = CROWD_HOST, CHECK_HOST
POINT_BYTES, STREAM_COST = 780, 1_750  # of memory, as measured, besides data


class Wire:
    """Not locked; its owner is. Sizes are those of data as it is kept: see size().

    untold: points that were lost on their way here. lost: those, and what had to go. total:
    sockets ever seen.
    """

    def __init__(
        self,
        points: int = POINTS,
        stream_bytes: int = STREAM_BYTES,
        program_bytes: int = PROGRAM_BYTES,
        streams: int = STREAMS,
    ) -> None:
        self._most_points, self._most_streams = points, streams
        self._stream_bytes, self._program_bytes = stream_bytes, program_bytes
        self.streams: dict[int, Stream] = {}
        self.untold = self.lost = 0
        self.total = 0
        self.data = 0
        self._points: OrderedDict[int, Point] = OrderedDict()  # by the order of their coming
        self._came = 0
        self._closed: OrderedDict[int, None] = OrderedDict()  # the first closed first
        # Each socket is in one of these three, so that one to be forgotten is found at once.
        self._busy: OrderedDict[int, None] = OrderedDict()
        self._reachable: OrderedDict[int, Stream] = OrderedDict()

    def __len__(self) -> int:
        return len(self._points)

    @property
    def cost(self) -> int:
        """Memory in bytes, roughly."""
        return self.data + POINT_BYTES * len(self._points) + STREAM_COST * len(self.streams)

    def happened(self, event: SocketEvent) -> None:
        """A step in a socket's life."""
        stream = self._stream(event.id, event.fd, event.at)
        stream.happened(event)
        self._sort(stream)

    def miss(self, points: int) -> None:
        """So many were lost on their way here."""
        self.untold += points
        self.lost += points

    def counted(self, rows: Rows) -> None:
        """The program's own exact account of its connections."""
        for row in rows.rows:
            stream = self.streams.get(row.id)
            if stream is not None and stream.peer == row.peer:
                stream.told = row.bytes_in, row.bytes_out

    def end(self, at: float) -> None:
        """The process is gone: the kernel has closed what it left open."""
        for stream in self.streams.values():
            if stream.open:
                stream.closed_at = at
                self._sort(stream)

    def add(self, point: Point) -> None:
        """Keep a point; what is oldest goes where there is not room for all."""
        self._came += 1
        self._points[self._came] = point
        self.data += size(point)
        if point.id is not None:
            stream = self._stream(point.id, point.fd, point.at)
            stream.count(point)
            stream.numbers.append(self._came)
            stream.data += size(point)
            while stream.data > self._stream_bytes:
                self._drop(stream.numbers[0])
        while len(self._points) > self._most_points or self.data > self._program_bytes:
            self.drop_oldest()

    def drop_oldest(self) -> None:
        self._drop(next(iter(self._points)))

    def give_way(self) -> None:
        """Forget a socket with its points where sockets take most of the memory, else a point."""
        if STREAM_COST * len(self.streams) > self.cost / 2:
            self._forget_one()
        else:
            self.drop_oldest()

    def newest(self, count: int, data: int) -> list[Point]:
        """Up to so many points with up to so much data, in order."""
        found: list[Point] = []
        for point in reversed(self._points.values()):
            data -= size(point)
            if len(found) == count or data < 0:
                break
            found.append(point)
        return found[::-1]

    def since(self, n: int, count: int, stream: int | None = None) -> list[Point]:
        """The first points with numbers above n, of one stream or of all."""
        found = (point for point in self._of(stream) if point.n > n)
        return list(itertools.islice(found, count))

    def page(self, n: int, count: int, data: int, stream: int | None = None) -> list[Point]:
        """As many of `since` as have up to so much data; the first one in any case."""
        found = self.since(n, count, stream)
        sizes = itertools.accumulate(map(size, found))
        fit = sum(1 for size in sizes if size <= data)
        return found[: max(fit, 1)]

    def _of(self, stream: int | None) -> Iterable[Point]:
        return self._points.values() if stream is None else self.points_of(stream)

    def points_of(self, stream: int) -> Iterator[Point]:
        """Those of one socket, in order; none for an unknown one."""
        known = self.streams.get(stream)
        return (self._points[number] for number in (known.numbers if known else ()))

    def copy(self, stream: int | None = None) -> list[tuple[Stream, list[Point]]]:
        """Each socket, or one, with its points, as they are now."""
        chosen = [s for s in self.streams.values() if stream is None or s.id == stream]
        return [(s.copy(), list(self.points_of(s.id))) for s in chosen]

    def listening(self) -> list[str]:
        """Addresses that clients can reach the program at."""
        return [stream.local for stream in self.reachable() if stream.local]

    def reachable(self) -> list[Stream]:
        """The sockets that clients can reach the program by, the first REACHABLE."""
        return list(itertools.islice(self._reachable.values(), REACHABLE))

    def opening(self) -> bytes | None:
        """The first bytes of the newest client; None where none has sent anything that is kept.
        Clients of our own experiments and checks do not count."""
        for stream in sorted(self.streams.values(), key=lambda s: s.opened_at, reverse=True):
            if stream.listener is not None or stream.kind == "datagram":
                received = (p for p in self.points_of(stream.id) if way(p) == IN and p.data)
                first = next((p for p in received if not _is_ours(stream, p)), None)
                if first and first.data and first.cut is None and not stream.gone[IN]:
                    return base64.b64decode(first.data)
        return None

    def _stream(self, number: int, fd: int | None, at: float) -> Stream:
        """The socket of that id; one that was not seen before begins now."""
        stream = self.streams.get(number)
        if stream is None:
            if len(self.streams) >= self._most_streams:
                self._forget_one()
            stream = self.streams[number] = Stream(number, fd, at)
            self._busy[number] = None
            self.total += 1
        return stream

    def _sort(self, stream: Stream) -> None:
        """Put a socket among those of its kind, behind them where it was of another one."""
        if not stream.open:
            self._closed[stream.id] = None
            self._busy.pop(stream.id, None)
            self._reachable.pop(stream.id, None)
        elif stream.reachable:
            self._reachable[stream.id] = stream
            self._busy.pop(stream.id, None)
        else:
            self._busy[stream.id] = None
            self._reachable.pop(stream.id, None)

    def _forget_one(self) -> None:
        """The socket that closed first, else the oldest that is not listened on."""
        number = next(iter(self._closed or self._busy or self._reachable))
        for _ in range(len(self.streams[number].numbers)):
            self._drop(self.streams[number].numbers[0])
        del self.streams[number]
        for kind in (self._closed, self._busy, self._reachable):
            kind.pop(number, None)

    def _drop(self, number: int) -> None:
        """The oldest point of all, or of its stream."""
        point = self._points.pop(number)
        self.lost += 1
        self.data -= size(point)
        if point.id is not None:
            stream = self.streams[point.id]
            stream.numbers.popleft()
            stream.lost += 1
            stream.data -= size(point)
            direction = way(point)
            if direction is not None:
                stream.gone[direction] += point.bytes


def _is_ours(stream: Stream, point: Point) -> bool:
    peer = stream.peer or (point.result or "").rpartition(" ")[2]
    return any(is_of(peer, host) for host in OUR_CLIENTS)
