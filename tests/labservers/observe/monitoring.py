"""A stand-in for sys.monitoring: what its callbacks run is measured as all else is, in any Python."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any


class Monitoring:
    """As far as it is used. `watched`: the events of each tool; `restarts` are counted."""

    events = SimpleNamespace(LINE=32, PY_UNWIND=4096)
    DISABLE = object()

    def __init__(self, *taken: int) -> None:
        self.tools: dict[int, str] = dict.fromkeys(taken, "another")
        self.callbacks: dict[int, Callable[..., Any]] = {}
        self.watched: dict[int, int] = {}
        self.restarts = 0

    def get_tool(self, tool: int) -> str | None:
        return self.tools.get(tool)

    def use_tool_id(self, tool: int, name: str) -> None:
        assert tool not in self.tools
        self.tools[tool] = name

    def free_tool_id(self, tool: int) -> None:
        del self.tools[tool]

    def register_callback(self, tool: int, event: int, callback: Callable[..., Any]) -> None:
        assert tool in self.tools
        self.callbacks[event] = callback

    def set_events(self, tool: int, events: int) -> None:
        assert tool in self.tools
        self.watched[tool] = events

    def restart_events(self) -> None:
        self.restarts += 1
