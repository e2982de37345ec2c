"""The reasons for an end that nobody asked for: from the process itself, and from the system."""

import logging
from dataclasses import replace
from typing import Any

from dashboard.supervision import failures
from dashboard.supervision.evidence import Bind, in_use
from dashboard.supervision.facts import Facts
from dashboard.supervision.failures import End, Failure
from dashboard.supervision.run import Run
from dashboard.supervision.surroundings import Surroundings
from labservers.net.addresses import reach
from labservers.observe import observed
from labservers.observe.addresses import address_text

LOG = logging.getLogger(__name__)
SYNTAX_ERRORS = ("SyntaxError", "IndentationError", "TabError")


def explain(facts: Facts, run: Run, end: End, world: Surroundings) -> Failure:
    """The failure of an end. Looks at the system's sockets and other Pythons: it takes a while;
    where that breaks, an end is still an end."""
    program, settings = facts.program, facts.settings
    failure = failures.ended(program, settings, end)
    try:
        if run.failed is not None:
            refused = failures.refused(run.failed, end)
            return failures.with_owner(refused, program, settings, world)
        return {**failure, **_own_cause(facts, run, world)} if program.own else failure
    except Exception:
        LOG.exception("the end of %s could not be explained", program.name)
        return failure


def _own_cause(facts: Facts, run: Run, world: Surroundings) -> dict[str, Any]:
    """The cause in a program of the user, where more can be said than how it ended."""
    crash = run.evidence.crash
    if run.evidence.refused is not None:
        return _port_in_use(facts, run.evidence.refused, world)
    if crash is None:
        return {}
    if in_use(crash.message):
        return _port_in_use(facts, Bind(None, None, "tcp", crash.line), world)
    if crash.exception in SYNTAX_ERRORS:
        return _syntax(facts, crash, world)
    if crash.exception == "ModuleNotFoundError":
        return _module(facts, crash)
    return {"line": crash.line}


def _port_in_use(facts: Facts, refused: Bind, world: Surroundings) -> dict[str, Any]:
    """bind() said EADDRINUSE: another process has the port, or the kernel keeps it, since a
    connection that this program closed first is in TIME_WAIT (RFC 9293 section 3.6.1)."""
    title = facts.program.title
    known: dict[str, Any] = {"reason": "port_in_use", "code": "EADDRINUSE", "line": refused.line}
    if refused.host is None or refused.port is None or _is_name(refused.host):
        message = f"{title} was refused its port: it is already in use"
        return {**known, "message": message, "next_step": "choose another port"}
    known["port"] = refused.port
    place = address_text((refused.host, refused.port))
    wanted = replace(facts.settings, host=refused.host, port=refused.port)
    owner = world.owner(wanted, refused.transport)
    may_wait = owner is None and refused.transport == "tcp"
    wait_s = world.kept_s(refused.host, refused.port) if may_wait else None
    if wait_s is None:
        return {
            **known,
            "message": f"{place} is already in use",
            "next_step": "stop what has the port, or choose another one",
            "port_owner": owner,
        }
    return {
        **known,
        "reason": "port_kept",
        "message": f"the kernel keeps {place} for a minute after a program has served there",
        "next_step": f"wait, or set SO_REUSEADDR before bind() in {refused.line}",
        "free_at": world.wall() + wait_s,
    }


def _is_name(host: str) -> bool:
    """Whether a look would ask the network, which may take long."""
    return host != "localhost" and reach(host) is None


def _syntax(facts: Facts, crash: observed.Crash, world: Surroundings) -> dict[str, Any]:
    """A file that another Python reads needs that one: a newer one, as a rule."""
    assert facts.program.own
    other = world.another_python(facts.program.own, facts.settings.python)
    known = {"line": crash.line, "reason": "syntax"}
    if other is None:
        message = f"{crash.exception} in {crash.line or facts.program.title}: {crash.message}"
        return {**known, "message": message, "next_step": "mend the line, then start it again"}
    return {
        **known,
        "reason": "python",
        "message": f"{facts.program.title} is not a program for {facts.settings.python}: "
        f"{crash.message}",
        "next_step": f"choose Python {other.version}, which reads it",
        "python_offered": {"path": other.path, "version": other.version},
    }


def _module(facts: Facts, crash: observed.Crash) -> dict[str, Any]:
    python = facts.settings.python
    return {
        "reason": "module",
        "line": crash.line,
        "message": f"{crash.message} for {python}",
        "next_step": f"install it with {python} -m pip install, or choose another Python",
    }
