import select
from peer import beside, listener
if not hasattr(select, "epoll"):
    raise SystemExit
server, address = listener()
thread, answers = beside(address, b"epoll")
conn, _ = server.accept()
with select.epoll() as poller:
    poller.register(conn.fileno(), select.EPOLLIN)
    while poller.poll() and (data := conn.recv(10)):
        conn.sendall(data)
conn.close()
thread.join()
print(answers)
