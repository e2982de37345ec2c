import threading
from peer import beside, listener
server, address = listener()
_, answers = beside(address, b"1,2,x")
def work(conn):
    with conn:
        numbers = conn.recv(100).split(b",")
        conn.sendall(b"%d" % sum(int(number) for number in numbers))
worker = threading.Thread(target=work, args=server.accept()[:1], name="worker")
worker.start()
worker.join()
print("main goes on")
