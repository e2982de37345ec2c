"""Events on their way out: their numbers, and the count of lost ones."""

import threading

from labservers.observe.clock import Clock
from labservers.observe.events import EventStore


def store(capacity: int = 1_000) -> EventStore:
    return EventStore(Clock(), capacity)


def test_a_batch_has_what_came_since_the_last_one() -> None:
    events = store()
    assert events.take() is None
    events.add("joined", {"room": "1"})
    events.add("left", {"room": "1"})
    batch = events.take()
    assert batch
    assert [(e.number, e.kind, e.data) for e in batch.events] == [
        (1, "joined", {"room": "1"}),
        (2, "left", {"room": "1"}),
    ]
    assert batch.events[0].at <= batch.events[1].at <= batch.at
    assert (batch.lost, events.take()) == (0, None)


def test_the_oldest_are_lost_and_counted_and_so_is_what_is_left_out() -> None:
    events = store(capacity=3)
    for number in range(5):
        assert events.full == (number >= 3)
        events.add("said", {"n": number})
    events.leave_out()
    batch = events.take()
    assert batch
    assert [e.number for e in batch.events] == [3, 4, 5]
    assert (batch.lost, events.lost) == (3, 3)
    events.add("said", {})
    batch = events.take()
    assert batch
    assert (batch.lost, events.lost) == (0, 3)


def test_an_event_that_waits_can_get_more_until_it_is_taken_or_lost() -> None:
    events = store(capacity=2)
    first = events.add("said", {"sizes": [1]})
    second = events.add("said", {"sizes": [5]})
    assert events.extend(first, "sizes", [2, 3])
    assert events.extend(second, "sizes", [6])
    events.add("joined", {})
    assert not events.extend(first, "sizes", [4])
    assert events.extend(second, "sizes", [7])
    batch = events.take()
    assert batch
    assert [event.data for event in batch.events] == [{"sizes": [5, 6, 7]}, {}]
    assert not events.extend(second, "sizes", [8])


def test_nothing_that_is_added_while_batches_are_taken_is_lost() -> None:
    events, batches, taken = store(), [], threading.Event()

    def add() -> None:
        number = events.add("said", {"sizes": [0]})
        for size in range(1, 20_000):
            if not events.extend(number, "sizes", [size]):
                number = events.add("said", {"sizes": [size]})
        taken.set()

    thread = threading.Thread(target=add)
    thread.start()
    while not taken.is_set():
        batches.append(events.take())
    thread.join(10)
    batches.append(events.take())
    said = [event for batch in batches if batch for event in batch.events]
    assert [size for event in said for size in event.data["sizes"]] == list(range(20_000))


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
