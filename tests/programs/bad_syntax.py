import socket
def broken(:
    pass
