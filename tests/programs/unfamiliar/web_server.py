import socket

PAGE = """<!DOCTYPE html>
<html>
<head><title>Моя страница</title></head>
<body><h1>Привет, мир!</h1><p>Это страница на сокетах.</p></body>
</html>
"""


def start_server(host="localhost", port=9096):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((host, port))
        s.listen()
        print(f"http://localhost:{port}")
        while True:
            conn, _ = s.accept()
            with conn:
                conn.recv(1024)
                header = (
                    "HTTP/1.1 200 OK\r\n"
                    "Content-Type: text/html; charset=utf-8\r\n"
                    f"Content-Length: {len(PAGE)}\r\n"
                    "\r\n"
                )
                conn.sendall(header.encode() + PAGE.encode())


start_server()
