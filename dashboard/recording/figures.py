"""A server's frames as the figures that a card shows, once a second."""

from collections.abc import Callable
from typing import Any

from dashboard.supervision.sampling import ProcessSampler
from labservers.observe import messages

EVERY_S = 0.95


class Figures:
    """Rates between frames, with CPU and memory as the system counts them."""

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self.latest: dict[str, Any] | None = None
        self._before: messages.Frame | None = None
        self._newest: messages.Frame | None = None
        self._sampler: ProcessSampler | None = None

    def begin(self) -> None:
        """A new process, not measured yet."""
        self.latest = self._before = self._newest = self._sampler = None

    def watch(self, pid: int) -> None:
        self._sampler = ProcessSampler(pid)

    @property
    def requests(self) -> int:
        return self._newest.requests if self._newest else 0

    def totals(self) -> dict[str, int]:
        """Counters since the start of the process."""
        frame = self._newest
        if frame is None:
            return {}
        names = ("accepted", "requests", "errors", "bytes_in", "bytes_out")
        return {**{name: getattr(frame, name) for name in names}, **frame.counts}

    def take(self, frame: messages.Frame) -> dict[str, Any] | None:
        """New figures when a second has passed since the last ones, else None."""
        self._newest = frame
        before = self._before
        if before is not None and frame.uptime_s - before.uptime_s < EVERY_S:
            return None
        self._before = frame
        span = frame.uptime_s - before.uptime_s if before else max(frame.uptime_s, 1.0)

        def rate(name: str) -> float:
            grown: int = getattr(frame, name) - (getattr(before, name) if before else 0)
            return round(grown / span, 1)

        cpu, rss = self._sampler.sample() if self._sampler else (None, None)
        last = frame.last
        self.latest = {
            "at": self._wall(),
            "in_rate": rate("bytes_in"),
            "out_rate": rate("bytes_out"),
            "request_rate": rate("requests"),
            "connections": frame.connections,
            "bytes_in": frame.bytes_in,
            "bytes_out": frame.bytes_out,
            "requests": frame.requests,
            "accepted": frame.accepted,
            "errors": frame.errors,
            "cpu": cpu,
            "rss": rss,
            "threads": frame.threads,
            "accept_queue": frame.accept_queue,
            "accept_limit": frame.accept_limit,
            "last": messages.as_dict(last) if last else None,
            "rooms": frame.rooms,
        }
        return self.latest
