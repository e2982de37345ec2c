"""Task 4: a group chat, a thread per client.

As in the lab, each client has a thread that stands in recv(), and a manager knows who is in
which room. Whoever speaks puts what he says into the room and waits for his turn: one thread at
a time delivers all that waits in a room, so everybody gets the same order, and what others said
meanwhile goes out in the same sends. Delivering is handing to the kernel what it takes at once.
Who does not take it reads on from the room's backlog: see chat_room.py and chat_outbox.py.

A member leaves on one path only, however its connection ended: what it had said is delivered,
it leaves the room, its outbox is flushed for a moment, its socket is closed.
"""

import select
import socket
import struct
import threading
import time
from contextlib import suppress

from labservers.net.accepting import Acceptor
from labservers.net.closing import close_politely
from labservers.net.listening import listen_tcp, notice_vanished_peers
from labservers.observe import messages
from labservers.observe.addresses import address_text
from labservers.observe.monitor import Connection, Excerpt, Monitor
from labservers.protocols.chat import WAIT_S, Event, Framing, Join, Say
from labservers.registry import ServerSpec
from labservers.run.server import STOP_GRACE_S, LabServer, Options
from labservers.servers.chat_outbox import Outbox, Postman
from labservers.servers.chat_room import Room, Rooms

RECEIVE_BYTES = 64 * 1024
MEMBERS_AT_MOST = 2_000
STACK_BYTES = 256 * 1024
FLUSH_S = 0.5
LINGER_S = 0.2
RESET = struct.pack("ii", 1, 0)  # SO_LINGER of 0 s: close sends a reset (socket(7))
REFUSAL = b"* the chat is full, try again later\n"


class Member:
    """A client from accept to close."""

    def __init__(self, sock: socket.socket, connection: Connection) -> None:
        self.sock = sock
        self.connection = connection
        self.outbox = Outbox(sock, connection)
        self.framing = Framing()
        self.room: Room | None = None


class ChatServer(LabServer):
    """See the module."""

    def __init__(self, spec: ServerSpec, options: Options, monitor: Monitor) -> None:
        super().__init__(spec, options, monitor)
        self.rooms = Rooms(monitor)
        self._acceptor = Acceptor(self.log)
        self._stopping = threading.Event()
        self._lock = threading.Lock()  # guards the table of threads
        self._clients: dict[threading.Thread, Member] = {}
        self._postman = Postman(self.log)

    def bind(self) -> tuple[str, int]:
        listener = listen_tcp(self.options.host, self.options.port, self.options.backlog)
        notice_vanished_peers(listener)
        return self._acceptor.take(listener)

    def serve(self) -> None:
        usual = threading.stack_size(STACK_BYTES)
        self._postman.start()
        try:
            while (accepted := self._acceptor.accept(self._note_overload)) is not None:
                sock, address = accepted
                self._welcome(sock, address_text(address))
        finally:
            self._acceptor.close()
            self._say_goodbye()
            self._postman.end()
            threading.stack_size(usual)

    def stop(self) -> None:
        self._stopping.set()
        self._acceptor.stop()

    def frame(self, seq: int) -> messages.Frame:
        waiting, limit = self._acceptor.queue() or (None, None)
        rooms = self.rooms.sizes()
        self.rooms.count_dropped()
        return self.monitor.frame(seq, accept_queue=waiting, accept_limit=limit, rooms=rooms)

    def _note_overload(self) -> None:
        self.monitor.event("overloaded", reason="no descriptors or memory for more connections")

    def _welcome(self, sock: socket.socket, peer: str) -> None:
        """Give a client a thread."""
        sock.setblocking(True)
        if len(self._clients) >= MEMBERS_AT_MOST:
            self._refuse(sock, peer)
            return
        connection = self.monitor.open(peer, sock)
        connection.enter("joining")
        member = Member(sock, connection)
        thread = threading.Thread(
            target=self.consume_client, args=(member,), name=f"client {peer}", daemon=True
        )
        with self._lock:  # before it starts, since it takes itself out at its end
            self._clients[thread] = member
        try:
            thread.start()
        except RuntimeError:  # the system has no more threads for us
            with self._lock:
                del self._clients[thread]
            self.monitor.close(connection)
            self._refuse(sock, peer)

    def _refuse(self, sock: socket.socket, peer: str) -> None:
        self.monitor.errors += 1
        self.monitor.counts["refused"] += 1
        self.log.sampled("%s refused: the chat is full", peer)
        with suppress(OSError):
            sock.send(REFUSAL, socket.MSG_DONTWAIT)
        sock.close()

    def consume_client(self, member: Member) -> None:
        """The life of one client, in its own thread."""
        reason = "error"
        try:
            while True:
                for event in self._receive(member):
                    if isinstance(event, Say):
                        self._publish(member, event.lines)
                    elif isinstance(event, Join):
                        self._join(member, event.room)
                    else:
                        reason = event.reason
                        return
        except Exception as error:  # a member's trouble is its own
            self.monitor.errors += 1
            self.log.error(f"{member.connection.peer}: {error!r}")
        finally:
            self._leave(member, reason)
            with self._lock:
                self._clients.pop(threading.current_thread(), None)

    def _receive(self, member: Member) -> list[Event]:
        """What the client does next; waits for it."""
        framing, sock = member.framing, member.sock
        if self._stopping.is_set():  # there would be no end with somebody who never stops talking
            return framing.end("the server stops")
        if framing.waiting and not _readable(sock, WAIT_S):
            return framing.timed_out()
        try:
            data = sock.recv(RECEIVE_BYTES)
        except OSError as error:
            self.monitor.counts["reset"] += 1
            return framing.end(error.strerror or "reset")
        if not data:
            return framing.end()
        member.connection.bytes_in += len(data)
        events = framing.feed(data)
        if framing.mode != member.outbox.mode:
            member.outbox.mode = framing.mode
        return events

    def _join(self, member: Member, room: str) -> None:
        member.connection.label = room
        member.connection.enter("reading")
        member.room = self.rooms.join(room, member.outbox)
        self.log.sampled("%s joined room %s", member.connection.peer, room)

    def _publish(self, member: Member, lines: bytes) -> None:
        """Messages to everybody in the room, in their turn."""
        began = time.perf_counter()
        room = member.room
        assert room is not None
        room.spoken.append((member.outbox, lines))
        with room.turn:
            while room.spoken:  # else somebody has delivered it with his own
                room.wait_for_readers()
                self._deliver(room)
        self._note(member, room, lines, round((time.perf_counter() - began) * 1e6))

    def _deliver(self, room: Room) -> None:
        """What waits in a room goes to its members."""
        lines, level = room.take_spoken()
        if behind := [id for id, outbox in level if not outbox.send(lines)]:
            for outbox in room.fall_behind(behind):
                self._postman.wait_for(outbox)

    def _note(self, member: Member, room: Room, lines: bytes, microseconds: int) -> None:
        """The newest message is shown as far as the log has room."""
        monitor, log = self.monitor, self.log
        if log.budget > 0:
            newest = lines[lines.rfind(b"\n", 0, -1) + 1 : -1]
            monitor.last = (newest, b"\xc3\x97%d" % len(room.members), microseconds)
            log.sampled("%s %s: %s", member.connection.peer, room.name, Excerpt(newest))
        else:
            log.mute()

    def _leave(self, member: Member, reason: str) -> None:
        room, connection, sock = member.room, member.connection, member.sock
        if room is not None:
            with room.turn:  # what is being delivered reaches it as well
                self.rooms.leave(room, connection, reason)
            self.log.sampled("%s left room %s: %s", connection.peer, room.name, reason)
        connection.enter("closing")
        member.outbox.finish(FLUSH_S)
        if self._stopping.is_set() and member.outbox.mode == "raw":
            # The lab's reader spins at end of stream; a reset ends it.
            with suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.monitor.close(connection)
            sock.close()
            return
        self.monitor.close(connection)
        close_politely(sock, LINGER_S, LINGER_S)

    def _say_goodbye(self) -> None:
        """Wake every thread out of its recv() and wait for them within the grace."""
        deadline = time.monotonic() + STOP_GRACE_S
        with self._lock:
            clients = list(self._clients.items())
        for _, member in clients:
            with suppress(OSError):
                member.sock.shutdown(socket.SHUT_RD)
        for thread, _ in clients:
            thread.join(max(0.0, deadline - time.monotonic()))


def _readable(sock: socket.socket, timeout_s: float) -> bool:
    poller = select.poll()
    poller.register(sock, select.POLLIN)
    return bool(poller.poll(timeout_s * 1000))


def create(spec: ServerSpec, options: Options, monitor: Monitor) -> ChatServer:
    return ChatServer(spec, options, monitor)
