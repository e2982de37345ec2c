"""Visitors from another machine, on this one: those that come to 127.0.0.2 seem to be from far.

`flask --app tests.elsewhere run --host 0.0.0.0` is such a dashboard in a process of its own.
"""

from collections.abc import Iterable
from typing import Any

from flask import Flask

from dashboard import create_app as create_dashboard
from dashboard import middleware

HOST = "127.0.0.2"
FAR = "198.51.100.7"  # RFC 5737: nobody's address


class Elsewhere:
    """A WSGI application whose visitors at HOST have the address FAR."""

    def __init__(self, wsgi_app: Any) -> None:
        self._wsgi_app = wsgi_app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("HTTP_HOST", "").partition(":")[0] == HOST:
            environ["REMOTE_ADDR"] = FAR
        answer: Iterable[bytes] = self._wsgi_app(environ, start_response)
        return answer


def create_app(config: dict[str, Any] | None = None) -> Flask:
    app = create_dashboard(config)
    middleware.wrap(app, Elsewhere)
    return app
