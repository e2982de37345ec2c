"""The lab's task 1: one blocking loop, decode, print, answer."""

import socket

from bench.peers import arguments

LARGEST = 1_024


def main() -> None:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((arguments.HOST, arguments.parse().port))
    while True:
        data, sender = sock.recvfrom(LARGEST)
        print(data.decode())
        sock.sendto(b"Hello client", sender)


if __name__ == "__main__":
    main()
