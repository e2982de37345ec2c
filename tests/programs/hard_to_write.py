"""Receives a line, with variables that cannot be written, and dies with one of them."""

import socket
import sys


class Key:
    """Says each call."""

    def __lt__(self, other):
        print("compared")
        return True


def serve(connection):
    number = 9**9_999
    keys = {Key(), Key()}
    text = connection.recv(9)
    raise KeyError(number, keys, text)


if len(sys.argv) > 1:
    with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as listener:
        serve(listener.accept()[0])
else:
    one, other = socket.socketpair()
    one.send(b"x")
    serve(other)
