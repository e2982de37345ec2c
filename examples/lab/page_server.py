import pathlib
import socket

HOST = "127.0.0.1"
PORT = 8103
MAX_CONNECTIONS = 1
BUFFER_SIZE = 1024
PAGE = pathlib.Path("index.html")


def serve():
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.bind((HOST, PORT))
    server.listen(MAX_CONNECTIONS)
    print(f"Open http://{HOST}:{PORT}/ in a browser")

    while True:
        client, address = server.accept()
        request = client.recv(BUFFER_SIZE).decode()
        print(f"{address}: {request.splitlines()[0]}")
        client.send(b"HTTP/1.1 200 OK\n")
        client.send(b"Content-Type: text/html\n")
        client.send(b"\n")
        client.send(PAGE.read_bytes())
        client.close()


if __name__ == "__main__":
    serve()
