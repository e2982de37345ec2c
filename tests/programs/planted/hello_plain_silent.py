import socket

PORT = 12197
HOST = "127.0.0.1"
BUFFER_SIZE = 65535


def serve():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((HOST, PORT))
    print(f"Waiting on {HOST}:{PORT}")
    try:
        while True:
            request_data, client_address = server.recvfrom(BUFFER_SIZE)
            print(client_address, request_data.decode(errors="replace"))
    except KeyboardInterrupt:
        print("Bye")
    finally:
        server.close()


if __name__ == "__main__":
    serve()
