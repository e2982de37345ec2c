import argparse
import math
import socket
from concurrent.futures import ThreadPoolExecutor


def volume(text):
    radius, height = (float(part) for part in text.replace(",", ".").split())
    return math.pi * radius**2 * height / 3


def talk(conn):
    conn.settimeout(30)
    try:
        with conn, conn.makefile("r", encoding="utf-8", errors="replace", newline="\n") as lines:
            for line in lines:
                try:
                    reply = "V = %.3f" % volume(line)
                except (ValueError, OverflowError):
                    reply = "send two numbers, please"
                conn.sendall(reply.encode() + b"\r\n")
    except OSError as problem:
        print("gone:", problem)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=12302)
    parser.add_argument("--workers", type=int, default=150)
    options = parser.parse_args()
    with socket.create_server(("127.0.0.1", options.port), backlog=256) as listener:
        pool = ThreadPoolExecutor(options.workers)
        try:
            while True:
                pool.submit(talk, listener.accept()[0])
        except KeyboardInterrupt:
            import os

            os._exit(0)


if __name__ == "__main__":
    main()
