"""Turns at drawing pages, first come, first served.

Python draws one page at a moment. If it drew the pages of a whole hall in slices, all of them would be ready last.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from viz.backend import preload

_AT_ONCE = 2  # while one page waits for a file, another is drawn
_PATIENCE = 8.0  # seconds until a page no longer waits for those before it, which may be large
_turns = threading.Semaphore(_AT_ONCE)


@contextmanager
def turn() -> Iterator[None]:
    """Draw a page in here, when it is its turn; while PyTorch is imported, all may show that."""
    taken = not preload.start().is_alive() and _turns.acquire(timeout=_PATIENCE)
    try:
        yield
    finally:
        if taken:
            _turns.release()
