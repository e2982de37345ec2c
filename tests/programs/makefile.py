from peer import beside, listener
server, address = listener()
thread, answers = beside(address, b"line 1\nli", b"ne 2\n")
conn, _ = server.accept()
with conn, conn.makefile("r", encoding="utf-8") as incoming, conn.makefile("wb") as outgoing:
    for line in incoming:
        outgoing.write(b"> " + line.encode())
thread.join()
print(answers)
