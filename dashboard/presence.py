"""The dashboard as it is served: one a data folder, whose address later commands find.

A second `flask run` on a folder looks on, and may take it over. One under `--debug` and gunicorn
are refused while they start; another WSGI server is known at its first request. Under `--debug` the
reloader has the folder: its workers come and go.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import quote

import click
from flask import Flask, request
from flask.cli import run_command
from flask.helpers import get_debug_flag

from dashboard import proxy, security, startup_log
from dashboard.config import PREFIX
from dashboard.errors import InUse, LabError
from dashboard.instance import ANOTHER_FOLDER
from dashboard.lab import Lab
from labservers.clients import terminal

CANNOT_BE_LOADED = 4  # a worker of gunicorn that ends with it ends all of gunicorn
RETRY_S = 5.0  # to write, after a disk that was full


class Presence:
    """Takes the folder once, and writes the addresses that become known."""

    def __init__(self, app: Flask, clock: Callable[[], float] = time.monotonic) -> None:
        self._app, self._clock = app, clock
        self._lock = threading.Lock()  # guards all below
        # Whose addresses are known: the one for programs, the one for people.
        self._known: tuple[Lab | None, str, str] = (None, "", "")
        self._said: tuple[Lab | None, str, str] = (None, "", "")  # those that are on disk
        self._again_at = 0.0
        self._writable = True

    @property
    def _lab(self) -> Lab:
        """The present one: each tenure of the folder has its own."""
        lab: Lab = self._app.extensions["lab"]
        return lab

    def take(self) -> None:
        """
        Raises:
            InUse: another dashboard has the folder.
        """
        with self._lock:
            if self._writable and self._lab.holder is None:
                try:
                    self._lab.instance.take()
                except OSError as error:
                    self._writable = False
                    self._complain_of(error)

    def take_or_look_on(self) -> None:
        """The start of `flask run`."""
        try:
            self.take()
        except InUse as error:
            self._lab.look_on()
            say_on_terminal(
                f"Socket Lab: {error.message}; this one looks on. Its page can take over, or take "
                f"another folder: {ANOTHER_FOLDER}"
            )

    def say(self, address: str, seen: str = "", asked: str = "") -> str:
        """Write where the dashboard listens, as it was first known, and where a browser finds it,
        as it was last `seen`, or first `asked`. Returns the latter."""
        with self._lock:
            lab = self._lab
            _, known, shown = self._known
            address = known or address
            page = seen or shown or proxy.address_for_people(lab.config, asked or address)
            self._known = lab, address, page
            due = self._said != self._known and self._clock() >= self._again_at
            if due and lab.instance.held:
                self._write(lab, address, page)
        return page

    def say_as_asked(self) -> None:
        """By the present request."""
        seen, asked = proxy.address_in_browser(), proxy.asked_address()
        self.say(proxy.straight_address(), seen, asked)

    def _write(self, lab: Lab, address: str, page: str) -> None:
        try:
            lab.instance.say(address, lab.token, page)
        except OSError as error:
            if not self._again_at:
                self._complain_of(error)
            self._again_at = self._clock() + RETRY_S
        else:
            self._said, self._again_at = self._known, 0.0
            lab.troubles.end("data")

    def take_and_say(self) -> None:
        """Before each request.

        Raises:
            InUse: another dashboard has the folder, or is served by another of our processes.
        """
        if request.environ.get("wsgi.multiprocess"):
            raise InUse(
                "several processes serve the dashboard, and each would have servers of its own",
                "serve it by one process with threads, as gunicorn -w 1 --threads 128",
            )
        self.take()
        self.say_as_asked()
        self._lab.serve()

    def complain(self) -> None:
        """Report the remembered settings that cannot be used."""
        for complaint in self._lab.settings.complaints:
            say_on_terminal(f"Socket Lab: {self._lab.settings.path}: {complaint}; passed over")

    def _complain_of(self, error: OSError) -> None:
        self._lab.troubles.begin("data", error.strerror or str(error))
        say_on_terminal(
            f"Socket Lab cannot write to {self._lab.config.data_path} ({error.strerror}): grades, "
            f"logs and settings are not kept. Another folder: {ANOTHER_FOLDER}"
        )


def say_on_terminal(text: str) -> None:
    """Standard error may be a file on a disk that is full; a text may quote another's file."""
    with suppress(OSError):
        print(terminal.one_line(text), file=sys.stderr, flush=True)


def init_app(app: Flask) -> None:
    presence = Presence(app)
    app.extensions["presence"] = presence
    if os.environ.get("WERKZEUG_RUN_MAIN") == "true":
        startup_log.init_app(presence.say)
        app.extensions["lab"].serve()
        return

    def said_by_flask(address: str) -> str:
        # Each reload of --debug makes a new worker: all keep the token, and so do the open pages.
        os.environ[PREFIX + "TOKEN"] = app.extensions["lab"].token
        _say_to_others(app.extensions["lab"], address)
        if not reloads:
            app.extensions["lab"].serve()
        return presence.say(address)

    reloads = is_flask_run() and _reloads()
    startup_log.init_app(said_by_flask)
    app.before_request(presence.take_and_say)
    if is_flask_run():
        with said_by_click():
            if _reloads():
                presence.take()
            else:
                presence.take_or_look_on()
        presence.complain()
    elif os.environ.get("SERVER_SOFTWARE", "").startswith("gunicorn"):
        _take_or_leave(presence)


def _say_to_others(lab: Lab, address: str) -> None:
    for public in security.public_addresses(lab, address):
        link = f"{public}/#token={quote(lab.token, safe='')}"
        say_on_terminal(f"Others can look on at {public}, and change what runs by {link}")


def is_flask_run() -> bool:
    context = click.get_current_context(silent=True)
    return context is not None and context.command is run_command


def _reloads() -> bool:
    """Whether this `flask run` leaves the serving to workers, anew after each change."""
    chosen = click.get_current_context().params.get("reload")
    return get_debug_flag() if chosen is None else bool(chosen)


@contextmanager
def said_by_click() -> Iterator[None]:
    """On a command line an error of ours is a sentence, and the end of it."""
    try:
        yield
    except LabError as error:
        if click.get_current_context(silent=True) is None:
            raise
        sentence = terminal.one_line(f"{error.message}; {error.next_step}")
        raise click.ClickException(sentence) from error


def _take_or_leave(presence: Presence) -> None:
    try:
        presence.take()
    except InUse as error:
        say_on_terminal(f"Socket Lab: {error.message}; {error.next_step}")
        raise SystemExit(CANNOT_BE_LOADED) from error
    presence.complain()
