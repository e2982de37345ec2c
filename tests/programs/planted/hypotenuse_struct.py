"""Гипотенуза в двоичном виде: два числа double туда, одно обратно (network byte order)."""
import math
import socket
import struct
import threading

REQUEST = struct.Struct("!dd")


def read_exactly(conn, size):
    data = b""
    while len(data) < size:
        piece = conn.recv(size - len(data))
        if not piece:
            return None
        data += piece
    return data


def serve_client(conn):
    conn.settimeout(30)
    try:
        while (data := read_exactly(conn, REQUEST.size)) is not None:
            a, b = REQUEST.unpack(data)
            conn.sendall(struct.pack("!d", math.hypot(a, b)))
    except OSError as error:
        print("клиент пропал:", error)
    finally:
        conn.close()


def main():
    server = socket.create_server(("127.0.0.1", 12242), backlog=100)
    try:
        while True:
            conn, _ = server.accept()
            threading.Thread(target=serve_client, args=(conn,), daemon=True).start()
    except KeyboardInterrupt:
        print("до свидания")
    finally:
        server.close()


if __name__ == "__main__":
    main()
