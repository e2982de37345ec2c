"""The memory that all recordings share, so that many programs are bounded as one is."""

import threading

from dashboard.config import Config
from dashboard.recording.wire import Wire


class Memory:
    """The wires of all programs under one lock; where they are too much, the largest gives way."""

    def __init__(self, most: int = Config.recordings_bytes) -> None:
        """most: bytes."""
        self.lock = threading.RLock()
        self._most = most
        self._wires: dict[str, Wire] = {}

    def put(self, name: str, wire: Wire) -> None:
        """The wire of a program from now on; the one before is forgotten."""
        with self.lock:
            self._wires[name] = wire

    def forget(self, name: str) -> None:
        with self.lock:
            self._wires.pop(name, None)

    def used(self) -> int:
        """Bytes of all recordings, roughly."""
        with self.lock:
            return sum(wire.cost for wire in self._wires.values())

    def make_room(self) -> None:
        """Forget what is oldest in the largest wires until all of them fit; with the lock."""
        while self.used() > self._most:
            max(self._wires.values(), key=lambda wire: wire.cost).give_way()
