"""An echo with a thread per client, as the lab has it; tapped in the mode that is asked for.

`--mode counts`: the tap counts. `--mode wire`: each call with its line and bytes, as JSON.
"""

import os
import socket
import threading

from bench.peers import arguments
from labservers.observe.lines import OwnLines
from labservers.observe.messages import encode
from labservers.observe.tap import Tap
from labservers.observe.teller import Teller


def serve(conn: socket.socket) -> None:
    with conn:
        while data := conn.recv(1024):
            conn.sendall(data)


def tap(mode: str) -> None:
    if mode:
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
