"""Joins a chat room and prints every message that comes."""

import argparse
import contextlib
from typing import TextIO

from labservers.clients import chat, terminal

LONGEST_PIECE = 64 * 1024  # characters


def run(options: argparse.Namespace) -> int:
    """Read until ^C (exit code 0) or until the server is gone (1)."""
    sock = chat.join(options)
    if sock is None:
        return 1
    heading = terminal.text("New message: ", "Получено новое сообщение: ")
    with sock, sock.makefile("r", encoding="utf-8", errors="replace", newline="\n") as messages:
        while message := _next(messages):
            print(heading + terminal.one_line(message.removesuffix("\n")), flush=True)
    return chat.vanished()


def _next(messages: TextIO) -> str:
    """The next line, a long one in pieces; empty at the end, however it came."""
    with contextlib.suppress(ConnectionError):
        return messages.readline(LONGEST_PIECE)
    return ""
