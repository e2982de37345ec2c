"""Why a program does not run, with the evidence: one dictionary for the API, the card, the feed."""

from typing import Any, TypeAlias

from dashboard.programs.program import Program
from dashboard.programs.settings import ServerSettings
from dashboard.supervision.process import exit_words
from dashboard.supervision.surroundings import Surroundings
from labservers.observe import messages

Failure: TypeAlias = dict[str, Any]

NOTHING: Failure = {
    "reason": "",
    "message": "",
    "errno": None,
    "code": "",
    "exit_code": None,
    "signal": None,
    "ran_s": None,
    "last_lines": [],
    "port_owner": None,
    "free_port": None,
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


def not_spawned(program: Program, error: OSError) -> Failure:
    """The system made no process."""
    message = f"the process of {program.name} could not be started: {error}"
    return {**NOTHING, "reason": "spawn", "message": message, "errno": error.errno}


def not_answering(
    program: Program, settings: ServerSettings, problem: str, lines: list[str]
) -> Failure:
    """It lives, but its check failed or nothing came in time."""
    where = f"port {settings.port}"
    message = f"{program.name} on {where} does not answer as it should: {problem}"
    return {**NOTHING, "reason": "not_answering", "message": message, "last_lines": lines}


def refused(failed: messages.Failed, returncode: int, lines: list[str]) -> Failure:
    """It said itself why it cannot start."""
    return {
        **NOTHING,
        **ended_by(returncode),
        "reason": REASONS.get(failed.code, "bind" if failed.code else "bad_address"),
        "message": failed.message,
        "errno": failed.errno,
        "code": failed.code,
        "last_lines": lines,
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


def ended(
    program: Program, settings: ServerSettings, returncode: int, ran_s: float, lines: list[str]
) -> Failure:
    """It ended, unasked and not in peace."""
    end = ended_by(returncode)
    how = f"signal {end['signal']}" if end["signal"] else f"exit code {end['exit_code']}"
    return {
        **NOTHING,
        **end,
        "reason": "killed" if end["signal"] else "exited",
        "message": f"{program.name} on port {settings.port} ended with {how}",
        "ran_s": round(ran_s, 3),
        "last_lines": lines,
    }


def broke(failure: Failure) -> bool:
    """Whether it ran and broke, so that another start may help."""
    return failure["reason"] in ("exited", "killed")


def ended_by(returncode: int) -> dict[str, Any]:
    """How a process ended: exit_code or signal, the other one None."""
    code, signal = exit_words(returncode)
    return {"exit_code": code, "signal": signal}
