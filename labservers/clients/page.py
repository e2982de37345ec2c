"""Asks the page server for its page and prints the whole reply, head and body."""

import argparse
from urllib.parse import quote

from labservers.clients import exchange, http, terminal
from labservers.net.addresses import connect_host


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", nargs="?", default="/", help="path to ask for (/)")


def run(options: argparse.Namespace) -> int:
    """Exit code 1 when no whole reply came, or one that is not HTTP."""
    host, port = options.host, options.port
    result = exchange.tcp(host, port, request("GET", options.path, host, port))
    if result.received:
        text = result.received.decode("utf-8", "replace").replace("\r\n", "\n")
        print(terminal.printable(text))
    if result.ended != "reply":
        return terminal.no_answer(result, host, port)
    try:
        http.parse(result.received)
    except http.NotHTTP:
        return terminal.another_server(host, port, "HTTP", "HTTP")
    return 0


def request(method: str, path: str, host: str, port: int) -> bytes:
    """The request's bytes; characters that a target may not hold are percent-encoded (RFC 3986),
    and so are bytes of the command line that are no characters."""
    target = quote(path, safe="/?&=%:;@!$'()*+,~", errors="surrogateescape")
    return http.request(method, target, (host, port))


def check(host: str, port: int, timeout_s: float) -> None:
    """Raises exchange.CheckFailed unless HEAD / is answered with 200."""
    asked = request("HEAD", "/", connect_host(host), port)
    result = exchange.tcp(host, port, asked, timeout_s)
    if not result.received.startswith(b"HTTP/1.1 200 "):
        line = result.received.split(b"\r\n", 1)[0][:80]
        raise exchange.CheckFailed(f"HEAD / gave {line!r}, not 200 ({result.ended})")
