"""The answers of an application, compared with the description of its API."""

import re
from typing import Any

from flask import Flask, Response, request


class Described:
    """Watches all answers of an application; `strangers`: those that are not described, as
    (method, path, status). An address without a route, and a method that it has not, are no
    operations."""

    def __init__(self, app: Flask, description: Any) -> None:
        self.strangers: set[tuple[str, str, int]] = set()
        self._paths = description["paths"]
        app.after_request(self._compare)

    def _compare(self, answer: Response) -> Response:
        if request.url_rule is not None:
            path = re.sub(r"<(\w+)>", r"{\1}", request.url_rule.rule)
            method = "get" if request.method == "HEAD" else request.method.lower()
            operation = self._paths.get(path, {}).get(method)
            if operation and str(answer.status_code) not in operation["responses"]:
                self.strangers.add((method, path, answer.status_code))
        return answer
