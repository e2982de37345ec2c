"""Asks the page server for its page and prints the whole reply, head and body."""

import argparse
from urllib.parse import quote

from labservers.clients import exchange, terminal
from labservers.observe.addresses import address_text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", nargs="?", default="/", help="what to ask for (/)")


def run(options: argparse.Namespace) -> int:
    """Exit code 1 when nothing came back."""
    asked = request("GET", options.path, options.host, options.port)
    result = exchange.tcp(options.host, options.port, asked)
    if not result.received:
        return terminal.no_server(options.host, options.port)
    text = result.received.decode("utf-8", "replace").replace("\r\n", "\n")
    print(terminal.printable(text))
    return 0


def request(method: str, path: str, host: str, port: int) -> bytes:
    """The request's bytes; what a target may not hold is percent-encoded (RFC 3986)."""
    target = quote(path, safe="/?&=%#:;@!$'()*+,~")
    where = address_text((host, port))
    return f"{method} {target} HTTP/1.1\r\nHost: {where}\r\nConnection: close\r\n\r\n".encode()


def check(host: str, port: int, timeout_s: float) -> None:
    """Raises exchange.CheckFailed unless HEAD / is answered with 200."""
    asked = request("HEAD", "/", exchange.reachable(host), port)
    result = exchange.tcp(host, port, asked, timeout_s)
    if not result.received.startswith(b"HTTP/1.1 200 "):
        line = result.received.split(b"\r\n", 1)[0][:80]
        raise exchange.CheckFailed(f"HEAD / gave {line!r}, not 200 ({result.ended})")
