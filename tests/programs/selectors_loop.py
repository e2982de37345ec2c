import selectors
from peer import beside, listener
server, address = listener()
server.setblocking(False)
thread, answers = beside(address, b"selectors")
selector = selectors.DefaultSelector()
selector.register(server, selectors.EVENT_READ)
over = False
while not over:
    for key, _ in selector.select():
        if key.fileobj is server:
            conn, _ = server.accept()
            conn.setblocking(False)
            selector.register(conn, selectors.EVENT_READ)
        elif data := key.fileobj.recv(100):
            key.fileobj.send(data)
        else:
            selector.unregister(key.fileobj)
            key.fileobj.close()
            over = True
thread.join()
print(answers)
