import asyncio
from http import HTTPStatus

PAGE = "<!doctype html><title>Лаба</title><h1>Привет, мир!</h1>"
NAMES = {"/"}


def build(status, body, head_only=False, **headers):
    lines = [f"HTTP/1.1 {status.value} {status.phrase}"]
    headers = {"Content-Type": "text/html", **headers}
    headers["Content-Length"] = len(body)
    headers["Connection"] = "close"
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (b"" if head_only else body)


def answer(head):
    try:
        method, path, version = head.split(b"\r\n")[0].decode("ascii").split(" ")
    except ValueError:
        return build(HTTPStatus.BAD_REQUEST, b"bad request")
    if not version.startswith("HTTP/1"):
        return build(HTTPStatus.BAD_REQUEST, b"not HTTP/1")
    if method not in ("GET", "HEAD"):
        return build(HTTPStatus.METHOD_NOT_ALLOWED, b"no", Allow="GET, HEAD")
    if path not in NAMES:
        return build(HTTPStatus.NOT_FOUND, b"<h1>404</h1>", method == "HEAD")
    return build(HTTPStatus.OK, PAGE.encode(), method == "HEAD")


async def on_client(reader, writer):
    try:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), timeout=10)
        writer.write(answer(head))
        await asyncio.wait_for(writer.drain(), timeout=10)
    except (OSError, EOFError, asyncio.TimeoutError, asyncio.LimitOverrunError) as error:
        print("no answer:", error)
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(on_client, "localhost", 12149, limit=2**16)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
