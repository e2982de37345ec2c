"""Remarks on the address that a server has just been bound to, where it may surprise."""

import errno
import socket
import sys

from labservers.net.addresses import Reach, connect_host, plain, reach
from labservers.observe.addresses import address_text

TWINS = {  # bound to one, the other is what `localhost` may mean too
    "127.0.0.1": "::1",
    "0.0.0.0": "::1",
    "::1": "127.0.0.1",
}


def remarks(host: str, port: int, kind: socket.SocketKind) -> list[str]:
    """Sentences for the log, none for a server that only this machine reaches, by every name."""
    found = []
    if reach(host) is not Reach.LOOPBACK:
        found.append("other machines can connect here; `--host 127.0.0.1` keeps them out")
    if twin := taken_twin(host, port, kind):
        found.append(
            f"{address_text((twin, port))} belongs to another program, which `localhost` may "
            f"reach instead; connect to {address_text((connect_host(host), port))}"
        )
    return found


def taken_twin(host: str, port: int, kind: socket.SocketKind) -> str | None:
    """The loopback address of the other family, when another program has that port there.

    `localhost` names both, and clients try one of them first (RFC 6724).
    """
    twin = TWINS.get(plain(host))
    if twin is None:
        return None
    family = socket.AF_INET6 if ":" in twin else socket.AF_INET
    try:
        with socket.socket(family, kind) as probe:
            if kind == socket.SOCK_STREAM and sys.platform != "win32":
                # A connection that has just been closed there holds no port (TIME_WAIT, socket(7)).
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((twin, port))
    except OSError as error:
        return twin if error.errno == errno.EADDRINUSE else None
    return None
