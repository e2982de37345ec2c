"""Two dashboards on one data folder: one holds it, another looks on and may take it over.

The one that holds it is asked by its own HTTP API, with the token from the file that only its user
can read. It ends its programs, gives the folder back and looks on from then on. The lock is the
kernel's, so the folder of a dashboard that was killed is free at once.

Each tenure has a Lab of its own: settings, programs and recordings are read anew.
"""

import os
import signal
import threading
import urllib.error
import urllib.request
from dataclasses import replace
from http.client import HTTPException
from typing import Any

from dashboard import instance, straight
from dashboard.errors import NotNow
from dashboard.instance import Whereabouts
from dashboard.lab import Lab
from dashboard.live import sockets
from dashboard.programs.catalogue import Catalogue

GIVE = "/api/folder/give"
ASK_S = 10.0  # a dashboard ends its programs first
LOCK_S = 3.0
CLOSE_S = 1.5
LEAVE_S = 0.2
_turn = threading.Lock()

Extensions = dict[str, Any]  # of the application: `lab` is the present one


def take_over(extensions: Extensions) -> None:
    """Be the dashboard that holds the folder; the one that does is asked for it.

    Raises:
        NotNow: it does not answer, or refuses. InUse: yet another one was faster.
    """
    with _turn:
        old: Lab = extensions["lab"]
        if old.holder is None:
            return
        there = instance.find(old.config.data_path)
        if there is not None and there.served:
            _ask(there, old)
        new = _next(old)
        new.instance.take(LOCK_S)
        _replace(extensions, old, new)


def give_up(extensions: Extensions) -> None:
    """End the programs, give the folder back, and look on.

    Under `--debug` the reloader has the folder, so it ends as well.

    Raises:
        NotNow: it is not ours.
    """
    with _turn:
        old: Lab = extensions["lab"]
        if old.holder is not None:
            raise NotNow("this dashboard does not hold the folder", "ask the one that does")
        new = _next(old)
        new.look_on()
        _replace(extensions, old, new)
        if os.environ.get("WERKZEUG_RUN_MAIN") == "true":
            parent = os.getppid()
            threading.Timer(LEAVE_S, os.kill, (parent, signal.SIGTERM)).start()


def _next(old: Lab) -> Lab:
    lab_programs = [program for program in old.programs.values() if not program.own]
    return Lab(replace(old.config, token=old.token), Catalogue(lab_programs))


def _replace(extensions: Extensions, old: Lab, new: Lab) -> None:
    """Open pages come again, and find the new one."""
    extensions["lab"] = new
    old.close(CLOSE_S)
    sockets.close_all()


def _ask(there: Whereabouts, lab: Lab) -> None:
    base, opener = straight.way_to(there.address)
    request = urllib.request.Request(
        base + GIVE,
        method="POST",
        data=b"{}",
        headers={"X-Lab-Token": there.token, "Content-Type": "application/json"},
    )
    try:
        opener.open(request, timeout=ASK_S).close()
    except (OSError, HTTPException) as error:
        again = instance.find(lab.config.data_path)
        if again is None or not again.served:
            return  # it ended meanwhile
        answered = isinstance(error, urllib.error.HTTPError)
        what = "does not give the folder" if answered else "does not answer"
        raise NotNow(
            f"the dashboard with pid {there.pid} {what}",
            f"end it with `kill -9 {there.pid}`, which ends its programs too, then take over",
        ) from error
