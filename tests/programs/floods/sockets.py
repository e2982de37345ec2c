import socket
import time
listening = [socket.create_server(("127.0.0.1", 0)) for _ in range(500)]
for _ in range(10_000):
    socket.socket().close()
print("done", flush=True)
time.sleep(60)
