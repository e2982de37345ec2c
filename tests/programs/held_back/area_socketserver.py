import json
from socketserver import StreamRequestHandler, TCPServer


class Area(StreamRequestHandler):
    def handle(self):
        for raw in self.rfile:
            try:
                task = json.loads(raw)
                result = {"area": task["a"] * task["b"] / 2}
            except (ValueError, KeyError, TypeError, RecursionError):
                result = {"error": "bad request"}
            try:
                self.wfile.write(json.dumps(result).encode() + b"\n")
            except OSError:
                return

    def handle_error(self, *details):
        print("lost a client")


class Server(TCPServer):
    allow_reuse_address = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        print("lost", client_address)


with Server(("127.0.0.1", 12304), Area) as server:
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
