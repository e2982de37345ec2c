"""Arguments that are given by name, in any order; peeks; buffers that are gathered."""

import array
import socket

left, right = socket.socketpair()
buffer, small = bytearray(100), bytearray(2)
left.sendall(array.array("h", [1, 2, 3]))
left.sendall(array.array("h", []))
print(right.recv_into(nbytes=1, buffer=buffer), right.recv_into(buffer, flags=socket.MSG_PEEK))
print(right.recvfrom_into(flags=socket.MSG_PEEK, buffer=buffer)[0], right.recv_into(buffer=buffer))
left.sendmsg([b"gather", memoryview(b"ed"), bytearray(b"!")])
left.sendmsg(iter([b"one", b"two"]))
print(right.recvmsg(3, 0, socket.MSG_PEEK)[0], right.recvmsg_into([small, memoryview(buffer)])[0])
for wrong in (lambda: socket.socket.recv(5, 10), lambda: left.recv_into(b"fixed"), left.sendmsg):
    try:
        wrong()
    except TypeError as error:
        print(error)
left.close()
