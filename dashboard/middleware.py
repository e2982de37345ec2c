"""WSGI middleware around the application (PEP 3333)."""

from collections.abc import Callable
from typing import Any

from flask import Flask


def wrap(app: Flask, middleware: Callable[[Any], Any]) -> None:
    """Put it around what is there. Flask's own way is to assign to `app.wsgi_app`, which its types
    have as a method."""
    vars(app)["wsgi_app"] = middleware(app.wsgi_app)
