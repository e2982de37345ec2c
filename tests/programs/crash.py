from peer import beside, listener
def decode(data):
    text = data.decode()
    return text
server, address = listener()
thread, answers = beside(address, b"\xff\xfe")
conn, _ = server.accept()
data = conn.recv(10)
thread_is = "still there"
conn.close()
thread.join()
decode(data)
