"""One websocket with JSON messages, bounded on both sides, carried by the loop's thread."""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from dashboard import json_text
from dashboard.live.frames import (
    FrameError,
    Frames,
    Message,
    Opcode,
    close_frame,
    frame,
    json_frame,
)
from dashboard.live.receiving import Receiver

NORMAL, GOING_AWAY, BROKEN = 1000, 1001, 1011  # RFC 6455 section 7.4.1
BAD_FRAME, BAD_TOKEN, BAD_ORIGIN, NOT_RUNNING, CROWDED = 4400, 4401, 4403, 4410, 4429  # ours
BROKE = "the dashboard broke; see its log"
MESSAGE_BYTES = 512 * 1024  # 64 KiB of text may be six times as long in JSON
QUEUE_BYTES = 4 * 1024 * 1024
PACE_BYTES = 256 * 1024  # a browser with so much on its way to it is behind
INBOUND_MESSAGES = 64
JOIN_S = 1.0
PING_S = 25.0
LOG = logging.getLogger(__name__)

Json = dict[str, Any]


class Closed(Exception):
    """The websocket has ended, for whatever reason."""


class Refused(Exception):
    """The handler ends the websocket with this close code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def decoded(payload: bytes) -> Json:
    """The JSON object of a message.

    Raises:
        Refused: not one.
    """
    try:
        message = json_text.parse(payload)
    except ValueError as error:
        raise Refused(BAD_FRAME, "not JSON") from error
    if not isinstance(message, dict):
        raise Refused(BAD_FRAME, "not a JSON object")
    return message


class Hearer(Protocol):
    """The other end of a websocket's messages, called in the loop's thread."""

    def hear(self, message: Json) -> None: ...
    def behind(self, behind: bool) -> None:
        """Whether the browser is behind with reading, whenever that changes."""

    def gone(self) -> None:
        """The websocket has ended."""


class Socket(Receiver):
    """One websocket with JSON messages. send() and close() may be called from any thread.

    Its messages wait for receive(), until a Hearer is given to hear_with(). `explains`: its end is
    a message as well, for proxies that drop the code of a Close frame.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, *, explains: bool = False) -> None:
        self.loop = loop
        self._explains = explains
        self._frames = Frames(MESSAGE_BYTES)
        self._inbox: queue.SimpleQueue[Json | None] = queue.SimpleQueue()
        self._hearer: Hearer | None = None
        self._transport: asyncio.Transport
        self._closing = False
        self._reading = True
        self._heard = True  # since the last ping
        self._timer: asyncio.TimerHandle | None = None
        self._gone = threading.Event()

    @property
    def open(self) -> bool:
        return not self._closing

    def send(self, message: Any) -> None:
        """Queue one message. A browser that has stalled for a whole queue is closed."""
        self.send_frame(json_frame(message))

    def send_frame(self, data: bytes) -> None:
        """Queue a frame that json_frame() has made."""
        self._in_loop(self.write, data)

    def receive(self, timeout_s: float) -> Json | None:
        """The next message, or None after the time given.

        Raises:
            Closed: the websocket has ended.
        """
        try:
            message = self._inbox.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if message is None:
            self._inbox.put(None)  # for the next call
            raise Closed
        if not self._reading and self._inbox.empty():
            self._in_loop(self.read_on)
        return message

    def close(self, code: int = NORMAL, reason: str = "") -> None:
        """End the websocket with a code, after the queued messages. Twice is once."""
        self._in_loop(self.end, code, reason)

    def wait_for_end(self) -> None:
        """Until both sides have closed; at the latest JOIN_S after close()."""
        self._gone.wait()

    def _in_loop(self, function: Callable[..., None], *values: Any) -> None:
        with suppress(RuntimeError):  # the loop has ended with its last websocket
            self.loop.call_soon_threadsafe(function, *values)

    # The following methods are called in the loop's thread.

    def hear_with(self, hearer: Hearer) -> None:
        """Messages go there from now on."""
        self._hearer = hearer
        while not self._inbox.empty() and (message := self._inbox.get()) is not None:
            hearer.hear(message)
        self.read_on()
        if not self.open:
            hearer.gone()

    def write(self, data: bytes) -> None:
        """As send_frame()."""
        if self._closing:
            return
        if self._transport.get_write_buffer_size() + len(data) <= QUEUE_BYTES:
            self._transport.write(data)
        else:
            self._abort("the browser does not keep up")

    def end(self, code: int, reason: str) -> None:
        """As close()."""
        if not self.open:
            return
        if self._explains:
            self._transport.write(json_frame({"type": "closing", "code": code, "reason": reason}))
        self._transport.write(close_frame(code, reason))
        self._over()
        with suppress(OSError):  # ENOTCONN: a killed browser's kernel has answered with a reset
            self._transport.write_eof()
        self.read_on()  # up to the browser's own end
        self._timer = self.loop.call_later(JOIN_S, self._transport.abort)

    def stop_reading(self) -> None:
        """TCP makes the browser wait."""
        self._reading = False
        self._transport.pause_reading()

    def read_on(self) -> None:
        self._reading = True
        self._transport.resume_reading()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(PACE_BYTES)
        self._timer = self.loop.call_later(PING_S, self._ping)

    def data_received(self, data: bytes) -> None:
        self._heard = True
        if self._closing:
            return
        try:
            for message in self._frames.feed(data):
                self._take(message)
        except (FrameError, Refused) as error:
            self.end(error.code, error.reason)
        except Exception:
            LOG.exception("a websocket's message broke its handler")
            self.end(BROKEN, BROKE)

    def _take(self, message: Message) -> None:
        opcode, payload = message
        if opcode in (Opcode.TEXT, Opcode.BINARY):
            content = decoded(payload)
            if "ping" in content:
                self.write(json_frame({"type": "pong", "ping": content["ping"]}))
            elif self._hearer:
                self._hearer.hear(content)
            else:
                self._keep(content)
        elif opcode == Opcode.PING:
            self.write(frame(Opcode.PONG, payload))
        elif opcode == Opcode.CLOSE:
            self.end(int.from_bytes(payload[:2], "big") or NORMAL, "")

    def _keep(self, message: Json) -> None:
        self._inbox.put(message)
        if self._inbox.qsize() >= INBOUND_MESSAGES:
            self.stop_reading()
            if self._inbox.empty():  # taken in between
                self.read_on()

    def _ping(self) -> None:
        if not self._heard and self._reading:
            self._abort("the browser does not answer")
            return
        self._heard = False
        self.write(frame(Opcode.PING, b""))
        self._timer = self.loop.call_later(PING_S, self._ping)

    def _abort(self, why: str) -> None:
        """At once: a Close frame would wait after all that is not read."""
        LOG.info("a websocket is cut off: %s", why)
        self._over()
        self._transport.abort()

    def _over(self) -> None:
        self._closing = True
        self._inbox.put(None)
        if self._timer is not None:
            self._timer.cancel()
        if self._hearer is not None:
            self._hearer.gone()

    def pause_writing(self) -> None:
        if self._hearer is not None:
            self._hearer.behind(True)

    def resume_writing(self) -> None:
        if self._hearer is not None:
            self._hearer.behind(False)

    def connection_lost(self, error: Exception | None) -> None:
        if self.open:
            self._over()
        if self._timer is not None:
            self._timer.cancel()
        self._gone.set()
