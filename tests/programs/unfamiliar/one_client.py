from socket import *

s = socket(AF_INET, SOCK_STREAM)
s.bind(('localhost', 9091))
s.listen(1)
print('Сервер запущен')
conn, addr = s.accept()
print('Подключился', addr)
data = conn.recv(1024)
print('Клиент прислал:', data.decode('utf-8'))
conn.send('Hello, client'.encode('utf-8'))
conn.close()
s.close()
