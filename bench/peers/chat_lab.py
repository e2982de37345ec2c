"""The lab's task 4: a thread per client, its sends to everybody, no lock while sending."""

import contextlib
import socket
import threading

from bench.peers import arguments

ROOMS: dict[str, list[socket.socket]] = {}
LOCK = threading.Lock()


def consume(client: socket.socket) -> None:
    room = client.recv(1).decode()
    with LOCK:
        ROOMS.setdefault(room, []).append(client)
    with contextlib.suppress(OSError):
        while message := client.recv(1_024):
            for member in ROOMS[room]:
                member.send(message)
    ROOMS[room].remove(client)
    client.close()


def main() -> None:
    listener = socket.create_server((arguments.HOST, arguments.parse().port), backlog=10)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=consume, args=(client,), daemon=True).start()


if __name__ == "__main__":
    main()
