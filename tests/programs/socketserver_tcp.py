import socketserver
from peer import beside
class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line.upper())
with socketserver.TCPServer(("127.0.0.1", 0), Handler) as server:
    thread, answers = beside(server.server_address, b"a\nb", b"\nc\n")
    server.handle_request()
    thread.join()
    print(answers)
