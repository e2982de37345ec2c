import socketserver


class Handler(socketserver.StreamRequestHandler):
    timeout = 20

    def handle(self):
        try:
            line = self.rfile.readline(65536)
            base, height = line.decode().strip().split(";")
            result = f"S = {float(base) * float(height)}"
        except ValueError:
            result = "error: send base;height"
        except OSError:
            return
        try:
            self.wfile.write(result.encode() + b"\n")
        except OSError:
            pass


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 100


if __name__ == "__main__":
    with Server(("127.0.0.1", 12014), Handler) as server:
        print("Server is up")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("Server is down")
