import socketserver
import sys


class Sum(socketserver.StreamRequestHandler):
    timeout = 20

    def handle(self):
        try:
            while line := self.rfile.readline(10_000):
                try:
                    answer = str(sum(float(word) for word in line.split()))
                except ValueError:
                    answer = "numbers, please"
                self.wfile.write(answer.encode() + b"\n")
        except OSError:
            pass


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 100


Server(("127.0.0.1", int(sys.argv[1])), Sum).serve_forever()
