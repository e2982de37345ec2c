import socket

SERVER_HOST = "127.0.0.1"
SERVER_PORT = 8101
BUFFER_SIZE = 1024

client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.sendto("Hello server".encode(), (SERVER_HOST, SERVER_PORT))

data, address = client.recvfrom(BUFFER_SIZE)
print(f"The server answers: {data.decode()}")

client.close()
