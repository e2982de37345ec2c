import socket
class Loud(socket.socket):
    def recv(self, size):
        data = super().recv(size)
        print("got", data)
        return data
server = socket.create_server(("127.0.0.1", 0))
client = Loud()
client.connect(server.getsockname())
conn, _ = server.accept()
socket.socket.send(conn, b"unbound")
client.recv(100)
for sock in (client, conn, server):
    sock.close()
