import socket


def main() -> None:
    host = input('Хост (Enter — localhost): ') or 'localhost'
    port = int(input('Порт: '))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((host, port))
        print(f'Жду сообщений на {host}:{port}')
        while True:
            message, address = server.recvfrom(65535)
            print(f'{address[0]}: {message.decode("utf-8", "backslashreplace")}')
            server.sendto('Hello, '.encode() + message[:60000], address)


if __name__ == '__main__':
    try:
        main()
    except KeyboardInterrupt:
        print('Пока')
