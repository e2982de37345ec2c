"""A dashboard with a sixth program in its catalogue: nothing but the entry says that it exists.

`flask --app tests.sixth run` is such a dashboard in a process of its own.
"""

from typing import Any

from flask import Flask

from dashboard import create_app as create_dashboard
from dashboard.programs.catalogue import catalogue
from dashboard.programs.launch import Launch
from dashboard.programs.program import Program

TWIN = Program(
    name="twin",
    title="A twin of number five",
    number=6,
    launch=Launch(
        module="labservers",
        arguments=(
            *("subjects", "--host", "{host}", "--port", "{port}"),
            *("--data-dir", "{data_dir}/twin", "--channel", "{channel}"),
        ),
    ),
    protocol="HTTP/1.1",
    models=("event-loop",),
    capabilities=frozenset({"wire", "source", "loop", "http"}),
    module="labservers.servers.subjects",
)


def create_app(config: dict[str, Any] | None = None) -> Flask:
    return create_dashboard(config, catalogue([TWIN]))
