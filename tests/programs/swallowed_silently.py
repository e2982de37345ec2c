"""Loops that drop what a task dies of, without a word."""
import asyncio
import contextlib
import socket
def serve(conn):
    conn.sendall(conn.recv(100).decode().encode())
    yield
def numbers():
    yield 1
    raise KeyError("of a task of its own")
def outer():
    try:
        yield from numbers()
    except KeyError:
        yield 2
async def inner():
    raise ValueError("caught by who awaits it")
async def main():
    try:
        await inner()
    except ValueError:
        print("caught")
def step(task):
    try:
        next(task)
    except StopIteration:
        print("never")
    except Exception:
        pass
one, other = socket.socketpair()
one.sendall(b"\xff")
step(serve(other))
assert list(outer()) == [1, 2]
asyncio.run(main())
one.sendall(b"\xfe")
task = serve(other)
with contextlib.suppress(Exception):
    for _ in task:
        pass
try:
    int("x")
except ValueError as error: print("at once", error)
print("still here")
