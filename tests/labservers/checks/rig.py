"""A server in this process, judged from outside by one probe."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

from labservers.checks.context import Context, Probe, Setting
from labservers.checks.hints import Hints
from labservers.checks.patience import Patience
from labservers.checks.subject_remote import Remote
from labservers.checks.values import Address, Outcome, Talk

Serve = Callable[[socket.socket], None]


@contextlib.contextmanager
def serving(serve: Serve) -> Iterator[Address]:
    """A thread per client, until the block ends; `serve` gets each, and it is closed after it."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        threads: list[threading.Thread] = []
        clients: list[socket.socket] = []

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    clients.append(client)
                    thread = threading.Thread(target=one, args=(client,), daemon=True)
                    threads.append(thread)
                    thread.start()

        def one(client: socket.socket) -> None:
            with client, contextlib.suppress(OSError):
                client.settimeout(10)
                serve(client)

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        yield Address(*listener.getsockname()[:2])
        listener.shutdown(socket.SHUT_RDWR)
        accepting.join(5)
        for client in clients:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(5)


def looked(probe: Probe, talk: Talk, serve: Serve) -> Outcome:
    """The outcome of one look at such a server."""
    patience = Patience()
    with serving(serve) as address:
        context = Context(probe.id, Setting(talk, Remote(address), patience, Hints(), memory={}))
        try:
            why = probe.applies(context)
            return context.not_tried(why) if why is not None else probe.look(context)
        finally:
            context.close()
            patience.close()
