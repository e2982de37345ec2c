import pathlib
import socket
import threading
import time

HOST = "localhost"
PORT = 12189
MAX_HEAD = 65536
PAGE = pathlib.Path(__file__).with_name("page.html")


def read_head(conn):
    head = b""
    while b"\r\n\r\n" not in head and len(head) < MAX_HEAD:
        part = conn.recv(1024)
        if not part:
            break
        head += part
    return head.decode("latin-1")


def respond(conn, status, body=b"", head_only=False, extra=""):
    head = (
        f"HTTP/1.1 {status}\r\n"
        "Content-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n"
        f"{extra}Connection: close\r\n\r\n"
    )
    conn.sendall(head.encode() + (b"" if head_only else body))


def serve_client(conn):
    request = read_head(conn)
    if not request:
        return
    words = request.split("\r\n")[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        respond(conn, "400 Bad Request", b"<h1>Bad request</h1>")
        return
    method, path, _ = words
    if method not in ("GET", "HEAD"):
        respond(conn, "405 Method Not Allowed", b"<h1>GET only</h1>", extra="Allow: GET, HEAD\r\n")
    elif path not in ("/", "/index.html"):
        respond(conn, "404 Not Found", b"<h1>Not found</h1>", method == "HEAD")
    else:
        time.sleep(0.3)  # the page is calculated
        respond(conn, "200 OK", PAGE.read_bytes(), method == "HEAD")


def work(conn, address):
    with conn:
        conn.settimeout(10)
        try:
            serve_client(conn)
        except OSError as error:
            print(address, error)


def serve():
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((HOST, PORT))
    server.listen(100)
    print(f"http://{HOST}:{PORT}/")
    while True:
        conn, address = server.accept()
        if threading.active_count() > 10:
            conn.close()  # too many
            continue
        threading.Thread(target=work, args=(conn, address), daemon=True).start()


if __name__ == "__main__":
    try:
        serve()
    except KeyboardInterrupt:
        print("stopped")
