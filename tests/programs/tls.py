import socket
import ssl
import threading
from pathlib import Path
PEM = str(Path(__file__).with_name("tls.pem"))
server_side, client_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=PEM)
server_side.load_cert_chain(PEM)
listener = socket.create_server(("127.0.0.1", 0))
got = []
def talk():
    with socket.create_connection(listener.getsockname()) as raw:
        with client_side.wrap_socket(raw, server_hostname="localhost") as sock:
            sock.sendall(b"secret")
            got.append(sock.recv(100))
            stream = sock.makefile("rwb")
            stream.write(b"a line\n")
            stream.flush()
            got.append(stream.readline())
            stream.close()
thread = threading.Thread(target=talk)
thread.start()
raw, _ = listener.accept()
with server_side.wrap_socket(raw, server_side=True) as conn:
    conn.send(conn.recv(100).upper())
    buffer = bytearray(20)
    size = conn.recv_into(buffer)
    conn.write(bytes(buffer[:size]).upper())
    thread.join()
listener.close()
print(got)
