import signal
import socket
listening = [socket.create_server(("127.0.0.1", 0)) for _ in range(200)]
for _ in range(3_000):
    socket.socket().close()
print("done", flush=True)
signal.pause()
