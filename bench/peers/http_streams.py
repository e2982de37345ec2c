"""HTTP on asyncio's streams; as http_protocol.py, but a coroutine for each connection."""

import asyncio
import contextlib

from bench.peers import arguments

GIVEN = arguments.parse()
ANSWER = GIVEN.head + GIVEN.body
LAST_ANSWER = GIVEN.last_head + GIVEN.body


async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            line, *fields = head[:-4].decode("latin-1").split("\r\n")
            _method, _target, _version = line.split(" ")
            headers = {}
            for field in fields:
                name, _, value = field.partition(":")
                headers[name.lower()] = value.strip()
            if headers.get("connection") == "close":
                writer.write(LAST_ANSWER)
                break
            writer.write(ANSWER)
            await writer.drain()
    writer.close()


async def main() -> None:
    server = await asyncio.start_server(
        attend, arguments.HOST, GIVEN.port, backlog=arguments.BACKLOG
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
