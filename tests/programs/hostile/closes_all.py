import os
import socket
os.closerange(3, 1024)  # the line to the dashboard, too
server = socket.create_server(("127.0.0.1", 0))
print("done", server.getsockname()[1], flush=True)
kept = []  # so that their descriptors get the numbers of those that were closed
while True:
    connection, address = server.accept()
    connection.sendall(b"still here")
    connection.shutdown(socket.SHUT_WR)
    kept.append(connection)
