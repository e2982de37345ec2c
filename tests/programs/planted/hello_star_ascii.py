from socket import *


class UDPServer:
    # простой сервер: отвечает на приветствие
    def __init__(self, host='localhost', port=12102):
        self.sock = socket(AF_INET, SOCK_DGRAM)
        self.sock.bind((host, port))
        print(f'Сервер запущен на {host}:{port}')

    def answer(self, text):
        if text.lower().startswith('hello'):
            return 'Hello, client!'
        return 'Я понимаю только hello'

    def run(self):
        while True:
            data, addr = self.sock.recvfrom(65535)
            text = data.decode('ascii')
            print(f'Сообщение от {addr}: {text}')
            self.sock.sendto(self.answer(text).encode('utf-8'), addr)


try:
    UDPServer().run()
except KeyboardInterrupt:
    print('Сервер остановлен')
