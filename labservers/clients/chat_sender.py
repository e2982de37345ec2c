"""Joins a chat room and sends the typed lines; `exit`, end of input or ^C leaves."""

import argparse
import contextlib
import socket

from labservers.clients import chat, terminal
from labservers.net.closing import close_politely

SEND_S = 10.0
GOODBYE_S = 2.0
ECHO_BYTES = 1024 * 1024  # read between two messages, at most


def run(options: argparse.Namespace) -> int:
    """Send line by line. Exit code 1 when the server is gone before we are."""
    sock = chat.join(options)
    if sock is None:
        return 1
    with sock:
        try:
            while (message := terminal.ask("Message ", "Сообщение ")) != "exit":
                if _gone(sock):
                    return chat.vanished()
                if message:
                    sock.sendall(message.encode("utf-8", "replace") + b"\n")
        except (ConnectionError, TimeoutError):
            return chat.vanished()
        except (EOFError, KeyboardInterrupt):
            print()
        return _say_goodbye(sock)


def _gone(sock: socket.socket) -> bool:
    """Throw away our own echoes; True at the end of the stream.

    A close with unread bytes would be a reset, which may eat the last message on its way.
    """
    sock.setblocking(False)
    try:
        for _ in range(ECHO_BYTES // 65_536):
            if not sock.recv(65_536):
                return True
    except BlockingIOError:
        pass
    finally:
        sock.settimeout(SEND_S)
    return False


def _say_goodbye(sock: socket.socket) -> int:
    with contextlib.suppress(OSError):
        _gone(sock)
        sock.sendall(b"exit\n")
    close_politely(sock, GOODBYE_S, GOODBYE_S)
    return 0
