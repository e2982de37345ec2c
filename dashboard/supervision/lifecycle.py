"""The life of a program as the dashboard sees it: a table that can be read aloud."""

from enum import StrEnum
from typing import Any


class State(StrEnum):
    """STOPPED: no process. STARTING: a process that is not ready yet. RUNNING: it is ready, as
    its entry in the catalogue defines it. STOPPING: asked to end. BACKOFF: broke, will be
    started again. FAILED: broke or could not start; needs a human. FROZEN: lives, but is
    silent."""

    STOPPED = "STOPPED"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    STOPPING = "STOPPING"
    BACKOFF = "BACKOFF"
    FAILED = "FAILED"
    FROZEN = "FROZEN"


class Event(StrEnum):
    """The events in the life of a program: wishes of users, acts of its process, time.

    COULD_NOT_START: it ended, or did not answer, before it was ready. FINISHED: it ended by
    itself with exit code 0. BROKE: any other end that was not asked for. ENDED: the end that was
    asked for. UNENDED: it was killed, and has not ended in time.
    """

    START = "start"
    STOP = "stop"
    READY = "ready"
    COULD_NOT_START = "could not start"
    FINISHED = "finished"
    BROKE = "broke"
    ENDED = "ended"
    UNENDED = "unended"
    SILENT = "silent"
    SPOKE = "spoke"
    RETRY = "retry"
    RETRY_LATER = "retry later"


S, E = State, Event
TRANSITIONS: dict[tuple[State, Event], State] = {
    (S.STOPPED, E.START): S.STARTING,
    (S.FAILED, E.START): S.STARTING,
    (S.FAILED, E.STOP): S.STOPPED,
    (S.STARTING, E.READY): S.RUNNING,
    (S.STARTING, E.COULD_NOT_START): S.FAILED,
    (S.STARTING, E.STOP): S.STOPPING,
    (S.STARTING, E.FINISHED): S.STOPPED,
    (S.STARTING, E.RETRY_LATER): S.BACKOFF,
    (S.RUNNING, E.STOP): S.STOPPING,
    (S.RUNNING, E.FINISHED): S.STOPPED,
    (S.RUNNING, E.BROKE): S.FAILED,
    (S.RUNNING, E.RETRY_LATER): S.BACKOFF,
    (S.RUNNING, E.SILENT): S.FROZEN,
    (S.FROZEN, E.SPOKE): S.RUNNING,
    (S.FROZEN, E.STOP): S.STOPPING,
    (S.FROZEN, E.FINISHED): S.STOPPED,
    (S.FROZEN, E.BROKE): S.FAILED,
    (S.FROZEN, E.RETRY_LATER): S.BACKOFF,
    (S.STOPPING, E.ENDED): S.STOPPED,
    (S.STOPPING, E.UNENDED): S.FAILED,
    (S.BACKOFF, E.START): S.STARTING,
    (S.BACKOFF, E.RETRY): S.STARTING,
    (S.BACKOFF, E.STOP): S.STOPPED,
}
SETTLED = frozenset({S.STOPPED, S.RUNNING, S.FAILED, S.FROZEN})
ALIVE = frozenset({S.STARTING, S.RUNNING, S.STOPPING, S.FROZEN})


def next_state(state: State, event: Event) -> State:
    """The state after `event`; the same one where the event changes nothing."""
    return TRANSITIONS.get((state, event), state)


def as_shown() -> dict[str, list[Any]]:
    """The table for a page: {states: [name], edges: [{from, event, to}]}."""
    edges = [
        {"from": before.value, "event": event.value, "to": after.value}
        for (before, event), after in TRANSITIONS.items()
    ]
    return {"states": [state.value for state in State], "edges": edges}
