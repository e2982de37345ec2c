import socket
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
conn, _ = server.accept()
buffer = bytearray(10)
client.sendall(memoryview(b"abcdef")[1:4])
print(conn.recv_into(buffer), buffer)
client.sendmsg([b"12", b"34"])
print(conn.recvmsg(3), conn.recv(3, socket.MSG_PEEK), conn.recv(3))
client.send(bytearray(b"array"))
print(conn.recv_into(memoryview(buffer)[2:], 4), buffer, conn.recvfrom(1))
for sock in (client, conn, server):
    sock.close()
