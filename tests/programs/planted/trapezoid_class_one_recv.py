import socket
import threading


class TrapezoidServer:
    """Площадь трапеции: клиент присылает строку "a b h", сервер отвечает числом."""

    def __init__(self, host="localhost", port=12114):
        self.sock = socket.create_server((host, port), backlog=100)
        print(f"Сервер слушает {host}:{port}")

    def calculate(self, line):
        try:
            a, b, h = map(float, line.decode("utf-8").split())
        except ValueError:
            return "Ошибка: нужно три числа через пробел"
        return f"Площадь трапеции: {(a + b) / 2 * h}"

    def handle_client(self, conn):
        with conn:
            try:
                while data := conn.recv(1024):
                    conn.sendall((self.calculate(data) + "\n").encode("utf-8"))
            except OSError as e:
                print("Клиент отключился:", e)

    def start(self):
        try:
            while True:
                conn, addr = self.sock.accept()
                print("Подключился", addr)
                thread = threading.Thread(target=self.handle_client, args=(conn,))
                thread.daemon = True
                thread.start()
        except KeyboardInterrupt:
            print("Остановка сервера")
        finally:
            self.sock.close()


if __name__ == "__main__":
    server = TrapezoidServer()
    server.start()
