"""A server in this process, judged from outside by one probe."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from labservers.checks.context import Checked, Context, Probe, Setting
from labservers.checks.figures import Work
from labservers.checks.hints import Hints
from labservers.checks.patience import Patience
from labservers.checks.subject import Mark
from labservers.checks.subject_remote import Remote
from labservers.checks.values import Address, Death, Outcome, Talk

Serve = Callable[[socket.socket], None]
Made = Callable[[Address], Checked]


@contextlib.contextmanager
def serving(serve: Serve) -> Iterator[Address]:
    """A thread per client, until the block ends; `serve` gets each, and it is closed after it.

    number() says in the thread which client it serves: the order in which threads come to their
    first line is not the order of the clients.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        threads: list[threading.Thread] = []
        clients: list[socket.socket] = []

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    clients.append(client)
                    thread = threading.Thread(
                        target=one, args=(client,), name=str(len(clients)), daemon=True
                    )
                    threads.append(thread)
                    thread.start()

        def one(client: socket.socket) -> None:
            with client, contextlib.suppress(OSError):
                client.settimeout(30)
                serve(client)

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        yield Address(*listener.getsockname()[:2])
        listener.shutdown(socket.SHUT_RDWR)
        accepting.join(30)
        for client in clients:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(30)


def number() -> int:
    """Of the client that this thread of serving() serves, from 1."""
    return int(threading.current_thread().name)


@contextlib.contextmanager
def serving_datagrams(serve: Serve) -> Iterator[Address]:
    """`serve` gets the socket, until the block ends."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        address = Address(*sock.getsockname(), datagram=True)

        def run() -> None:
            with contextlib.suppress(OSError):
                serve(sock)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            yield address
        finally:
            with contextlib.suppress(OSError):  # it was not connected, and wakes all the same
                sock.shutdown(socket.SHUT_RDWR)
            thread.join(30)


class Program(Remote):
    """As if we had started it: its figures and its deaths are the test's."""

    inside = True

    def __init__(self, address: Address, **says: Any) -> None:
        super().__init__(address)
        self._says = says

    def descriptors(self) -> int | None:
        return self._next("descriptors")

    def threads(self) -> int | None:
        return self._next("threads")

    def work(self) -> Work | None:
        return self._next("work")

    def settle(self, mark: Mark, told_s: float = 0.0) -> tuple[Death, ...]:
        return tuple(self._says.get("deaths", ()))

    def wait(self, timeout_s: float) -> bool:
        return bool(self._says.get("ends", True))

    def restart(self, folder: Path | None = None) -> str | None:
        return self._says.get("refuses")

    def start_again(self, listen_s: float = 0.0) -> str | None:
        return self._says.get("refuses")

    def _next(self, name: str) -> Any:
        """Figures are a list, of which the last one stays."""
        said = self._says.get(name, [None])
        return said.pop(0) if len(said) > 1 else said[0]


def looked(probe: Probe, talk: Talk, serve: Serve, made: Made = Remote, **more: Any) -> Outcome:
    """The outcome of one look at such a server. made: the stand-in for the program, by its
    address. more: of the setting."""
    serve_all = serving_datagrams if talk.datagram else serving
    with serve_all(serve) as address:
        return looked_at(probe, talk, made(address), **more)


def looked_at(probe: Probe, talk: Talk, program: Checked, **more: Any) -> Outcome:
    patience = Patience()
    setting = Setting(talk, program, patience, more.pop("hints", Hints()), memory={})
    context = Context(probe.id, setting._replace(**more))
    try:
        why = probe.applies(context)
        return context.not_tried(why) if why is not None else probe.look(context)
    finally:
        context.close()
        patience.close()
