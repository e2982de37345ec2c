"""What is good enough, as data. Met or missed is computed from the medians, never asserted.

Ratios are judged as they are printed, to two decimals.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.figures import median, readable
from bench.results import OURS, Results, Table

HTTP = "keep-alive"
CLOSE = "connection per request"
CHAT_PEERS = ("asyncio Protocol", "asyncio streams", "stdlib threads", "ncat --broker")
HELLO_PEERS = ("lab", "asyncio datagrams", "socketserver")


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of the table of bars.

    `peers`: ours is divided by the best of them that was measured; without any, it is ours
    alone. `sign`: `>=` or `<=` the bound, or `<` for lower than every peer by the plain value.
    """

    name: str
    table: str
    bound: float
    sign: str = ">="
    peers: tuple[str, ...] = ()
    ours: str = OURS
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A bar with what came of it; `status` is met, missed or not measured."""

    bar: Bar
    value: float
    peer: str
    status: str

    @property
    def measured(self) -> str:
        return readable(self.value) + self.bar.unit

    @property
    def wanted(self) -> str:
        if self.bar.sign == "<":
            return "below every peer"
        return f"{self.bar.sign} {self.bar.bound:g}{self.bar.unit}"


def _http(peer: str, bound: float, table: str = HTTP) -> Bar:
    return Bar(f"GET, {table}", table, bound, peers=(peer,))


BARS: tuple[Bar, ...] = (
    _http("asyncio Protocol", 1.1),
    _http("asyncio streams", 1.5),
    _http("uvicorn httptools+uvloop", 3.0),
    _http("tornado", 6.0),
    _http("aiohttp", 6.0),
    _http("uvicorn h11", 6.0),
    _http("asyncio Protocol", 1.1, CLOSE),
    Bar("POST, durable", "post", 1.0, peers=("uvicorn httptools+uvloop, no store",)),
    Bar("hello, 32 clients", "hello", 1.0, peers=("lab",)),
    Bar("hello, loss in a burst of 1,000", "hello burst", 0.0, "<", HELLO_PEERS, unit=" %"),
    Bar("hypotenuse, 32 clients", "hypotenuse", 1.0, peers=("lab",)),
    Bar("hypotenuse, clients served correctly", "hypotenuse served", 100.0, unit=" %"),
    *(
        Bar(f"chat, {size} members", f"chat {size}", 1.0, peers=CHAT_PEERS)
        for size in (10, 100, 500)
    ),
    *(
        Bar(f"chat, {size} members, every message in order", f"chat {size} complete", 100.0,
            unit=" %")
        for size in (10, 100, 500)
    ),
    *(
        Bar(f"chat, {size} members, with one that never reads / without",
            f"chat {size} silent", 1.0, peers=("ours, without it",), ours="ours, with it")
        for size in (10, 100, 500)
    ),
    *(
        Bar(f"start of {name}", "start", 1.5, "<=", ("python -m http.server",), ours=name)
        for name in ("hello", "hypotenuse", "page", "chat", "subjects")
    ),
    Bar("throughput with 10,000 idle connections / with none", "idle", 0.95,
        peers=("none idle",), ours="10,000 idle"),
    Bar("memory of an idle connection", "idle memory", 2.0, "<=", unit=" KiB"),
    Bar("p99 beside 200 slow-header clients", "slow headers", 50.0, "<=", unit=" ms"),
    Bar("click to RUNNING, the slowest server", "click", 400.0, "<=", ours="slowest", unit=" ms"),
    Bar("idle dashboard, five servers, one tab", "dashboard idle", 5.0, "<=",
        ours="dashboard", unit=" %"),
    Bar("page alive after load", "page alive", 1000.0, "<=", ours="overview", unit=" ms"),
)  # fmt: skip


def judge(results: Results, bars: Sequence[Bar] = BARS) -> list[Verdict]:
    """All bars in their order."""
    return [_judge(results.table(bar.table), bar) for bar in bars]


def _judge(table: Table | None, bar: Bar) -> Verdict:
    if table is None or not table.of(bar.ours):
        return Verdict(bar, math.nan, "", "not measured")
    ours = median(table.of(bar.ours))
    if not bar.peers:
        return Verdict(bar, ours, "", _status(ours, bar.sign, bar.bound))
    peer = table.best(bar.peers)
    if peer is None:
        return Verdict(bar, math.nan, "", "not measured")
    theirs = median(table.of(peer))
    if bar.sign == "<":
        met = ours < theirs or ours == theirs == 0.0
        return Verdict(bar, ours, f"{peer}: {readable(theirs)}{bar.unit}", _word(met))
    value = round(ours / theirs, 2) if theirs else math.nan
    return Verdict(bar, value, peer, _status(value, bar.sign, bar.bound))


def _status(value: float, sign: str, bound: float) -> str:
    if math.isnan(value):
        return "not measured"
    return _word(value >= bound if sign == ">=" else value <= bound)


def _word(met: bool) -> str:
    return "met" if met else "missed"
