import socket
import threading
server = socket.socket(type=socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 0))
def flood():
    client = socket.socket(type=socket.SOCK_DGRAM)
    for _ in range(60_000):
        client.sendto(b"x" * 512, server.getsockname())
    print("done", flush=True)
threading.Thread(target=flood, daemon=True).start()
while True:
    data, address = server.recvfrom(1024)
