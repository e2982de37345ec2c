"""Task 4: a group chat, a thread per client.

As in the lab: serve() accepts and gives each client a thread, consume_client() stands in recv(),
and a ChatConnectionManager knows which client is in which chat and sends to all of it. What makes
this robust and fast lies beside it:

chat_clients.py                   the threads
chat_member.py, chat_states.py    a client: its socket, and how it stands to what was said
chat_rooms.py, chat_room.py       the chats, and how far each member has been sent what was said
chat_delivery.py                  one thread sends at a time, so everybody hears the same order
chat_audience.py                  the members that are sent a message at once, and what is said
                                  meanwhile
chat_backlog.py, chat_postman.py  what members that are behind read on from, and the thread that
                                  sends it to them
"""

import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from labservers.net.accepting import Acceptor
from labservers.net.closing import Closer, close_politely
from labservers.net.listening import listen_tcp, notice_vanished_peers
from labservers.net.no_wait import DONT_WAIT
from labservers.observe import messages
from labservers.observe.addresses import address_text
from labservers.observe.monitor import ROWS_SHOWN, Monitor
from labservers.observe.readiness import readable
from labservers.observe.text import Excerpt
from labservers.protocols.chat import WAIT_S, Event, Join
from labservers.registry import ServerSpec
from labservers.run.server import STOP_GRACE_S, LabServer, Options
from labservers.servers.chat_audience import Audience
from labservers.servers.chat_clients import MEMBERS_AT_MOST, ClientThreads
from labservers.servers.chat_delivery import PATIENCE, Patience
from labservers.servers.chat_member import Member
from labservers.servers.chat_postman import Postman
from labservers.servers.chat_room import Room
from labservers.servers.chat_rooms import Rooms
from labservers.servers.chat_states import Event as Change

RECEIVE_BYTES = 64 * 1024
FLUSH_S = 0.5
LINGER_S = 0.2
RESET = struct.pack("ii", 1, 0)  # SO_LINGER of 0 s: close sends a reset (socket(7))
REFUSAL = b"* the chat is full, try again later\n"


class ChatServer(LabServer):
    """See the module."""

    def __init__(
        self,
        spec: ServerSpec,
        options: Options,
        monitor: Monitor,
        patience: Patience = PATIENCE,
        members_at_most: int = MEMBERS_AT_MOST,
    ) -> None:
        super().__init__(spec, options, monitor)
        self._acceptor = Acceptor(self.log)
        self._threads = ClientThreads(members_at_most)
        self.stopping = False
        self._postman = Postman(self.log)
        self._closer = Closer(monitor)  # of clients that are refused
        self.rooms = Rooms(monitor, self._postman.call, patience)
        self._chats = ChatConnectionManager(self.rooms, monitor, self._overhear)

    def bind(self) -> tuple[str, int]:
        listener = listen_tcp(self.options.host, self.options.port, self.options.backlog)
        notice_vanished_peers(listener)
        return self._acceptor.take(listener)

    def serve(self) -> None:
        self._postman.start()
        self._closer.start()
        try:
            while (accepted := self._acceptor.accept(self._note_overload)) is not None:
                client, address = accepted
                client.setblocking(True)
                member = Member(client, self.monitor.open(address_text(address), client))
                if not self._threads.begin(self.consume_client, member):
                    self._refuse(member)
        finally:
            self._acceptor.close()
            self._threads.end(time.monotonic() + STOP_GRACE_S)
            self._postman.end()
            self._closer.finish(FLUSH_S)

    def consume_client(self, member: Member) -> None:
        """The life of one client, in its own thread."""
        reason = "error"
        try:
            while True:
                for event in self._receive(member):
                    if isinstance(event, bytes):
                        self._chats.send_message(member, event)
                    elif isinstance(event, Join):
                        self._chats.connect_client_to_chat(event.room, member)
                    else:
                        reason = event.reason
                        return
        except Exception as error:  # a member's trouble is its own
            member.connection.errors += 1
            self.log.error(f"{member.connection.peer}: {error!r}")
        finally:
            self._chats.disconnect_client_from_chat(member, reason)
            self._close(member)

    def _receive(self, member: Member) -> list[Event]:
        """The client's next act; waits for it."""
        framing = member.framing
        if member.overheard:
            events, member.overheard = member.overheard, []
        elif self.stopping:  # a client that never stops talking would have no end
            return framing.end("the server stops")
        elif framing.waiting and not readable(member.sock)(WAIT_S):
            return framing.timed_out()
        else:
            member.let_more_come()
            events = self._hear(member)
        if member.mode != framing.mode:
            member.change_mode(framing.mode)
        return events

    def _hear(self, member: Member, flags: int = 0) -> list[Event]:
        framing = member.framing
        try:
            data = member.sock.recv(RECEIVE_BYTES, flags)
        except BlockingIOError:
            return []
        except OSError as error:
            member.connection.counts["reset"] += 1
            return framing.end(error.strerror or "reset")
        if not data:
            return framing.end()
        member.connection.bytes_in += len(data)
        return framing.feed(data)

    def _overhear(self, speaker: Member) -> None:
        """What a speaker says while what it said before is on its way; all but messages has time.
        Of one without line feeds a recv() is a message, and is not to be cut shorter."""
        framing, room = speaker.framing, speaker.room
        if speaker.overheard or framing.waiting or framing.mode != "line" or room is None:
            return
        events = self._hear(speaker, DONT_WAIT)
        messages = [event for event in events if isinstance(event, bytes)]
        if len(messages) < len(events) or framing.mode != speaker.mode:
            speaker.overheard = events
            return
        for lines in messages:
            room.delivery.put(speaker, lines)

    def _close(self, member: Member) -> None:
        """Send what waits for the member, for a moment, and close its socket."""
        member.connection.enter("closing")
        member.flush(FLUSH_S)
        self.monitor.close(member.connection)
        if self.stopping and member.mode == "raw":
            # The lab's reader spins at end of stream; a reset ends it.
            with suppress(OSError):
                member.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            member.sock.close()
        else:
            close_politely(member.sock, LINGER_S, LINGER_S)

    def _refuse(self, member: Member) -> None:
        self.monitor.errors += 1
        self.monitor.counts["refused"] += 1
        self.monitor.close(member.connection)
        self.log.sampled("%s refused: the chat is full", member.connection.peer)
        with suppress(OSError):
            member.sock.send(REFUSAL, DONT_WAIT)
        self._closer.leave(member.connection, member.sock)

    def stop(self) -> None:
        self.stopping = True
        self._acceptor.stop()

    def looked_at(self, look: messages.Look) -> None:
        self.rooms.report_said("rooms" in look.views)

    def frame(self, seq: int) -> messages.Frame:
        waiting, limit = self._acceptor.queue() or (None, None)
        self.rooms.count_missed()
        self.rooms.count_sent()
        sizes = self.rooms.sizes()
        return self.monitor.frame(seq, accept_queue=waiting, accept_limit=limit, rooms=sizes)

    def rows(self, limit: int = ROWS_SHOWN) -> messages.Rows:
        self.rooms.count_sent()
        return super().rows(limit)

    def shown_locks(self) -> list[tuple[str, Any, str]]:
        return self.rooms.turns()

    def _note_overload(self) -> None:
        self.monitor.event("overloaded", reason="no descriptors or memory for more connections")


class ChatConnectionManager:
    """Which client is in which chat, as the lab has it. Any thread may call."""

    def __init__(
        self, rooms: Rooms, monitor: Monitor, overhear: Callable[[Member], object]
    ) -> None:
        self._rooms = rooms
        self._overhear = overhear
        self._monitor = monitor
        self._log = monitor.log

    def connect_client_to_chat(self, chat_id: str, member: Member) -> None:
        member.connection.label = chat_id
        member.connection.enter("reading")
        self._rooms.join(chat_id, member)
        self._log.sampled("%s joined room %s", member.connection.peer, chat_id)

    def send_message(self, speaker: Member, lines: bytes) -> None:
        """Messages to everybody in the chat, the speaker included."""
        began, room = time.perf_counter(), speaker.room
        assert room is not None
        delivery = room.delivery
        delivery.put(speaker, lines)
        with delivery.turn:
            while said := delivery.next():  # none, where another thread has sent ours
                text, members = said
                members.send(text, partial(self._more, speaker, members))
        if self._log.budget > 0:
            self._note(speaker, room, lines, round((time.perf_counter() - began) * 1e6))
        else:
            self._log.mute()

    def _more(self, speaker: Member, members: Audience) -> bytes | None:
        """What has been said meanwhile, by the speaker itself or by others."""
        self._overhear(speaker)
        return speaker.room.delivery.more(members) if speaker.room else None

    def disconnect_client_from_chat(self, member: Member, reason: str) -> None:
        """A message that is being delivered still reaches it."""
        room = member.room
        if room is None:  # it never sent an id
            member.move(Change.LEAVE)
            return
        with room.delivery.turn:
            self._rooms.leave(member, reason)
        self._log.sampled("%s left room %s: %s", member.connection.peer, room.name, reason)

    def _note(self, speaker: Member, room: Room, lines: bytes, microseconds: int) -> None:
        """The newest message is shown as far as the log has room."""
        newest = lines[lines.rfind(b"\n", 0, -1) + 1 : -1]
        self._monitor.last = (newest, b"\xc3\x97%d" % len(room.members), microseconds)
        self._log.sampled("%s %s: %s", speaker.connection.peer, room.name, Excerpt(newest))


def create(spec: ServerSpec, options: Options, monitor: Monitor) -> ChatServer:
    return ChatServer(spec, options, monitor)
