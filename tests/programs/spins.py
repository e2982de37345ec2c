from peer import beside, listener
server, address = listener()
thread, answers = beside(address, b"x")
conn, _ = server.accept()
empty = 0
while empty < 20_000:
    if not conn.recv(10):
        empty += 1
conn.close()
thread.join()
print(empty)
