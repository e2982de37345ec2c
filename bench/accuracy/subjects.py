"""What is checked, and what is to be found in it."""

import json
import sys
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from bench.accuracy.planting import PLANTED, ROOT, facts, source
from labservers.registry import SERVERS

STRANGERS = ROOT / "tests/programs/strangers"
HELD_BACK = ROOT / "tests/programs/held_back"
LAB = ROOT / "examples/lab"
PEERS = ROOT / "bench/.venv/bin/python"
# Both give a request up when its client ends its sending (seen 20 times of 20).
IN_STRANGERS = {name: frozenset({"half-close-unanswered"}) for name in ("aiohttp", "ncat")}
PORT = "{port}"  # in the words of a server that is started first
FOLDER = "{folder}"


class Subject(NamedTuple):
    """One server. words: of the command line, following `check`. wanted: ids of the causes that
    are in it, and of no others. files: name -> text of those that are written into a folder first.
    server: the command that starts it, where it is judged by its address. In the words {port} and
    {folder} are replaced."""

    group: str
    name: str
    words: tuple[str, ...]
    wanted: frozenset[str] = frozenset()
    server: tuple[str, ...] = ()
    files: Mapping[str, str] = {}


def everything(*, guess: bool = False) -> list[Subject]:
    """All of them; the ones with a planted fault first. guess: the task is not said."""
    small = (*planted(guess=guess), *held_back(guess=guess))
    return [*small, *lab(guess=guess), *ours(), *strangers()]


def planted(*, guess: bool = False) -> Iterator[Subject]:
    """Small servers with one fault each, and those without, that the others are made from."""
    for name, known in facts().items():
        group = "planted" if known["finding"] else "sound"
        yield _small(group, name, source(name), known, guess=guess)


def held_back(*, guess: bool = False) -> Iterator[Subject]:
    """Small servers that were written when the check was done: it was never tried on them before
    it was counted what is found of them."""
    for name, known in json.loads((HELD_BACK / "held_back.json").read_text("utf-8")).items():
        yield _small("held-back", name, (HELD_BACK / name).read_text("utf-8"), known, guess=guess)


def _small(
    group: str, name: str, text: str, known: Mapping[str, str | None], *, guess: bool
) -> Subject:
    """A server of one file. It gets the page that some of them send, and its client."""
    wanted, task, arguments = known["finding"], known["task"], known.get("args")
    assert task is not None
    words = [f"{FOLDER}/{name}", *(() if guess else ("--task", task))]
    words += ("--args", arguments) if arguments is not None else ()
    files = {name: text, "page.html": (PLANTED / "page.html").read_text("utf-8")}
    if (client := known.get("client")) is not None:
        words += ("--client", f"{FOLDER}/{client}")
        files[client] = (PLANTED / "clients" / client).read_text("utf-8")
    return Subject(group, name, tuple(words), frozenset({wanted} if wanted else ()), files=files)


def lab(*, guess: bool = False) -> Iterator[Subject]:
    """The servers of the lab's text; what is in them and why: examples/lab/findings.json."""
    for file, known in json.loads((LAB / "findings.json").read_text("utf-8")).items():
        task = () if guess else ("--task", known["task"])
        yield Subject("lab", file, (str(LAB / file), *task), frozenset(known["findings"]))


def ours() -> Iterator[Subject]:
    """The five servers, each in every model: as programs that are seen into, nothing to mend."""
    main = ROOT / "labservers/__main__.py"
    for name, spec in SERVERS.items():
        for model in spec.models:
            chosen = f" --model {model}" if len(spec.models) > 1 else ""
            words = (str(main), "--args", f"{name} --port 0{chosen}", "--task", _task(name))
            yield Subject("ours", f"{name}, {model}", words)


def _task(name: str) -> str:
    return {"hypotenuse": "math"}.get(name, name)


def strangers() -> Iterator[Subject]:
    """Servers that run already, in any language: nothing is known of their inside."""
    python = sys.executable
    page = (python, "-m", "http.server", PORT, "--bind", "127.0.0.1", "--directory", FOLDER)
    echo = ("ncat", "-k", "-l", "127.0.0.1", PORT, "-e", "/bin/cat")
    for name, server in {
        "http.server": page,
        "socketserver": (python, str(STRANGERS / "socketserver_math.py"), PORT),
        "aiohttp": (_with_aiohttp(), str(STRANGERS / "aiohttp_page.py"), PORT),
        "ncat": echo,
        "node, a page": ("node", str(STRANGERS / "page.js"), PORT),
        "node, a chat": ("node", str(STRANGERS / "chat.js"), PORT),
    }.items():
        words = ("--address", f"127.0.0.1:{PORT}")
        yield Subject("strangers", name, words, IN_STRANGERS.get(name, frozenset()), server)


def _with_aiohttp() -> str:
    """The Python of the peers that the bench measures; this one where they are not installed."""
    return str(PEERS) if PEERS.exists() else sys.executable
