"""The newest messages of a room since a member fell behind with reading.

A room keeps one for all members that are behind. Each of them is a place in it (see chat_room.py),
so delivering does not depend on how many they are.
"""

from collections import deque

CAPACITY = 1024 * 1024
SEGMENT_BYTES = 64 * 1024  # is given up, and mostly read, at once


class Segment:
    """Whole lines. begin, number: bytes and messages that were said in the room before them."""

    __slots__ = ("begin", "lines", "number")

    def __init__(self, begin: int, number: int) -> None:
        self.begin = begin
        self.number = number
        self.lines = bytearray()

    @property
    def end(self) -> int:
        return self.begin + len(self.lines)


class Backlog:
    """The newest lines, about CAPACITY bytes of them."""

    def __init__(self, at: int, number: int) -> None:
        self._newest = Segment(at, number)
        self._segments = deque([self._newest])

    @property
    def oldest(self) -> Segment:
        """The message that will be given up next."""
        return self._segments[0]

    @property
    def end(self) -> int:
        """Bytes said in the room up to now."""
        return self._newest.end

    def append(self, lines: bytes) -> None:
        """Keep whole lines; the oldest messages are given up where it becomes too many."""
        newest = self._newest.lines
        newest += lines
        if len(newest) >= SEGMENT_BYTES:
            self._begin_segment()

    def read(self, at: int, until: int) -> bytes:
        """The lines from one place on, about SEGMENT_BYTES; b"" at the end. Both places are
        between two lines, and none of them has been given up."""
        for segment in self._segments:
            if at < segment.end:
                return bytes(segment.lines[at - segment.begin : until - segment.begin])
        return b""

    def _begin_segment(self) -> None:
        full, segments = self._newest, self._segments
        self._newest = Segment(full.end, full.number + full.lines.count(b"\n"))
        segments.append(self._newest)
        while full.end - segments[0].begin > CAPACITY and segments[0] is not full:
            segments.popleft()
