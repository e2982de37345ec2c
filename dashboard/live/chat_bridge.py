"""One browser <-> one TCP connection to the raw chat port.

The bridge is a line member like any netcat: it sends the room id and a line feed, then lines.
The room's numbers of messages come by telemetry: the k-th line after joining is the room's
message seq + k, so a line can be told its sender when the telemetry arrives. The length is
compared before that is believed, since telemetry may be lost.
"""

import re
import socket
import threading
import time
from collections import OrderedDict, deque
from contextlib import suppress
from typing import Any

from dashboard.errors import NotRunning
from dashboard.lab import Lab
from dashboard.live import sockets
from dashboard.live.chat_hub import Member
from dashboard.live.sockets import Closed, Refused, Socket
from labservers.observe import messages
from labservers.observe.addresses import address_text

TEXT_BYTES = 64 * 1024
NAME_CHARACTERS = 32
LINE_BYTES = 2 * 1024 * 1024
PENDING = 200
UNKNOWN_SENDERS = 1_000
CONNECT_S = 3.0
SEND_S = 5.0
POLL_S = 1.0
EVENTS_HZ = 10.0
SKIPPED = re.compile(r"\* ([\d,]+) messages? (?:was|were) skipped")
NAMED = re.compile(r"([^:\x00-\x1f]{1,32}): (.*)", re.S)


def bridge(lab: Lab, sock: Socket, first: dict[str, Any]) -> None:
    """Join the room that the first frame names and carry messages until either side ends."""
    room, name = _room(sock, first.get("room")), _name(sock, first.get("name"))
    try:
        host, port = lab.supervisor.connect_address("chat")
        raw = socket.create_connection((host, port), CONNECT_S)
    except NotRunning as error:
        _end(sock, "not_running", f"{error.message}: {error.next_step}")
    except OSError as error:
        _end(sock, "refused", f"the chat server did not take the connection: {error.strerror}")
    with raw, lab.watch("chat", EVENTS_HZ):
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        raw.settimeout(SEND_S)
        ChatBridge(lab, sock, raw, room, name).run(address_text((host, port)))


def _room(sock: Socket, room: Any) -> str:
    if not isinstance(room, str) or len(room) != 1 or not room.isprintable() or room == "\ufeff":
        _end(sock, "bad_room", "the room id is exactly one character", sockets.BAD_FRAME)
    return str(room)


def _name(sock: Socket, name: Any) -> str:
    text = name.strip() if isinstance(name, str) else ""
    if not 0 < len(text) <= NAME_CHARACTERS or not text.isprintable() or ":" in text:
        sentence = f"a name has 1 to {NAME_CHARACTERS} characters and no colon"
        _end(sock, "bad_name", sentence, sockets.BAD_FRAME)
    return text


def _end(sock: Socket, state: str, message: str, code: int = sockets.NOT_RUNNING) -> None:
    sock.send({"status": {"state": state, "message": message}})
    raise Refused(code, message)


class ChatBridge:
    """See the module. The lock guards the numbering, which two threads move on."""

    def __init__(self, lab: Lab, sock: Socket, raw: socket.socket, room: str, name: str) -> None:
        self._lab, self._sock, self._raw = lab, sock, raw
        self._room, self._name = room, name
        self._local = address_text(raw.getsockname())
        self._lock = threading.Lock()
        self._joined_at: int | None = None  # the room's number when we came in
        self._lines = 0
        self._shown = 0
        self._said: OrderedDict[int, tuple[Member, int]] = OrderedDict()
        self._unnamed: OrderedDict[int, tuple[int, int]] = OrderedDict()
        self._pending: deque[tuple[str | None, str]] = deque()
        self._leaving = False

    def run(self, address: str) -> None:
        hub = self._lab.chat_hub
        hub.name(self._local, self._name)
        silence = hub.listen(self._room, self._on_event)
        try:
            self._raw.sendall(self._room.encode() + b"\n")
            self._status("connected", room=self._room, local=self._local, address=address)
            reader = threading.Thread(target=self._read_forever, name="chat-bridge", daemon=True)
            reader.start()
            try:
                self._write_forever()
            finally:
                with suppress(OSError):
                    self._raw.shutdown(socket.SHUT_RDWR)
                reader.join(POLL_S)
        except OSError as error:
            _end(self._sock, "lost", f"the chat server is gone: {error.strerror or error}")
        finally:
            silence()

    def _status(self, state: str, **more: Any) -> None:
        self._sock.send({"status": {"state": state, **more}})

    # From the browser.

    def _write_forever(self) -> None:
        while self._sock.open:
            try:
                message = self._sock.receive(POLL_S)
            except Closed:
                return
            if message is None:
                continue
            if "leave" in message or message.get("say") == "exit":
                self._leaving = True
                self._raw.sendall(b"exit\n")
                self._status("left", message="")
                return
            if "say" in message:
                self._say(message["say"], message.get("id"))

    def _say(self, text: Any, id: Any) -> None:
        if not isinstance(text, str) or not text.strip() or len(text.splitlines()) != 1:
            self._status("bad_text", message="a message is one line of text", id=id)
            return
        line = f"{self._name}: {text}"
        if len(line.encode("utf-8", "replace")) > TEXT_BYTES:
            self._status("too_long", message=f"at most {TEXT_BYTES:,} bytes in UTF-8", id=id)
            return
        with self._lock:
            self._pending.append((id if isinstance(id, str) else None, line))
            if len(self._pending) > PENDING:
                self._pending.popleft()
        self._raw.sendall(line.encode("utf-8", "replace") + b"\n")

    # From the chat server.

    def _read_forever(self) -> None:
        buffer = bytearray()
        try:
            while received := self._received():
                buffer += received
                *lines, rest = buffer.split(b"\n")
                buffer = bytearray(rest)
                for line in lines:
                    self._on_line(bytes(line))
                if len(buffer) > LINE_BYTES:
                    break
        except OSError:
            pass
        if not self._leaving and self._sock.open:
            self._gone()

    def _received(self) -> bytes:
        """The next bytes, b"" at the end. The socket's time-out is for sends: silence is no end."""
        while True:
            with suppress(TimeoutError):
                return self._raw.recv(65536)

    def _gone(self) -> None:
        try:
            self._lab.supervisor.connect_address("chat")
            state, message = "lost", "the chat server closed the connection"
        except NotRunning as error:
            state, message = "not_running", error.message
        self._status(state, message=message)
        self._sock.close(sockets.NOT_RUNNING, message)

    def _on_line(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace")
        if skipped := SKIPPED.fullmatch(text):
            with self._lock:
                self._lines += int(skipped[1].replace(",", ""))
            self._status("skipped", message=text, count=int(skipped[1].replace(",", "")))
            return
        with self._lock:
            self._lines += 1
            self._shown += 1
            number, own, id = self._shown, False, None
            if self._pending and self._pending[0][1] == text:
                own, id = True, self._pending.popleft()[0]
            sender = self._sender_of(self._lines, len(line))
            if sender is None and not own:
                self._unnamed[self._lines] = (number, len(line))
                while len(self._unnamed) > UNKNOWN_SENDERS:
                    self._unnamed.popitem(last=False)
        described = self._described(number, text, own, id, sender)
        # While the browser is behind nothing is read, and the chat server sees a slow reader.
        self._sock.send({"message": described}, wait_s=sockets.SEND_S)

    def _described(
        self, number: int, text: str, own: bool, id: str | None, sender: Member | None
    ) -> dict[str, Any]:
        name, body = None, text
        believed = own or sender is None or sender.name is not None
        if believed and (named := NAMED.fullmatch(text)):
            name, body = named[1], named[2]
        return {
            "seq": number,
            "text": text,
            "name": name,
            "body": body,
            "own": own,
            "id": id,
            "at": time.time(),
            "from": sender.as_json() if sender else None,
        }

    # From the telemetry.

    def _on_event(self, event: messages.Event, member: Member, people: int) -> None:
        if event.kind == "said":
            self._on_said(int(event.data["seq"]), member, event.data["sizes"])
            return
        if event.kind == "joined" and member.peer == self._local:
            with self._lock:
                self._joined_at = int(event.data["seq"])
        described = {**member.as_json(), "people": people, "own": member.peer == self._local}
        self._sock.send({event.kind: described})

    def _on_said(self, first: int, member: Member, sizes: list[int]) -> None:
        with self._lock:
            for seq, size in enumerate(sizes, first):
                self._said[seq] = (member, size)
            while len(self._said) > UNKNOWN_SENDERS:
                self._said.popitem(last=False)
            named = self._name_waiting()
        for number, sender in named:
            self._sock.send({"from": {"seq": number, **sender.as_json()}})

    def _sender_of(self, line: int, size: int) -> Member | None:
        if self._joined_at is None:
            return None
        found = self._said.get(self._joined_at + line)
        return found[0] if found and found[1] == size else None

    def _name_waiting(self) -> list[tuple[int, Member]]:
        """Lines whose sender is known by now, as (number shown, sender)."""
        named = []
        for line, (number, size) in list(self._unnamed.items()):
            sender = self._sender_of(line, size)
            if sender is not None:
                del self._unnamed[line]
                named.append((number, sender))
        return named
