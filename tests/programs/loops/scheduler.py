import heapq
import select
import socket
import sys
import time
from collections import deque
class Task:
    numbers = 0
    def __init__(self, target):
        Task.numbers += 1
        self.number, self.target = Task.numbers, target
class Scheduler:
    def __init__(self):
        self.tasks, self.ready, self.sleeping = {}, deque(), []
        self.poller, self.waiting = select.epoll(), {}
    def add(self, target):
        task = Task(target)
        self.tasks[task.number] = task
        self.ready.append(task)
    def run(self):
        while self.tasks:
            limit = 0 if self.ready else None
            if self.sleeping and limit is None:
                limit = max(0, self.sleeping[0][0] - time.monotonic())
            for fd, _ in self.poller.poll(limit):
                self.poller.unregister(fd)
                self.ready.append(self.waiting.pop(fd))
            while self.sleeping and self.sleeping[0][0] <= time.monotonic():
                self.ready.append(heapq.heappop(self.sleeping)[2])
            for _ in range(len(self.ready)):
                self.step(self.ready.popleft())
    def step(self, task):
        try:
            wanted, what = next(task.target)
        except StopIteration:
            del self.tasks[task.number]
            return
        if wanted == "sleep":
            heapq.heappush(self.sleeping, (time.monotonic() + what, task.number, task))
        elif wanted == "yield":
            self.ready.append(task)
        else:
            self.poller.register(what, select.EPOLLIN if wanted == "read" else select.EPOLLOUT)
            self.waiting[what.fileno()] = task
def received(conn):
    yield "read", conn
    return conn.recv(100)
def serve(conn):
    while data := (yield from received(conn)):
        if data == b"sleep\n":
            yield "sleep", 60
        elif data == b"block\n":
            time.sleep(6)
        elif data == b"spin\n":
            while True:
                yield "yield", None
        yield "write", conn
        conn.send(data)
    conn.close()
def accept(server):
    while True:
        yield "read", server
        scheduler.add(serve(server.accept()[0]))
scheduler = Scheduler()
scheduler.add(accept(socket.create_server(("127.0.0.1", int(sys.argv[1])))))
scheduler.run()
