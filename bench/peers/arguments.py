"""The command line that all peers have: where to listen, and for HTTP the answer."""

import argparse
from dataclasses import dataclass

HOST = "127.0.0.1"
BACKLOG = 1_024


@dataclass(frozen=True, slots=True)
class Arguments:
    """`body` has as many bytes as ours answers; `head` is a whole HTTP head for it that keeps
    the connection, `last_head` one that closes it. `mode` tells a program with two of them."""

    port: int
    body: bytes
    media: str
    mode: str

    @property
    def head(self) -> bytes:
        return self._head("")

    @property
    def last_head(self) -> bytes:
        return self._head("Connection: close\r\n")

    def _head(self, more: str) -> bytes:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {self.media}\r\n"
        return f"{head}Content-Length: {len(self.body)}\r\n{more}\r\n".encode()


def parse() -> Arguments:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--size", type=int, default=1_000)
    parser.add_argument("--media", default="text/html; charset=utf-8")
    parser.add_argument("--mode", default="")
    given = parser.parse_args()
    return Arguments(given.port, b"x" * given.size, given.media, given.mode)
