import json
import math
import socket

HOST = "127.0.0.1"
PORT = 8102
MAX_CONNECTIONS = 10
BUFFER_SIZE = 1024


def hypotenuse(a, b):
    return math.sqrt(a**2 + b**2)


def serve():
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.bind((HOST, PORT))
    server.listen(MAX_CONNECTIONS)
    print(f"Listening on {HOST}:{PORT}")

    while True:
        client, address = server.accept()
        request = client.recv(BUFFER_SIZE)
        legs = json.loads(request)
        result = hypotenuse(legs["a"], legs["b"])
        client.send(str(result).encode())
        print(f"{address}: {legs} -> {result}")


if __name__ == "__main__":
    serve()
