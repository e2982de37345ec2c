import threading
from peer import beside, listener
server, address = listener()
talks = [beside(address, b"client %d" % n) for n in range(10)]
def serve(conn):
    with conn:
        while data := conn.recv(64):
            conn.sendall(data)
workers = []
for _ in talks:
    conn, _ = server.accept()
    workers.append(threading.Thread(target=serve, args=(conn,)))
    workers[-1].start()
for thread in [*workers, *(thread for thread, _ in talks)]:
    thread.join()
print([answers for _, answers in talks], threading.active_count(), threading.enumerate())
