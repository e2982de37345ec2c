import queue
import socket
import threading
import time
lock = threading.Lock()
line = queue.Queue()
bell = threading.Event()
one, other = socket.socketpair()
def reads(sock):
    while True:
        yield sock.fileno()
def holds():
    with lock:
        bell.wait()
def waits():
    with lock:
        pass
tasks = [reads(one), reads(other)]
for task in tasks:
    next(task)
unborn = reads(one)
threading.Thread(target=line.get, name="in a queue", daemon=True).start()
threading.Thread(target=holds, name="holder", daemon=True).start()
while not lock.locked():
    time.sleep(0.001)
last = threading.Thread(target=waits, name="waiter", daemon=True)
last.start()
last.join()
