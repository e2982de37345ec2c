"""A client for the programs here, in a thread of their own process."""

import socket
import threading


def talk(address, *pieces):
    with socket.create_connection(address, 10) as sock:
        for piece in pieces:
            sock.sendall(piece)
        sock.shutdown(socket.SHUT_WR)
        answer = b""
        while part := sock.recv(1024):
            answer += part
    return answer


def beside(address, *pieces):
    answers = []
    thread = threading.Thread(target=lambda: answers.append(talk(address, *pieces)))
    thread.start()
    return thread, answers


def listener():
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    sock.listen()
    return sock, sock.getsockname()
