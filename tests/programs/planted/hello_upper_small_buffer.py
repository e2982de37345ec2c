import socket

server_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server_socket.bind(("127.0.0.1", 12104))
print("UDP-сервер готов, жду сообщений")

# Сервер возвращает клиенту его же текст заглавными буквами
try:
    while True:
        message, client = server_socket.recvfrom(64)
        text = message.decode("utf-8", errors="replace")
        print("Клиент", client, "прислал", len(message), "байт")
        reply = text.upper().encode("utf-8")
        server_socket.sendto(reply[:65507], client)
except KeyboardInterrupt:
    pass
server_socket.close()
