import socket, json

# Один клиент за раз, но никто не ждёт молчащего дольше полсекунды
sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.bind(('localhost', 12113))
sock.listen(128)


def get_request(conn):
    data = conn.recv(50000)
    try:
        return json.loads(data.decode('utf-8'))
    except RecursionError:
        return None


def answer(conn):
    conn.settimeout(0.5)
    try:
        request = get_request(conn)
        c = (float(request['a']) ** 2 + float(request['b']) ** 2) ** 0.5
        conn.sendall(json.dumps({'c': c}).encode('utf-8'))
    except (TypeError, KeyError, ValueError, OverflowError):
        conn.sendall(json.dumps({'error': 'нужны a и b'}).encode('utf-8'))


while True:
    try:
        conn, addr = sock.accept()
        with conn:
            answer(conn)
    except OSError as e:
        print('Ошибка сети:', e)
    except KeyboardInterrupt:
        break
print('Сервер выключен')
