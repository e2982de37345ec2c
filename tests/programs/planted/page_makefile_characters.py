import os
import socket
import threading


class WebServer:
    def __init__(self, host, port):
        self.host = host
        self.port = port
        folder = os.path.dirname(os.path.abspath(__file__))
        with open(os.path.join(folder, "page.html"), encoding="utf-8") as file:
            self.html = file.read()

    def run(self):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind((self.host, self.port))
            server.listen(128)
            print("Сервер запущен на порту", self.port)
            while True:
                connection, _ = server.accept()
                thread = threading.Thread(target=self.process, args=(connection,))
                thread.daemon = True
                thread.start()

    def process(self, connection):
        connection.settimeout(15)
        stream = connection.makefile("rwb")
        try:
            self.answer(stream)
            stream.flush()
        except (OSError, ValueError) as error:
            print("Ошибка:", error)
        finally:
            self.close(stream)
            connection.close()

    def close(self, stream):
        try:
            stream.close()
        except OSError:
            pass

    def answer(self, stream):
        line = stream.readline(8192).decode("iso-8859-1")
        if not line:
            return
        while stream.readline(8192).strip():
            pass
        parts = line.split()
        if len(parts) != 3 or not parts[2].startswith("HTTP/"):
            self.send(stream, "GET", "400 Bad Request", "Что это?")
        elif parts[0] not in ("GET", "HEAD"):
            self.send(stream, parts[0], "405 Method Not Allowed", "Нельзя", {"Allow": "GET, HEAD"})
        elif parts[1] == "/":
            self.send(stream, parts[0], "200 OK", self.html)
        else:
            self.send(stream, parts[0], "404 Not Found", "Нет такой страницы")

    def send(self, stream, method, status, text, headers={}):
        body = text.encode("utf-8")
        stream.write(f"HTTP/1.1 {status}\r\n".encode())
        stream.write(b"Content-Type: text/html; charset=utf-8\r\n")
        stream.write(f"Content-Length: {len(text)}\r\n".encode())
        for name, value in headers.items():
            stream.write(f"{name}: {value}\r\n".encode())
        stream.write(b"Connection: close\r\n\r\n")
        if method != "HEAD":
            stream.write(body)


if __name__ == "__main__":
    try:
        WebServer("127.0.0.1", 12137).run()
    except KeyboardInterrupt:
        print("Сервер остановлен")
