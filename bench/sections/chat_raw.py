"""Chat of raw members, as the lab's own are: no line feed, one send a message.

One speaks, everybody reads; with 10, 100 and 500 members, and with one message under way.
"""

from bench.arena import CannotStart, Run, started
from bench.bars import Bar
from bench.contenders import Contender, ours, peer
from bench.figures import rotated
from bench.generator import LoadFailed, generate
from bench.results import Table
from bench.sections.chat import SIZES, WINDOW, Entrant, looks, note, remark, split

PEERS = ("asyncio Protocol", "asyncio streams", "stdlib threads")
LOOK_S = 0.6
FAR_BEHIND = ("lab",)
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
    table, words = Table(f"chat raw {size}", title, "delivered/s"), (size, 0, WINDOW, "raw")
    near, far = split(contenders(), FAR_BEHIND)
    for turn in range(run.rounds):
        groups = [near, *([one] for one in far if run.looks_far(turn, 0))]
        for group in groups:
            for entrant, outcome in looks(run, [Entrant(table, one, words) for one in group]):
                note(table, entrant.contender, outcome)
    return table


def _measure_alone(run: Run) -> Table:
    """They are no rates: rounds of looks at each contender; one that fails is left out."""
    title = f"chat, {SIZES[0]} raw members, one message under way: from the send to the last member"
    table = Table(ALONE, title, "p99 µs", better="less")
    by_name = {contender.name: contender for contender in contenders()}
    for turn in range(run.rounds):
        with table.round():
            for number in range(run.looks()):
                for name in rotated(list(by_name), turn * run.looks() + number):
                    _look_alone(run, table, by_name[name])
    return table


def _look_alone(run: Run, table: Table, contender: Contender) -> None:
    if contender.name in table.left_out:
        return
    run.say(f"  {table.key}: {contender.name}")
    try:
        with started(run, contender) as server:
            figures = generate(run, "chat_latency", server, LOOK_S, SIZES[0], "raw").figures
    except (CannotStart, LoadFailed) as error:
        run.say(f"  {contender.name} is left out: {error}")
        table.left_out[contender.name] = str(error)
        return
    row = table.row(contender.name)
    row.add(figures["p99_us"], **{"p50 µs": figures["p50_us"]})
    row.note = remark(contender, figures["faults"])
