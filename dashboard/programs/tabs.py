"""The tabs of a program's page and their topics: all of it follows from capabilities."""

from collections.abc import Container
from typing import Any, NamedTuple

from dashboard.live.events import KINDS, Kind
from dashboard.programs.program import Program


class Tab(NamedTuple):
    """A tab of a program's page.

    capability: the one that it needs; None: every program has it. kinds: the live
    events that it shows. linked: the sidebar leads to it.
    """

    name: str
    capability: str | None
    kinds: tuple[str, ...] = ()
    linked: bool = False


# In the order of the page; a program's first tab opens by itself.
TABS = (
    Tab("console", "console"),
    Tab("loop", "loop", ("loop", "rows", "tasks"), linked=True),
    Tab("rooms", "rooms", linked=True),
    Tab("try", "exchange"),
    Tab("code", "source", ("code",)),
    Tab("wire", "wire", ("wire", "streams", "check")),
    Tab("threads", "threads", ("threads", "wire", "streams")),
    Tab("connections", "wire", ("rows",)),
    Tab("check", "checks", ("check", "streams")),
    Tab("logs", None, ("logs",)),
    Tab("life", None, ("life",)),
)


def tabs_of(capabilities: Container[str]) -> list[Tab]:
    return [tab for tab in TABS if tab.capability is None or tab.capability in capabilities]


def find_tab(capabilities: Container[str], name: str | None) -> str | None:
    """The tab of that name, or None. Without a name the first; `try` is the first where there
    is no exchange to try, and so is the `loop` of a user's program, which has yet to be seen."""
    names = [tab.name for tab in tabs_of(capabilities)]
    may_lack = ("try", "loop") if "console" in names else ("try",)
    if name is None or (name in may_lack and name not in names):
        return names[0]
    return name if name in names else None


def as_shown(program: Program, capabilities: Container[str]) -> list[dict[str, Any]]:
    """The tabs as the page gets them."""
    return [
        {
            "name": tab.name,
            "topics": [kind.topic(program.name) for kind in _kinds(tab, capabilities)],
            "linked": tab.linked,
        }
        for tab in tabs_of(capabilities)
    ]


def _kinds(tab: Tab, capabilities: Container[str]) -> list[Kind]:
    """Those of a tab that a program with these capabilities has."""
    kinds = [KINDS[kind] for kind in tab.kinds]
    return [kind for kind in kinds if not kind.capability or kind.capability in capabilities]
