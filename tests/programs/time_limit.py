"""A signal's handler raises wherever the program is: each time that it is armed."""

import signal
import socket


class Late(Exception):
    pass


def late(*_):
    global limited
    if limited:
        limited = False
        raise Late


def spin(a, b):
    while True:
        a.send(b"x")
        b.recv(10)


limited, raised = False, 0
signal.signal(signal.SIGALRM, late)
signal.setitimer(signal.ITIMER_REAL, 0.004, 0.004)
left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
right.setblocking(False)
while raised < 30:
    try:
        limited = True
        try:
            spin(left, right)
        finally:
            limited = False
    except Late:
        raised += 1
    try:
        right.recv(10)
    except BlockingIOError:
        pass
signal.setitimer(signal.ITIMER_REAL, 0)
print("late", raised, "times")
