import pickle
import select
import selectors
import socket
import time
from time import sleep
class Clock:
    rest = time.sleep
ours, theirs = socket.socketpair()
sleep(0.01)
Clock().rest(0.01)
print(pickle.loads(pickle.dumps(sleep)) is sleep, sleep, sleep.__name__, repr(select.select))
print(select.select([ours], [], [], 0.01), len(select.select([], [theirs], [])[1]))
poll = select.poll()
poll.register(ours, select.POLLIN)
print(poll.poll(10))
with select.epoll() as epoll:
    epoll.register(theirs, select.EPOLLOUT)
    print(len(epoll.poll()), epoll.closed, isinstance(epoll, select.epoll))
selector = selectors.DefaultSelector()
selector.register(theirs, selectors.EVENT_WRITE)
print(len(selector.select()))
selector.close()
for wrong in (lambda: sleep(-1), lambda: sleep(), lambda: select.select(), lambda: input(1, 2)):
    try:
        wrong()
    except Exception as error:
        print(type(error).__name__, error)
try:
    input("> ")
except EOFError as error:
    print(error)
ours.close()
theirs.close()
