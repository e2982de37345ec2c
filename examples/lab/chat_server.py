import socket
import threading

HOST = "127.0.0.1"
PORT = 8104
MAX_CONNECTIONS = 10
CHAT_ID_SIZE = 1
MESSAGE_SIZE = 1024

chats = {}
lock = threading.Lock()


def join(chat_id, client):
    with lock:
        if chat_id not in chats:
            chats[chat_id] = []
        chats[chat_id].append(client)


def leave(chat_id, client):
    chats[chat_id].remove(client)
    client.close()


def send_to_all(chat_id, message):
    for member in chats[chat_id]:
        member.send(message.encode())


def serve_client(client):
    chat_id = client.recv(CHAT_ID_SIZE).decode()
    join(chat_id, client)

    while True:
        message = client.recv(MESSAGE_SIZE).decode()
        if message == "exit":
            leave(chat_id, client)
            break
        send_to_all(chat_id, message)


def serve():
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.bind((HOST, PORT))
    server.listen(MAX_CONNECTIONS)
    print(f"Listening on {HOST}:{PORT}")

    while True:
        client, address = server.accept()
        print(f"{address} has come")
        thread = threading.Thread(target=serve_client, args=(client,))
        thread.start()


if __name__ == "__main__":
    serve()
