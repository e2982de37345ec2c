"""The world as supervision needs it, so that tests can hand in another one."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dashboard.config import Config
from dashboard.live.events import EventDict
from dashboard.programs.launch import Command
from dashboard.programs.pythons import Python
from dashboard.programs.settings import ServerSettings
from dashboard.recording.memory import Memory
from dashboard.supervision.process import Listener
from dashboard.supervision.run import Process
from dashboard.troubles import Troubles


@dataclass(frozen=True)
class Surroundings:
    """The world as a managed program needs it; tests hand in their own.

    owner(settings, transport), free_port(settings, transport), kept_s(host, port) and
    listening(pid) look at the system's sockets. another_python(file, but) asks interpreters
    whether they can read a file. background(function) runs it soon, outside any lock.
    wanted(topic): whether a tab asks for it; is_open(tab): whether it is there.
    clock_was_set(by_s): all views are told anew by then. memory: of all recordings. give_back():
    free memory goes to the system. troubles: those of the dashboard, for every page.
    """

    config: Config
    publish: Callable[[EventDict], None]
    spawn: Callable[[Command, Listener], Process]
    owner: Callable[[ServerSettings, str], dict[str, Any] | None]
    free_port: Callable[[ServerSettings, str], int | None]
    listening: Callable[[int], list[tuple[str, tuple[str, int]]]]
    background: Callable[[Callable[[], None]], None]
    kept_s: Callable[[str, int], float | None] = lambda host, port: None
    another_python: Callable[[Path, str], Python | None] = lambda file, but: None
    wanted: Callable[[str], bool] = lambda topic: True
    is_open: Callable[[str], bool] = lambda tab: False
    clock_was_set: Callable[[float], None] = lambda by_s: None
    memory: Memory = field(default_factory=Memory)
    give_back: Callable[[], None] = lambda: None
    troubles: Troubles = field(default_factory=Troubles)
    clock: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
