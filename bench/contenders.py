"""The measured servers and their command lines: ours exactly as the dashboard starts it."""

import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.children import CHANNEL
from bench.environment import PeerEnvironment
from bench.results import OURS

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Place:
    """Where a contender is started: its port, a folder for its files, and for HTTP the answer
    that all give, in bytes and media type."""

    port: int
    folder: Path
    size: int = 0
    media: str = HTML


@dataclass(frozen=True)
class Contender:
    """`words` makes its command line; `lacking` says why it cannot be had here, if so."""

    name: str
    words: Callable[[Place], list[str]]
    lacking: str = ""
    note: str = ""
    udp: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)


def ours(server: str, name: str = OURS, model: str = "") -> Contender:
    """One of the five servers as `make run` starts it: limits, deadlines, log and telemetry."""

    def words(place: Place) -> list[str]:
        where = ["--host", "127.0.0.1", "--port", str(place.port)]
        chosen = ["--model", model] if model else []
        data = ["--data-dir", str(place.folder), "--channel", CHANNEL]
        return [sys.executable, "-m", "labservers", server, *where, *chosen, *data]

    return Contender(name, words, udp=server == "hello")


def peer(name: str, module: str, *more: str, note: str = "", udp: bool = False) -> Contender:
    """A program of bench/peers that needs the standard library alone; same python as ours."""
    return Contender(name, _program(sys.executable, module, more), note=note, udp=udp)


def packaged(
    name: str,
    module: str,
    *more: str,
    environment: PeerEnvironment,
    needs: tuple[str, ...],
    note: str = "",
) -> Contender:
    """A program of bench/peers that needs packages out of bench/.venv."""
    words = _program(str(environment.python), module, more)
    return Contender(name, words, environment.lacks(needs), note)


def program(
    name: str, executable: str, words: Callable[[Place], list[str]], note: str = ""
) -> Contender:
    """A program of the system."""
    found = shutil.which(executable)
    lacking = "" if found else f"{executable} is not installed (apt install {executable})"
    return Contender(name, lambda place: [found or executable, *words(place)], lacking, note)


def _program(python: str, module: str, more: tuple[str, ...]) -> Callable[[Place], list[str]]:
    def words(place: Place) -> list[str]:
        answer = ["--size", str(place.size), "--media", place.media] if place.size else []
        where = ["--port", str(place.port)]
        return [python, "-m", f"bench.peers.{module}", *where, *answer, *more]

    return words
