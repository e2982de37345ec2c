"""Figures of an event loop that is seen from outside; see messages.LoopFigures."""

from __future__ import annotations

from typing import Any, NamedTuple

from .kernel import receive_queue, send_queue
from .lanes import LANES, Seen
from .messages import Row
from .turns import Loop

AGE_LIMITS_S = (0.01, 0.1, 1.0, 10.0)


class Task(NamedTuple):
    """One that was seen, with its number, since when it is seen where it stands, and its locals
    where the program is held. Nothing in it keeps anything of the program alive."""

    id: int
    since: float
    seen: Seen
    locals: dict[str, str] | None = None

    @property
    def accepts(self) -> bool:
        entry = self.seen.entry
        return entry is not None and entry.listens and self.seen.lane == "reading"

    @property
    def label(self) -> str:
        entry = self.seen.entry
        if self.accepts:
            return "accept"
        return self.seen.function or (f"fd {entry.fd}" if entry is not None else "")

    @property
    def peer(self) -> str:
        entry = self.seen.entry
        return (entry.peer or "") if entry is not None else ""


def lasts(loop: Loop, now: float, held_until: float) -> float:
    """How long the turn under way has run: since the program was last held, if it was."""
    if not loop.ended or loop.waits:
        return 0.0
    return max(0.0, now - max(loop.ended, held_until))


def timed(loop: Loop, now: float, under_way: float) -> dict[str, Any]:
    """Turns since the last call; the one under way counts as far as it has come."""
    turns = loop.new_turns()
    ran = sorted([tick for _, tick, _ in turns] + ([under_way] if under_way else []))
    waited = sum(wait for wait, _, _ in turns)
    newest = loop.turns[-1] if loop.turns else (0.0, 0.0, 0)
    return {
        "ticks": loop.count,
        "tick_p50_us": _us(ran[len(ran) // 2]) if ran else 0,
        "tick_p99_us": _us(ran[min(len(ran) - 1, int(len(ran) * 0.99))]) if ran else 0,
        "lag_us": _us(ran[-1]) if ran else 0,
        "utilization": round(sum(ran) / (sum(ran) + waited), 4) if ran else 0.0,
        "last_wait_us": _us(newest[0]),
        "last_tick_us": _us(newest[1]),
        "last_returned": newest[2],
        "timed": 1.0,
        "ticks_timed": [
            [_us(wait), _us(tick), None, returned] for wait, tick, returned in list(loop.turns)
        ],
    }


def ages(tasks: list[Task], now: float) -> dict[str, list[int]]:
    """Lane -> how many are in it for how long."""
    classes = {lane: [0] * (len(AGE_LIMITS_S) + 1) for lane in LANES}
    for task in tasks:
        age = now - task.since
        classes[task.seen.lane][sum(age >= limit for limit in AGE_LIMITS_S)] += 1
    return classes


def lines(tasks: list[Task]) -> dict[str, list[Any]]:
    """Line -> [lane, how many stand there]."""
    found: dict[str, list[Any]] = {}
    for task in tasks:
        if task.seen.line is not None:
            found.setdefault(task.seen.line, [task.seen.lane, 0])[1] += 1
    return found


def tokens(tasks: list[Task], now: float) -> list[list[Any]]:
    """[id, lane, milliseconds in it, label, peer] each."""
    return [
        [task.id, task.seen.lane, round((now - task.since) * 1000), task.label, task.peer]
        for task in tasks
    ]


def row(task: Task, now: float) -> Row:
    """A task in the table."""
    seen, entry = task.seen, task.seen.entry
    sock = entry.ref() if entry is not None and entry.ref is not None else None
    connected = entry is not None and not entry.listens
    return Row(
        id=task.id,
        peer=task.peer,
        state="accepting" if task.accepts else seen.lane,
        age_s=round(now - task.since, 3),
        state_s=round(now - task.since, 3),
        bytes_in=entry.bytes_in if entry is not None else 0,
        bytes_out=entry.bytes_out if entry is not None else 0,
        label=task.label,
        recv_q=receive_queue(sock) if sock is not None and connected else None,
        send_q=send_queue(sock) if sock is not None and connected else None,
        line=seen.line,
        locals=task.locals,
    )


def _us(seconds: float) -> int:
    return round(seconds * 1e6)
