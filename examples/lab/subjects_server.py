import re
import socket
from urllib.parse import parse_qs

from event_loop import TO_READ, TO_WRITE, EventLoop

HOST = "127.0.0.1"
PORT = 8105

loop = EventLoop()
students = {}  # number -> list of (subject, grade)


class HttpError(Exception):
    def __init__(self, status):
        self.status = status


def serve_forever():
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.bind((HOST, PORT))
    server.listen()
    print(f"Open http://{HOST}:{PORT}/subjects/1 in a browser")

    while True:
        yield TO_READ, server
        connection, address = server.accept()
        loop.create_task(serve_client(connection))


def serve_client(connection):
    try:
        yield TO_READ, connection
        method, path, body = read_request(connection)
        page = handle(method, path, body)

        yield TO_WRITE, connection
        send_response(connection, "200 OK", page)
    except HttpError as error:
        send_response(connection, error.status, "")
    except Exception as error:
        print(f"{type(error).__name__}: {error}")
        send_response(connection, "500 Internal Server Error", "")
    finally:
        connection.close()


def read_request(connection):
    stream = connection.makefile("rb")
    words = stream.readline().decode("iso-8859-1").split()
    if len(words) != 3:
        raise HttpError("400 Bad Request")

    headers = {}
    while True:
        line = stream.readline().decode("iso-8859-1").strip()
        if not line:
            break
        name, value = line.split(":", 1)
        headers[name] = value.strip()

    body = stream.read(int(headers.get("Content-Length", 0)))
    return words[0], words[1], body.decode()


def handle(method, path, body):
    if not re.fullmatch(r"/subjects/\d+", path):
        raise HttpError("404 Not Found")

    student = students.setdefault(path, [])
    if method == "POST":
        form = parse_qs(body)
        student.append((form["subject"][0], int(form["grade"][0])))
    elif method != "GET":
        raise HttpError("405 Method Not Allowed")

    rows = "".join(f"<li>{subject}: {grade}</li>" for subject, grade in student)
    return f"""<!doctype html>
<h1>Subjects of student {path.split("/")[2]}</h1>
<ul>{rows}</ul>
<form method="post">
  <input name="subject" placeholder="subject">
  <input name="grade" placeholder="grade">
  <button>Save</button>
</form>
"""


def send_response(connection, status, page):
    stream = connection.makefile("wb")
    stream.write(f"HTTP/1.1 {status}\r\n".encode())
    stream.write(b"Content-Type: text/html; charset=utf-8\r\n")
    stream.write(b"Connection: close\r\n\r\n")
    stream.write(page.encode())
    stream.flush()
    stream.close()


if __name__ == "__main__":
    loop.create_task(serve_forever())
    loop.run()
