import codecs
import socket
import threading
from collections import deque


class Member:
    """Участник чата; отправляет отдельный поток, чтобы никто никого не ждал."""

    def __init__(self, sock):
        self.sock = sock
        self.messages = deque(maxlen=500)
        self.changed = threading.Condition()
        self.left = False
        self.thread = threading.Thread(target=self.send_messages, daemon=True)
        self.thread.start()

    def put(self, text):
        with self.changed:
            self.messages.append(text)
            self.changed.notify()

    def close(self):
        with self.changed:
            self.left = True
            self.changed.notify()
        self.thread.join(1)
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()

    def send_messages(self):
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self.messages or self.left)
                if not self.messages:
                    return
                text = self.messages.popleft()
            try:
                self.sock.sendall(text.encode())
            except OSError:
                return


class ChatServer:
    def __init__(self, host, port):
        self.address = (host, port)
        self.chats = {}
        self.lock = threading.Lock()

    def send_to_all(self, chat_id, text):
        for member in self.chats.get(chat_id, []):
            print("->", chat_id, len(text))
            member.put(text)

    def join(self, chat_id, member):
        with self.lock:
            self.chats.setdefault(chat_id, []).append(member)

    def leave(self, chat_id, member):
        with self.lock:
            self.chats[chat_id].remove(member)
            if not self.chats[chat_id]:
                del self.chats[chat_id]

    def talk(self, client, chat_id):
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        while data := client.recv(1024):
            message = decoder.decode(data)
            if message == "exit":
                break
            if message:
                self.send_to_all(chat_id, message)

    def serve_client(self, client):
        chat_id = None
        member = Member(client)
        try:
            chat_id = client.recv(1)
            if chat_id:
                self.join(chat_id, member)
                self.talk(client, chat_id)
        except OSError as error:
            print(f"Клиент пропал: {error}")
        finally:
            if chat_id:
                self.leave(chat_id, member)
            member.close()

    def run(self):
        server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(self.address)
        server.listen(100)
        print("Чат открыт")
        while True:
            client, _ = server.accept()
            threading.Thread(target=self.serve_client, args=(client,), daemon=True).start()


if __name__ == "__main__":
    try:
        ChatServer("127.0.0.1", 12164).run()
    except KeyboardInterrupt:
        print("Чат закрыт")
