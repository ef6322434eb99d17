"""The command `skipscope train RACE`: train the networks of a race without a browser, and go on where it was stopped.

The race is one that the Training page offers, or a link of that page. The runs are the page's own: it shows their
curves while this command trains, and afterwards.
"""

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from models.runtime.messages import UserError
from models.runtime.settings import Device
from models.specs.external import Network
from models.specs.here import register_all
from models.specs.spec import NetworkSpec
from models.training import data_registry, image_folder
from models.training.run_spec import Epoch, RunSpec
from models.training.run_store import RunStore
from viz.language import worded
from viz.state.compare import read_network
from viz.state.recipes import HE_2015, RECIPES
from viz.state.training import Race, Runner, runners
from viz.style.format import duration

RUNS = Path.home() / ".skipscope/runs"
PAPER = "he2015"
_OFTEN = 0.5  # seconds between two updates of the line at the bottom


class StoppedError(Exception):
    """Training was interrupted; what was learned is stored."""


class _Line:
    """Progress of one run on the terminal, and the wish to stop."""

    def __init__(self) -> None:
        self.stop = False
        self._began, self._first, self._drawn = 0.0, -1.0, 0.0

    def begin(self) -> None:
        self._began, self._first = time.monotonic(), -1.0

    def interrupt(self, *_: object) -> None:
        if self.stop:  # a second time: now, without storing the steps since the last epoch
            raise KeyboardInterrupt
        self.stop = True

    def tell(self, done: float) -> None:
        if self.stop:
            raise StoppedError
        now = time.monotonic()
        if self._first < 0:
            self._first = done  # what was trained before
        if not sys.stderr.isatty() or now - self._drawn < _OFTEN:
            return
        self._drawn = now
        part = done - self._first
        left = f"{duration((now - self._began) * (1 - done) / part)} left" if part > 0 else ""
        print(f"\r  {done:6.1%} {left:<40}", end="", file=sys.stderr, flush=True)  # noqa: T201


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status: 0, 1 if a run failed, 2 for a wrong race, 130 if it was stopped."""
    given = _parser().parse_args(arguments)
    register_all()
    try:
        entered, store = _entered(given), RunStore(Path(given.runs))
        _said(_plan(entered, store, timed=given.estimate), 0)
    except (UserError, ValueError) as error:
        return _said(f"skipscope train: {error}", 2)
    if given.estimate:
        return 0
    line = _Line()
    before = signal.signal(signal.SIGINT, line.interrupt)
    try:
        failed = [one.name for one in entered if not _trained(one, store, line)]
    except StoppedError:
        return _said("\nStopped. What was learned is stored: the same command goes on.", 130)
    finally:
        signal.signal(signal.SIGINT, before)
    own = f" --images {given.images} --image-side {given.image_side}" if given.images else ""
    _said(f"The page Training shows the curves: SKIPSCOPE_RUNS={store.folder} skipscope{own}", 0)
    return _said(f"failed: {', '.join(failed)}", 1) if failed else 0


def races(named: str) -> list[tuple[Race, Network]]:
    """Return the races of a name, or of a link or its query, each with the network in its sidebar.

    Raises `ValueError` with what there is, or with what is wrong in a link.
    """
    if named == PAPER:
        return [(race, NetworkSpec()) for race in HE_2015]
    if named in RECIPES:
        return [(RECIPES[named].race, NetworkSpec())]
    query = dict(parse_qsl(urlsplit(named).query if "?" in named else named))
    if not any(name.startswith(Race.prefix) for name in query):
        raise ValueError(f"{named!r} must be a link of the Training page or one of {', '.join((*RECIPES, PAPER))}")
    race, problems = Race.from_query(query)
    sidebar, wrong = read_network(query)
    if problems or wrong:
        raise ValueError("; ".join(str(problem) for problem in (*wrong, *problems)))
    return [(race, sidebar or NetworkSpec())]


def _entered(given: argparse.Namespace) -> list[Runner]:
    """The networks of the races, with the seed and the device of the command line."""
    changes = {name: value for name in ("seed", "device") if (value := getattr(given, name)) is not None}
    if given.images:
        folder = image_folder.data_set(Path(given.images), given.image_side)
        data_registry.register(folder)
        changes["data"] = folder.name
    found: list[Runner] = []
    for race, sidebar in races(given.race):
        own = race.changed(**changes)
        found += [one for one in runners(own, sidebar) if one.run not in [other.run for other in found]]
    return found


def _plan(entered: Sequence[Runner], store: RunStore, *, timed: bool) -> str:
    """What is trained, what of it is done and, if `timed`, how long the rest takes here."""
    from models.runtime.device import choose  # noqa: PLC0415  # not for --help
    from models.training.estimate import estimate  # noqa: PLC0415

    lines, whole = [], 0.0
    for one in entered:
        kept_run = store.find(one.run)
        done = len(kept_run.epochs) / one.run.all_epochs if kept_run is not None else 0.0
        words = f"{one.name} on {one.run.data}, {one.run.all_epochs:,} epochs, {done:.0%} done"
        if timed and done < 1:
            left = (1 - done) * estimate(one.run)
            whole += left
            words += f", about {duration(left)} left"
        lines.append(words)
    if timed:
        lines.append(f"About {duration(whole)} in all on this machine ({choose(entered[0].run.device)})")
    return "\n".join(lines)


def _trained(one: Runner, store: RunStore, line: _Line) -> bool:
    """Train one run, or what is left of it; return whether it could be. Raises `StoppedError`."""
    from models.training.resume import kept, reason  # noqa: PLC0415

    before = store.find(one.run)
    known = len(before.epochs) if before is not None else 0
    line.begin()
    try:
        for epoch in kept(one.run, store, progress=line.tell):
            if epoch.number > known:
                _said(f"\r{one.name}  {_told(epoch, one.run)}", 0)
    except StoppedError:
        raise
    except Exception as error:  # noqa: BLE001  # as short memory: the other runs go on
        _said(f"\r{one.name}: {worded(reason(error))}", 0)
        return False
    return True


def _told(epoch: Epoch, run: RunSpec) -> str:
    return (
        f"epoch {epoch.number:>{len(str(run.all_epochs))}}/{run.all_epochs}  "
        f"training error {1 - epoch.train_accuracy:6.2%}  test error {1 - epoch.test_accuracy:6.2%}  "
        f"{epoch.images_per_second:,.0f} images/s"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="skipscope train",
        description="Train the networks of a race, one after the other, each stored after every epoch. Ctrl+C stops; "
        "the same command goes on.",
        epilog=f"{PAPER}: the CIFAR-10 experiments of He et al. 2015, figure 6: plain networks of 20 to 56 layers, "
        "residual ones of 20 to 110, 64,000 steps each (on all 50,000 training images, where the paper keeps 5,000 "
        "for validation).",
    )
    parser.add_argument("race", help=f"a link of the Training page in quotes, or one of {', '.join((*RECIPES, PAPER))}")
    parser.add_argument(
        "--runs",
        default=os.environ.get("SKIPSCOPE_RUNS", str(RUNS)),
        help="the folder for the runs, the one that the page shows: %(default)s",
    )
    parser.add_argument(
        "--images", default="", help="train on a folder of your own images, with a folder for each class, instead"
    )
    parser.add_argument(
        "--image-side", type=int, default=image_folder.SIDE, help="pixels of their sides: %(default)s", metavar="PIXELS"
    )
    parser.add_argument("--seed", type=int, help="the seed of all runs, instead of the race's")
    parser.add_argument("--device", choices=list(Device), help="where to train, instead of what the race says")
    parser.add_argument("--estimate", action="store_true", help="time a few steps of each run and train nothing")
    return parser


def _said(words: str, status: int) -> int:
    print(words, file=sys.stderr, flush=True)  # noqa: T201  # a command speaks by printing
    return status
