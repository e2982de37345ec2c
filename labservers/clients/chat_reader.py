"""Joins a chat room and prints every message that comes."""

import argparse
import codecs

from labservers.clients import chat, terminal

BUFFER_SIZE = 1024


def run(options: argparse.Namespace) -> int:
    """Read until ^C (exit code 0) or until the server is gone (1)."""
    sock = chat.join(options)
    if sock is None:
        return 1
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    heading = terminal.text("New message: ", "Получено новое сообщение: ")
    with sock:
        while True:
            try:
                data = sock.recv(BUFFER_SIZE)
            except ConnectionError:
                return chat.vanished()
            if not data:
                return chat.vanished()
            if text := decoder.decode(data):
                print(f"{heading}{text}", flush=True)
