# Самый простой сервер страницы: конец ответа - это закрытое соединение
import socket
from threading import Thread

HTML = '''<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>Задание 3</title></head>
<body><p>Привет из сокета</p></body></html>
'''


def get_request(client_socket):
    data = b''
    while not data.endswith(b'\r\n\r\n'):
        chunk = client_socket.recv(2048)
        if chunk == b'':
            return None
        data += chunk
        if len(data) > 65000 or b'\r\n\r\n' in data:
            break
    return data.decode('utf-8', 'replace')


def make_answer(request):
    first = request.split('\r\n')[0].split()
    if len(first) != 3 or 'HTTP/' not in first[2]:
        return '400 Bad Request', 'плохой запрос'
    if first[0] != 'GET' and first[0] != 'HEAD':
        return '405 Method Not Allowed\r\nAllow: GET, HEAD', 'только GET'
    return '200 OK', HTML if first[0] == 'GET' else ''


def client_thread(client_socket):
    try:
        client_socket.settimeout(5)
        request = get_request(client_socket)
        if request is not None:
            status, html = make_answer(request)
            if request.startswith('HEAD'):
                html = ''
            headers = 'Content-Type: text/html; charset=utf-8\r\nConnection: close\r\n\r\n'
            client_socket.sendall(f'HTTP/1.1 {status}\r\n{headers}{html}'.encode('utf-8'))
    except OSError:
        print('клиент ушёл')
    finally:
        client_socket.close()


server_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server_socket.bind(('127.0.0.1', 12143))
server_socket.listen(50)
try:
    while True:
        client_socket, addr = server_socket.accept()
        Thread(target=client_thread, args=(client_socket,), daemon=True).start()
except KeyboardInterrupt:
    print('Выход')
    server_socket.close()
