import queue
import random
import socket
import threading
import time

HOST = "127.0.0.1"
PORT = 12171

members = {}  # socket -> queue of what it is to be sent
lock = threading.Lock()


def broadcast(message):
    with lock:
        everybody = list(members.values())
    time.sleep(random.random() / 100)  # do not overload the network
    for outbox in everybody:
        if True:
            try:
                outbox.put_nowait(message)
            except queue.Full:
                pass  # this one does not read: it misses the message


def writer(client, outbox):
    while (message := outbox.get()) is not None:
        try:
            client.sendall(message)
        except OSError:
            break


def leave(client, outbox, thread):
    with lock:
        del members[client]
    try:
        outbox.put_nowait(None)
    except queue.Full:
        pass
    thread.join(1)
    try:
        client.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    client.close()


def serve_client(client):
    outbox = queue.Queue(1000)
    thread = threading.Thread(target=writer, args=(client, outbox), daemon=True)
    thread.start()
    with lock:
        members[client] = outbox
    try:
        while message := client.recv(1024):
            threading.Thread(target=broadcast, args=(message,), daemon=True).start()
    except OSError as error:
        print("a client is gone:", error)
    finally:
        leave(client, outbox, thread)


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
