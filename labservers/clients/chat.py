"""The chat's check, and how its two clients reach a room."""

import argparse
import socket
import time

from labservers.clients import exchange, terminal
from labservers.net.addresses import connect_host

CONNECT_S = 5.0
CHECK_ROOM = "\x01"  # not on any keyboard, so that no real room is disturbed


def join(options: argparse.Namespace) -> socket.socket | None:
    """Ask for a room and enter it as a line member, so that no two messages run together.

    None after a complaint.

    Raises:
        EOFError: there will be no answer. OSError: the host is unknown.
    """
    room = ""
    while len(room) != 1:
        room = terminal.ask("Chat id ", "Идентификатор чата ")
        if len(room) != 1:
            terminal.complain("the id is one character", "идентификатор состоит из одного знака")
    try:
        address = (connect_host(options.host), options.port)
        sock = socket.create_connection(address, CONNECT_S)
    except (ConnectionError, TimeoutError):
        terminal.no_server(options.host, options.port)
        return None
    sock.settimeout(None)
    sock.sendall(room.encode("utf-8", "replace") + b"\n")
    return sock


def vanished() -> int:
    """Say that the server is gone; returns the exit code 1."""
    return terminal.complain(
        "the server has closed the connection; start the client again to join",
        "сервер закрыл соединение; запустите клиента снова, чтобы вернуться",
    )


def check(host: str, port: int, timeout_s: float) -> None:
    """Raises exchange.CheckFailed unless a line comes back and `exit` ends the connection."""
    line = f"check {time.monotonic_ns()}\n".encode()
    result = exchange.tcp(host, port, CHECK_ROOM.encode() + b"\n" + line + b"exit\n", timeout_s)
    if line not in result.received:
        raise exchange.CheckFailed(f"its own line did not come back ({result.ended})")
