import socket
import threading

HTML = """<!DOCTYPE html>
<html lang="ru"><head><meta charset="utf-8"><title>Кафедра</title></head>
<body><h1>Лабораторная работа</h1><p>Страница кафедры сетевых технологий.</p></body></html>
"""


def build(status, body):
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
    )


def reply(request):
    line = request.partition(b"\r\n")[0].decode("latin-1").split(" ")
    match line:
        case ["GET", "/" | "/index.html", _]:
            return build("200 OK", HTML)
        case ["HEAD", "/" | "/index.html", _]:
            return build("200 OK", HTML).partition("\r\n\r\n")[0] + "\r\n\r\n"
        case ["GET" | "HEAD", _, _]:
            return build("404 Not Found", "")
        case [_, _, version] if version.startswith("HTTP/"):
            return build("405 Method Not Allowed", "")
    return build("400 Bad Request", "")


def client(sock):
    sock.settimeout(20)
    try:
        request = b""
        while b"\r\n\r\n" not in request and len(request) < 100_000:
            piece = sock.recv(4096)
            if not piece:
                break
            request += piece
        if request:
            sock.sendall(reply(request).encode())
    except OSError:
        pass
    sock.close()


server = socket.create_server(("localhost", 12308), backlog=100)
try:
    while True:
        threading.Thread(target=client, args=(server.accept()[0],), daemon=True).start()
except KeyboardInterrupt:
    pass
