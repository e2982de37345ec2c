import socket
import sys
import threading
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen()
members = []
lock = threading.Lock()
def serve(conn):
    while True:
        data = conn.recv(1024)
        text = data.decode()
        if not data:
            break
        with lock:
            for member in members:
                member.sendall(text.encode())
    with lock:
        members.remove(conn)
    conn.close()
while True:
    conn, address = server.accept()
    with lock:
        members.append(conn)
    threading.Thread(target=serve, args=(conn,), name=f"member {len(members)}", daemon=True).start()
