import socket
from peer import beside, listener
server, address = listener()
thread, answers = beside(address)
conn, _ = server.accept()
with open("note.txt", "rb") as file:
    print(conn.sendfile(file))
conn.close()
thread.join()
print(answers)
