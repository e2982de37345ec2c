"""In place of four browsers: websockets that follow pages as a tab does, drawing nothing."""

import contextlib
import json
import threading
import time

from simple_websocket import Client, ConnectionClosed, ConnectionError

from bench.sections.dashboard import TOKEN

POLL_S = 0.5
AGAIN_S = 1.0


class Watchers:
    """One websocket for each list of topics; each stays a while, then comes anew."""

    def __init__(self, url: str, topics: list[list[str]], stay_s: float) -> None:
        self._address = f"{url.replace('http', 'ws')}/ws/live"
        self._stay_s = stay_s
        self._done = threading.Event()
        self._threads = [
            threading.Thread(target=self._follow, args=(of_one,), name="watcher")
            for of_one in topics
        ]

    def __enter__(self) -> "Watchers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()

    def _follow(self, topics: list[str]) -> None:
        while not self._done.is_set():
            with contextlib.suppress(OSError, ConnectionClosed, ConnectionError):
                self._look(topics)
            self._done.wait(AGAIN_S)

    def _look(self, topics: list[str]) -> None:
        sock = Client.connect(self._address)
        until = time.monotonic() + self._stay_s
        try:
            sock.send(json.dumps({"token": TOKEN, "subscribe": topics}))
            while not self._done.is_set() and time.monotonic() < until:
                if text := sock.receive(POLL_S):
                    sock.send(json.dumps({"ack": json.loads(text)["seq"]}))
        finally:
            with contextlib.suppress(ConnectionClosed):
                sock.close()
            sock.thread.join()
