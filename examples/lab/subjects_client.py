import socket

SERVER_HOST = "127.0.0.1"
SERVER_PORT = 8105
BUFFER_SIZE = 1024

subject = input("Subject: ").strip()
grade = input("Grade: ").strip()
body = f"subject={subject}&grade={grade}"

client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client.connect((SERVER_HOST, SERVER_PORT))
client.send(
    "POST /subjects/1 HTTP/1.1\r\n"
    "Host: localhost\r\n"
    f"Content-Length: {len(body)}\r\n"
    "\r\n"
    f"{body}".encode()
)

while True:
    data = client.recv(BUFFER_SIZE)
    if not data:
        break
    print(data.decode(), end="")

client.close()
