"""Values that were made from files lately, bounded by their size and not only by their number."""

from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Cache(dict[Key, Value]):
    """A dict to read; put() and drop() keep its values' weights within `capacity`, and the
    oldest make room. For one thread."""

    def __init__(self, capacity: int) -> None:
        super().__init__()
        self._capacity = capacity
        self._weights: dict[Key, int] = {}
        self._weight = 0

    def put(self, key: Key, value: Value, weight: int) -> None:
        """Keep it; what is heavier than a tenth of the whole is not worth the others' places."""
        self.drop(key)
        if weight > self._capacity // 10:
            return
        self[key] = value
        self._weights[key] = weight
        self._weight += weight
        while self._weight > self._capacity:
            self.drop(next(iter(self)))

    def drop(self, key: Key) -> None:
        """Forget one; nothing when it is not there."""
        if self.pop(key, None) is not None:
            self._weight -= self._weights.pop(key)
