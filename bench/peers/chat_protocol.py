"""A chat on asyncio's Protocol: rooms by the first line, whole lines go to everybody at once.

With `--mode raw` the room is the first byte, and what one recv() returned is a message.
"""

import asyncio
from collections import defaultdict

from bench.peers import arguments

ROOMS: dict[bytes, set[asyncio.Transport]] = defaultdict(set)


class Member(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.room: set[asyncio.Transport] | None = None
        self.begun = b""

    def data_received(self, data: bytes) -> None:
        lines, end, self.begun = (self.begun + data).rpartition(b"\n")
        if not end:
            return
        if self.room is None:
            room, _, lines = lines.partition(b"\n")
            self.room = ROOMS[room]
            self.room.add(self.transport)
        if lines:
            lines += end
            for member in self.room:
                member.write(lines)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.room is not None:
            self.room.discard(self.transport)


class RawMember(Member):
    def data_received(self, data: bytes) -> None:
        if self.room is None:
            self.room = ROOMS[data[:1]]
            self.room.add(self.transport)
            data = data[1:]
        if data:
            for member in self.room:
                member.write(data)


async def main() -> None:
    given, loop = arguments.parse(), asyncio.get_running_loop()
    kind = RawMember if given.mode == "raw" else Member
    server = await loop.create_server(kind, arguments.HOST, given.port, backlog=arguments.BACKLOG)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
