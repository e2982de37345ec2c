"""hello on socketserver.UDPServer."""

import socketserver

from bench.peers import arguments


class Hello(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        data, sock = self.request
        data.decode("utf-8", "replace")
        sock.sendto(b"Hello client", self.client_address)


if __name__ == "__main__":
    socketserver.UDPServer((arguments.HOST, arguments.parse().port), Hello).serve_forever()
