import select
from peer import beside, listener
server, address = listener()
thread, answers = beside(address, b"poll")
poller = select.poll()
poller.register(server, select.POLLIN)
poller.poll()
conn, _ = server.accept()
poller.register(conn, select.POLLIN)
while poller.poll() and (data := conn.recv(10)):
    conn.sendall(data)
conn.close()
thread.join()
print(answers)
