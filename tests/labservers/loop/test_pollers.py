"""The system calls that wait: those of this machine, and their limits."""

import pytest

from labservers.loop import pollers
from labservers.loop.event_loop import EventLoop


def test_no_selector_of_that_name_is_said() -> None:
    with pytest.raises(ValueError, match="choose"):
        EventLoop(selector="telepathy")


def test_select_refuses_a_descriptor_that_it_cannot_watch() -> None:
    with pytest.raises(OSError, match="1024"):
        pollers.make("select").register(1_024, pollers.READ)
