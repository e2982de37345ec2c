"""Serves a client whose own address, the path of a file, would steer a terminal."""

import os
import socket
import tempfile
import threading

NAME = "\033[31m\nTue  \u202eexit code 0\r"


def serve(listener):
    connection, _ = listener.accept()
    with connection:
        connection.sendall(connection.recv(9))


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as client:
        listener.bind("listens")
        listener.listen()
        client.bind(NAME)
        thread = threading.Thread(target=serve, args=(listener,), name=NAME)
        thread.start()
        client.connect("listens")
        client.sendall(b"\033[2J")
        print(client.recv(9))
        thread.join()
    os.chdir("/")
