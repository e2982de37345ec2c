import socket, json

# Один клиент за раз, но никто не ждёт молчащего дольше полсекунды
sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.bind(('localhost', 12130))
sock.listen(128)


def get_request(conn):
    text = b''
    while len(text) < 50000:
        piece = conn.recv(1024)
        if not piece:
            return None
        text += piece
        try:
            return json.loads(text.decode('utf-8'))
        except (ValueError, RecursionError):
            pass
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
    except socket.timeout as e:
        print('Клиент молчит:', e)
    except KeyboardInterrupt:
        break
print('Сервер выключен')
