"""Every kind of event that a tab can hear: for which tabs it is, and how it is delivered."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple, TypeAlias

EventDict: TypeAlias = Mapping[str, Any]


class Delivery(Enum):
    """The fate of an event that a tab has not drawn yet when the next one comes.

    ORDERED: both are delivered, in order; a tab that is too far behind begins anew.
    LATEST: the newer one replaces the older one of the same name.
    STREAM: the `lines` of both are delivered in order; beyond a bound the oldest are left out
    and counted as `skipped`.
    """

    ORDERED = "ordered"
    LATEST = "latest"
    STREAM = "stream"


class Kind(NamedTuple):
    """A kind of event.

    by_topic: only tabs get it that asked for `kind:NAME` of its program; others come to every
    tab. hz: frames a second that a program sends while a tab asks for it; 0: as always. view: the
    part of a program that is looked at for it. capability: the one that a program needs for it.
    """

    kind: str
    delivery: Delivery
    by_topic: bool = False
    hz: float = 0.0
    view: str = ""
    capability: str = ""

    def topic(self, name: str) -> str:
        return f"{self.kind}:{name}"


KINDS = {
    kind.kind: kind
    for kind in (
        Kind("server", Delivery.ORDERED),
        Kind("gone", Delivery.ORDERED),
        Kind("feed", Delivery.ORDERED),
        Kind("files", Delivery.LATEST),
        Kind("troubles", Delivery.LATEST),
        Kind("restore", Delivery.LATEST),
        Kind("holder", Delivery.LATEST),
        Kind("figures", Delivery.LATEST),
        Kind("rows", Delivery.LATEST, True, 2.0, view="rows", capability="wire"),
        Kind("tasks", Delivery.LATEST, True, 2.0, view="loop", capability="loop"),
        Kind("loop", Delivery.LATEST, True, 10.0, view="loop", capability="loop"),
        Kind("wire", Delivery.STREAM, True, 2.0, view="wire", capability="wire"),
        Kind("streams", Delivery.LATEST, True, 2.0, view="rows", capability="wire"),
        Kind("code", Delivery.LATEST, True, 4.0, view="code", capability="source"),
        Kind("threads", Delivery.LATEST, True, 4.0, view="threads", capability="threads"),
        Kind("logs", Delivery.STREAM, by_topic=True),
        Kind("life", Delivery.LATEST, by_topic=True),
        Kind("check", Delivery.LATEST, by_topic=True, capability="checks"),
    )
}


def topic_of(event: EventDict) -> str | None:
    """The topic that a tab must have asked for to get this event; None: every tab gets it."""
    kind = KINDS[event["kind"]]
    return kind.topic(event["name"]) if kind.by_topic else None


def kind_and_name(topic: str) -> tuple[Kind, str]:
    """The capability that a topic asks for, and the program.

    Raises:
        KeyError: not a topic.
    """
    kind, _, name = topic.partition(":")
    return KINDS[kind], name
