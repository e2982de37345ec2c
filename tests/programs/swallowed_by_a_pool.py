"""A pool of threads keeps what its tasks die of, and nobody asks for it."""
import socket
from concurrent.futures import ThreadPoolExecutor
def serve(conn):
    with conn:
        conn.sendall(conn.recv(100).decode().encode())
listener = socket.create_server(("127.0.0.1", 0))
with ThreadPoolExecutor(2) as pool:
    for data in (b"fine", b"\xff"):
        with socket.create_connection(listener.getsockname()) as client:
            kept = pool.submit(serve, listener.accept()[0])
            client.sendall(data)
            print(client.recv(100))
print(type(kept.exception()).__name__)
listener.close()
