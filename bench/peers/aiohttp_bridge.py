"""A browser's way into the chat on aiohttp: a websocket and a TCP connection for each member.

It has the work of the dashboard's bridge: JSON both ways, and for each line its number and time.
It has no token, no bounds and no senders.
"""

import argparse
import asyncio
import json
import time

from aiohttp import web

from bench.peers.arguments import BACKLOG, HOST


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--chat", type=int, required=True, help="port of the chat server")
    return parser.parse_args()


GIVEN = parse()


async def bridge(request: web.Request) -> web.WebSocketResponse:
    sock = web.WebSocketResponse(compress=False)
    await sock.prepare(request)
    first = await sock.receive_json()
    reader, writer = await asyncio.open_connection(HOST, GIVEN.chat)
    writer.write(f"{first['room']}\n".encode())
    forward = asyncio.create_task(down(reader, sock))
    try:
        async for message in sock:
            writer.write(f"{first['name']}: {json.loads(message.data)['say']}\n".encode())
            await writer.drain()
    finally:
        forward.cancel()
        writer.close()
    return sock


async def down(reader: asyncio.StreamReader, sock: web.WebSocketResponse) -> None:
    number = 0
    async for line in reader:
        number += 1
        text = line.decode().removesuffix("\n")
        await sock.send_str(json.dumps({"number": number, "time": time.time(), "text": text}))


if __name__ == "__main__":
    app = web.Application()
    app.router.add_get("/ws/chat", bridge)
    web.run_app(app, host=HOST, port=GIVEN.port, access_log=None, print=None, backlog=BACKLOG)
