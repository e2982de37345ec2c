import json
import socket

SERVER = ("127.0.0.1", 12260)

a, b = input("Катеты через запятую: ").split(",")
sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
sock.connect(SERVER)
sock.sendall(json.dumps({"a": float(a), "b": float(b)}).encode())
print("Гипотенуза:", sock.recv(1024).decode())
sock.close()
