import socketserver
from peer import talk
class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(self.request.recv(100)[::-1])
class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    pass
import threading
with Server(("127.0.0.1", 0), Handler) as server:
    loop = threading.Thread(target=server.serve_forever, args=(0.05,))
    loop.start()
    print([talk(server.server_address, b"abc%d" % n) for n in range(5)])
    server.shutdown()
    loop.join()
