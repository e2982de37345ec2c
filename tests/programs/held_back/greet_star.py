from socket import *

s = socket(AF_INET, SOCK_DGRAM)
s.bind(("127.0.0.1", 12300))
print("ready")
while True:
    try:
        msg, who = s.recvfrom(65535)
    except KeyboardInterrupt:
        break
    try:
        words = msg.decode()
    except UnicodeDecodeError:
        words = repr(msg)
    print(*who, ":", words)
    s.sendto(f"Hello, {who[0]}:{who[1]}".encode(), who)
s.close()
