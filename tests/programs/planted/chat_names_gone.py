import socket
import threading


class Client:
    def __init__(self, conn):
        self.conn = conn
        self.name = "?"
        self.lock = threading.Lock()

    def send(self, text):
        # one that does not read for a long while is dropped
        data = text.encode() + b"\n"
        with self.lock:
            try:
                if self.conn.send(data, socket.MSG_DONTWAIT) < len(data):
                    self.conn.shutdown(socket.SHUT_RDWR)
            except BlockingIOError:
                pass


clients = []
clients_lock = threading.Lock()


def broadcast(text, author=None):
    with clients_lock:
        for client in clients:
            if client is not author:
                client.send(text)


def lines(conn):
    buffer = b""
    while data := conn.recv(4096):
        buffer += data
        *whole, buffer = buffer.split(b"\n")
        for line in whole:
            yield line.decode("utf-8", "replace").strip()
        if len(buffer) > 65536:
            return
    if buffer:
        yield buffer.decode("utf-8", "replace").strip()


def handle(conn):
    client = Client(conn)
    joined = False
    try:
        client.send("NICK")
        for line in lines(conn):
            if not joined:
                client.name, joined = line or "guest", True
                broadcast(f"{client.name} joined the chat!")
                with clients_lock:
                    clients.append(client)
                client.send("Welcome, " + client.name)
            elif line:
                broadcast(f"{client.name}: {line}", client)
    except OSError as error:
        print("lost", client.name, error)
    finally:
        conn.close()


def main():
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", 12162))
    server.listen(100)
    print("Server is listening...")
    while True:
        conn, address = server.accept()
        print("Connected with", address)
        threading.Thread(target=handle, args=(conn,), daemon=True).start()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("Server is closed")
