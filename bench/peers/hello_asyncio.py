"""hello as an asyncio DatagramProtocol."""

import asyncio

from bench.peers import arguments


class Hello(asyncio.DatagramProtocol):
    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        data.decode("utf-8", "replace")
        self.transport.sendto(b"Hello client", addr)


async def main() -> None:
    address = (arguments.HOST, arguments.parse().port)
    await asyncio.get_running_loop().create_datagram_endpoint(Hello, local_addr=address)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
