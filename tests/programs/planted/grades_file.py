"""Журнал оценок в файле marks.json рядом с программой."""
import html
import json
import os
import re
import socket
import threading
import urllib.parse

PORT = 12240
FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "marks.json")
file_lock = threading.Lock()


def load():
    if not os.path.exists(FILE):
        return {}
    with open(FILE, encoding="utf-8") as f:
        return json.load(f)


def save(subject, mark):
    with file_lock:
        data = load()
        data.setdefault(subject, []).append(mark)
        with open(FILE + ".new", "w", encoding="utf-8") as f:
            json.dump(data, f, ensure_ascii=False)
        os.replace(FILE + ".new", FILE)


def table():
    rows = ""
    for subject, marks in load().items():
        rows += "<p>" + html.escape(subject) + " — " + html.escape(", ".join(marks)) + "</p>"
    return ("<html><meta charset=utf-8><body>" + rows +
            '<form method="POST" action="/add"><input name="subject"/><input name="mark"/>'
            "<button>OK</button></form></body></html>").encode()


class Client(threading.Thread):
    def __init__(self, conn):
        super().__init__(daemon=True)
        self.conn = conn

    def run(self):
        self.conn.settimeout(15)
        try:
            data = b""
            while b"\r\n\r\n" not in data:
                part = self.conn.recv(65536)
                if not part:
                    return
                data += part
                if len(data) > 200000:
                    return
            head, _, body = data.partition(b"\r\n\r\n")
            length = re.search(rb"\r\nContent-Length: *(\d{1,5})\r\n", data, re.IGNORECASE)
            while length and len(body) < int(length[1]):
                part = self.conn.recv(65536)
                if not part:
                    return
                body += part
            self.conn.sendall(self.response(head.decode("latin-1"), body.decode(errors="replace")))
        except OSError:
            pass
        finally:
            self.conn.close()

    def http(self, status, body=b"", extra=""):
        return (f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\n"
                f"Content-Length: {len(body)}\r\n{extra}Connection: close\r\n\r\n").encode() + body

    def response(self, head, body):
        first = head.split("\r\n")[0].split(" ")
        if len(first) != 3:
            return self.http("400 Bad Request")
        method, path, _ = first
        if path == "/" and method == "GET":
            return self.http("200 OK", table())
        if path == "/" and method == "HEAD":
            return self.http("200 OK", table()).partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        if path == "/add" and method == "POST":
            form = urllib.parse.parse_qs(body)
            try:
                save(form["subject"][0], form["mark"][0])
            except KeyError:
                return self.http("400 Bad Request", b"fields?")
            return self.http("302 Found", b"", "Location: /\r\n")
        if path in ("/", "/add"):
            return self.http("405 Method Not Allowed", b"", "Allow: GET, POST\r\n")
        return self.http("404 Not Found", b"nothing")


listener = socket.create_server(("127.0.0.1", PORT), backlog=100)
print(f"http://127.0.0.1:{PORT}/")
try:
    while True:
        Client(listener.accept()[0]).start()
except KeyboardInterrupt:
    print("Журнал закрыт")
