"""Which wait a thread is in, read off its innermost frame: for waits that no wrapper has seen."""

from __future__ import annotations

import linecache
import re
import selectors
import socket
import threading
from types import FrameType
from typing import NamedTuple

from .locks import Traced

# A C function has no frame: the line that calls it is the innermost. Not a word that is also a
# method of what computes, as get().
CALLS = re.compile(r"\.(recv|recvfrom|recv_into|recvmsg|accept|connect|sendall|send|sendto|sendmsg"
                   r"|poll|select|acquire)\(")  # fmt: skip
NAMES = {"recv_into": "recv", "poll": "select", "acquire": "lock"}
JOINS = ("join", "_wait_for_tstate_lock")


class Waits(NamedTuple):
    """The object that a thread waits for; since when, by time.monotonic(), where that is known."""

    call: str
    since: float | None = None
    socket: int | None = None
    lock: int | None = None
    text: str | None = None


def waits_in(frame: FrameType | None, *, own: bool) -> Waits | None:
    """The wait of a thread whose innermost frame this is; own: of an own file. None: it computes,
    or nothing here shows that it does not."""
    if frame is None:
        return None
    file, function = frame.f_code.co_filename, frame.f_code.co_name
    if file == threading.__file__:
        return _in_threading(frame.f_locals.get("self"), function)
    if file == selectors.__file__ and function == "select":
        return Waits("select")
    if file == socket.__file__ and function in ("accept", "readinto"):
        return Waits("accept" if function == "accept" else "recv")
    found = CALLS.findall(linecache.getline(file, frame.f_lineno)) if own else []
    return Waits(NAMES.get(found[-1], found[-1])) if found else None


def _in_threading(one: object, function: str) -> Waits | None:
    """A wait in a Condition, or for a thread's end."""
    if isinstance(one, threading.Condition) and function == "wait":
        lock = getattr(one, "_lock", None)
        if isinstance(lock, Traced):
            return Waits("wait", lock=lock.number, text=lock.name)
        return Waits("wait")
    if isinstance(one, threading.Thread) and function in JOINS:
        return Waits("join", text=f"thread {one.name}")
    return None
