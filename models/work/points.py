"""Work that consists of points: each is a task of its own, so that it can run anywhere and is kept when it is done."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial, update_wrapper
from typing import Any, Protocol

from ..results.codec import ResultError, encode
from ..results.store import ResultStore
from ..results.task import Task
from ..runtime.messages import OUT_OF_MEMORY, Message, UserError, message
from ..runtime.progress import Progress, ProgressCallback

Tell = Callable[[Task[Any] | None, float], None]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Points:
    """The points of a task, in order; `weights` are their relative times.

    A point that fails ends the whole, unless they are `apart`: then the reason, a `Message`, is its result. `alone`:
    they run one after another wherever they run, because they measure time. `wrap` returns the task's result.
    """

    tasks: tuple[Task[Any], ...]
    weights: tuple[float, ...]
    apart: bool = False
    alone: bool = False
    wrap: Callable[[tuple[Any, ...]], Any] = lambda results: results


class OfPoints:
    """A function of a task that consists of points: `plan` returns them, by the task's arguments."""

    def __init__(self, plan: Callable[..., Points]) -> None:
        update_wrapper(self, plan)
        self.plan = plan

    def __call__(self, progress: Progress, **arguments: Any) -> Any:
        """Run the points here, one after another."""
        return run(self.plan(**arguments), progress)


def of(task: Task[Any]) -> Points | None:
    """Return the points of a task; None if it is not made of points."""
    function = task.load()
    return function.plan(**dict(task.arguments)) if isinstance(function, OfPoints) else None


@dataclass(frozen=True, slots=True)
class Numbered:
    """A finished point of several that are apart: its place, and its result or the reason why it has none."""

    place: int
    result: Any


class Execute(Protocol):
    """Runs tasks, in any order, and returns each with its result; a `Message` says why there is none."""

    def __call__(
        self, tasks: Sequence[Task[Any]], tell: Tell, *, alone: bool = False
    ) -> Iterator[tuple[Task[Any], Any]]:
        """Call `tell` often, with a task that runs and its fraction done; an exception that it raises stops the work.

        `alone`: one after another.
        """


class Share:
    """The progress of one piece of work; what it reports besides is dropped."""

    def __init__(self, tell: ProgressCallback) -> None:
        self._tell = tell
        self.stopped: BaseException | None = None  # why the work is to stop: no fault of the piece

    def tell(self, done: float) -> None:
        try:
            self._tell(done)
        except BaseException as error:
            self.stopped = error
            raise

    def part(self, record: object, *, only: bool = False) -> None:
        """Nothing is shown of a point before it is done."""


def one_by_one(run: Callable[[Task[Any], Progress], Any]) -> Execute:
    """Return the execution of tasks one after another, each by `run`."""

    def execute(tasks: Sequence[Task[Any]], tell: Tell, *, alone: bool = False) -> Iterator[tuple[Task[Any], Any]]:
        for task in tasks:
            share = Share(partial(tell, task))
            try:
                result = run(task, share)
            except Exception as error:
                if share.stopped is not None:
                    raise
                result = reason(error, task)
            yield task, result

    return execute


here = one_by_one(lambda task, progress: task.run(progress))


def reason(error: Exception, task: Task[Any]) -> Message:
    """Return the sentence for an error of a task; what is not the user's is logged."""
    if isinstance(error, UserError):
        return error.message
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return OUT_OF_MEMORY
    _log.error("a point failed: %s", task.function, exc_info=error)
    return message("The measurement failed ({kind}). The server's log has the details.", kind=type(error).__name__)


def run(points: Points, progress: Progress, *, execute: Execute = here, store: ResultStore | None = None) -> Any:
    """Run the points of a task and return its result; those in the store are not run again.

    Each is stored, then reported as a part. Equal points run once. Raises `UserError` if one fails, unless the points
    are apart.
    """
    places: dict[str, list[int]] = {}
    for place, task in enumerate(points.tasks):
        places.setdefault(task.key, []).append(place)
    results: list[Any] = [None] * len(points.tasks)
    whole, done = sum(points.weights) or 1.0, 0.0

    def finished(key: str, result: Any) -> None:
        nonlocal done
        for place in places[key]:
            results[place] = result
            done += points.weights[place] / whole
            progress.part(Numbered(place, result) if points.apart else result)

    def tell(task: Task[Any] | None, fraction: float) -> None:
        running = sum(points.weights[place] for place in places[task.key]) / whole if task is not None else 0.0
        progress.tell(min(done + fraction * running, 1.0))

    left = []
    for task in {task.key: task for task in points.tasks}.values():
        stored = store.get(task.key) if store is not None else None
        if stored is None:
            left.append(task)
        else:
            finished(task.key, stored)
    tell(None, 0.0)
    for task, result in execute(left, tell, alone=points.alone):
        if not isinstance(result, Message):
            _put(store, task, result)
        elif not points.apart:
            raise UserError(result)
        finished(task.key, result)
        tell(None, 0.0)
    return points.wrap(tuple(results))


def _put(store: ResultStore | None, task: Task[Any], result: Any) -> None:
    if store is None:
        return
    try:
        store.put(task.key, result, len(encode(result)))
    except ResultError:  # who asked still gets it
        _log.exception("a result can't be kept: %s", task.function)
