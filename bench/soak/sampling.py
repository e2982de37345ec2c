"""Figures of processes, looked at again and again in a thread of its own."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable

import psutil

from bench.soak.trend import Life, Point

MIB = 1024 * 1024
DASHBOARD = "dashboard"


def figures(pid: int, port: int) -> dict[str, float]:
    """Memory in MiB, threads, descriptors, and connections that clients have to its port.

    Raises:
        psutil.Error: the process has gone.
    """
    process = psutil.Process(pid)
    memory = process.memory_full_info()
    return {
        "USS": memory.uss / MIB,
        "PSS": getattr(memory, "pss", memory.rss) / MIB,  # Linux alone shares out pages
        "RSS": memory.rss / MIB,
        "threads": process.num_threads(),
        "descriptors": process.num_fds(),
        "connections": sum(
            one.status == psutil.CONN_ESTABLISHED and one.laddr.port == port
            for one in process.net_connections("tcp")
        ),
    }


class Sampler:
    """Samples while the context lasts. processes(): name -> (pid, port) of those that run now."""

    def __init__(self, processes: Callable[[], dict[str, tuple[int, int]]], every_s: float) -> None:
        self._processes, self._every_s = processes, every_s
        self._lives: dict[str, dict[int, dict[str, list[Point]]]] = defaultdict(dict)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sampler")

    def __enter__(self) -> "Sampler":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def seen(self) -> dict[str, dict[str, list[Life]]]:
        """Lives by process and figure, in their order."""
        names = {
            process: list(dict.fromkeys(name for life in lives.values() for name in life))
            for process, lives in self._lives.items()
        }
        return {
            process: {name: [life[name] for life in lives.values()] for name in names[process]}
            for process, lives in self._lives.items()
        }

    def _run(self) -> None:
        while not self._done.wait(self._every_s):
            at_s = time.monotonic()
            for name, (pid, port) in self._processes().items():
                self._sample(name, pid, port, at_s)

    def _sample(self, name: str, pid: int, port: int, at_s: float) -> None:
        try:
            found = figures(pid, port)
        except (psutil.Error, OSError):
            return  # it has ended since
        life = self._lives[name].setdefault(pid, defaultdict(list))
        for figure, value in found.items():
            life[figure].append(Point(at_s, value))
