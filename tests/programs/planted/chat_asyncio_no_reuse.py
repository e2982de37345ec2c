import asyncio

writers = set()
LIMIT = 1_000_000


def send_all(line):
    for writer in writers:
        if writer.transport.get_write_buffer_size() < LIMIT:
            writer.write(line)


async def handle(reader, writer):
    writers.add(writer)
    try:
        while line := await reader.readline():
            send_all(line if line.endswith(b"\n") else line + b"\n")
    except (OSError, ValueError) as error:
        print("lost:", error)
    finally:
        writers.discard(writer)
        writer.close()


async def main():
    server = await asyncio.start_server(handle, "127.0.0.1", 12174, reuse_address=False)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
