import selectors
from peer import beside, listener
server, address = listener()
thread, answers = beside(address, b"generator")
def echo(sock):
    while True:
        yield sock
        data = sock.recv(100)
        if not data:
            sock.close()
            return
        sock.sendall(data)
def accepting():
    yield server
    tasks.append(echo(server.accept()[0]))
tasks, waiting = [accepting()], selectors.DefaultSelector()
while tasks or waiting.get_map():
    for task in tasks:
        try:
            waiting.register(next(task), selectors.EVENT_READ, task)
        except StopIteration:
            pass
    tasks = []
    for key, _ in waiting.select(1.0) if waiting.get_map() else ():
        waiting.unregister(key.fileobj)
        tasks.append(key.data)
        if key.fileobj is server:
            next(key.data, None)
            tasks.remove(key.data)
thread.join()
print(answers)
