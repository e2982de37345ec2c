"""Tracebacks and stacks as objects, texts and log lines."""

import logging
import socket
import threading
import traceback


def fail():
    left.recv(10)


def show():
    try:
        fail()
    except OSError as error:
        trace = error.__traceback__
    traceback.print_tb(trace)
    traceback.print_tb(trace, 1)
    print(traceback.format_tb(trace, -1), len(list(traceback.walk_tb(trace))))
    traceback.print_stack()
    traceback.print_stack(limit=1)
    print(traceback.format_stack(limit=-1), [one.lineno for one in traceback.extract_stack()])
    logging.warning("here", stack_info=True)


left, right = socket.socketpair()
left.settimeout(0.01)
show()
thread = threading.Thread(target=show)
thread.start()
thread.join()
