"""Requests made from the API's own description: `make fuzz`, `python -m bench.description [EACH]`.

schemathesis makes EACH requests (20 by default) for every operation of openapi.json, with values
that the description allows. Each goes to an application of its own data folder. No answer may
be a 500, and each has a status, headers and a body as described.
"""

import sys
import tempfile
from collections import Counter
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from dashboard import create_app

EACH = 20
# Starts all, and looks through folders of this machine.
LEFT_OUT = frozenset({"/api/servers/start", "/api/programs/look"})
# A request that the description allows may still be refused, with the reason.
WANTED = (
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
)
HEADERS = {"Host": "127.0.0.1", "X-Lab-Token": "fuzz"}


def ask(operation: Any, each: int, asked: Counter[str]) -> None:
    """Requests of one operation.

    Raises:
        schemathesis.core.failures.FailureGroup: an answer is not as described.
    """

    @settings(
        max_examples=each,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def one(case: Any) -> None:
        case.headers = {**(case.headers or {}), **HEADERS}
        answer = case.call()
        asked[f"{answer.status_code // 100}xx"] += 1
        case.validate_response(answer, checks=WANTED)

    one()


def main() -> int:
    each, asked, failed = int(sys.argv[1]) if len(sys.argv) > 1 else EACH, Counter[str](), 0
    with tempfile.TemporaryDirectory() as folder:
        app = create_app({"data_dir": folder, "token": HEADERS["X-Lab-Token"]})
        described = app.test_client().get("/api/openapi.json", headers=HEADERS).get_json()
        schema = schemathesis.openapi.from_dict(described)
        schema.app = app
        for found in schema.get_all_operations():
            operation = found.ok()
            if operation.path in LEFT_OUT:
                continue
            try:
                ask(operation, each, asked)
            except Exception as failure:  # all of one operation; the next ones are asked as well
                failed += 1
                print(f"{operation.method.upper()} {operation.path}: {failure}")
        app.extensions["lab"].close(5.0)
    answers = ", ".join(f"{asked[kind]} {kind}" for kind in sorted(asked))
    print(f"{asked.total()} answers ({answers}); {failed} operations not as described")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
