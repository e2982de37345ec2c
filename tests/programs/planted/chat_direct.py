"""A chat without threads: whoever says something, the others are sent it at once."""
import select
import socket

listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", 12230))
listener.listen(100)
listener.setblocking(False)
members = {}  # descriptor -> socket
watched = select.poll()
watched.register(listener, select.POLLIN)


def join():
    member, _ = listener.accept()
    member.setblocking(False)
    members[member.fileno()] = member
    watched.register(member, select.POLLIN)


def leave(number):
    watched.unregister(number)
    members.pop(number).close()


def hear(number):
    try:
        return members[number].recv(4096)
    except ConnectionError:
        return b""


def tell(author, text):
    for number in list(members):
        if number == author:
            continue
        try:
            members[number].send(text)
        except BlockingIOError:
            leave(number)
        except ConnectionError:
            pass


def run():
    while True:
        for number, _ in watched.poll():
            if number == listener.fileno():
                join()
            elif number in members:
                text = hear(number)
                if text:
                    tell(number, text)
                else:
                    leave(number)


try:
    run()
except KeyboardInterrupt:
    listener.close()
