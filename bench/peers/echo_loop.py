"""An echo on a loop of generators, as a user may write it: `python echo_loop.py`."""

import select
import socket

poller, waiting, ready = select.epoll(), {}, []


def serve(conn):
    while True:
        yield conn
        data = conn.recv(65_536)
        if not data:
            break
        conn.send(data)
    poller.unregister(conn)
    conn.close()


def accept(server):
    while True:
        yield server
        conn, _ = server.accept()
        poller.register(conn, select.EPOLLIN)
        ready.append(serve(conn))


server = socket.create_server(("127.0.0.1", 0), backlog=4_096)
poller.register(server, select.EPOLLIN)
ready.append(accept(server))
while True:
    while ready:
        task = ready.pop()
        try:
            waiting[next(task).fileno()] = task
        except StopIteration:
            pass
    ready.extend(waiting.pop(number) for number, _ in poller.poll())
