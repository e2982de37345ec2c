import argparse
import socketserver


class Trapezoid(socketserver.StreamRequestHandler):
    def handle(self):
        try:
            for line in self.rfile:
                self.wfile.write(self.answer(line))
        except OSError as error:
            print(self.client_address, error)

    def answer(self, line):
        try:
            a, b, h = (float(number) for number in line.split(b","))
        except ValueError:
            return b"three numbers, please: a,b,h\r\n"
        return f"{(a + b) * h / 2}\r\n".encode()


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 100


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    options = parser.parse_args()
    try:
        Server((options.host, options.port), Trapezoid).serve_forever()
    except KeyboardInterrupt:
        print("stopped")
