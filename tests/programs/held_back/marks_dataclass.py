import socket
import threading
from dataclasses import dataclass, field
from urllib.parse import parse_qs


@dataclass
class Journal:
    rows: list = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def page(self):
        with self.lock:
            items = "".join(f"<li>{subject} - {grade}</li>" for subject, grade in self.rows)
        return (
            "<!doctype html><meta charset=utf-8><title>Оценки</title><ol>" + items + "</ol>"
            '<form method="post" action="/"><input name="subject"><input name="grade">'
            "<button>ok</button></form>"
        )

    def add(self, body):
        form = parse_qs(body.decode("utf-8", "replace"))
        with self.lock:
            self.rows.append((form["subject"][0], form["grade"][0]))


journal = Journal()


def read(stream):
    first = stream.readline(8192).decode("latin-1").split()
    length = 0
    while (line := stream.readline(65536)) not in (b"\r\n", b"\n", b""):
        name, _, value = line.decode("latin-1").partition(":")
        if name.lower() == "content-length":
            length = int(value)
    if len(first) != 3 or not first[2].startswith("HTTP/") or not 0 <= length < 1_000_000:
        raise ValueError
    return first[0], first[1], stream.read(length)


def respond(method, path, body):
    if path != "/":
        return "404 Not Found", ""
    if method == "POST":
        try:
            journal.add(body)
        except KeyError:
            return "400 Bad Request", ""
        return "200 OK", journal.page()
    if method in ("GET", "HEAD"):
        return "200 OK", journal.page()
    return "405 Method Not Allowed", ""


def serve(sock):
    sock.settimeout(15)
    try:
        with sock, sock.makefile("rb") as stream:
            method = "GET"
            try:
                method, path, body = read(stream)
                status, page = respond(method, path, body)
            except ValueError:
                status, page = "400 Bad Request", ""
            data = page.encode()
            sock.sendall(
                f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\n"
                f"Content-Length: {len(data)}\r\nConnection: close\r\n\r\n".encode()
                + (b"" if method == "HEAD" else data)
            )
    except OSError:
        pass


listener = socket.create_server(("127.0.0.1", 12310), backlog=100)
try:
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
except KeyboardInterrupt:
    listener.close()
