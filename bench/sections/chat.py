"""Chat: one speaks, everybody reads; with 10, 100 and 500 members, and one that never reads."""

import contextlib
from collections.abc import Collection
from typing import NamedTuple

from bench.arena import CannotStart, Run, started
from bench.bars import Bar
from bench.contenders import Contender, Place, ours, peer, program
from bench.generator import LoadFailed, Outcome
from bench.results import Table
from bench.talks import Talk, outcomes, talking

SIZES = (10, 100, 500)
WINDOW = 16
MOST_CONNECTIONS = 700
TURNS, QUICK_TURNS = 25, 12
EVERYBODY = 100.0
WITH_ONE, WITHOUT = "ours, with it", "ours, without it"
FAR_BEHIND = ("lab", "asyncio streams", "ncat --chat")

PEERS = ("asyncio Protocol", "asyncio streams", "stdlib threads", "ncat --broker")
BARS = (
    *(Bar(f"chat, {size} members", f"chat {size}", 1.0, peers=PEERS) for size in SIZES),
    *(
        Bar(f"chat, {size} members, every message in order", f"chat {size} complete", 100.0,
            unit=" %")
        for size in SIZES
    ),
    *(
        Bar(f"chat, {size} members, with one that never reads / without",
            f"chat {size} silent", 1.0, peers=(WITHOUT,), ours=WITH_ONE)
        for size in SIZES
    ),
)  # fmt: skip


def measure(run: Run) -> list[Table]:
    return [table for size in SIZES for table in _measure(run, size)]


def contenders() -> list[Contender]:
    return [
        ours("chat"),
        peer("lab", "chat_lab", note="a thread per client, no order"),
        peer("stdlib threads", "chat_threads", note="one order, a lock while sending"),
        peer("asyncio Protocol", "chat_protocol", note="whole lines together, unbounded buffers"),
        peer("asyncio streams", "chat_streams", note="line by line, unbounded buffers"),
        _ncat("--broker", "C; knows no lines, no echo to the speaker"),
        _ncat("--chat", "C; a prefix before each message"),
    ]


def _ncat(mode: str, note: str) -> Contender:
    def words(place: Place) -> list[str]:
        most = ["--max-conns", str(MOST_CONNECTIONS)]
        return ["--listen", "127.0.0.1", str(place.port), mode, *most]

    return program(f"ncat {mode}", "ncat", words, note)


def _measure(run: Run, size: int) -> list[Table]:
    """Each load has a server of its own."""
    title = f"chat, {size} members, {WINDOW} messages of 59 bytes in flight"
    plain = Table(f"chat {size}", title, "delivered/s")
    beside = Table(f"chat {size} silent", f"{title}, ours beside one that never reads",
                   "delivered/s")  # fmt: skip
    complete = Table(f"chat {size} complete", f"chat, {size} members: all got everything", "%")
    without = (size, 0, WINDOW)
    near, far = split(contenders(), FAR_BEHIND)
    for turn in range(run.rounds):
        entrants = [Entrant(plain, contender, without) for contender in near]
        entrants.append(Entrant(beside, ours("chat", WITH_ONE), (size, 1, WINDOW)))
        _look(run, entrants, complete)
        if run.looks_far(turn, 0):
            for contender in far:
                _look(run, [Entrant(plain, contender, without)], complete)
    return [plain, complete, beside]


def split(
    contenders: list[Contender], far_behind: Collection[str]
) -> tuple[list[Contender], list[Contender]]:
    """Those that take turns with each other, and those that are far slower."""
    near = [contender for contender in contenders if contender.name not in far_behind]
    return near, [contender for contender in contenders if contender.name in far_behind]


class Entrant(NamedTuple):
    """A contender for a table, and the rest of the words of its load."""

    table: Table
    contender: Contender
    words: tuple[object, ...]


def looks(run: Run, entrants: list[Entrant]) -> list[tuple[Entrant, Outcome]]:
    """The outcomes of those that could be measured, all at the same time and in turns; the others
    are left out of their table."""
    talks: dict[str, Talk] = {}
    failed: dict[str, Exception] = {}
    by_key = {f"{one.table.key}: {one.contender.name}": one for one in entrants
              if one.contender.name not in one.table.left_out}  # fmt: skip
    with contextlib.ExitStack() as stack:
        for key, (_, contender, words) in by_key.items():
            run.say(f"  {key}")
            try:
                server = stack.enter_context(started(run, contender))
                talks[key] = stack.enter_context(talking(run, "chat", server, *words))
            except (CannotStart, LoadFailed) as error:
                failed[key] = error
        ended = outcomes(talks, int(run.pick(QUICK_TURNS, TURNS)))
    failed |= {key: end for key, end in ended.items() if isinstance(end, LoadFailed)}
    for key, why in failed.items():
        run.say(f"  {key} is left out: {why}")
        by_key[key].table.left_out[by_key[key].contender.name] = str(why)
    return [(by_key[key], end) for key, end in ended.items() if isinstance(end, Outcome)]


def _look(run: Run, entrants: list[Entrant], complete: Table) -> None:
    for (table, contender, _), outcome in looks(run, entrants):
        note(table, contender, outcome)
        if contender.name == WITH_ONE:  # of the same server, in a room of its own
            table.row(WITHOUT).add(outcome.figures["rate_without"])
        else:
            _note_completeness(complete, contender.name, outcome)


def note(table: Table, contender: Contender, outcome: Outcome) -> None:
    row = table.row(contender.name)
    rate = outcome.figures["rate"]
    row.add(rate, **outcome.busy(rate))
    row.note = remark(contender, outcome.figures["faults"])


def remark(contender: Contender, faults: list[str]) -> str:
    return "; ".join([*([contender.note] if contender.note else []), *faults])


def _note_completeness(table: Table, name: str, outcome: Outcome) -> None:
    """The members with everything, but none where the order or the bytes were wrong."""
    whole = outcome.figures["complete"] == EVERYBODY and not outcome.figures["faults"]
    row = table.row(name)
    row.add(EVERYBODY if whole else min(outcome.figures["complete"], EVERYBODY - 1))
    if faults := outcome.figures["faults"]:
        row.note = "; ".join(faults)
