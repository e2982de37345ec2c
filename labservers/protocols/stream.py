"""Bytes that have arrived, read by generators: up to a mark, an exact number, each with a limit.

A read that has not enough yet yields, and is resumed after more bytes were fed: the lab's own
`yield`, applied to bytes. Where the bytes come from is not known here.

    stream = ByteStream()
    reading = stream.read_until(b"\\r\\n", 80)   # nothing read yet
    next(reading)                              # yields None: feed(), then again
    stream.feed(b"hello\\r\\n")
    next(reading)                              # StopIteration, .value == b"hello"
"""

from collections.abc import Generator
from typing import TypeAlias, TypeVar

Value = TypeVar("Value")
Reading: TypeAlias = Generator[None, None, Value]


class LimitExceeded(Exception):
    """The unit that is being read is longer than its limit."""


class EndOfStream(Exception):
    """The stream ended before what was being read; `partial` is what there was of it."""

    def __init__(self, partial: bytes) -> None:
        super().__init__("the stream ended too early")
        self.partial = partial


class ByteStream:
    """A buffer with an end. `size` bytes of it are there and unread."""

    __slots__ = ("_buffer", "ended")

    def __init__(self, data: bytes = b"") -> None:
        self._buffer = bytearray(data)
        self.ended = False

    def __len__(self) -> int:
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def feed_end(self) -> None:
        """Nothing more will come."""
        self.ended = True

    def peek(self) -> bytes:
        """All that is there, without taking it."""
        return bytes(self._buffer)

    def starts_with(self, prefix: bytes) -> bool:
        return self._buffer.startswith(prefix)

    def is_exactly(self, data: bytes) -> bool:
        return self._buffer == data

    def skip(self, count: int) -> None:
        del self._buffer[:count]

    def read_exact(self, count: int) -> Reading[bytes]:
        """Exactly that many bytes.

        Raises:
            EndOfStream: there are fewer.
        """
        while len(self._buffer) < count:
            if self.ended:
                raise EndOfStream(bytes(self._buffer))
            yield
        return self._take(count)

    def read_until(self, mark: bytes, limit: int) -> Reading[bytes]:
        """The bytes before a mark, at most `limit`; the mark is taken as well.

        Raises:
            LimitExceeded: it stands further on. EndOfStream: it never came.
        """
        searched = 0
        while (end := self._buffer.find(mark, searched)) < 0:
            searched = max(0, len(self._buffer) - len(mark) + 1)
            if searched > limit:
                raise LimitExceeded
            if self.ended:
                raise EndOfStream(bytes(self._buffer))
            yield
        if end > limit:
            raise LimitExceeded
        return self._take(end + len(mark))[:end]

    def read_block(self, limit: int) -> Reading[bytes]:
        """Lines up to and with the first empty one, as one piece: a header section.

        Raises:
            LimitExceeded: it is longer than `limit`. EndOfStream: no empty line came.
        """
        searched = 0
        while (end := self._block_end(searched)) < 0:
            searched = max(0, len(self._buffer) - 2)
            if len(self._buffer) > limit:
                raise LimitExceeded
            if self.ended:
                raise EndOfStream(bytes(self._buffer))
            yield
        if end > limit:
            raise LimitExceeded
        return self._take(end)

    def _block_end(self, start: int) -> int:
        """One past the first empty line, or -1; a bare LF ends a line too."""
        end, stop = -1, len(self._buffer)
        for empty_line in (b"\n\r\n", b"\n\n"):  # after the end of the line before it
            found = self._buffer.find(empty_line, start, stop)
            if found >= 0:
                end = stop = found + len(empty_line)
        return end

    def _take(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken
