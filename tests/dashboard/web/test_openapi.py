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


def test_every_refusal_is_described_by_its_code_and_has_the_shape_of_an_error(app: Flask) -> None:
    document = described(app)
    refusals = document["components"]["responses"]
    schema = {"schema": {"$ref": "#/components/schemas/Error"}}
    assert all(refusal["content"] == {"application/json": schema} for refusal in refusals.values())
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            codes = {code for code in operation["responses"] if not code.startswith("2")}
            needed = {"403", "503"}  # the gate is asked before anything else
            needed |= {"404"} if "{" in path else set()
            needed |= {"400", "413", "422"} if "requestBody" in operation else set()
            assert needed <= codes <= {"400", "403", "404", "409", "413", "422", "503"}, path
            shared = {operation["responses"][code]["$ref"].rpartition("/")[2] for code in codes}
            assert shared <= refusals.keys(), (method, path)
            assert len(shared) == len(codes), (method, path)
