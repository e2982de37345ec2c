"""Protocols of the loop's thread that receive into one buffer."""

import asyncio
import threading
from abc import ABC, abstractmethod

BUFFER_BYTES = 64 * 1024


class Receiver(asyncio.BufferedProtocol, ABC):
    """As asyncio.Protocol, whose transport makes 256 KiB for each read: the C library maps and
    unmaps these every time, which costs more than to read a message."""

    _of_thread = threading.local()  # a read begins and ends within one call of the loop

    def get_buffer(self, sizehint: int) -> memoryview:
        try:
            buffer: memoryview = self._of_thread.buffer
        except AttributeError:
            buffer = self._of_thread.buffer = memoryview(bytearray(BUFFER_BYTES))
        return buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.data_received(bytes(self._of_thread.buffer[:nbytes]))

    @abstractmethod
    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
