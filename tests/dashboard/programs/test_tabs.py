"""The tab of a name, by what a program can show."""

import pytest

from dashboard.programs.tabs import find_tab


@pytest.mark.parametrize(
    ("capabilities", "name", "tab"),
    [
        ({"console"}, None, "console"),
        ({"console"}, "loop", "console"),  # has not been seen yet
        ({"console", "loop"}, "loop", "loop"),
        ({"console"}, "rooms", None),
        ({"logs"}, "loop", None),  # of a server of the lab, which has none
    ],
)
def test_a_name_leads_to_a_tab_or_to_none(
    capabilities: set[str], name: str | None, tab: str | None
) -> None:
    assert find_tab(capabilities, name) == tab
