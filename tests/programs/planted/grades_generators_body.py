import select
import socket
from html import escape
from urllib.parse import unquote_plus

READ, WRITE = "read", "write"
students = {}
tasks = []


def parse(data):
    """Запрос, если он пришёл целиком, иначе None."""
    head, end, body = data.partition(b"\r\n\r\n")
    if not end:
        return None
    lines = head.decode("latin-1").split("\r\n")
    length = 0
    for line in lines[1:]:
        if line.lower().startswith("content-length:"):
            length = min(int(line.split(":")[1]), 50000)
    return lines[0].split(" "), body[:length].decode("utf-8", "replace")


def fields(body):
    pairs = [pair.split("=", 1) for pair in body.split("&") if "=" in pair]
    return {name: unquote_plus(value) for name, value in pairs}


def handle(words, body):
    if len(words) != 3 or not words[2].startswith("HTTP/"):
        return "400 Bad Request", ""
    method, path, _ = words
    number = path.removeprefix("/subjects/")
    if not (path.startswith("/subjects/") and number.isdigit()):
        return "404 Not Found", "<h1>Нет такой страницы</h1>"
    if method == "POST":
        form = fields(body)
        if not form.get("subject") or not form.get("grade"):
            return "400 Bad Request", "<h1>Нужны предмет и оценка</h1>"
        students.setdefault(number, []).append((form["subject"], form["grade"]))
    elif method not in ("GET", "HEAD"):
        return "405 Method Not Allowed\r\nAllow: GET, HEAD, POST", ""
    rows = "".join(f"<li>{escape(s)}: {escape(g)}" for s, g in students.get(number, []))
    form = '<form method="post"><input name="subject"><input name="grade"><button>OK</button></form>'
    return "200 OK", f"<!doctype html><meta charset='utf-8'><h1>Студент {number}</h1><ul>{rows}</ul>{form}"


def respond(words, body):
    try:
        status, page = handle(words, body)
    except ValueError:
        status, page = "400 Bad Request", ""
    content = page.encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\n"
    head += f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n"
    return head.encode() + (b"" if words[0] == "HEAD" else content)


def serve_client(conn):
    try:
        data, request = b"", None
        while request is None and len(data) < 100_000:
            yield READ, conn
            part = conn.recv(4096)
            if not part:
                return
            data += part
            try:
                request = parse(data)
            except ValueError:
                request = ["?"], ""
        answer = respond(*(request or (["?"], "")))
        while answer:
            yield WRITE, conn
            answer = answer[conn.send(answer):]
    except OSError as error:
        print("Клиент ушёл:", error)
    finally:
        conn.close()


def accept_clients(server):
    while True:
        yield READ, server
        conn, _ = server.accept()
        conn.setblocking(False)
        tasks.append(serve_client(conn))


def loop():
    poller = select.poll()
    waiting = {}
    while True:
        while not tasks:
            for number, _ in poller.poll():
                poller.unregister(number)
                tasks.append(waiting.pop(number))
        task = tasks.pop(0)
        try:
            reason, sock = next(task)
        except StopIteration:
            continue
        waiting[sock.fileno()] = task
        poller.register(sock, select.POLLIN if reason == READ else select.POLLOUT)


if __name__ == "__main__":
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", 12176))
    server.listen(100)
    tasks.append(accept_clients(server))
    try:
        loop()
    except KeyboardInterrupt:
        print("Конец")
