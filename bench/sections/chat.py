"""Chat: one speaks, everybody reads; with 10, 100 and 500 members, and one that never reads."""

import contextlib
from collections.abc import Collection
from typing import NamedTuple

from bench.arena import CannotStart, Run, started
from bench.bars import Bar
from bench.contenders import Contender, Place, ours, peer, program
from bench.generator import LoadFailed, Outcome
from bench.results import OURS, Row, Table
from bench.talks import Talk, outcomes, talking

SIZES = (10, 100, 500)
WINDOW = 16
MOST_CONNECTIONS = 700
TURNS, QUICK_TURNS = 25, 12
EVERYBODY = 100.0
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
            f"chat {size} silent", 1.0, peers=("ours, without it",), ours="ours, with it")
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
    """Each load has a server of its own: one that a silent member has stopped stays stopped."""
    title = f"chat, {size} members, {WINDOW} messages of 59 bytes in flight"
    plain = Table(f"chat {size}", title, "delivered/s")
    beside = Table(f"chat {size} beside", f"{title}, one more that never reads", "delivered/s")
    complete = Table(f"chat {size} complete", f"chat, {size} members: all got everything", "%")
    without, with_one = (size, 0, WINDOW), (size, 1, WINDOW)
    near, far = split(contenders(), FAR_BEHIND)
    for turn in range(run.rounds):
        entrants = [Entrant(plain, contender, without) for contender in near]
        entrants += [
            Entrant(beside, contender, with_one) for contender in near if _is_ours(contender)
        ]
        _look(run, entrants, complete)
        if not run.quick and turn == 0:  # ours alone is judged by it
            for contender in (*near, *far):
                if not _is_ours(contender):
                    _look(run, [Entrant(beside, contender, with_one)], complete)
        if run.looks_far(turn, 0):
            for contender in far:
                _look(run, [Entrant(plain, contender, without)], complete)
    return [plain, complete, beside, _compared(size, plain, beside)]


def split(
    contenders: list[Contender], far_behind: Collection[str]
) -> tuple[list[Contender], list[Contender]]:
    """Those that take turns with each other, and those that are far slower."""
    near = [contender for contender in contenders if contender.name not in far_behind]
    return near, [contender for contender in contenders if contender.name in far_behind]


def _is_ours(contender: Contender) -> bool:
    return contender.name == OURS


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
    for (table, contender, words), outcome in looks(run, entrants):
        note(table, contender, outcome)
        if words[1] == 0:
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


def _compared(size: int, plain: Table, beside: Table) -> Table:
    """Ours with and without the member that never reads, from the rounds above."""
    table = Table(f"chat {size} silent", f"chat, {size} members, ours beside one that never reads",
                  "delivered/s")  # fmt: skip
    table.rows["ours, without it"] = Row(list(plain.of(OURS)))
    table.rows["ours, with it"] = Row(list(beside.of(OURS)))
    return table
