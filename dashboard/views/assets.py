"""Style sheets, scripts and fonts under addresses that change with their content.

A browser keeps them for a year (`immutable`, RFC 8246), so that a page that is opened again asks
for none of them. The version is a folder in the address: files find each other by relative
addresses. The style sheets are one file for the browser, and so are the modules.
"""

import hashlib
import logging
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from flask import Blueprint, Flask, Response, abort, current_app, send_from_directory

from dashboard import proxy
from dashboard.views import script

LOG = logging.getLogger(__name__)
blueprint = Blueprint("assets", __name__)
YEAR_S = 365 * 86_400
LOOK_S = 1.0  # a change is seen after that
STYLE, MAIN, MODULES = "css/all.css", "js/main.js", script.NAMED
SOURCE_MAP = f"{MODULES}.map"
IMPORTED = re.compile(r'^@import "([^"]+)";\n', re.M)
TYPES = {STYLE: "text/css", MODULES: "text/javascript", SOURCE_MAP: "application/json"}


class Version(NamedTuple):
    """The files at a moment. name: twelve digits that follow from names, sizes, times and what is
    made of the files. made: that, by path. entry: the module that begins the page."""

    name: str
    made: dict[str, str]
    entry: str


class Assets:
    """The files of a folder, as they are now."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._looked = -LOOK_S
        self._seen = ""
        self._version = Version("", {}, MAIN)

    @property
    def version(self) -> Version:
        with self._lock:
            if self._clock() - self._looked >= LOOK_S:
                seen = self._names_sizes_and_times()
                if seen != self._seen:
                    self._seen, self._version = seen, self._make(seen)
                self._looked = self._clock()
            return self._version

    def _names_sizes_and_times(self) -> str:
        files = sorted(path for path in self.folder.rglob("*") if path.is_file())
        stats = [(path, path.stat()) for path in files]
        return "".join(f"{path} {stat.st_size} {stat.st_mtime_ns}\n" for path, stat in stats)

    def _make(self, seen: str) -> Version:
        made, entry = {STYLE: self._style()}, MODULES
        try:
            made[MODULES], made[SOURCE_MAP] = script.make(self._read, MAIN)
        except (ValueError, OSError) as error:
            LOG.warning("browsers ask for each module by itself: %s", error)
            entry = MAIN
        digest = hashlib.sha256("".join([seen, *made.values()]).encode())
        return Version(digest.hexdigest()[:12], made, entry)

    def _style(self) -> str:
        """The style sheet with what it imports in its place."""
        return IMPORTED.sub(lambda named: self._read(f"css/{named[1]}") + "\n", self._read(STYLE))

    def _read(self, name: str) -> str:
        return (self.folder / name).read_text("utf-8")


def init_app(app: Flask) -> None:
    app.extensions["assets"] = Assets(Path(str(app.static_folder)))
    app.register_blueprint(blueprint)


def assets() -> Assets:
    found: Assets = current_app.extensions["assets"]
    return found


def address(name: str) -> str:
    """Where a file of the folder is for this request's browser, in its present version."""
    return f"{proxy.prefix()}/assets/{assets().version.name}/{name}"


def entry() -> str:
    """Where the script of the page is."""
    return address(assets().version.entry)


@blueprint.get("/assets/<version>/<path:name>")
def file(version: str, name: str) -> Response:
    """A page of an earlier version gets the files of now, to keep for no time."""
    if not re.fullmatch(r"[0-9a-f]{12}", version):
        abort(404)
    now = assets().version
    if name in now.made:
        response = Response(now.made[name], mimetype=TYPES[name])
        response.add_etag()
    else:
        response = send_from_directory(assets().folder, name)
    kept = f"public, max-age={YEAR_S}, immutable"
    response.headers["Cache-Control"] = kept if version == now.name else "no-store"
    return response
