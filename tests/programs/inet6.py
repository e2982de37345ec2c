import socket
try:
    server = socket.create_server(("::1", 0), family=socket.AF_INET6)
except OSError:
    raise SystemExit("not an IPv6 here")
client = socket.create_connection(server.getsockname()[:2])
conn, peer = server.accept()
conn.sendall(b"six")
print(client.recv(3), len(peer))
