import select
from peer import beside, listener
server, address = listener()
thread, answers = beside(address, b"a", b"b")
sockets = [server]
while True:
    ready, _, _ = select.select(sockets, [], [])
    if server in ready:
        sockets.append(server.accept()[0])
        continue
    data = ready[0].recv(10)
    if not data:
        ready[0].close()
        break
    ready[0].sendall(data)
thread.join()
print(answers)
