import select
import socket

BACKLOG = 1_000_000  # bytes that wait for one member, at most

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("localhost", 12161))
server.listen(100)
server.setblocking(False)
outboxes = {}


def drop(sock):
    if outboxes.pop(sock, None) is not None:
        sock.close()


def say(data):
    for outbox in outboxes.values():
        if len(outbox) < BACKLOG:
            outbox += data


def read(sock):
    data = sock.recv(1024)
    if data:
        say(data)
    else:
        flush(sock)
        drop(sock)


def flush(sock):
    outbox = outboxes.get(sock)
    if not outbox:
        return
    try:
        sent = sock.send(outbox)
        del outbox[:sent]
    except BlockingIOError:
        pass
    except OSError:
        drop(sock)


def ready():
    """Sockets that can be read, and those that can be written to."""
    poller = select.poll()
    sockets = {sock.fileno(): sock for sock in [server, *outboxes]}
    for number, sock in sockets.items():
        poller.register(number, select.POLLIN | (select.POLLOUT if outboxes.get(sock) else 0))
    events = poller.poll()
    readable = [sockets[number] for number, event in events if event & ~select.POLLOUT]
    writable = [sockets[number] for number, event in events if event & select.POLLOUT]
    return readable, writable


def main():
    while True:
        readable, writable = ready()
        for sock in readable:
            if sock is server:
                client, address = server.accept()
                client.setblocking(False)
                outboxes[client] = bytearray()
                print("hello", address)
            elif sock in outboxes:
                read(sock)
        for sock in writable:
            flush(sock)


try:
    main()
except KeyboardInterrupt:
    print("goodbye")
