import html
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

marks = []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10

    def log_message(self, *args):
        pass

    def send(self, status, text, **headers):
        body = text.encode("utf-8")
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path != "/":
            self.send(404, "<h1>404</h1>")
            return
        rows = "".join(f"<tr><td>{html.escape(d)}<td>{html.escape(m)}" for d, m in list(marks))
        self.send(200, f"""<!doctype html><meta charset="utf-8"><title>Журнал</title>
<table>{rows}</table>
<form method="POST"><input name="discipline"><input name="mark"><button>Добавить</button></form>""")

    do_HEAD = do_GET

    def do_POST(self):
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > 65536:
            self.close_connection = True
            self.send(400, "<h1>Плохая длина</h1>")
            return
        form = parse_qs(self.rfile.read(int(length)).decode("utf-8", "replace"))
        if self.path != "/":
            self.send(404, "<h1>404</h1>")
        elif not form.get("discipline") or not form.get("mark"):
            self.send(422, "<h1>Заполните оба поля</h1>")
        else:
            marks.append((form["discipline"][0], form["mark"][0]))
            self.send(303, "", Location="/")

    def do_PUT(self):
        self.close_connection = True
        self.send(405, "", Allow="GET, HEAD, POST")

    do_DELETE = do_PUT


class Server(ThreadingHTTPServer):
    request_queue_size = 100


if __name__ == "__main__":
    with Server(("127.0.0.1", 12182), Handler) as server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("Пока!")
