import json
import socket

SERVER_HOST = "127.0.0.1"
SERVER_PORT = 8102
BUFFER_SIZE = 1024

a, b = input("Legs of the triangle, as 3,4: ").split(",")
legs = {"a": float(a), "b": float(b)}

client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client.connect((SERVER_HOST, SERVER_PORT))
client.send(json.dumps(legs).encode())

answer = client.recv(BUFFER_SIZE)
print(f"Hypotenuse = {answer.decode()}")

client.close()
