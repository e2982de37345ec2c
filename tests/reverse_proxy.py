"""A small reverse proxy: it shows a server under a prefix, and knows which requests went astray."""

import asyncio
import threading
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

HEAD_BYTES = 64 * 1024
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class ReverseProxy:
    """Listens on a port of its own; one request a connection, but a websocket stays open.

    `strips`: the server gets paths without the prefix, and its own address as Host, with the
    browser's in X-Forwarded-Host. Otherwise it gets both as they came.
    `strays`: paths outside the prefix that somebody asked for.
    """

    def __init__(self, port: int, prefix: str, *, strips: bool) -> None:
        self.prefix = prefix
        self.strays: list[str] = []
        self._server_port = port
        self._strips = strips
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy")
        self._thread.start()
        self._listening = self._do(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port: int = self._listening.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _end(self) -> None:
        self._listening.close()
        while left := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in left:
                task.cancel()
            await asyncio.wait(left)

    async def _serve(self, browser: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = await browser.readuntil(b"\r\n\r\n")
            if (asked := self._rewritten(head.decode("latin-1"))) is None:
                answer.write(NOT_FOUND)
            else:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._server_port)
                writer.write(asked.encode("latin-1"))
                await asyncio.gather(pipe(browser, writer), pipe(reader, answer))
        answer.close()

    def _rewritten(self, head: str) -> str | None:
        """The head for the server; None: the request is not for it."""
        first, *lines = head.split("\r\n")[:-2]
        method, path, version = first.split(" ")
        segments = path.split("/", self.prefix.count("/") + 1)
        before = "/".join(segments[: self.prefix.count("/") + 1])
        if unquote(before) != self.prefix:
            self.strays.append(path)
            return None
        headers = dict(line.split(": ", 1) for line in lines)
        if "Upgrade" not in headers:
            headers["Connection"] = "close"
        if self._strips:
            path = path[len(before) :] or "/"
            headers["X-Forwarded-Host"] = headers["Host"]
            headers["Host"] = f"127.0.0.1:{self._server_port}"
        fields = [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([f"{method} {path} {version}", *fields, "", ""])


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until the end, and end the other side."""
    try:
        while data := await reader.read(HEAD_BYTES):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
