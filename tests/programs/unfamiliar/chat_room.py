import socket
import threading


class ChatServer:
    def __init__(self, host='127.0.0.1', port=9094):
        self.clients = []
        self.nicknames = []
        self.server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.server.bind((host, port))
        self.server.listen()

    def broadcast(self, message):
        for client in self.clients:
            client.send(message)

    def handle(self, client):
        while True:
            message = client.recv(1024)
            if not message:
                break
            self.broadcast(message)

    def receive(self):
        print('Server is listening...')
        while True:
            client, address = self.server.accept()
            client.send('NICK'.encode('ascii'))
            nickname = client.recv(1024).decode('ascii')
            self.nicknames.append(nickname)
            self.clients.append(client)
            print(f'{nickname} joined from {address}')
            self.broadcast(f'{nickname} joined the chat!'.encode('ascii'))
            thread = threading.Thread(target=self.handle, args=(client,))
            thread.start()


ChatServer().receive()
