import socket

HOST, PORT = "127.0.0.1", 9095


def solve(kind, numbers):
    if kind == "1":  # Pythagoras
        return (numbers[0] ** 2 + numbers[1] ** 2) ** 0.5
    if kind == "2":  # the area of a trapezoid
        return (numbers[0] + numbers[1]) / 2 * numbers[2]
    return "unknown task"


server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind((HOST, PORT))
server.listen(1)
print(f"Math server on {PORT}")
while True:
    connection, client_address = server.accept()
    request = connection.recv(1024).decode()
    kind, *words = request.split(";")
    result = solve(kind, [float(word) for word in words])
    connection.sendall(f"Result: {result}".encode())
    connection.close()
