"""Style sheets, scripts and fonts under addresses that change with their content.

A browser keeps them for a year (`immutable`, RFC 8246), so that a page that is opened again asks
for none of them. The version is a folder in the address: modules find each other by relative
addresses.
"""

import hashlib
import posixpath
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, current_app, send_from_directory

from dashboard import proxy

blueprint = Blueprint("assets", __name__)
YEAR_S = 365 * 86_400
LOOK_S = 1.0  # a change is seen after that
IMPORTED = re.compile(r'^@import "([^"]+)";\n', re.M)
FROM = re.compile(r'^(?:import|export|\}) ?.*\bfrom "(\.\.?/[^"]+)";?$', re.M)


class Assets:
    """The files of a folder, as they are now."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._looked = -LOOK_S
        self._version = ""
        self._modules: list[str] = []

    @property
    def version(self) -> str:
        """Twelve digits that follow from names, sizes and times."""
        self._look()
        return self._version

    @property
    def modules(self) -> list[str]:
        """All modules of the first frame, so that a browser asks for them at once."""
        self._look()
        return self._modules

    def style(self) -> str:
        """css/all.css with what it imports in its place."""
        css = self.folder / "css"
        text = (css / "all.css").read_text("utf-8")
        return IMPORTED.sub(lambda named: (css / named[1]).read_text("utf-8") + "\n", text)

    def _look(self) -> None:
        with self._lock:
            if self._clock() - self._looked < LOOK_S:
                return
            files = sorted(path for path in self.folder.rglob("*") if path.is_file())
            stats = [(path, path.stat()) for path in files]
            text = "".join(f"{path} {stat.st_size} {stat.st_mtime_ns}\n" for path, stat in stats)
            version = hashlib.sha256(text.encode()).hexdigest()[:12]
            if version != self._version:
                self._version, self._modules = version, self._reachable("js/main.js")
            self._looked = self._clock()

    def _reachable(self, entry: str) -> list[str]:
        found: dict[str, None] = {}
        waiting = [entry]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found[name] = None
                text = (self.folder / name).read_text("utf-8")
                here = posixpath.dirname(name)
                waiting += [posixpath.normpath(f"{here}/{other}") for other in FROM.findall(text)]
        return list(found)


def init_app(app: Flask) -> None:
    app.extensions["assets"] = Assets(Path(str(app.static_folder)))
    app.register_blueprint(blueprint)


def assets() -> Assets:
    found: Assets = current_app.extensions["assets"]
    return found


def address(name: str) -> str:
    """Where a file of the folder is for this request's browser, in its present version."""
    return f"{proxy.prefix()}/assets/{assets().version}/{name}"


@blueprint.get("/assets/<version>/css/all.css")
def style(version: str) -> Response:
    _check(version)
    response = Response(assets().style(), mimetype="text/css")
    response.add_etag()
    return _kept(response, version)


@blueprint.get("/assets/<version>/<path:name>")
def file(version: str, name: str) -> Response:
    _check(version)
    return _kept(send_from_directory(assets().folder, name), version)


def _check(version: str) -> None:
    if not re.fullmatch(r"[0-9a-f]{12}", version):
        abort(404)


def _kept(response: Response, version: str) -> Response:
    """A page of an earlier version gets the files of now, to keep for no time."""
    kept = f"public, max-age={YEAR_S}, immutable"
    response.headers["Cache-Control"] = kept if version == assets().version else "no-store"
    return response
