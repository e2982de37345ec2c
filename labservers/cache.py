"""What was made from a file lately, bounded by its size and not only by its number."""

from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Cache(Generic[Key, Value]):
    """Values by key, of at most `capacity` in weight; the oldest make room. For one thread."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._weight = 0
        self._kept: dict[Key, tuple[Value, int]] = {}

    def get(self, key: Key) -> Value | None:
        found = self._kept.get(key)
        return None if found is None else found[0]

    def put(self, key: Key, value: Value, weight: int) -> None:
        """Keep it; what is heavier than a tenth of the whole is not worth the others' places."""
        self.drop(key)
        if weight > self._capacity // 10:
            return
        self._kept[key] = (value, weight)
        self._weight += weight
        while self._weight > self._capacity:
            self.drop(next(iter(self._kept)))

    def clear(self) -> None:
        self._kept.clear()
        self._weight = 0

    def drop(self, key: Key) -> None:
        """Forget one; nothing when it is not there."""
        found = self._kept.pop(key, None)
        if found is not None:
            self._weight -= found[1]
