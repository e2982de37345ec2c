from threading import Lock, Thread
import socket

users: dict[str, socket.socket] = {}
guard = Lock()


def say(author, text):
    with guard:
        for nick in users:
            if nick == author:
                continue
            try:
                sent = users[nick].send(text.encode(), socket.MSG_DONTWAIT)
            except OSError:
                sent = 0
            if not sent:
                del users[nick]


def listen(sock):
    nick = None
    try:
        sock.sendall(b"NICK\n")
        with sock.makefile("rb") as stream:
            nick = stream.readline(1000).decode(errors="replace").strip()
            with guard:
                users[nick] = sock
            for line in stream:
                say(nick, f"<{nick}> {line.decode(errors='replace')}")
    except OSError:
        pass
    finally:
        sock.close()


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", 12306), backlog=100) as door:
        try:
            while True:
                Thread(target=listen, args=[door.accept()[0]], daemon=True).start()
        except KeyboardInterrupt:
            print("closed")
