"""One bounded outbox per browser tab; publishing never blocks.

A subscription begins with a snapshot, taken under the same lock that every event passes, so
that nothing is missing and nothing comes twice. After that it gives numbered deltas. A tab
acknowledges what it has drawn; one that is WINDOW behind gets nothing more until it does. What
becomes of events meanwhile is said, kind by kind, in events.py.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from dashboard.live.events import KINDS, Delivery, EventDict, topic_of
from dashboard.recording.chronicle import Chronicle

WINDOW = 8
ORDERED_KEPT = 2_000
STREAM_KEPT = 2_000
STREAM_CHARACTERS = 1024 * 1024
Source = tuple[str, str]  # the kind of an event and the name of its program


class Stream:
    """The newest lines of one source, and how many before them were left out."""

    def __init__(self) -> None:
        self._lines: deque[Any] = deque()
        self._characters = 0
        self._skipped = 0

    def add(self, event: EventDict) -> None:
        self._lines.extend(event["lines"])
        self._characters += sum(map(_characters, event["lines"]))
        self._skipped += event["skipped"]
        while len(self._lines) > STREAM_KEPT or self._characters > STREAM_CHARACTERS:
            self._characters -= _characters(self._lines.popleft())
            self._skipped += 1

    def event(self, source: Source) -> EventDict:
        kind, name = source
        lines = list(self._lines)
        return {"kind": kind, "name": name, "lines": lines, "skipped": self._skipped}


def _characters(line: Any) -> int:
    """The length of a line's texts."""
    values = line.values() if isinstance(line, dict) else (line,)
    return sum(len(value) for value in values if isinstance(value, str))


class Outbox:
    """The events that one tab has yet to hear, by the delivery of each kind."""

    def __init__(self) -> None:
        self._ordered: list[EventDict] = []
        self._latest: dict[Source, EventDict] = {}
        self._streams: dict[Source, Stream] = {}

    def __bool__(self) -> bool:
        return bool(self._ordered or self._latest or self._streams)

    @property
    def overflows(self) -> bool:
        return len(self._ordered) > ORDERED_KEPT

    def put(self, event: EventDict) -> None:
        source = (event["kind"], event.get("name", ""))
        match KINDS[event["kind"]].delivery:
            case Delivery.ORDERED:
                self._ordered.append(event)
            case Delivery.LATEST:
                self._latest[source] = event
            case Delivery.STREAM:
                self._streams.setdefault(source, Stream()).add(event)

    def keep(self, topics: frozenset[str]) -> None:
        """Forget what belongs to other topics."""

        def wanted(source: Source) -> bool:
            kind, name = source
            return not KINDS[kind].by_topic or KINDS[kind].topic(name) in topics

        self._latest = {of: event for of, event in self._latest.items() if wanted(of)}
        self._streams = {of: stream for of, stream in self._streams.items() if wanted(of)}

    def take(self) -> list[EventDict]:
        """All of it; nothing is left."""
        streams = [stream.event(source) for source, stream in self._streams.items()]
        events = [*self._ordered, *streams, *self._latest.values()]
        self._ordered, self._latest, self._streams = [], {}, {}
        return events


class Subscription:
    """One tab. next() is for one thread; the other methods for any."""

    def __init__(self, owner: "Broadcaster", topics: Iterable[str]) -> None:
        self._owner = owner
        self._topics = frozenset(topics)
        self._outbox = Outbox()
        self._seq = 0
        self._acknowledged = 0
        self._begin = True
        self._closed = False
        self._something = threading.Condition(owner.lock)

    def next(self, timeout_s: float) -> dict[str, Any] | None:
        """The next message to send; None after the time given or once closed."""
        deadline = time.monotonic() + timeout_s
        with self._something:
            while not self._closed:
                if self._seq - self._acknowledged < WINDOW:
                    if self._begin:
                        return self._snapshot()
                    if self._outbox:
                        return self._delta()
                left = deadline - time.monotonic()
                if left <= 0 or not self._something.wait(left):
                    break
            return None

    def ack(self, seq: int) -> None:
        """The tab has drawn everything up to `seq`."""
        with self._something:
            self._acknowledged = max(self._acknowledged, min(seq, self._seq))
            self._something.notify()

    def topics(self, topics: Iterable[str]) -> None:
        """Ask for these topics instead of the earlier ones."""
        new = frozenset(topics)
        with self._something:
            added, self._topics = new - self._topics, new
            self._outbox.keep(new)
            self._add_beginnings(added)
            self._something.notify()
        self._owner.topics_changed()

    @property
    def wants(self) -> frozenset[str]:
        return self._topics

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        with self._something:
            self._closed = True
            self._something.notify_all()
        self._owner.forget(self)

    # The following are called with the broadcaster's lock held.

    def begin_anew(self) -> None:
        self._begin = True
        self._something.notify()

    def offer(self, event: EventDict) -> None:
        topic = topic_of(event)
        if self._begin or (topic is not None and topic not in self._topics):
            return
        self._outbox.put(event)
        self._begin = self._outbox.overflows
        self._something.notify()

    def _snapshot(self) -> dict[str, Any]:
        self._outbox, self._begin = Outbox(), False
        self._seq += 1
        self._add_beginnings(self._topics)
        return {"type": "snapshot", "seq": self._seq, **self._owner.snapshot_locked()}

    def _delta(self) -> dict[str, Any]:
        self._seq += 1
        return {"type": "delta", "seq": self._seq, "events": self._outbox.take()}

    def _add_beginnings(self, topics: Iterable[str]) -> None:
        for topic in topics:
            for event in self._owner.beginning(topic):
                self._outbox.put(event)


class Broadcaster:
    """All tabs' outboxes and what they have in common. `lock` guards all of it.

    beginning(topic) gives the events that a new subscriber of a topic starts with; changed()
    is called, without the lock, after the set of wanted topics may have changed.
    """

    def __init__(
        self,
        chronicle: Chronicle,
        beginning: Callable[[str], list[EventDict]] = lambda topic: [],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.lock = threading.RLock()
        self.beginning = beginning
        self._chronicle = chronicle
        self._changed = changed
        self._subscriptions: set[Subscription] = set()

    def publish(self, event: EventDict) -> None:
        """Record an event and offer it to every tab."""
        with self.lock:
            self._chronicle.record(event)
            for subscription in self._subscriptions:
                subscription.offer(event)

    def subscribe(self, topics: Iterable[str] = ()) -> Subscription:
        subscription = Subscription(self, topics)
        with self.lock:
            self._subscriptions.add(subscription)
        self.topics_changed()
        return subscription

    def forget(self, subscription: Subscription) -> None:
        with self.lock:
            self._subscriptions.discard(subscription)
        self.topics_changed()

    def begin_anew(self) -> None:
        """Every tab gets a snapshot next."""
        with self.lock:
            for subscription in self._subscriptions:
                subscription.begin_anew()

    def wanted(self) -> set[str]:
        """All topics that some tab asks for now."""
        with self.lock:
            return set().union(*(s.wants for s in self._subscriptions))

    def snapshot(self) -> dict[str, Any]:
        """The state that a page starts with, before its websocket is there."""
        with self.lock:
            return self.snapshot_locked()

    def snapshot_locked(self) -> dict[str, Any]:
        return self._chronicle.snapshot()

    def topics_changed(self) -> None:
        self._changed()
