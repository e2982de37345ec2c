import asyncio
import sys
async def serve(reader, writer):
    while line := await reader.readline():
        if line == b"sleep\n":
            await asyncio.sleep(60)
        async with turn:
            if line == b"hold\n":
                await asyncio.sleep(60)
        if line == b"flood\n":
            writer.write(bytes(50_000_000))
            await writer.drain()
        writer.write(line)
class Upper(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
    def data_received(self, data):
        self.transport.write(data.upper())
async def main():
    global turn
    turn = asyncio.Lock()
    loop = asyncio.get_running_loop()
    await loop.create_server(Upper, "127.0.0.1", int(sys.argv[2]))
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()
asyncio.run(main())
