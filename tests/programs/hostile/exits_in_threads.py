import os
import socket
import threading
def serve():
    server = socket.create_server(("127.0.0.1", 0))
    threading.Barrier(1).wait()
    os._exit(7)
print("done", flush=True)
threads = [threading.Thread(target=serve) for _ in range(50)]
for thread in threads:
    thread.start()
