"""Raises errors that come from themselves and from each other, after a receive."""

import socket
import threading


def from_itself(text):
    try:
        int(text)
    except ValueError as error:
        raise error from error


def from_each_other(text):
    first, second = KeyError("first"), KeyError("second")
    first.__cause__, second.__cause__ = second, first
    raise first


def receives(end, function):
    function(end.recv(9))


one, other = socket.socketpair()
one.send(b"x")
thread = threading.Thread(target=receives, args=(other, from_each_other), name="reads")
thread.start()
thread.join()
one.send(b"y")
receives(other, from_itself)
