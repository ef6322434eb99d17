"""The command `skipscope sweep grid.toml --out results/`: measure a grid of networks, without a browser.

Each finished point is kept in the folder: the same command goes on where it was stopped, and the app opens the folder
with `skipscope --results results/`.
"""

import argparse
import shutil
import signal
import sys
import time
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from models.results.codec import encode
from models.results.store import FolderStore
from models.results.task import task
from models.runtime.messages import Message, UserError
from models.signals import grid
from models.specs.here import register_all
from models.work import cluster_address, points
from viz.command.grid_file import GRID, TABLE, read, write

_ROOM = 10**12  # bytes: nothing that was measured is dropped
_BAR = 30  # characters
_OFTEN = 0.2  # seconds between two updates of the bar


class _Bar:
    """The progress of a sweep, drawn on the terminal if it is one."""

    def __init__(self) -> None:
        self._began, self._first, self._drawn = time.monotonic(), -1.0, 0.0
        self._interrupted = False
        self.trouble: Callable[[], Message | None] = lambda: None

    def interrupt(self, *_: object) -> None:
        """Stop the sweep: now or, where a library drops the exception, at the next progress."""
        self._interrupted = True
        raise KeyboardInterrupt

    def tell(self, done: float) -> None:
        if self._interrupted:
            raise KeyboardInterrupt
        now = time.monotonic()
        if self._first < 0:
            self._first = done  # what was kept from before
        if not sys.stderr.isatty() or (now - self._drawn < _OFTEN and done < 1):
            return
        self._drawn = now
        part = done - self._first
        left = f"{(now - self._began) * (1 - done) / part:,.0f} s left" if part > 0 else ""
        left = str(self.trouble() or left)
        print(f"\r[{'#' * int(_BAR * done):<{_BAR}}] {done:4.0%} {left:<70}", end="", file=sys.stderr, flush=True)  # noqa: T201

    def part(self, record: object, *, only: bool = False) -> None:
        """A point is kept in the folder already."""


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status: 0, 1 if a point failed, 2 for a wrong file, 130 if it was stopped."""
    given = _parser().parse_args(arguments)
    try:
        register_all()
        base, setting, axes = read(given.grid)
        setting = setting.changed(seeds=1)
        cluster = given.cluster or cluster_address.named()
        if cluster:
            cluster_address.address(cluster)
        given.out.mkdir(parents=True, exist_ok=True)
        if given.grid.resolve() != (given.out / GRID).resolve():
            shutil.copyfile(given.grid, given.out / GRID)
    except (OSError, UserError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return _said(f"{given.grid}: {error}", 2)
    found = grid.points(base, setting, axes)
    _said(f"{len(found):,} combinations, {sum(one.spec is not None for one in found):,} of them networks", 0)
    work = task("work.signals:grid", base=base, setting=setting, axes=axes)
    store, bar = FolderStore(given.out, _ROOM), _Bar()
    before = signal.getsignal(signal.SIGINT)
    usual = before is signal.default_int_handler  # a script that ignores it in the background wants it so
    if usual:
        signal.signal(signal.SIGINT, bar.interrupt)
    try:
        results = _measured(work, store, cluster, bar)
    except KeyboardInterrupt:
        return _said("\nStopped. What is measured is kept: the same command goes on.", 130)
    finally:
        if usual:
            signal.signal(signal.SIGINT, before)
    if grid.lasting(found, results):
        store.put(work.key, results, len(encode(results)))
    write(given.out / TABLE, axes, found, results)
    failed = sum(isinstance(one, Message) and point.spec is not None for one, point in zip(results, found, strict=True))
    _said(f"\nThe table is {given.out / TABLE}. Open the results with: skipscope --results {given.out}", 0)
    return _said(f"{failed:,} networks could not be measured: the table says why", 1) if failed else 0


def _measured(work: Any, store: FolderStore, cluster: str, bar: _Bar) -> Any:
    """The results of a grid; finished points are read from the store."""
    plan = points.of(work)
    if plan is None:
        raise TypeError(work.function)
    if not cluster:
        return points.run(plan, bar, store=store)
    from models.work.cluster import Cluster  # noqa: PLC0415  # an extra

    execute = Cluster(cluster)
    bar.trouble = lambda: execute.trouble
    try:
        return points.run(plan, bar, execute=execute, store=store)
    finally:
        execute.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="skipscope sweep",
        description="Measure a grid of networks, each with and without skip connections. The file has the tables "
        "[network] and [measure], with the fields of a link, and [axes], with a list of values for each field.",
    )
    parser.add_argument("grid", type=Path, help="a file such as grid.toml")
    parser.add_argument("--out", type=Path, default=Path("results"), help="the folder for the results: %(default)s")
    parser.add_argument(
        "--cluster", default="", help="local:4, or a Dask scheduler's address; by default what SKIPSCOPE_CLUSTER names"
    )
    return parser


def _said(words: str, status: int) -> int:
    print(words, file=sys.stderr)  # noqa: T201  # a command speaks by printing
    return status
