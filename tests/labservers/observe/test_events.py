"""Events on their way out: their numbers, and the count of lost ones."""

import threading

from labservers.observe.clock import Clock
from labservers.observe.events import EventStore


def store(capacity: int = 1_000) -> EventStore:
    return EventStore(Clock(), capacity)


def test_a_batch_has_what_came_since_the_last_one() -> None:
    events = store()
    assert events.take() is None
    assert events.add("joined", {"room": "1"}) == 1
    assert events.add("left", {"room": "1"}) == 2
    batch = events.take()
    assert batch
    assert [(e.number, e.kind, e.data) for e in batch.events] == [
        (1, "joined", {"room": "1"}),
        (2, "left", {"room": "1"}),
    ]
    assert batch.events[0].at <= batch.events[1].at <= batch.at
    assert (batch.lost, events.take()) == (0, None)


def test_the_oldest_are_lost_and_counted() -> None:
    events = store(capacity=3)
    for number in range(5):
        assert events.full == (number >= 3)
        events.add("said", {"n": number})
    batch = events.take()
    assert batch
    assert [e.number for e in batch.events] == [3, 4, 5]
    assert (batch.lost, events.lost) == (2, 2)
    events.add("said", {})
    batch = events.take()
    assert batch
    assert (batch.lost, events.lost) == (0, 2)


def test_what_is_gathered_comes_before_the_next_event_with_its_own_time() -> None:
    events, gathered = store(), [(1.5, "said", {"sizes": [1, 2]})]
    events.gather_from(lambda: [gathered.pop() for _ in range(len(gathered))])
    events.add("left", {})
    gathered.append((2.5, "said", {"sizes": [3]}))
    events.gather()
    gathered.append((3.5, "said", {"sizes": [4]}))
    batch = events.take()
    assert batch
    assert [(e.number, e.kind) for e in batch.events] == [
        (1, "said"), (2, "left"), (3, "said"), (4, "said"),
    ]  # fmt: skip
    assert [e.at for e in batch.events if e.kind == "said"] == [1.5, 2.5, 3.5]


def test_what_is_gathered_pushes_out_nothing_and_is_counted() -> None:
    events = store(capacity=2)
    waiting: list[int] = [1, 2, 3]
    events.gather_from(lambda: [(0.0, "said", {"n": waiting.pop(0)}) for _ in range(len(waiting))])
    events.gather()
    events.add("joined", {})
    batch = events.take()
    assert batch
    assert [e.kind for e in batch.events] == ["said", "joined"]
    assert batch.events[0].data == {"n": 2}
    assert batch.lost == 2
    assert events.take() is None


def test_nothing_that_is_gathered_while_batches_are_taken_is_lost() -> None:
    events, batches, ended = store(capacity=100_000), [], threading.Event()
    heard: list[int] = []

    def gathered() -> list[tuple[float, str, dict[str, int]]]:
        taken = heard[:]
        del heard[: len(taken)]
        return [(0.0, "said", {"n": number}) for number in taken]

    def say() -> None:
        for number in range(20_000):
            heard.append(number)
        ended.set()

    events.gather_from(gathered)
    thread = threading.Thread(target=say)
    thread.start()
    while not ended.is_set():
        batches.append(events.take())
    thread.join(30)
    batches.append(events.take())
    said = [event for batch in batches if batch for event in batch.events]
    assert [event.data["n"] for event in said] == list(range(20_000))


def test_numbers_are_in_order_and_none_is_given_twice() -> None:
    events = store(capacity=100_000)
    batches = []

    def add() -> None:
        for _ in range(2_000):
            events.add("said", {})

    threads = [threading.Thread(target=add) for _ in range(5)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        batches.append(events.take())
    batches.append(events.take())
    numbers = [event.number for batch in batches if batch for event in batch.events]
    assert numbers == list(range(1, 10_001))
