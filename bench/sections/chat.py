"""Chat: one speaks, everybody reads; with 10, 100 and 500 members, and one that never reads."""

from collections.abc import Callable

from bench.arena import CannotStart, Run, started
from bench.bars import Bar
from bench.contenders import Contender, Place, ours, peer, program
from bench.figures import rotated
from bench.generator import LoadFailed, Outcome, generate
from bench.results import OURS, Row, Table

SIZES = (10, 100, 500)
WINDOW = 16
MOST_CONNECTIONS = 700
LOOK_S = 0.6
EVERYBODY = 100.0
FAR_BEHIND = ("lab", "asyncio streams", "ncat --broker", "ncat --chat")

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
    by_name = {contender.name: contender for contender in contenders()}
    looks = run.looks()
    for turn in range(run.rounds):
        with plain.round(), beside.round(), complete.round():
            for look in range(looks):
                for name in rotated(list(by_name), turn * looks + look):
                    if name in FAR_BEHIND and not run.looks_far(turn, look):
                        continue
                    _look(run, by_name[name], size, 0, plain, complete)
                    if name == OURS or not (run.quick or turn or look):  # ours is judged by it
                        _look(run, by_name[name], size, 1, beside, None)
    return [plain, complete, beside, _compared(size, plain, beside)]


def _look(
    run: Run, contender: Contender, size: int, silent: int, table: Table, complete: Table | None
) -> None:
    def look(contender: Contender) -> None:
        outcome = generated(run, contender, "chat", size, silent, WINDOW)
        note(table, contender, outcome)
        if complete:
            _note_completeness(complete, contender.name, outcome)

    try_look(run, table, contender, look)


def generated(run: Run, contender: Contender, load: str, *more: object) -> Outcome:
    if contender.lacking:
        raise CannotStart(contender.lacking)
    with started(run, contender) as server:
        return generate(run, load, server, LOOK_S, *more)


def try_look(
    run: Run, table: Table, contender: Contender, look: Callable[[Contender], None]
) -> None:
    if contender.name in table.left_out:
        return
    run.say(f"  {table.key}: {contender.name}")
    try:
        look(contender)
    except (CannotStart, LoadFailed) as error:
        run.say(f"  {contender.name} is left out: {error}")
        table.left_out[contender.name] = str(error)


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
