"""A few of the newest things that are dear to make. Any thread may ask."""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """The values of the last `most` keys that were asked for; whoever still uses one that is let go keeps it alive."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._values: dict[K, V] = {}

    def get(self, key: K, make: Callable[[K], V]) -> V:
        """The value of a key, made where it is not there; meanwhile others wait."""
        with self._lock:
            value = self._values.pop(key) if key in self._values else make(key)
            self._values[key] = value
            while len(self._values) > self._most:
                del self._values[next(iter(self._values))]
            return value
