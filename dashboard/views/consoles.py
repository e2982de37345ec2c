"""The websocket of a console: a program's terminal in a page."""

import threading
from typing import Any

from flask import current_app

from dashboard import security
from dashboard.errors import LabError
from dashboard.lab import Lab
from dashboard.live.websocket import BAD_FRAME, Closed, Refused, Socket
from dashboard.rights import Right
from dashboard.supervision.managed import ManagedProgram

POLL_S = 0.25
PACE_S = 0.03  # between two frames: output that comes meanwhile comes together
TYPED = 64 * 1024  # characters of one message


def console(sock: Socket, first: dict[str, Any]) -> None:
    """Send the transcript and what follows; pass on typed text, until the tab is gone."""
    server = _program(first.get("program"))
    writer = threading.Thread(
        target=_show, args=(sock, server), name=f"console-{server.program.name}", daemon=True
    )
    writer.start()
    try:
        while sock.open:
            message = sock.receive(POLL_S)
            if message is not None:
                _type(sock, server, message)
    except Closed:
        pass
    finally:
        writer.join(4 * POLL_S)


def _program(name: Any) -> ManagedProgram:
    """
    Raises:
        Refused: there is no such program, or it has no console.
    """
    lab: Lab = current_app.extensions["lab"]
    try:
        server = lab.supervisor.server(name if isinstance(name, str) else "")
        server.console()
    except LabError as error:
        raise Refused(BAD_FRAME, error.message) from error
    return server


def _show(sock: Socket, server: ManagedProgram) -> None:
    pause = threading.Event()
    number = 0
    while sock.open:
        number, said = server.console().following(number, POLL_S)
        for message in said:
            sock.send(message)
        pause.wait(PACE_S if said else 0)


def _type(sock: Socket, server: ManagedProgram, message: dict[str, Any]) -> None:
    text = message.get("input")
    if not isinstance(text, str) or len(text) > TYPED:
        raise Refused(BAD_FRAME, f"input takes a text of at most {TYPED:,} characters")
    try:
        security.check_right(Right.START)
        server.type(text)
    except LabError as error:
        sock.send({"refused": f"{error.message}; {error.next_step}"})
