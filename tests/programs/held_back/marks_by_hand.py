import html
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

grades = {}


class Pages(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path != "/":
            self.send_error(404)
            return
        rows = "".join(
            f"<tr><td>{html.escape(s)}</td><td>{html.escape(g)}</td></tr>" for s, g in grades.items()
        )
        self.answer(
            f"<!doctype html><meta charset='utf-8'><table>{rows}</table>"
            "<form method='post'><input name='subject'><input name='grade'><input type='submit'></form>"
        )

    do_HEAD = do_GET

    def do_POST(self):
        try:
            length = int(self.headers.get("Content-Length", 0))
            text = self.rfile.read(length).decode("utf-8", "replace")
            pairs = dict(pair.split("=", 1) for pair in text.split("&"))
            grades[pairs["subject"]] = pairs["grade"]
        except (ValueError, KeyError):
            self.send_error(400)
            return
        self.send_response(303)
        self.send_header("Location", "/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def answer(self, text):
        data = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


class Site(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    try:
        Site(("127.0.0.1", 12311), Pages).serve_forever()
    except KeyboardInterrupt:
        pass
