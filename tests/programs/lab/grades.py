import select
import socket
import sys
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen()
READ, WRITE = "read", "write"
tasks, to_read, to_write = [], {}, {}
def serve_client(conn):
    grades = []
    while True:
        yield READ, conn
        request = conn.recv(4096).decode()
        if not request:
            break
        head, _, body = request.partition("\r\n\r\n")
        if head.startswith("POST"):
            grades.append(int(body.split("=")[1]))
        yield WRITE, conn
        answer = str(grades).encode()
        conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)
    conn.close()
def accept_clients():
    while True:
        yield READ, server
        conn, address = server.accept()
        tasks.append(serve_client(conn))
tasks.append(accept_clients())
while True:
    while not tasks:
        readable, writable, _ = select.select(to_read, to_write, [])
        tasks += [to_read.pop(sock) for sock in readable]
        tasks += [to_write.pop(sock) for sock in writable]
    task = tasks.pop(0)
    try:
        reason, sock = next(task)
    except StopIteration:
        continue
    (to_read if reason == READ else to_write)[sock] = task
