"""Lines of code as the page shows them: what they did, and what stands there now."""

from collections.abc import Callable, Iterable
from typing import Any

from labservers.observe.observed import Lines, Threads

NAMED = 5  # threads and peers that a line names


def counted(lines: Lines | None) -> dict[str, dict[str, Any]]:
    """Line -> its counts."""
    if lines is None:
        return {}
    names = ("function", "calls", "errors", "bytes_in", "bytes_out", "waited_us")
    return {one.line: {name: getattr(one, name) for name in names} for one in lines.lines}


def standing(
    threads: Threads | None, peer_of: Callable[[int | None], str | None]
) -> list[dict[str, Any]]:
    """A row a line where threads or tasks stand; peer_of(socket's id) names a client."""
    rows: dict[str, dict[str, Any]] = {}
    if threads is None:
        return []
    for thread in threads.threads:
        if thread.line is not None:
            row = rows.setdefault(thread.line, _nothing(thread.line, thread.function))
            row["count"] += 1
            row["call"] = thread.call or row["call"]
            if (thread.waited_s or 0.0) >= row["longest_s"]:
                row["longest_s"], row["at_least"] = thread.waited_s or 0.0, thread.at_least
            _name(row["threads"], [thread.name])
            _name(row["peers"], [peer_of(thread.socket)])
    for task in threads.tasks:
        row = rows.setdefault(task.line, _nothing(task.line, task.function))
        row["tasks"] += task.suspended
        if (task.oldest_s or 0.0) > row["longest_s"]:
            row["longest_s"], row["at_least"] = task.oldest_s, False
        _name(row["peers"], (peer_of(socket) for socket in task.sockets))
    return list(rows.values())


def _nothing(line: str, function: str | None) -> dict[str, Any]:
    lists: dict[str, Any] = {"threads": [], "peers": []}
    return {
        "line": line, "function": function, "count": 0, "tasks": 0, "call": None,
        "longest_s": 0.0, "at_least": False, **lists,
    }  # fmt: skip


def _name(names: list[str], more: Iterable[str | None]) -> None:
    for name in more:
        if name is not None and name not in names and len(names) < NAMED:
            names.append(name)
