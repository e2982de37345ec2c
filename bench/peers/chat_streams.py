"""A chat on asyncio's streams: rooms by the first line, line by line, and nobody is waited for.

With `--mode raw` the room is the first byte, and what one read() returned is a message.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Awaitable, Callable

from bench.peers import arguments

ROOMS: dict[bytes, set[asyncio.StreamWriter]] = defaultdict(set)


async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await relay(await reader.readline(), reader.readline, writer)


async def attend_raw(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await relay(await reader.read(1), lambda: reader.read(65_536), writer)


async def relay(
    name: bytes, read: Callable[[], Awaitable[bytes]], writer: asyncio.StreamWriter
) -> None:
    room = ROOMS[name]
    room.add(writer)
    with contextlib.suppress(ConnectionError):
        while message := await read():
            for member in room:
                member.write(message)
    room.discard(writer)
    writer.close()


async def main() -> None:
    given = arguments.parse()
    kind = attend_raw if given.mode == "raw" else attend
    server = await asyncio.start_server(kind, arguments.HOST, given.port, backlog=arguments.BACKLOG)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
