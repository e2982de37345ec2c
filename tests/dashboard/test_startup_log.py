"""The first lines of `flask run`: chatter dropped, the address last and whole, and passed on."""

import logging
from collections.abc import Iterator

import pytest

from dashboard import startup_log

LOGGER = logging.getLogger("werkzeug")
WARNING = "\x1b[31m\x1b[1mWARNING: This is a development server.\x1b[0m"


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """Where the addresses go; the shared logger is as before afterwards."""
    before, level = LOGGER.filters[:], LOGGER.level
    addresses: list[str] = []
    startup_log.init_app(lambda address: addresses.append(address) or f"{address}/lab")
    LOGGER.setLevel(logging.INFO)
    yield addresses
    LOGGER.filters[:], LOGGER.level = before, level


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:5000", "http://[::1]:5050", "http://mb:80", "unix:///run/lab"]
)
@pytest.mark.parametrize("end", ["", "\x1b[0m", "\n * Running on http://192.0.2.7:5000"])
def test_the_address_is_heard_whole(
    heard: list[str], caplog: pytest.LogCaptureFixture, address: str, end: str
) -> None:
    LOGGER.info(f"{WARNING}\n * Running on {address}{end}")
    LOGGER.info("\x1b[33mPress CTRL+C to quit\x1b[0m")
    assert heard == [address]
    assert caplog.messages[-1] == f"Press CTRL+C to quit. Socket Lab is on {address}/lab"
    assert len(caplog.messages) == 1


@pytest.mark.parametrize(
    ("address", "opened"),
    [
        ("http://0:5000", "http://127.0.0.1:5000"),
        ("https://0x0:5050", "https://127.0.0.1:5050"),
        ("http://[::ffff:0.0.0.0]:80", "http://127.0.0.1:80"),
        ("http://[0::0]:5000", "http://[::1]:5000"),
        ("http://127.1:5000", "http://127.1:5000"),
        ("http://MB:5000", "http://MB:5000"),
        ("unix:///0", "unix:///0"),
    ],
)
def test_every_address_is_one_that_can_be_opened(
    heard: list[str], caplog: pytest.LogCaptureFixture, address: str, opened: str
) -> None:
    LOGGER.info(f" * Running on {address}")
    LOGGER.info("Press CTRL+C to quit")
    assert heard == [opened]
    assert caplog.messages[-1].endswith(f"Socket Lab is on {opened}/lab")


def test_requests_are_not_said_but_failures_are(
    heard: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    LOGGER.info('127.0.0.1 - "GET / HTTP/1.1" 200')
    LOGGER.error("the server broke")
    assert caplog.messages == ["the server broke"]
    assert heard == []


def test_the_newest_application_is_heard(heard: list[str]) -> None:
    newer: list[str] = []
    startup_log.init_app(lambda address: newer.append(address) or address)
    LOGGER.info(" * Running on http://127.0.0.1:5000\n")
    LOGGER.info("Press CTRL+C to quit")
    assert (heard, newer) == ([], ["http://127.0.0.1:5000"])
