import selectors
import socket
import sys
watched = selectors.DefaultSelector()
def accept(server):
    conn, _ = server.accept()
    conn.setblocking(False)
    watched.register(conn, selectors.EVENT_READ, answer)
def answer(conn):
    data = conn.recv(100)
    if not data:
        watched.unregister(conn)
        conn.close()
    elif data == b"wait\n":
        watched.modify(conn, selectors.EVENT_WRITE | selectors.EVENT_READ, answer)
        conn.send(bytes(5_000_000))
    else:
        conn.send(data)
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
watched.register(server, selectors.EVENT_READ, accept)
while True:
    for key, _ in watched.select():
        key.data(key.fileobj)
