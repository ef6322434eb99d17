"""Turns at drawing pages, first come, first served.

Python draws one page at a moment. If it drew the pages of a whole hall in slices, all of them would be ready last.
"""

import gc
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from viz.backend import preload

_AT_ONCE = 2  # while one page waits for a file, another is drawn
_PATIENCE = 8.0  # seconds until a page no longer waits for those before it, which may be large
_turns = threading.Semaphore(_AT_ONCE)


class Garbage:
    """What visitors who have left still hold, as the pictures that they have uploaded."""

    EVERY = 10.0  # seconds; Streamlit's own collection, after every page, would take more time than the page

    def __init__(self) -> None:
        self.last = time.monotonic()

    def collect(self) -> None:
        """Give it back, unless that was done a moment ago."""
        if time.monotonic() - self.last > self.EVERY:
            self.last = time.monotonic()
            gc.collect()
            if not preload.start().is_alive():
                from models.runtime.device import release  # noqa: PLC0415  # loads PyTorch

                release()


garbage = Garbage()


@contextmanager
def turn() -> Iterator[None]:
    """Draw a page in here, when it is its turn; while PyTorch is imported, all may show that."""
    taken = not preload.start().is_alive() and _turns.acquire(timeout=_PATIENCE)
    try:
        yield
    finally:
        if taken:
            _turns.release()
        garbage.collect()
