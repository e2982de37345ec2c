"""From a word to the last ear: `python -m bench.load.chat_latency PORT SECONDS MEMBERS [raw]`.

One message is under way at a time. Its time counts from the send until every member has it.
"""

import sys
import time

from bench.figures import median, percentile
from bench.load.chat import WARM_UP, Room
from bench.load.stopwatch import Stopwatch
from bench.load.talk import STALL_S, talk


def main() -> None:
    port, seconds, members = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    room = Room(port, members, 0, raw=sys.argv[4:] == ["raw"])
    told = room.learn()
    talk(room, len(told), 1, seconds, WARM_UP)
    room.clear()
    watch = Stopwatch()
    spent_us = delays(room, len(told), watch.began + seconds)
    room.compare(told, 0, len(spent_us))
    watch.report(
        said=len(spent_us),
        p50_us=median(spent_us),
        p99_us=percentile(spent_us, 0.99),
        max_us=max(spent_us),
        faults=room.faults(told, len(spent_us)),
    )


def delays(room: Room, each: int, until: float) -> list[float]:
    """In microseconds, of one message after the other to `each` members.

    Raises:
        ConnectionError: a message does not reach everybody.
    """
    spent_us: list[float] = []
    while (began := time.perf_counter()) < until:
        room.say(len(spent_us))
        while room.total < (len(spent_us) + 1) * each:
            if not room.take(STALL_S):
                raise ConnectionError("a message does not reach everybody")
        spent_us.append(1e6 * (time.perf_counter() - began))
    return spent_us


if __name__ == "__main__":
    main()
