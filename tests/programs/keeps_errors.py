"""A socket closes when its name is bound again, though errors and tracebacks are kept."""

import socket
import traceback

kept = []


def ask(conn, number):
    if number == 0:
        conn.recv(100)
    elif number == 1:
        conn.recv_into(bytearray(10))
    elif number == 2:
        conn.sendto(b"?", 0, "nowhere")


def serve(listener):
    conn = None
    for number in range(3):
        conn, _ = listener.accept()
        conn.settimeout(0.05)
        try:
            ask(conn, number)
        except Exception as error:
            kept.append(error)
    for _ in range(2):
        conn, _ = listener.accept()
        try:
            raise ValueError("not what was asked for")
        except ValueError:
            traceback.print_exc()
    conn = None
    for client in clients:
        print(client.recv(10))


server = socket.create_server(("127.0.0.1", 0))
clients = [socket.create_connection(server.getsockname(), timeout=5) for _ in range(5)]
serve(server)
print([type(error).__name__ for error in kept])
