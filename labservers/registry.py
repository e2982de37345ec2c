"""The five servers by name: all that is needed to start one."""

from typing import NamedTuple


class ServerSpec(NamedTuple):
    """A server before it runs.

    `models` are the ways it can serve many clients, the default first; `module` is the
    import path of its implementation, loaded only in the process that runs it. `capabilities`
    say what of it can be seen and used:

    wire: its connections or recent peers. threads: a thread a client. loop: an event loop that
    can be held. rooms: chat rooms. http: it speaks HTTP/1.1. exchange: one request, one answer.
    source: its code. checks: it can be checked.
    """

    name: str
    task: int
    title: str
    transport: str
    protocol: str
    models: tuple[str, ...]
    default_port: int
    module: str
    capabilities: frozenset[str]

    @property
    def default_model(self) -> str:
        return self.models[0]


def _spec(
    task: int,
    name: str,
    title: str,
    protocol: str,
    models: str,
    capabilities: str,
    transport: str = "tcp",
) -> ServerSpec:
    return ServerSpec(
        name=name,
        task=task,
        title=title,
        transport=transport,
        protocol=protocol,
        models=tuple(models.split()),
        default_port=8000 + task,
        module=f"labservers.servers.{name}",
        capabilities=frozenset({"wire", "source", "checks", *capabilities.split()}),
    )


SERVERS: dict[str, ServerSpec] = {
    spec.name: spec
    for spec in (
        _spec(1, "hello", "UDP hello", "UDP", "blocking", "exchange", transport="udp"),
        _spec(
            2, "hypotenuse", "TCP hypotenuse", "TCP · JSON", "threads blocking", "threads exchange"
        ),
        _spec(3, "page", "HTTP page", "HTTP/1.1", "threads blocking", "threads exchange http"),
        _spec(4, "chat", "Group chat", "TCP", "thread-per-client", "threads rooms"),
        _spec(5, "subjects", "Async HTTP", "HTTP/1.1", "event-loop", "loop exchange http"),
    )
}
