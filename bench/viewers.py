"""A classroom that looks on: `python -m bench.viewers [VIEWERS]`.

Each viewer loads the overview and follows it by a websocket, as a page does: it acknowledges every
frame. The programs run, and one has clients. Measured: until all have their first frame; from a
click to its frame at the last viewer; a page for one visitor more; processor time of the dashboard.
"""

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

from simple_websocket import Client, ConnectionClosed
from wsproto.utilities import LocalProtocolError

from bench.sections.dashboard import TOKEN, Dashboard

VIEWERS = 40
LOOK_S = 10.0
CLICKS = 10
WAIT_S = 20.0
PROGRAMS = ("chat", "subjects", "page")
TOPICS = ["loop:subjects", "rows:subjects", "wire:subjects"]


class Viewer:
    """One page. `stopped`, `running`: set when it hears that of the program `hello`."""

    def __init__(self, url: str, topics: list[str]) -> None:
        self._url, self._topics = url, topics
        self.heard = {state: threading.Event() for state in ("STOPPED", "RUNNING")}
        self.first = threading.Event()
        self.frames = self.bytes = 0
        self.broke = ""
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        try:
            load(self._url)
            self._ws = Client.connect(self._url.replace("http", "ws") + "/ws/live")
            self._ws.send(json.dumps({"token": TOKEN, "subscribe": self._topics}))
            while True:
                self._take(self._ws.receive())
        except (OSError, ConnectionClosed, LocalProtocolError) as error:
            self.broke = str(error) or "closed"

    def _take(self, text: str) -> None:
        message = json.loads(text)
        self.frames, self.bytes = self.frames + 1, self.bytes + len(text)
        self.first.set()
        if message["type"] == "delta":
            self._ws.send(json.dumps({"ack": message["seq"]}))
        for event in message.get("events", []):
            view = event.get("server", {})
            if view.get("name") == "hello" and view["state"] in self.heard:
                self.heard[view["state"]].set()

    def close(self) -> None:
        self._ws.close()
        self._thread.join(WAIT_S)


def load(url: str) -> float:
    """Seconds for the overview."""
    began = time.perf_counter()
    with urllib.request.urlopen(url, timeout=WAIT_S) as page:
        page.read()
    return time.perf_counter() - began


def click(dashboard: Dashboard, viewers: list[Viewer], action: str, state: str) -> float:
    """Seconds from a click until the last viewer has heard of its result."""
    for viewer in viewers:
        viewer.heard[state].clear()
    began = time.perf_counter()
    dashboard.api("POST", f"/api/servers/hello/{action}")
    for viewer in viewers:
        if not viewer.heard[state].wait(WAIT_S):
            raise TimeoutError(f"a viewer has not heard of {state}")
    return time.perf_counter() - began


def look(dashboard: Dashboard, number: int, topics: list[str]) -> None:
    began = time.perf_counter()
    viewers = [Viewer(dashboard.url, topics) for _ in range(number)]
    lost = [viewer for viewer in viewers if not viewer.first.wait(WAIT_S)]
    all_s = time.perf_counter() - began
    used, frames = dashboard.cpu_s(), sum(viewer.frames for viewer in viewers)
    time.sleep(LOOK_S)
    cpu = 100 * (dashboard.cpu_s() - used) / LOOK_S
    frames = sum(viewer.frames for viewer in viewers) - frames
    steps = [("start", "RUNNING"), ("stop", "STOPPED")] * (CLICKS // 2)
    clicks = [click(dashboard, viewers, action, state) for action, state in steps]
    pages = [load(dashboard.url) for _ in range(CLICKS)]
    broke = sum(bool(viewer.broke) for viewer in viewers)
    print(
        f"{number:4} viewers {all_s:6.2f} s {statistics.median(clicks) * 1000:8.0f} ms"
        f"{max(clicks) * 1000:8.0f} ms{statistics.median(pages) * 1000:8.0f} ms{cpu:8.1f} %"
        f"{frames / LOOK_S:10.0f}{len(lost):8}{broke:8}"
    )
    for viewer in viewers:
        viewer.close()


def main() -> int:
    parser = argparse.ArgumentParser(description="Many viewers of one dashboard.")
    parser.add_argument("viewers", type=int, nargs="?", default=VIEWERS)
    number = parser.parse_args().viewers
    tables: list[tuple[str, list[Any]]] = [("the overview", []), ("the event loop", TOPICS)]
    with tempfile.TemporaryDirectory() as folder, Dashboard(Path(folder)) as dashboard:
        for name in PROGRAMS:
            dashboard.start(name)
        for title, topics in tables:
            print(f"{title}\n             all alive  click, median    worst     page"
                  "     cpu  frames/s    lost   broke")  # fmt: skip
            for size in (1, number):
                look(dashboard, size, topics)
    return 0


if __name__ == "__main__":
    sys.exit(main())
