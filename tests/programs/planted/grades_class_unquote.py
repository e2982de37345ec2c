import socket
import threading
from html import escape
from urllib.parse import urlparse

MAX_LINE = 64 * 1024


class HTTPError(Exception):
    def __init__(self, status, reason, headers=()):
        super().__init__(reason)
        self.status, self.reason, self.headers = status, reason, headers


class Request:
    def __init__(self, method, target, headers, body):
        self.method, self.headers, self.body = method, headers, body
        self.path = urlparse(target).path


class MyHTTPServer:
    def __init__(self, host, port):
        self.host, self.port = host, port
        self.journal = {}
        self.lock = threading.Lock()

    def serve_forever(self):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind((self.host, self.port))
            server.listen(128)
            while True:
                connection, _ = server.accept()
                threading.Thread(target=self.serve_client, args=(connection,), daemon=True).start()

    def serve_client(self, connection):
        connection.settimeout(10)
        try:
            with connection, connection.makefile("rb") as stream:
                request = None
                try:
                    request = self.parse_request(stream)
                    if request is None:
                        return
                    status, body, headers = self.handle_request(request)
                except HTTPError as error:
                    body = f"<h1>{error.status} {error.reason}</h1>"
                    status, headers = f"{error.status} {error.reason}", error.headers
                head_only = request is not None and request.method == "HEAD"
                self.send_response(connection, status, body, headers, head_only)
        except OSError as error:
            print("Connection lost:", error)

    def parse_request(self, stream):
        line = stream.readline(MAX_LINE).decode("iso-8859-1")
        if not line:
            return None
        words = line.split()
        if len(words) != 3 or words[2] not in ("HTTP/1.1", "HTTP/1.0"):
            raise HTTPError(400, "Bad Request")
        headers = {}
        while True:
            line = stream.readline(MAX_LINE).decode("iso-8859-1")
            if line in ("\r\n", "\n", ""):
                break
            name, colon, value = line.partition(":")
            if not colon or len(headers) > 100:
                raise HTTPError(400, "Bad Request")
            headers[name.lower()] = value.strip()
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MAX_LINE:
            raise HTTPError(400, "Bad Request")
        return Request(words[0], words[1], headers, stream.read(int(length)))

    def handle_request(self, request):
        if request.path != "/grades":
            raise HTTPError(404, "Not Found")
        if request.method in ("GET", "HEAD"):
            return "200 OK", self.page(), ()
        if request.method == "POST":
            self.add(self.parse_form(request.body.decode("utf-8", "replace")))
            return "303 See Other", "", ("Location: /grades",)
        raise HTTPError(405, "Method Not Allowed", ("Allow: GET, HEAD, POST",))

    def parse_form(self, body):
        form = {}
        for pair in body.split("&"):
            name, _, value = pair.partition("=")
            if value:
                form.setdefault(name, []).append(value)
        return form

    def add(self, form):
        try:
            subject, grade = form["subject"][0], form["grade"][0]
        except KeyError:
            raise HTTPError(400, "Bad Request") from None
        with self.lock:
            self.journal.setdefault(subject[:100], []).append(grade[:10])

    def page(self):
        with self.lock:
            rows = [f"<p>{escape(s)}: {escape(', '.join(g))}</p>" for s, g in self.journal.items()]
        return (
            "<!doctype html><html><head><meta charset='utf-8'></head><body>"
            + "".join(rows)
            + "<form action='/grades' method='post'><input name='subject'>"
            + "<input name='grade'><input type='submit'></form></body></html>"
        )

    def send_response(self, connection, status, body, headers, head_only):
        content = body.encode("utf-8")
        lines = [f"HTTP/1.1 {status}", "Content-Type: text/html; charset=utf-8", *headers]
        lines += [f"Content-Length: {len(content)}", "Connection: close", "", ""]
        connection.sendall("\r\n".join(lines).encode() + (b"" if head_only else content))


if __name__ == "__main__":
    serv = MyHTTPServer("127.0.0.1", 12180)
    try:
        serv.serve_forever()
    except KeyboardInterrupt:
        pass
