import html
import socket
import threading
from urllib.parse import parse_qs

HOST, PORT = "127.0.0.1", 12175
grades = []
lock = threading.Lock()

FORM = """<form method="post" action="/">
<input name="subject"><input name="grade"><button>Save</button></form>"""


def page():
    with lock:
        rows = "".join(f"<li>{html.escape(s)}: {html.escape(g)}</li>" for s, g in grades)
    return f"<!doctype html><meta charset='utf-8'><h1>Grades</h1><ul>{rows}</ul>{FORM}"


def read_request(conn):
    """The request line, the headers and the body; ValueError where it is not HTTP."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = conn.recv(4096)
        if not part or len(data) > 65536:
            raise ValueError("no whole head")
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    line, *rest = head.decode("latin-1").split("\r\n")
    headers = {}
    for header in rest:
        name, _, value = header.partition(":")
        headers[name.lower()] = value.strip()
    length = int(headers.get("content-length", 0))
    if not 0 <= length <= 65536:
        raise ValueError("too long")
    method, path, version = line.split(" ")
    if not version.startswith("HTTP/1."):
        raise ValueError("not HTTP/1")
    return method, path.split("?")[0], body[:length]


def answer(method, path, body):
    if path != "/":
        return "404 Not Found", "<h1>404</h1>"
    if method in ("GET", "HEAD"):
        return "200 OK", page()
    if method != "POST":
        return "405 Method Not Allowed\r\nAllow: GET, HEAD, POST", "<h1>405</h1>"
    form = parse_qs(body.decode("utf-8", "replace"))
    if "subject" not in form or "grade" not in form:
        return "422 Unprocessable Content", "<h1>subject and grade, please</h1>"
    with lock:
        grades.append((form["subject"][0][:200], form["grade"][0][:20]))
    return "303 See Other\r\nLocation: /", ""


def serve_client(conn):
    with conn:
        conn.settimeout(10)
        method = "GET"
        try:
            try:
                method, path, body = read_request(conn)
                status, text = answer(method, path, body)
            except ValueError as error:
                status, text = "400 Bad Request", html.escape(str(error))
            content = text.encode()
            head = f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\n"
            head += f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n"
            conn.sendall(head.encode() + (b"" if method == "HEAD" else content))
        except OSError as error:
            print("lost:", error)


def main():
    with socket.create_server((HOST, PORT), backlog=100) as server:
        while True:
            conn, _ = server.accept()
            threading.Thread(target=serve_client, args=(conn,), daemon=True).start()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("closed")
