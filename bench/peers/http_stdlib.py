"""HTTP on http.server: a thread per connection, head and body in one send, no log."""

import http.server

from bench.peers import arguments

GIVEN = arguments.parse()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", GIVEN.media)
        self.send_header("Content-Length", str(len(GIVEN.body)))
        self.end_headers()
        self.wfile.write(GIVEN.body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = arguments.BACKLOG


if __name__ == "__main__":
    Server((arguments.HOST, GIVEN.port), Handler).serve_forever()
