"""One bounded, latest-wins outbox per browser tab; publishing never blocks.

A subscription begins with a snapshot, taken under the same lock that every event passes, so
that nothing is missing and nothing comes twice. After that it gives numbered deltas. A tab
acknowledges what it has drawn; one that is WINDOW behind gets nothing more until it does, and
meanwhile newer figures replace older ones. One whose ordered events overflow begins anew.
"""

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from dashboard.recording.history import Chronicle

WINDOW = 8
ORDERED_KEPT = 2_000
EventDict = dict[str, Any]


def topic_of(event: EventDict) -> str | None:
    """The topic that a tab must have asked for to get this event; None: everybody gets it."""
    kind = event["kind"]
    if kind in ("rows", "logs"):
        return f"{kind}:{event['name']}"
    return "loop" if kind == "loop" else None


class Subscription:
    """One tab's outbox. next() is for one thread; the other methods for any."""

    def __init__(self, owner: "Broadcaster", topics: Iterable[str]) -> None:
        self._owner = owner
        self._topics = frozenset(topics)
        self._ordered: list[EventDict] = []
        self._latest: dict[tuple[str, str], EventDict] = {}
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
                if self._begin:
                    return self._snapshot()
                if (self._ordered or self._latest) and self._seq - self._acknowledged < WINDOW:
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
            self._latest = {
                key: event
                for key, event in self._latest.items()
                if topic_of(event) is None or topic_of(event) in new
            }
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

    def offer(self, event: EventDict) -> None:
        topic = topic_of(event)
        if self._begin or (topic is not None and topic not in self._topics):
            return
        if event["kind"] in ("figures", "rows", "loop"):
            self._latest[event["kind"], event.get("name", "")] = event
        elif len(self._ordered) < ORDERED_KEPT:
            self._ordered.append(event)
        else:
            self._begin = True
        self._something.notify()

    def _snapshot(self) -> dict[str, Any]:
        self._ordered, self._latest, self._begin = [], {}, False
        self._seq += 1
        self._add_beginnings(self._topics)
        return {"type": "snapshot", "seq": self._seq, **self._owner.snapshot_locked()}

    def _delta(self) -> dict[str, Any]:
        events = _merged(self._ordered) + list(self._latest.values())
        self._ordered, self._latest = [], {}
        self._seq += 1
        return {"type": "delta", "seq": self._seq, "events": events}

    def _add_beginnings(self, topics: Iterable[str]) -> None:
        for topic in topics:
            self._ordered.extend(self._owner.beginning(topic))


def _merged(events: list[EventDict]) -> list[EventDict]:
    """Runs of log lines of one server as one event."""
    merged: list[EventDict] = []
    for event in events:
        last = merged[-1] if merged else None
        if last and event["kind"] == last["kind"] == "logs" and event["name"] == last["name"]:
            merged[-1] = {
                **last,
                "lines": last["lines"] + event["lines"],
                "skipped": last["skipped"] + event["skipped"],
            }
        else:
            merged.append(event)
    return merged


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
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.lock = threading.RLock()
        self.beginning = beginning
        self._chronicle = chronicle
        self._changed = changed
        self._wall = wall
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

    def wanted(self) -> set[str]:
        """All topics that some tab asks for now."""
        with self.lock:
            return set().union(*(s.wants for s in self._subscriptions))

    @property
    def watched(self) -> bool:
        """Whether any tab is open."""
        return bool(self._subscriptions)

    def snapshot(self) -> dict[str, Any]:
        """What a page starts with, before its websocket is there."""
        with self.lock:
            return self.snapshot_locked()

    def snapshot_locked(self) -> dict[str, Any]:
        return {"now": self._wall(), **self._chronicle.snapshot()}

    def topics_changed(self) -> None:
        self._changed()
