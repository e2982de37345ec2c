import socket

HOST = "127.0.0.1"
PORT = 8101
BUFFER_SIZE = 1024


def serve():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((HOST, PORT))
    print(f"Waiting for datagrams on {HOST}:{PORT}")

    while True:
        data, address = server.recvfrom(BUFFER_SIZE)
        text = data.decode()
        print(f"{address} says: {text}")
        server.sendto("Hello client".encode(), address)


if __name__ == "__main__":
    serve()
