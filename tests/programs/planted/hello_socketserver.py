import socketserver

ADDRESS = ("localhost", 12004)


class HelloHandler(socketserver.BaseRequestHandler):
    def handle(self):
        data, sock = self.request
        print(f"{self.client_address[0]}: {data.decode(errors='ignore')}")
        sock.sendto(b"Hello, client", self.client_address)


class HelloServer(socketserver.UDPServer):
    max_packet_size = 65535


if __name__ == "__main__":
    with HelloServer(ADDRESS, HelloHandler) as server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("bye")
