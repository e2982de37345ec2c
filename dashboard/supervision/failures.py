"""Why a program does not run, with the evidence: one dictionary for the API, the card, the feed."""

import errno
from typing import Any, NamedTuple, TypeAlias

from dashboard.programs.program import Program
from dashboard.programs.settings import ServerSettings
from dashboard.supervision.process import exit_words
from dashboard.supervision.surroundings import Surroundings
from labservers.observe import messages

Failure: TypeAlias = dict[str, Any]


class End(NamedTuple):
    """The end of a process, as far as the system knows it."""

    returncode: int
    ran_s: float
    last_lines: list[str]


NOTHING: Failure = {
    "reason": "",
    "message": "",
    "next_step": "",
    "errno": None,
    "code": "",
    "exit_code": None,
    "signal": None,
    "ran_s": None,
    "last_lines": [],
    "port_owner": None,
    "free_port": None,
    "line": None,
    "port": None,
    "free_at": None,
    "python_offered": None,
}
# What Failed.code says -> the reason that the page has words for.
REASONS = {
    "EADDRINUSE": "port_in_use",
    "EACCES": "permission",
    "EPERM": "permission",
    "EADDRNOTAVAIL": "bad_address",
    messages.FILES: "files",
}
FEED_CODES = {"port_in_use": "port_in_use", "exited": "crashed", "killed": "crashed"}


def not_spawned(program: Program, error: Exception) -> Failure:
    """The system made no process."""
    message = f"the process of {_name(program)} could not be started: {error}"
    number = error.errno if isinstance(error, OSError) else None
    reason, next_step = "spawn", ""
    if number in (errno.EMFILE, errno.ENFILE):
        reason, next_step = "descriptors", "close tabs, stop programs, or raise ulimit -n"
    elif program.own and number == errno.ENOENT:
        next_step = "choose another Python"
    return {
        **NOTHING,
        "reason": reason,
        "message": message,
        "next_step": next_step,
        "errno": number,
    }


def not_answering(
    program: Program, settings: ServerSettings, problem: str, lines: list[str]
) -> Failure:
    """It lives, but its check failed or nothing came in time."""
    message = f"{_subject(program, settings)} does not answer as it should: {problem}"
    return {**NOTHING, "reason": "not_answering", "message": message, "last_lines": lines}


def unended(program: Program, pid: int) -> Failure:
    """It was killed, and is still there."""
    return {
        **NOTHING,
        "reason": "unended",
        "message": f"process {pid} of {_name(program)} has not ended, although it was killed",
        "next_step": "the system holds it: wait, or look at it with ps",
    }


def refused(failed: messages.Failed, end: End) -> Failure:
    """It said itself why it cannot start."""
    return {
        **NOTHING,
        **ended_by(end.returncode),
        "reason": REASONS.get(failed.code, "bind" if failed.code else "bad_address"),
        "message": failed.message,
        "errno": failed.errno,
        "code": failed.code,
        "last_lines": end.last_lines,
    }


def with_owner(
    failure: Failure, program: Program, settings: ServerSettings, world: Surroundings
) -> Failure:
    """The same; where the port is to blame, with its owner and a free one."""
    if failure["reason"] != "port_in_use":
        return failure
    owner = world.owner(settings, program.transport)
    free_port = world.free_port(settings, program.transport)
    return {**failure, "port_owner": owner, "free_port": free_port}


def ended(program: Program, settings: ServerSettings, end: End) -> Failure:
    """It ended, unasked and not in peace."""
    by = ended_by(end.returncode)
    how = f"signal {by['signal']}" if by["signal"] else f"exit code {by['exit_code']}"
    return {
        **NOTHING,
        **by,
        "reason": "killed" if by["signal"] else "exited",
        "message": f"{_subject(program, settings)} ended with {how}",
        "ran_s": round(end.ran_s, 3),
        "last_lines": end.last_lines,
    }


def _subject(program: Program, settings: ServerSettings) -> str:
    return _name(program) if program.own else f"{program.name} on port {settings.port}"


def _name(program: Program) -> str:
    return program.title if program.own else program.name


def broke(failure: Failure) -> bool:
    """Whether it ran and broke, so that another start may help."""
    return failure["reason"] in ("exited", "killed")


def ended_by(returncode: int) -> dict[str, Any]:
    """How a process ended: exit_code or signal, the other one None."""
    code, signal = exit_words(returncode)
    return {"exit_code": code, "signal": signal}
