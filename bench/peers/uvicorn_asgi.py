"""HTTP on uvicorn with a plain ASGI application; `--mode h11` or `--mode httptools`.

httptools comes with uvloop, h11 with asyncio's own loop. A POST is read to its end and answered
with 303, and nothing is stored.
"""

from typing import Any

import uvicorn

from bench.peers import arguments

GIVEN = arguments.parse()
LOOPS = {"h11": "asyncio", "httptools": "uvloop"}
HEADERS = [
    (b"content-type", GIVEN.media.encode()),
    (b"content-length", str(len(GIVEN.body)).encode()),
]


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    if scope["method"] == "POST":
        while (await receive()).get("more_body"):
            pass
        location = [(b"location", scope["path"].encode()), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 303, "headers": location})
        await send({"type": "http.response.body", "body": b""})
        return
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": GIVEN.body})


if __name__ == "__main__":
    uvicorn.run(
        app,
        host=arguments.HOST,
        port=GIVEN.port,
        http=GIVEN.mode,
        loop=LOOPS[GIVEN.mode],
        lifespan="off",
        access_log=False,
        log_level="warning",
        backlog=arguments.BACKLOG,
    )
