"""The description of the API is true: every route, every field of a server."""

import json
import re
from typing import Any

from flask import Flask

from labservers.registry import SERVERS


def described(app: Flask) -> Any:
    with app.test_client().get("/api/openapi.json") as answer:
        assert answer.content_type == "application/json"
        return json.loads(answer.data)


def test_every_route_is_described_and_nothing_else(app: Flask) -> None:
    paths = described(app)["paths"]
    told = {(path, method) for path, operations in paths.items() for method in operations}
    routes = set()
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(("/api/", "/healthz", "/metrics")):
            path = re.sub(r"<(\w+)>", r"{\1}", rule.rule)
            routes |= {(path, m.lower()) for m in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
    assert told == routes


def test_every_reference_leads_somewhere(app: Flask) -> None:
    text = json.dumps(document := described(app))
    for reference in re.findall(r'"#/([^"]+)"', text):
        found = document
        for step in reference.split("/"):
            found = found[step]


def test_every_field_of_a_server_is_described(app: Flask) -> None:
    fields = set(described(app)["components"]["schemas"]["Server"]["properties"])
    for name in SERVERS:
        view = app.test_client().get(f"/api/servers/{name}").get_json()
        assert set(view) == fields


def test_what_changes_something_needs_the_token(app: Flask) -> None:
    for path, operations in described(app)["paths"].items():
        for method, operation in operations.items():
            assert ("security" in operation) == (method != "get"), (method, path)
