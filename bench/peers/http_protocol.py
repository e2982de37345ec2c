"""HTTP on asyncio's Protocol: splits the request line and the headers, and answers the page.

It neither validates nor routes, has no limit, no deadline, no log: what is left is the price of
asyncio and of the sends.
"""

import asyncio

from bench.peers import arguments

GIVEN = arguments.parse()
ANSWER = GIVEN.head + GIVEN.body
LAST_ANSWER = GIVEN.last_head + GIVEN.body


class Http(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.begun = b""

    def data_received(self, data: bytes) -> None:
        data = self.begun + data
        while (end := data.find(b"\r\n\r\n")) >= 0:
            line, *fields = data[:end].decode("latin-1").split("\r\n")
            _method, _target, _version = line.split(" ")
            headers = {}
            for field in fields:
                name, _, value = field.partition(":")
                headers[name.lower()] = value.strip()
            if headers.get("connection") == "close":
                self.transport.write(LAST_ANSWER)
                self.transport.close()
                return
            self.transport.write(ANSWER)
            data = data[end + 4 :]
        self.begun = data


async def main() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Http, arguments.HOST, GIVEN.port, backlog=arguments.BACKLOG)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
