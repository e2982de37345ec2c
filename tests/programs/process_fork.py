import multiprocessing
import socket
def child(address):
    with socket.create_connection(address) as client:
        client.sendall(b"child process")
if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    server = socket.create_server(("127.0.0.1", 0))
    process = context.Process(target=child, args=(server.getsockname(),))
    process.start()
    conn, _ = server.accept()
    print(conn.recv(100))
    conn.close()
    process.join()
    print(process.exitcode)
