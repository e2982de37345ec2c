from select import select

TO_READ = "to_read"
TO_WRITE = "to_write"


class EventLoop:
    def __init__(self):
        self.tasks = []
        self.to_read = {}
        self.to_write = {}

    def create_task(self, task):
        self.tasks.append(task)

    def run(self):
        while self.tasks or self.to_read or self.to_write:
            while not self.tasks:
                readable, writable, _ = select(self.to_read, self.to_write, [])
                for sock in readable:
                    self.tasks.append(self.to_read.pop(sock))
                for sock in writable:
                    self.tasks.append(self.to_write.pop(sock))

            task = self.tasks.pop(0)
            try:
                operation, sock = next(task)
            except StopIteration:
                continue

            if operation == TO_READ:
                self.to_read[sock] = task
            elif operation == TO_WRITE:
                self.to_write[sock] = task
