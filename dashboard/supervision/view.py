"""A program as the API and the page show it. Durations are measured by the monotonic clock;
times of day are for people to read."""

from dataclasses import asdict
from typing import Any

from dashboard.programs import tabs
from dashboard.recording.figures import Figures
from dashboard.supervision.facts import Facts
from dashboard.supervision.lifecycle import ALIVE, State
from labservers.net.addresses import connect_host


def as_shown(facts: Facts, figures: Figures, now: float, wall: float) -> dict[str, Any]:
    """The view of a program; openapi.json describes its fields.

    `now`: the monotonic clock. `wall`: Unix seconds.
    """
    return {
        **_identity(facts),
        **_place(facts),
        **_life(facts, now, wall),
        **_activity(facts, figures),
    }


def _identity(facts: Facts) -> dict[str, Any]:
    program = facts.program
    return {
        "name": program.name,
        "task": program.number,
        "title": program.title,
        "transport": program.transport,
        "protocol": program.protocol,
        "model": facts.settings.model,
        "models": list(program.models),
        "tabs": tabs.as_shown(program),
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
        "settings": {
            name: value
            for name, value in asdict(facts.settings).items()
            if name in takes or name == "model"
        },
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
        "stop_deadline": due if state is State.STOPPING else None,
        "retry": retry if state is State.BACKOFF else None,
        "failure": facts.failure,
        "last_run": facts.last_run,
    }


def _activity(facts: Facts, figures: Figures) -> dict[str, Any]:
    return {
        "figures": figures.latest if facts.state in ALIVE else None,
        "counters": figures.totals(),
        "paused": facts.run.paused,
        "experiment": facts.experiment,
    }
