"""How a member of the chat stands to what is said in its room: a table that can be read aloud.

The state names the one thread that may send on the member's socket:

JOINING         has not named its room yet         none
LEVEL           has been sent all that was said    the thread with the room's turn (chat.py)
BEHIND, SLOW    reads on from the room's backlog   the postman (chat_postman.py)
LEAVING         is sent what was said before       its own
GONE            is sent nothing more               none

For a member far BEHIND a room waits a moment, since it reads; for a SLOW one it does not.
"""

from enum import StrEnum


class State(StrEnum):
    """See the module."""

    JOINING = "joining"
    LEVEL = "level"
    BEHIND = "behind"
    SLOW = "slow"
    LEAVING = "leaving"
    GONE = "gone"


class Event(StrEnum):
    """FULL: the kernel's buffer takes no more. OUT_OF_TIME: the room has waited for it long
    enough. CATCHING_UP: it is far behind no longer. CAUGHT_UP: it has been sent everything.
    BROKE: a send failed. CLOSED: what was left has been sent, or its time is over."""

    JOIN = "join"
    FULL = "full"
    OUT_OF_TIME = "out of time"
    CATCHING_UP = "catching up"
    CAUGHT_UP = "caught up"
    LEAVE = "leave"
    BROKE = "broke"
    CLOSED = "closed"


S, E = State, Event
TRANSITIONS: dict[tuple[State, Event], State] = {
    (S.JOINING, E.JOIN): S.LEVEL,
    (S.JOINING, E.LEAVE): S.LEAVING,
    (S.LEVEL, E.FULL): S.BEHIND,
    (S.LEVEL, E.LEAVE): S.LEAVING,
    (S.LEVEL, E.BROKE): S.GONE,
    (S.BEHIND, E.OUT_OF_TIME): S.SLOW,
    (S.BEHIND, E.CAUGHT_UP): S.LEVEL,
    (S.BEHIND, E.LEAVE): S.LEAVING,
    (S.BEHIND, E.BROKE): S.GONE,
    (S.SLOW, E.CATCHING_UP): S.BEHIND,
    (S.SLOW, E.CAUGHT_UP): S.LEVEL,
    (S.SLOW, E.LEAVE): S.LEAVING,
    (S.SLOW, E.BROKE): S.GONE,
    (S.LEAVING, E.CLOSED): S.GONE,
}
READS_ON = frozenset({S.BEHIND, S.SLOW})


def next_state(state: State, event: Event) -> State:
    """The state after `event`; the same one where the event changes nothing."""
    return TRANSITIONS.get((state, event), state)
