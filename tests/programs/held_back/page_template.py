import asyncio


async def visit(reader, writer):
    try:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
        first = head.split(b"\r\n", 1)[0].split()
        if len(first) != 3 or not first[2].startswith(b"HTTP/"):
            status, page = "400 Bad Request", b""
        elif first[0] not in (b"GET", b"HEAD"):
            status, page = "405 Method Not Allowed", b""
        elif first[1] != b"/":
            status, page = "404 Not Found", b""
        else:
            with open("page.html", "rb") as file:
                status, page = "200 OK", file.read()
        top = (
            f"HTTP/1.1 {status}\r\nContent-Length: {len(page)}\r\n"
            "Content-Type: text/html; charset=utf-8\r\nConnection: close\r\n\r\n"
        )
        writer.write(top.encode() + (b"" if first[:1] == [b"HEAD"] else page))
        await writer.drain()
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.TimeoutError, OSError):
        pass
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(visit, "127.0.0.1", 12309, backlog=100)
    await server.serve_forever()


try:
    asyncio.run(main())
except KeyboardInterrupt:
    print("stopped")
