"""Sends `Hello server` in one datagram and prints the answer."""

import argparse

from labservers.clients import exchange, terminal

REQUEST = b"Hello server"
ANSWER = b"Hello client"


def run(options: argparse.Namespace) -> int:
    """Exit code 1 when no answer came; UDP promises none, so nothing need be wrong."""
    result = exchange.udp(options.host, options.port, REQUEST)
    if result.ended == "reply":
        print(terminal.printable(result.received.decode("utf-8", "replace")))
        return 0
    if result.ended == "refused":
        return terminal.no_server(options.host, options.port)
    return terminal.complain(
        f"no answer within {exchange.UDP_TIMEOUT_S:g} s; UDP does not promise one: "
        "the question or the answer may be lost, or no server listens there",
        f"нет ответа за {exchange.UDP_TIMEOUT_S:g} с; UDP его и не обещает: "
        "потерялся вопрос, потерялся ответ или там никто не слушает",
    )


def check(host: str, port: int, timeout_s: float) -> None:
    """Raises exchange.CheckFailed unless the greeting is answered."""
    result = exchange.udp(host, port, REQUEST, timeout_s)
    if result.received != ANSWER:
        raise exchange.CheckFailed(f"no `Hello client` came back ({result.ended})")
