"""Chat of raw members, as the lab's own are: no line feed, one send a message.

One speaks, everybody reads; with 10, 100 and 500 members, and with one message under way.
"""

from collections.abc import Callable

from bench.arena import Run
from bench.bars import Bar
from bench.contenders import Contender, ours, peer
from bench.figures import rotated
from bench.results import Table
from bench.sections.chat import SIZES, WINDOW, generated, note, remark, try_look

PEERS = ("asyncio Protocol", "asyncio streams", "stdlib threads")
ALONE = "chat raw p99"  # one message under way
BARS = (
    *(Bar(f"chat, {size} raw members", f"chat raw {size}", 1.0, peers=PEERS) for size in SIZES),
    Bar("chat, 10 raw members, p99", ALONE, 2.0, "<=", peers=PEERS),
)


def measure(run: Run) -> list[Table]:
    return [*(_measure_raw(run, size) for size in SIZES), _measure_alone(run)]


def contenders() -> list[Contender]:
    """They relay the bytes of one recv() to every member at once."""
    raw = ("--mode", "raw")
    return [
        ours("chat"),
        peer("lab", "chat_lab", note="a thread per client, no order"),
        peer("stdlib threads", "chat_threads", *raw, note="one order, a lock while sending"),
        peer("asyncio Protocol", "chat_protocol", *raw, note="unbounded buffers"),
        peer("asyncio streams", "chat_streams", *raw, note="unbounded buffers"),
    ]


def _measure_raw(run: Run, size: int) -> Table:
    title = f"chat, {size} raw members, {WINDOW} messages of 58 bytes in flight"
    table = Table(f"chat raw {size}", title, "delivered/s")

    def look(contender: Contender) -> None:
        outcome = generated(run, contender, "chat", size, 0, WINDOW, "raw")
        note(table, contender, outcome)

    return _in_turns(run, table, look)


def _measure_alone(run: Run) -> Table:
    title = f"chat, {SIZES[0]} raw members, one message under way: from the send to the last member"
    table = Table(ALONE, title, "p99 µs", better="less")

    def look(contender: Contender) -> None:
        figures = generated(run, contender, "chat_latency", SIZES[0], "raw").figures
        row = table.row(contender.name)
        row.add(figures["p99_us"], **{"p50 µs": figures["p50_us"]})
        row.note = remark(contender, figures["faults"])

    return _in_turns(run, table, look)


def _in_turns(run: Run, table: Table, look: Callable[[Contender], None]) -> Table:
    """Rounds of looks at each contender of the raw tables; one that fails is left out."""
    by_name, looks = {contender.name: contender for contender in contenders()}, run.looks()
    for turn in range(run.rounds):
        with table.round():
            for number in range(looks):
                for name in rotated(list(by_name), turn * looks + number):
                    try_look(run, table, by_name[name], look)
    return table
