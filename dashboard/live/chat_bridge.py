"""One browser <-> one TCP connection to the raw chat port.

The bridge is a line member like any netcat: it sends the room id and a line feed, then lines.
Lines that come together go to the browser in one frame. No line is a command to the bridge, since
any member may have written it: an own message is known by its text and its order. The senders of
the others come by live events (see chat_hub.py).

A visitor who may only look is a member that never speaks.

Each side makes the other wait. While the browser is behind, the chat is not read, and the chat
server sees a slow reader. While the chat server takes nothing, the browser is not read.
"""

import asyncio
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from json.encoder import encode_basestring as quoted
from typing import Any

from dashboard import security
from dashboard.errors import NotRunning
from dashboard.lab import Lab
from dashboard.live.chat_rules import RULES, name_problem, room_problem, text_problem, trimmed
from dashboard.live.frames import Opcode, frame, json_frame
from dashboard.live.receiving import Receiver
from dashboard.live.websocket import BAD_FRAME, NOT_RUNNING, Json, Refused, Socket
from dashboard.rights import Right
from labservers.observe.addresses import address_text

LINE_BYTES = 2 * 1024 * 1024
PENDING = 200  # own messages whose echo is awaited
UNSENT_BYTES = 256 * 1024
CONNECT_S = 3.0
SEND_S = 5.0
EVENTS_HZ = 10.0
LOG = logging.getLogger(__name__)


def bridge(lab: Lab, sock: Socket, first: Json) -> None:
    """Join the room that the first frame names and carry messages until either side ends."""
    room, name = first.get("room"), first.get("name")
    for state, problem in (("bad_room", room_problem(room)), ("bad_name", name_problem(name))):
        if problem:
            _end(sock, state, problem, BAD_FRAME)
    with lab.watch("chat", EVENTS_HZ, "rooms"):
        talk = Talk(lab, sock, str(room), trimmed(str(name)))
        _connect(lab, talk)
        reason = talk.wait_for_end()
    if reason is not None:
        _end(sock, *_why_gone(lab, reason))


def _connect(lab: Lab, talk: "Talk") -> None:
    try:
        host, port = lab.supervisor.connect_address("chat")
        made = talk.sock.loop.create_connection(lambda: talk, host, port)
        asyncio.run_coroutine_threadsafe(asyncio.wait_for(made, CONNECT_S), talk.sock.loop).result()
    except NotRunning as error:
        _end(talk.sock, "not_running", f"{error.message}: {error.next_step}")
    except OSError as error:  # a TimeoutError is one
        why = os.strerror(error.errno) if error.errno else "it takes too long"
        _end(talk.sock, "refused", f"the chat server did not take the connection: {why}")


def _why_gone(lab: Lab, reason: str) -> tuple[str, str]:
    try:
        lab.supervisor.connect_address("chat")
    except NotRunning as error:
        return "not_running", error.message
    return "lost", f"the chat server is gone: {reason}"


def _end(sock: Socket, state: str, message: str, code: int = NOT_RUNNING) -> None:
    sock.send({"status": {"state": state, "message": message}})
    raise Refused(code, message)


class Talk(Receiver):
    """A browser in a room: the connection to the chat server, and the hearer of the websocket.

    All of it runs in the loop's thread, but for wait_for_end().
    """

    def __init__(self, lab: Lab, sock: Socket, room: str, name: str) -> None:
        self.sock = sock
        self._mute = security.right() < Right.CHANGE
        self._hub = lab.chat_hub
        self._life = lab.supervisor.server("chat").pid  # numbers of messages begin anew with it
        self._room, self._name = room, name
        self._raw: asyncio.Transport
        self._rest = b""  # of a line that has only begun
        self._pending: deque[tuple[str, str]] = deque(maxlen=PENDING)
        self._prefix = f"{name}: "
        self._patience: asyncio.TimerHandle | None = None
        self._silence: Callable[[], None] = lambda: None
        self._reason: str | None = "the connection ended"
        self._ended = threading.Event()

    def wait_for_end(self) -> str | None:
        """Why the chat server is gone; None where our side ended it."""
        self._ended.wait()
        return self._reason

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._raw = transport
        transport.set_write_buffer_limits(UNSENT_BYTES)
        local = address_text(transport.get_extra_info("sockname"))
        address = address_text(transport.get_extra_info("peername"))
        self._hub.name(local, self._name)
        self._silence = self._hub.listen(self._room, self.sock.send_frame)
        transport.write(self._room.encode() + b"\n")
        self._status("connected", room=self._room, local=local, address=address, life=self._life)
        self.sock.hear_with(self)

    def _status(self, state: str, **more: Any) -> None:
        self.sock.write(json_frame({"status": {"state": state, **more}}))

    # From the browser.

    def hear(self, message: Json) -> None:
        if "leave" in message or message.get("say") == "exit":
            self._raw.write(b"exit\n")
            self._status("left", message="")
            self.gone()
        elif "say" in message and self._mute:
            self._status("may_not", message="a visitor looks only", id=message.get("id"))
        elif "say" in message:
            self._say(message["say"], message.get("id"))

    def _say(self, text: Any, id: Any) -> None:
        if problem := text_problem(text):
            self._status("bad_text", message=problem, id=id)
            return
        line = _well_formed(f"{self._name}: {text}")
        data = line.encode()
        if len(data) > RULES["bytes"]:
            self._status("too_long", message=f"at most {RULES['bytes']:,} bytes in UTF-8", id=id)
            return
        self._pending.append((line, id if isinstance(id, str) else ""))
        self._raw.write(data + b"\n")

    def behind(self, behind: bool) -> None:
        if behind:
            self._raw.pause_reading()
        else:
            self._raw.resume_reading()

    def gone(self) -> None:
        if not self._raw.is_closing():
            self._raw.close()
            self._wait_at_most(None)
            self._reason = None

    # From the chat server.

    def data_received(self, data: bytes) -> None:
        try:
            self._read(data)
        except Exception:
            LOG.exception("a line of the chat broke its bridge")
            self._give_up("a line broke its bridge; see the dashboard's log")

    def _read(self, data: bytes) -> None:
        end = data.rfind(b"\n")
        if end < 0:
            self._rest += data
            if len(self._rest) > LINE_BYTES:
                self._give_up(f"a line of more than {LINE_BYTES:,} bytes")
            return
        lines = (self._rest + data[:end]).decode("utf-8", "replace").split("\n")
        self._rest = data[end + 1 :]
        own = self._own(lines) if self._pending else []
        self.sock.write(frame(Opcode.TEXT, _said(lines, own)))

    def _own(self, lines: list[str]) -> list[tuple[int, str]]:
        """Our own messages among these lines, as (index, id). They come in the order in which they
        were sent; one that was skipped with others is passed over when a later one comes."""
        own = []
        pending = self._pending
        for index, line in enumerate(lines):
            if line.startswith(self._prefix):
                at = next((at for at, (sent, _) in enumerate(pending) if sent == line), None)
                if at is not None:
                    own.append((index, pending[at][1]))
                    for _ in range(at + 1):
                        pending.popleft()
        return own

    def pause_writing(self) -> None:
        if self._raw.is_closing():
            return
        self.sock.stop_reading()
        self._wait_at_most("it takes nothing")

    def resume_writing(self) -> None:
        if self._raw.is_closing():
            return  # its deadline stands
        self._stop_waiting()
        self.sock.read_on()

    def _wait_at_most(self, reason: str | None) -> None:
        self._stop_waiting()
        self._patience = self.sock.loop.call_later(SEND_S, self._give_up, reason)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()

    def _give_up(self, reason: str | None) -> None:
        self._reason = reason
        self._raw.abort()

    def connection_lost(self, error: Exception | None) -> None:
        self._stop_waiting()
        if self._reason is not None:
            self._reason = str(error or "") or self._reason
        self._silence()
        self._ended.set()


def _well_formed(text: str) -> str:
    """Half of a surrogate pair has no bytes in UTF-8: it becomes U+FFFD, as browsers show it."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _said(lines: list[str], own: list[tuple[int, str]]) -> bytes:
    """Lines as JSON. Made by hand, since every browser of a room needs every line."""
    texts = ",".join([quoted(line) for line in lines])
    ours = ",".join([f"[{index},{quoted(id)}]" for index, id in own])
    text = f'{{"said":{{"at":{time.time():.3f},"texts":[{texts}],"own":[{ours}]}}}}'
    return text.encode("utf-8", "replace")
