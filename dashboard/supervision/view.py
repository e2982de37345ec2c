"""A program as the API and the page show it. Durations are measured by the monotonic clock;
times of day are for people to read."""

from pathlib import Path
from typing import Any

from dashboard.experiments import kinds
from dashboard.programs import tabs
from dashboard.programs.files import shown
from dashboard.supervision.facts import Facts
from dashboard.supervision.lifecycle import ALIVE, State
from dashboard.supervision.reports import Reports
from dashboard.supervision.targets import UP, targets
from labservers.net.addresses import connect_host
from labservers.observe.addresses import address_text

OF_FILES = (
    *("file", "folder", "arguments", "python", "python_version"),
    *("restart_on_save", "changed_on_disk", "finished"),
)


def as_shown(facts: Facts, reports: Reports, now: float, wall: float) -> dict[str, Any]:
    """The view of a program; openapi.json describes its fields.

    `now`: the monotonic clock. `wall`: Unix seconds.
    """
    recorded = reports.recorder.view(alive=facts.state in ALIVE)
    sockets = [address_text(address) for address in facts.run.sockets]
    return {
        **_identity(facts),
        **_place(facts),
        **_life(facts, now, wall),
        **_activity(facts, reports),
        **recorded,
        "listening": recorded["listening"] or sockets,
        "held": recorded["held"] and {**recorded["held"], "by": facts.control.by},
    }


def _identity(facts: Facts) -> dict[str, Any]:
    program = facts.program
    return {
        "name": program.name,
        "task": None if program.own else program.number,
        "title": program.title,
        "transport": facts.run.transport or program.transport,
        "protocol": program.protocol,
        "model": facts.settings.model,
        "models": list(program.models),
        "tabs": tabs.as_shown(program, facts.capabilities),
        "capabilities": sorted(facts.capabilities),
        "own": program.own is not None,
        "example": program.example,
        "breaks": list(program.breaks),
        **_file(facts, program.own),
    }


def _file(facts: Facts, path: Path | None) -> dict[str, Any]:
    """Fields that a program of the user has in addition; None for the lab's servers."""
    if path is None:
        return dict.fromkeys(OF_FILES)
    settings, state = facts.settings, facts.state
    last = facts.last_run or {}
    return {
        "file": shown(path.name),
        "folder": shown(str(path.parent)),
        "arguments": settings.arguments,
        "python": settings.python,
        "python_version": facts.run.evidence.python,
        "restart_on_save": settings.restart_on_save,
        "changed_on_disk": facts.changed_on_disk,
        "finished": state is State.STOPPED and last.get("finished", False),
    }


def _place(facts: Facts) -> dict[str, Any]:
    """Where it is, or will be. Without a socket, and without a port to choose, it is nowhere."""
    takes = facts.program.launch.takes
    chosen = (connect_host(facts.settings.host), facts.settings.port)
    places = [*facts.run.sockets, *([chosen] if "port" in takes else [])]
    host, port = places[0] if places else (None, None)
    return {
        "host": host,
        "port": port,
        "sockets": [list(address) for address in facts.run.sockets],
        "bind_host": facts.settings.host if "host" in takes else None,
        "settings": facts.settings.chosen(facts.program),
    }


def _life(facts: Facts, now: float, wall: float) -> dict[str, Any]:
    run, state = facts.run, facts.state
    uptime_s = now - run.started if state in ALIVE else None
    due = None if facts.deadline is None else wall + facts.deadline - now
    retry = {"at": due, "attempt": facts.attempt, "of": facts.attempts}
    return {
        "state": state.value,
        "step": run.step if state is State.STARTING else None,
        "pid": run.process.pid if run.process else None,
        "generation": run.number,
        "started_at": None if uptime_s is None else wall - uptime_s,
        "uptime_s": uptime_s,
        "settled": facts.settled,
        "stop_deadline": due if state is State.STOPPING and not run.killed else None,
        "retry": retry if state is State.BACKOFF else None,
        "failure": facts.failure,
        "last_run": facts.last_run,
    }


def _activity(facts: Facts, reports: Reports) -> dict[str, Any]:
    figures, up = reports.figures, facts.state in UP
    return {
        "figures": figures.latest if facts.state in ALIVE else None,
        "counters": figures.totals(),
        "paused": facts.run.paused,
        "experiments": facts.experiments,
        "experiment": facts.experiments[0] if facts.experiments else None,
        "experiment_kinds": kinds.fitting(targets(facts, reports.recorder)) if up else {},
    }
