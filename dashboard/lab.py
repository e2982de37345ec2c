"""The one object behind the web application: everything that outlives a request.

create_app() makes it; nothing in it runs until it is first used, because an application is
also created for `flask routes`, for `flask shell`, twice under `--debug` and in every test.
"""

import contextlib
import itertools
import os
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from dashboard import allocator, restoring
from dashboard.checks.checks import Checks
from dashboard.config import Config
from dashboard.experiments.experiments import Experiments
from dashboard.holder import Holder
from dashboard.instance import Instance
from dashboard.live.broadcaster import Broadcaster
from dashboard.live.chat_hub import ChatHub
from dashboard.live.events import KINDS, EventDict, kind_and_name
from dashboard.live.tabs import Tabs
from dashboard.programs import files
from dashboard.programs.catalogue import Catalogue
from dashboard.programs.opened import Opened
from dashboard.programs.pythons import Python, Pythons
from dashboard.programs.settings import ServerSettings, Settings
from dashboard.programs.shelf import Shelf
from dashboard.recording.chronicle import Chronicle
from dashboard.recording.memory import Memory
from dashboard.supervision import port_owner, session
from dashboard.supervision.hosts import with_choices
from dashboard.supervision.lifecycle import State
from dashboard.supervision.managed import NOBODY_LOOKS
from dashboard.supervision.own import OwnPrograms
from dashboard.supervision.process import ServerProcess, answer_of
from dashboard.supervision.saves import Saves
from dashboard.supervision.supervisor import Supervisor
from dashboard.supervision.surroundings import Surroundings
from dashboard.troubles import Troubles
from dashboard.updated import Updates
from labservers.observe import messages

HERE = Path(__file__).resolve().parent
SOURCE_BYTES = 4 * 1024 * 1024
# Inside the package where it was installed, beside it in a checkout.
EXAMPLES = next(
    (e for e in (HERE / "examples/lab", HERE.parent / "examples/lab") if e.is_dir()), None
)


class Lab:
    """Supervisor, broadcaster and their parts, wired."""

    def __init__(
        self, config: Config, programs: Catalogue, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.config = config
        self.programs = programs
        self.instance = Instance(config.data_path)
        self.holder: Holder | None = None  # of the folder, where that is another dashboard
        self.token = config.token or secrets.token_urlsafe(24)
        self._clock, self._began = clock, clock()
        self._feed_ids = itertools.count(1)
        self._watchers: Counter[tuple[str, float, tuple[str, ...]]] = Counter()
        self._watchers_lock = threading.Lock()
        self._looks_lock = threading.Lock()  # so that the looks found last are applied last
        self.tabs = Tabs()
        self.broadcaster = Broadcaster(
            Chronicle(config.feed_entries, config.history_s),
            beginning=self._beginning,
            changed=self._apply_rates,
        )
        self.troubles = Troubles(self.publish)
        self._updates = Updates()
        self.settings = Settings(
            config.data_path / "servers.json", config.port_base, programs, self.troubles
        )
        self.ran = restoring.Ran(
            config.data_path / "restore.json", bool(config.restore), troubles=self.troubles
        )
        opened = Opened(config.data_path)
        self.pythons = Pythons(answer_of, opened.pythons)
        saves = Saves(self.pythons.problem)
        self.supervisor = Supervisor(programs, self.settings, self._surroundings(), saves)
        self.chat_hub = self._chat_hub()
        self.experiments = Experiments(self.supervisor, self.feed, ServerProcess)
        folder = config.data_path / "checks"
        self.checks = Checks(
            self.supervisor, folder, self.publish, ServerProcess, troubles=self.troubles
        )
        self.own = OwnPrograms(
            Shelf(config.program_folders, opened, EXAMPLES),
            self.pythons,
            programs,
            self.settings,
            self.supervisor,
            self.publish,
            self.troubles,
        )
        for view in self.supervisor.views():
            self.broadcaster.publish({"kind": "server", "server": view})
        self.broadcaster.publish(restoring.event(self.ran.wanted))
        self.own.remember()

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            config=self.config,
            publish=self.publish,
            spawn=ServerProcess,
            owner=self._port_owner,
            free_port=self._free_port,
            listening=_listening,
            background=_in_background,
            wanted=lambda topic: topic in self.broadcaster.wanted(),
            is_open=self.tabs.is_open,
            kept_s=port_owner.kept_s,
            another_python=self._another_python,
            memory=Memory(self.config.recordings_bytes),
            give_back=allocator.give_back,
            troubles=self.troubles,
            clock_was_set=self.clock_was_set,
        )

    def clock_was_set(self, by_s: float) -> None:
        """News, and what pages know of our clock is told anew."""
        way = "ahead" if by_s > 0 else "back"
        self.feed(None, "clock_set", kind=way, set_us=round(abs(by_s) * 1e6))
        self.broadcaster.begin_anew()

    def uptime_s(self) -> float:
        """Not by the wall clock, which is set at times."""
        return self._clock() - self._began

    def publish(self, event: EventDict) -> None:
        """Send to every tab; feed entries get their number and time here."""
        if event["kind"] == "feed":
            entry = {"id": next(self._feed_ids), "at": time.time(), **event["entry"]}
            event = {**event, "entry": entry}
        elif event["kind"] == "server":
            name, state = event["server"]["name"], event["server"]["state"]
            self.experiments.program_changed(name, state)
            self.ran.moved(name, State(state))
        elif event["kind"] == "gone":
            self.ran.moved(event["name"], None)
        self.broadcaster.publish(event)

    def has_topic(self, topic: str) -> bool:
        """Whether a tab can ask for it: a kind of event by topic, of a program that has it."""
        kind, _, name = topic.partition(":")
        if kind not in KINDS or name not in self.programs or not KINDS[kind].by_topic:
            return False
        capability = KINDS[kind].capability
        return not capability or capability in self.supervisor.server(name).capabilities

    def feed(self, name: str | None, code: str, /, **args: Any) -> None:
        """Add news for the reader; `args` may have any names, also those of our own parameters."""
        self.publish({"kind": "feed", "entry": {"name": name, "code": code, "args": args}})

    def look_on(self) -> None:
        """Another dashboard has the folder: start nothing, and write nothing."""
        self.holder = Holder(self.config.data_path, self.publish, but=os.getpid())

    def snapshot(self) -> dict[str, Any]:
        """The state that a page starts with."""
        self.look_at_disk()
        return self.with_hosts(self.broadcaster.snapshot())

    def look_at_disk(self) -> None:
        """Publish what is new there, unless the last look is only some seconds old."""
        self.own.publish_files()
        if changed := self._updates.look():
            self.troubles.begin("updated", changed.name)
        if self.holder is not None:
            self.holder.look()

    def with_hosts(self, snapshot: dict[str, Any]) -> dict[str, Any]:
        """A snapshot with the addresses that programs can be put on: they are not a
        program's state, and to look them up may take a moment, so it is done outside every lock."""
        return {**snapshot, "servers": with_choices(snapshot["servers"])}

    @contextlib.contextmanager
    def watch(self, name: str, hz: float, *views: str) -> Iterator[None]:
        """Ask a server for more frames a second, and for views, while the context lasts."""
        self._count_watcher(name, hz, views, 1)
        try:
            yield
        finally:
            self._count_watcher(name, hz, views, -1)

    def serve(self) -> None:
        """The dashboard answers from now on: start again what ran at its last end, where that is
        wanted. Twice is once; one that looks on starts nothing."""
        if self.holder is not None:
            return
        names = self.ran.serve()
        if names:
            _in_background(lambda: self._start_again(names))

    def _start_again(self, names: list[str]) -> None:
        wait_s = self.config.start_timeout_s
        restoring.start_again(
            names, self.supervisor, self.feed, lambda name: self.ran.moved(name, None), wait_s
        )

    def restore(self, wanted: bool) -> None:
        """Choose whether what runs at the dashboard's end is started again with it."""
        self.ran.choose(wanted)
        self.publish(restoring.event(wanted))

    def close(self, timeout_s: float = 1.5) -> None:
        """End the experiments, the checks and the programs, and give the data folder back. Twice
        is once."""
        self.ran.end()
        self.checks.cancel_all()  # they end beside the programs
        self.experiments.close()
        self.supervisor.close(timeout_s)
        self.checks.close()
        self.instance.release()

    def _count_watcher(self, name: str, hz: float, views: tuple[str, ...], change: int) -> None:
        with self._watchers_lock:
            self._watchers[name, hz, views] += change
            self._watchers += Counter()  # keeps those above zero
        self._apply_rates()

    def _apply_rates(self) -> None:
        with self._looks_lock:
            self.supervisor.look(self._looks(), NOBODY_LOOKS)

    def _looks(self) -> dict[str, messages.Look]:
        looks: dict[str, messages.Look] = {}

        def add(name: str, hz: float, *views: str) -> None:
            before = looks.get(name, NOBODY_LOOKS)
            looks[name] = messages.Look(max(before.hz, hz), sorted({*before.views, *views}))

        for topic in self.broadcaster.wanted():
            kind, name = kind_and_name(topic)
            if kind.hz:
                add(name, kind.hz, kind.view)
        with self._watchers_lock:
            for name, hz, views in self._watchers:
                add(name, hz, *views)
        return looks

    def _chat_hub(self) -> ChatHub:
        """The hub of the program that has rooms; of nothing where the catalogue has none."""
        names = [name for name, program in self.programs.items() if program.can("rooms")]
        if not names:
            return ChatHub()
        server = self.supervisor.server(names[0])
        hub = ChatHub()
        server.reports.event_listeners.append(hub.take)
        return hub

    def _beginning(self, topic: str) -> list[EventDict]:
        kind, name = kind_and_name(topic)
        if kind.kind == "check":
            return [self.checks.event(name)]
        return self.supervisor.server(name).reports.newest(kind.kind)

    def _another_python(self, file: Path, but: str) -> Python | None:
        try:
            source = files.read(file, SOURCE_BYTES)
        except OSError:
            return None
        return self.pythons.that_reads(source, but)

    def _port_owner(self, settings: ServerSettings, transport: str) -> dict[str, Any] | None:
        servers = self.supervisor.by_pid()
        owner = port_owner.owner(settings.host, settings.port, transport, servers)
        server = servers.get(owner["pid"]) if owner else None
        if owner and server and server.program.own:  # its command is that of the observation
            words = f"{server.program.title} {server.settings.arguments}".rstrip()
            return {**owner, "command": words}
        return owner

    def _free_port(self, settings: ServerSettings, transport: str) -> int | None:
        taken = self.supervisor.taken_ports()
        return port_owner.free_port(settings.host, settings.port, transport, taken)


def _listening(pid: int) -> list[tuple[str, tuple[str, int]]]:
    return port_owner.listening(pid) if session.is_ours(pid) else []


def _in_background(function: Any) -> None:
    threading.Thread(target=function, name="check", daemon=True).start()
