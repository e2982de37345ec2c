"""Threads that die where the program has a hook of its own, and where threading knows nothing."""

import _thread
import socket
import threading
import time


def report(args):
    print("a thread died:", args.exc_type.__name__, args.thread.name)


def fail():
    int("x")


def wait():
    begun.release()
    left.recv(10)


class Leaves:
    def __del__(self):
        left.recv(10)


threading.excepthook = report
left, right = socket.socketpair()
left.settimeout(0.01)
thread = threading.Thread(target=fail, name="worker")
thread.start()
thread.join()
begun, others = _thread.allocate_lock(), _thread._count()
begun.acquire()
_thread.start_new_thread(wait, ())
begun.acquire()
while _thread._count() > others:
    time.sleep(0.01)
leaves = Leaves()
del leaves
