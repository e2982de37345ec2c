import atexit
import socket
def last():
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()) as client:
            conn, _ = server.accept()
            client.sendall(b"bye")
            print(conn.recv(10))
            conn.close()
atexit.register(last)
print("main is over")
