import socket

SERVER_HOST = "127.0.0.1"
SERVER_PORT = 8103
BUFFER_SIZE = 1024

client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client.connect((SERVER_HOST, SERVER_PORT))
client.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")

while True:
    data = client.recv(BUFFER_SIZE)
    if not data:
        break
    print(data.decode(), end="")

client.close()
