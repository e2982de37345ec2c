import asyncio
import json


def solve(a, b, c):
    d = b * b - 4 * a * c
    if a == 0 or d < 0:
        return []
    return [(-b + d**0.5) / (2 * a), (-b - d**0.5) / (2 * a)]


def answer(line):
    try:
        request = json.loads(line)
        return {"roots": solve(float(request["a"]), float(request["b"]), float(request["c"]))}
    except (ValueError, KeyError, TypeError, ArithmeticError, RecursionError) as error:
        return {"error": f"expected a, b and c: {error}"}


async def handle(reader, writer):
    try:
        while line := await asyncio.wait_for(reader.readline(), 30):
            writer.write(json.dumps(answer(line)).encode() + b"\n")
            await asyncio.wait_for(writer.drain(), 30)
    except (OSError, ValueError, asyncio.TimeoutError) as error:
        print("connection ended:", repr(error))
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(handle, "127.0.0.1", 12013)
    print("asyncio server on 12013")
    async with server:
        await server.serve_forever()


try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
