import asyncio

writers = set()
lock = asyncio.Lock()


async def send_all(line):
    async with lock:
        for writer in list(writers):
            writer.write(line)
            try:
                await writer.drain()
            except OSError:
                pass


async def handle(reader, writer):
    writers.add(writer)
    try:
        while line := await reader.readline():
            await send_all(line if line.endswith(b"\n") else line + b"\n")
    except (OSError, ValueError) as error:
        print("lost:", error)
    finally:
        writers.discard(writer)
        writer.close()


async def main():
    server = await asyncio.start_server(handle, "127.0.0.1", 12160)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
