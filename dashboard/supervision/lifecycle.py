"""The life of a server as the dashboard sees it: a table that can be read aloud."""

from enum import StrEnum


class State(StrEnum):
    """STOPPED: no process. STARTING: a process that has not answered yet. RUNNING: it said
    ready and answered a real exchange. STOPPING: asked to end. BACKOFF: broke, will be started
    again. FAILED: broke or could not start; needs a human. FROZEN: lives, but is silent."""

    STOPPED = "STOPPED"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    STOPPING = "STOPPING"
    BACKOFF = "BACKOFF"
    FAILED = "FAILED"
    FROZEN = "FROZEN"


class Event(StrEnum):
    """What can happen to a server: what users want, what its process does, what time brings."""

    START = "start"
    STOP = "stop"
    ANSWERED = "answered"
    COULD_NOT_START = "could not start"
    EXITED = "exited"
    SILENT = "silent"
    SPOKE = "spoke"
    RETRY = "retry"
    RETRY_LATER = "retry later"


S, E = State, Event
TRANSITIONS: dict[tuple[State, Event], State] = {
    (S.STOPPED, E.START): S.STARTING,
    (S.FAILED, E.START): S.STARTING,
    (S.BACKOFF, E.START): S.STARTING,
    (S.BACKOFF, E.RETRY): S.STARTING,
    (S.BACKOFF, E.STOP): S.STOPPED,
    (S.STARTING, E.ANSWERED): S.RUNNING,
    (S.STARTING, E.COULD_NOT_START): S.FAILED,
    (S.STARTING, E.STOP): S.STOPPING,
    (S.STARTING, E.EXITED): S.FAILED,
    (S.RUNNING, E.STOP): S.STOPPING,
    (S.RUNNING, E.EXITED): S.FAILED,
    (S.RUNNING, E.SILENT): S.FROZEN,
    (S.RUNNING, E.RETRY_LATER): S.BACKOFF,
    (S.STARTING, E.RETRY_LATER): S.BACKOFF,
    (S.FROZEN, E.SPOKE): S.RUNNING,
    (S.FROZEN, E.STOP): S.STOPPING,
    (S.FROZEN, E.EXITED): S.FAILED,
    (S.STOPPING, E.EXITED): S.STOPPED,
    (S.FAILED, E.STOP): S.STOPPED,
}
SETTLED = frozenset({S.STOPPED, S.RUNNING, S.FAILED, S.FROZEN})
ALIVE = frozenset({S.STARTING, S.RUNNING, S.STOPPING, S.FROZEN})


def next_state(state: State, event: Event) -> State:
    """The state after `event`; the same one where the event changes nothing."""
    return TRANSITIONS.get((state, event), state)
