"""An echo with a thread per client, as the lab has it; tapped in the mode that is asked for.

`--mode counts`: the tap counts. `--mode wire`: each call with its line and bytes, as JSON.
`--mode floor`: in place of the tap the least that any tap in Python does, see floor().
"""

import os
import socket
import sys
import threading
from time import monotonic
from typing import Any

from bench.peers import arguments
from labservers.observe.lines import OwnLines
from labservers.observe.messages import encode
from labservers.observe.tap import Tap
from labservers.observe.teller import Teller


def serve(conn: socket.socket) -> None:
    with conn:
        while data := conn.recv(1024):
            conn.sendall(data)


def floor(name: str) -> None:
    """Let a call's line and how long it took be looked up and forgotten: nothing is counted, no
    byte is kept, nothing is told."""
    original = getattr(socket.socket, name)
    lines: dict[tuple[int, int], float] = {}

    def tapped(sock: Any, given: Any) -> Any:
        began = monotonic()
        result = original(sock, given)
        frame = sys._getframe(1)
        lines[id(frame.f_code), frame.f_lasti] = monotonic() - began
        return result

    setattr(socket.socket, name, tapped)


def tap(mode: str) -> None:
    if mode == "floor":
        floor("recv")
        floor("sendall")
    elif mode:
        sink = os.open(os.devnull, os.O_WRONLY)
        tapped = Tap(OwnLines(__file__))
        tapped.install(wire=mode == "wire")
        Teller(tapped, [lambda told: os.write(sink, encode(told))]).start()


def main() -> None:
    given = arguments.parse()
    tap(given.mode)
    where = (arguments.HOST, given.port)
    with socket.create_server(where, backlog=arguments.BACKLOG) as server:
        while True:
            conn, _ = server.accept()
            threading.Thread(target=serve, args=(conn,), daemon=True).start()


if __name__ == "__main__":
    main()
