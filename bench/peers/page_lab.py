"""The lab's task 3: one recv(), then the head and the file in four sends; one client at a time."""

import socket
from pathlib import Path

from bench.peers import arguments

PAGE = Path(__file__).resolve().parents[2] / "labservers" / "servers" / "page.html"


def main() -> None:
    listener = socket.create_server((arguments.HOST, arguments.parse().port), backlog=10)
    while True:
        client, _ = listener.accept()
        try:
            client.recv(1_024)
            client.send(b"HTTP/1.1 200 OK\n")
            client.send(b"Content-Type: text/html\n")
            client.send(b"\n")
            client.send(PAGE.read_bytes())
        except OSError:
            continue  # the lab's ends here, by any visitor that leaves early


if __name__ == "__main__":
    main()
