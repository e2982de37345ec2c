"""A live feed that a test writes itself: the page of a program that no process has to be run for."""

import base64
import json
import time
from typing import Any

from playwright.sync_api import Page, WebSocketRoute

NAME = "server-3fa2c1"
KINDS = {
    "console": (),
    "code": (),
    "wire": ("wire", "streams"),
    "threads": ("threads", "wire", "streams"),
    "connections": ("rows",),
    "logs": ("logs",),
}


def base64_of(data: bytes) -> str | None:
    return base64.b64encode(data).decode() if data else None


def program(**more: Any) -> dict[str, Any]:
    """A program of the user as the dashboard shows it; it runs."""
    tabs = [
        {"name": tab, "topics": [f"{kind}:{NAME}" for kind in kinds], "linked": False}
        for tab, kinds in KINDS.items()
    ]
    values = {"name": NAME, "own": True, "task": None, "title": "server.py", "tabs": tabs}
    values |= {"state": "RUNNING", "paused": False, "host": "127.0.0.1", "port": 9090, "pid": 7}
    values |= {"protocol": "TCP", "transport": "tcp", "model": None, "models": []}
    values |= {"started_at": time.time() - 9, "generation": 1, "figures": None, "failure": None}
    values |= {"capabilities": ["wire", "threads"], "listening": ["127.0.0.1:9090"]}
    values |= {"crashes": [], "notices": [], "experiments": [], "experiment_kinds": {}}
    values |= {"observed": True, "held": None, "retry": None, "last_run": None, "step": None}
    return {**values, **more}


def point(n: int, call: str, stream: int | None, data: bytes = b"", **more: Any) -> dict[str, Any]:
    """A call of one thread in one line, half a second before now where nothing else is said."""
    values = {"n": n, "at": time.time() - 0.5, "thread": "Thread-1", "line": "server.py:24"}
    values |= {"function": "serve", "id": stream, "stream": stream, "fd": stream, "call": call}
    values |= {"waited_us": 200, "bytes": len(data), "data": base64_of(data), "cut": None}
    return {**values, "result": None, "error": None, **more}


def stream(number: int, peer: str | None, **more: Any) -> dict[str, Any]:
    values = {"id": number, "fd": number, "kind": "stream", "family": "AF_INET", "lost": 0}
    values |= {"local": "127.0.0.1:9090", "peer": peer, "listener": 1 if peer else None}
    values |= {"state": "open" if peer else "listening", "opened_at": 0.0, "closed_at": None}
    return {**values, "bytes_in": 0, "bytes_out": 0, "calls": 0, **more}


def thread(number: int, call: str | None, **more: Any) -> dict[str, Any]:
    values = {"id": number, "name": f"Thread-{number}", "daemon": True, "line": "server.py:24"}
    values |= {"function": "serve", "call": call, "waited_s": 1.5, "socket": None, "lock": None}
    return {**values, "waits_for": None, **more}


def lock(number: int, holder: str | None, *waiters: str, **more: Any) -> dict[str, Any]:
    values = {"id": number, "kind": "Lock", "line": f"server.py:{number}", "holder": holder}
    values |= {"taken": holder and "server.py:30", "held_s": 0.4 if holder else None}
    values |= {"waiters": list(waiters), "held_total_s": 1.0, "waited_total_s": 0.5}
    return {**values, **more}


class Feed:
    """The dashboard's end of the live channel. `open` is called before the page goes anywhere."""

    def __init__(self, *servers: dict[str, Any]) -> None:
        self._servers = list(servers)
        self._seq = 1
        self._told: list[dict[str, Any]] = []
        self._end: WebSocketRoute | None = None
        self._page: Page | None = None

    def open(self, page: Page) -> None:
        self._page = page
        page.route_web_socket("**/ws/live", self._answer)

    def show(self, path: str) -> None:
        """Go to a page of the program, as its links do."""
        assert self._page
        self._page.wait_for_selector('.conn[data-link="live"]')
        self._page.evaluate(
            """(path) => {
              history.pushState(null, "", path);
              dispatchEvent(new PopStateEvent("popstate"));
            }""",
            path,
        )

    def tab(self, name: str, query: str = "") -> None:
        self.show(f"/programs/{NAME}/{name}{query}")

    def send(self, kind: str, **values: Any) -> None:
        self._told.append({"kind": kind, "name": NAME, **values})
        self._tell(self._told[-1:])

    def points(self, *points: dict[str, Any]) -> None:
        self.send("wire", lines=list(points), skipped=0)

    def streams(self, *streams: dict[str, Any]) -> None:
        self.send("streams", streams=list(streams), total=len(streams))

    def rows(self, *rows: dict[str, Any]) -> None:
        table = {"kind": "connections", "total": len(rows), "rows": list(rows)}
        self.send("rows", rows=table, at=time.time())

    def threads(self, *threads: dict[str, Any], **more: Any) -> None:
        values = {"locks": [], "tasks": [], "tasks_total": 0, "deadlock": None, "at": time.time()}
        self.send("threads", threads=list(threads), **{**values, "total": len(threads), **more})

    def _answer(self, end: WebSocketRoute) -> None:
        self._end = end
        end.on_message(self._hear)

    def _hear(self, text: str | bytes) -> None:
        assert self._end
        message = json.loads(text)
        if "ping" in message:
            self._end.send(json.dumps({"type": "pong", "ping": message["ping"]}))
        elif "token" in message:
            self._seq = 1
            snapshot = {"type": "snapshot", "seq": 1, "now": time.time(), "feed": []}
            self._end.send(
                json.dumps({**snapshot, "history": {}, "files": [], "servers": self._servers})
            )
            if self._told:  # the page was kept waiting, took the link for lost and comes again
                self._tell(self._told)

    def _tell(self, events: list[dict[str, Any]]) -> None:
        assert self._end
        self._seq += 1
        self._end.send(json.dumps({"type": "delta", "seq": self._seq, "events": events}))
