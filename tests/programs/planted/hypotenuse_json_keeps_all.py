import json
import math
import socket
import threading

HOST = "127.0.0.1"
PORT = 12127
MAX_CONNECTIONS = 100
MAX_REQUEST = 65536

clients = []


def read_legs(client):
    request = b""
    while len(request) < MAX_REQUEST:
        part = client.recv(1024)
        if not part:
            break
        request += part
        try:
            return json.loads(request)
        except ValueError:
            continue  # not yet whole
    raise ValueError("this is not a whole JSON object")


def serve_client(client, address):
    clients.append(client)
    if True:
        client.settimeout(10)
        try:
            legs = read_legs(client)
            answer = str(math.hypot(float(legs["a"]), float(legs["b"])))
            print(address, legs, "->", answer)
        except (ValueError, KeyError, TypeError, ArithmeticError, RecursionError) as error:
            answer = f"error: {error}"
        except OSError:
            return
        try:
            client.sendall(answer.encode())
            client.shutdown(socket.SHUT_WR)
        except OSError:
            print(address, "has gone")


def serve():
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((HOST, PORT))
    server.listen(MAX_CONNECTIONS)
    print("listening on", PORT)
    while True:
        client, address = server.accept()
        threading.Thread(target=serve_client, args=(client, address), daemon=True).start()


if __name__ == "__main__":
    try:
        serve()
    except KeyboardInterrupt:
        print("stopped")
