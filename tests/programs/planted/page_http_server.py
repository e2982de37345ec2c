from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BODY = "<!doctype html><meta charset='utf-8'><h1>Страница из http.server</h1>".encode()


class Page(BaseHTTPRequestHandler):
    timeout = 10

    def do_GET(self):
        found = self.path == "/"
        body = BODY if found else b"<h1>Not here</h1>"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def do_POST(self):
        self.send_response(405)
        self.send_header("Allow", "GET, HEAD")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_PUT = do_DELETE = do_POST


class Server(ThreadingHTTPServer):
    request_queue_size = 100


try:
    Server(("127.0.0.1", 12035), Page).serve_forever()
except KeyboardInterrupt:
    pass
