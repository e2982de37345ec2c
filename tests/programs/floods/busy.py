import socket
import sys
import threading
SOCKETS, TEXT = 150, "длинная строка " * 60
shared = threading.Lock()
def answer(peer):
    with peer:
        while data := peer.recv(8_192):
            with shared:
                peer.sendall(data)
def falls(depth, *rest):
    слово, другое, третье = TEXT, [TEXT] * 9, {TEXT: depth}
    return falls(depth - 1, слово, *rest) if depth else int(слово)
listening = [socket.create_server(("127.0.0.1", 0)) for _ in range(SOCKETS)]
clients = []
for one in listening:
    clients.append(socket.create_connection(one.getsockname()))
    threading.Thread(target=answer, args=(one.accept()[0],), daemon=True, name=f"клиент {len(clients)}").start()
for _ in range(20):
    for client in clients:
        client.sendall(b"\xd0\xb6" * 4_000)
        left = 8_000
        while left:
            left -= len(client.recv(left))
    print(TEXT)
for _ in range(3):
    thread = threading.Thread(target=falls, args=(40,))
    thread.start()
    thread.join()
print("done", flush=True)
input("Сколько? " * 111 + "!")
sys.stdin.read()
