import socket
import threading
import traceback
def serve(conn):
    while True:
        data = conn.recv(100)
        yield
        conn.sendall(data.decode().encode())
        yield
def talk(address, data):
    with socket.create_connection(address) as sock:
        sock.sendall(data)
        print(sock.recv(100))
def run(task, conn):
    try:
        for _ in task:
            pass
    except:
        conn.close()
listener = socket.create_server(("127.0.0.1", 0))
for data in (b"\xff", b""):
    thread = threading.Thread(target=talk, args=(listener.getsockname(), data))
    thread.start()
    conn, _ = listener.accept()
    if data:
        run(serve(conn), conn)
    thread.join() if data else conn.close()
thread.join()
try:
    int("x")
except ValueError:
    traceback.print_exc()
listener.close()
