import socket

SERVER_HOST = "127.0.0.1"
SERVER_PORT = 8104

chat_id = input("Chat, one character: ").strip()
client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client.connect((SERVER_HOST, SERVER_PORT))
client.send(chat_id.encode())

while True:
    message = input("Message: ").strip()
    client.send(message.encode())
    if message == "exit":
        break

client.close()
