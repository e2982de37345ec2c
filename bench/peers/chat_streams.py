"""A chat on asyncio's streams: rooms by the first line, line by line, and nobody is waited for."""

import asyncio
import contextlib
from collections import defaultdict

from bench.peers import arguments

ROOMS: dict[bytes, set[asyncio.StreamWriter]] = defaultdict(set)


async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    room = ROOMS[await reader.readline()]
    room.add(writer)
    with contextlib.suppress(ConnectionError):
        while line := await reader.readline():
            for member in room:
                member.write(line)
    room.discard(writer)
    writer.close()


async def main() -> None:
    port = arguments.parse().port
    server = await asyncio.start_server(attend, arguments.HOST, port, backlog=arguments.BACKLOG)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
