import socket
import threading

HOST = "127.0.0.1"
PORT = 12159

members = set()
lock = threading.Lock()


def broadcast(message):
    with lock:
        for client in members:
            try:
                client.sendall(message)
            except OSError:
                pass  # it is gone, its own thread takes it out


def leave(client):
    with lock:
        members.remove(client)
    try:
        client.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    client.close()


def serve_client(client):
    with lock:
        members.add(client)
    try:
        while message := client.recv(1024):
            broadcast(message)
    except OSError as error:
        print("a client is gone:", error)
    finally:
        leave(client)


def serve():
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((HOST, PORT))
    server.listen(100)
    while True:
        client, address = server.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        print(address, "joined")
        threading.Thread(target=serve_client, args=(client,), daemon=True).start()


if __name__ == "__main__":
    try:
        serve()
    except KeyboardInterrupt:
        print("The chat is closed")
