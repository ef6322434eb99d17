"""How long-running work reports its progress, and how it is stopped."""

from collections.abc import Callable
from typing import Protocol

# Called with the fraction done, 0 to 1, at any interval; an exception that it raises stops the work.
ProgressCallback = Callable[[float], None]


class Progress(Protocol):
    """What a task reports to while it runs: a job in this process, or the connection to one on another machine."""

    def tell(self, done: float) -> None:
        """Report the fraction done, 0 to 1. An exception raised here stops the work."""

    def part(self, record: object, *, only: bool = False) -> None:
        """Report a part of the result that can be shown already; with `only` it replaces the parts before."""


def part(progress: ProgressCallback | None, start: float, share: float) -> ProgressCallback | None:
    """Return the callback for a part of the work that begins at `start` and is `share` of the whole, both 0 to 1."""
    return None if progress is None else lambda done: progress(start + share * done)


def share_of(progress: ProgressCallback, place: int, count: int) -> ProgressCallback:
    """Return the callback for piece `place`, counted from 0, of `count` equal pieces of work."""
    return lambda done: progress((place + done) / count)
