"""The one object behind the web application: everything that outlives a request.

create_app() makes it; nothing in it runs until it is first used, because an application is
also created for `flask routes`, for `flask shell`, twice under `--debug` and in every test.
"""

import contextlib
import itertools
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from dashboard.config import Config
from dashboard.live.broadcaster import Broadcaster
from dashboard.live.chat_hub import ChatHub
from dashboard.programs.settings import ServerSettings, Settings
from dashboard.recording.history import Chronicle
from dashboard.supervision import port_owner
from dashboard.supervision.managed import NOBODY_LOOKS, Surroundings
from dashboard.supervision.process import Listener, ServerProcess
from dashboard.supervision.supervisor import Supervisor
from labservers.observe import messages

LOOP_HZ = 10.0
ROWS_HZ = 2.0
LOGS_AT_FIRST = 500


class Lab:
    """Supervisor, broadcaster and what they need, wired."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.token = config.token or secrets.token_urlsafe(24)
        self.started_at = time.time()
        self._feed_ids = itertools.count(1)
        self._watchers: Counter[tuple[str, float, tuple[str, ...]]] = Counter()
        self._watchers_lock = threading.Lock()
        self.broadcaster = Broadcaster(
            Chronicle(config.feed_entries, config.history_s),
            beginning=self._beginning,
            changed=self._apply_rates,
        )
        self.supervisor = Supervisor(
            Settings(config.data_path / "servers.json", config.port_base),
            Surroundings(
                config=config,
                publish=self.publish,
                spawn=_spawn,
                check=_check,
                owner=lambda port, transport: port_owner.owner(
                    port, transport, self.supervisor.pids()
                ),
                free_port=self._free_port,
                background=_in_background,
            ),
        )
        self.chat_hub = ChatHub(lambda: self.supervisor.server("chat").generation)
        self.supervisor.on_events("chat", self.chat_hub.take)
        for view in self.supervisor.views():
            self.broadcaster.publish({"kind": "server", "server": view})

    def publish(self, event: dict[str, Any]) -> None:
        """Tell every tab; feed entries get their number and time here."""
        if event["kind"] == "feed":
            entry = {"id": next(self._feed_ids), "at": time.time(), **event["entry"]}
            event = {**event, "entry": entry}
        self.broadcaster.publish(event)

    def feed(self, name: str | None, code: str, **args: Any) -> None:
        self.publish({"kind": "feed", "entry": {"name": name, "code": code, "args": args}})

    def snapshot(self) -> dict[str, Any]:
        """What a page starts with."""
        return {**self.broadcaster.snapshot(), "servers": self.supervisor.views()}

    @contextlib.contextmanager
    def watch(self, name: str, hz: float, *views: str) -> Iterator[None]:
        """Ask a server for more frames a second, and for views, while the context lasts."""
        self._count_watcher(name, hz, views, 1)
        try:
            yield
        finally:
            self._count_watcher(name, hz, views, -1)

    def close(self, timeout_s: float = 1.5) -> None:
        """End the servers. Twice is once."""
        self.supervisor.close(timeout_s)

    def _count_watcher(self, name: str, hz: float, views: tuple[str, ...], change: int) -> None:
        with self._watchers_lock:
            self._watchers[name, hz, views] += change
        self._apply_rates()

    def _apply_rates(self) -> None:
        looks: dict[str, messages.Look] = {}

        def add(name: str, hz: float, *views: str) -> None:
            before = looks.get(name, NOBODY_LOOKS)
            looks[name] = messages.Look(max(before.hz, hz), sorted({*before.views, *views}))

        for topic in self.broadcaster.wanted():
            if topic == "loop":
                add("subjects", LOOP_HZ, "loop")
            elif topic.startswith("rows:"):
                add(topic.removeprefix("rows:"), ROWS_HZ, "rows")
        with self._watchers_lock:
            for (name, hz, views), count in self._watchers.items():
                if count > 0:
                    add(name, hz, *views)
        self.supervisor.look(looks, NOBODY_LOOKS)

    def _beginning(self, topic: str) -> list[dict[str, Any]]:
        kind, _, name = topic.partition(":")
        if kind == "logs":
            found = self.supervisor.server(name).log.since(0, LOGS_AT_FIRST)
            return [{"kind": "logs", "name": name, "lines": found["lines"], "skipped": 0}]
        return []

    def _free_port(self, settings: ServerSettings, transport: str) -> int | None:
        taken = self.supervisor.taken_ports()
        return port_owner.free_port(settings.host, settings.port, transport, taken)


def _spawn(arguments: list[str], listener: Listener) -> ServerProcess:
    return ServerProcess(arguments, listener)


def _check(name: str, host: str, port: int, timeout_s: float) -> None:
    from labservers.clients.checks import CHECKS

    CHECKS[name](host, port, timeout_s)


def _in_background(function: Any) -> None:
    threading.Thread(target=function, name="check", daemon=True).start()
