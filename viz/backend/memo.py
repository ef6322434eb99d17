"""A cache for pure functions, shared by all visitors and limited in bytes; concurrent calls compute a result once.

Streamlit's own caches hash every argument field by field at every call; frozen specs hash themselves.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Generic, ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Maker(Generic[Result]):
    """A function that makes what other arguments identify: it is no part of a key."""

    make: Callable[[], Result] = field(compare=False)


class Once(Generic[Result]):
    """A function whose first result is kept for the whole server.

    Not `st.cache_resource`: any visitor may clear Streamlit's caches.
    """

    def __init__(self, make: Callable[[], Result]) -> None:
        self._make = make
        self._made: list[Result] = []
        self._lock = threading.Lock()

    def __call__(self) -> Result:
        with self._lock:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]

    def clear(self) -> None:
        """Forget the result; for tests."""
        with self._lock:
            self._made.clear()


def memo(*, room: int, size: Callable[[Any], int]) -> Callable[[Callable[Given, Result]], Callable[Given, Result]]:
    """Cache a function's most recently used results, up to `room` bytes, but at least the newest one.

    `size` returns the bytes of a result.
    """

    def decorate(function: Callable[Given, Result]) -> Callable[Given, Result]:
        found: OrderedDict[Hashable, tuple[Result, int]] = OrderedDict()
        making: dict[Hashable, threading.Lock] = {}
        lock = threading.Lock()

        @wraps(function)
        def kept(*args: Given.args, **kwargs: Given.kwargs) -> Result:
            key = (args, *sorted(kwargs.items())) if kwargs else args
            with lock:
                if key in found:
                    found.move_to_end(key)
                    return found[key][0]
                own = making.setdefault(key, threading.Lock())
            with own:
                with lock:
                    if key in found:  # computed meanwhile for another visitor
                        return found[key][0]
                try:
                    result = function(*args, **kwargs)
                finally:
                    with lock:
                        making.pop(key, None)
                with lock:
                    found[key] = (result, size(result))
                    while len(found) > 1 and sum(bytes_ for _, bytes_ in found.values()) > room:
                        found.popitem(last=False)
                return result

        return kept

    return decorate
