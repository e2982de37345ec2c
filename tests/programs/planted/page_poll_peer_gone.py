import select
import socket

PAGE = "<!doctype html><meta charset='utf-8'><title>Лаба 3</title><h1>Сервер на poll</h1>"


class Done(Exception):
    pass


class Connection:
    def __init__(self, sock):
        self.sock = sock
        self.inbox = b""
        self.outbox = b""
        self.answered = False


def response(head):
    line = head.split(b"\r\n")[0].decode("latin-1")
    words = line.split(" ")
    extra = ""
    if len(words) != 3 or words[2] not in ("HTTP/1.0", "HTTP/1.1"):
        status, page, words = "400 Bad Request", "<h1>400</h1>", ["GET", "", ""]
    elif words[0] not in ("GET", "HEAD"):
        status, page, extra = "405 Method Not Allowed", "<h1>405</h1>", "Allow: GET, HEAD\r\n"
    elif words[1].split("?")[0] != "/":
        status, page = "404 Not Found", "<h1>404</h1>"
    else:
        status, page = "200 OK", PAGE
    body = page.encode()
    top = f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\n{extra}"
    top += f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return top.encode() + (b"" if words[0] == "HEAD" else body)


def read(connection):
    data = connection.sock.recv(4096)
    if not data:
        raise Done("closed by the client")
    connection.inbox += data
    if len(connection.inbox) > 100_000:
        raise Done("too long")
    if b"\r\n\r\n" in connection.inbox and not connection.answered:
        connection.outbox = response(connection.inbox)
        connection.answered = True


def write(connection):
    sent = connection.sock.send(connection.outbox)
    connection.outbox = connection.outbox[sent:]
    if not connection.outbox:
        raise Done("done")


def main():
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", 12154))
    server.listen(128)
    poller = select.poll()
    poller.register(server, select.POLLIN)
    connections = {}
    while True:
        for number, event in poller.poll():
            if number == server.fileno():
                sock, _ = server.accept()
                sock.setblocking(False)
                connections[sock.fileno()] = Connection(sock)
                poller.register(sock, select.POLLIN)
                continue
            one = connections[number]
            try:
                (write if one.outbox else read)(one)
                poller.modify(number, select.POLLOUT if one.outbox else select.POLLIN)
            except Done:
                poller.unregister(number)
                del connections[number]
                one.sock.close()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("^C")
