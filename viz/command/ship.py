"""Measure and train what the program brings, and write it where pages find it.

    python -m viz.command.ship resnet56_cifar torchvision:convnext_tiny digits
    python -m viz.command.ship --runs FOLDER he2015    # what `skipscope train he2015 --runs FOLDER` has trained

A name is a network as in a link (a preset, with what differs), a recipe of the Training page, or he2015.
"""

import argparse
import json
import platform
import sys
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from models.runtime.version import __version__
from models.signals.compact import Stamp, pack
from models.training.run_files import epochs_to_csv
from models.training.run_spec import RunSpec
from models.training.run_store import RunStore
from models.training.stored_run import Status, identity
from viz.backend import shipped, signal_jobs
from viz.command.train import PAPER, races
from viz.state.compare import read
from viz.state.recipes import RECIPES
from viz.state.signals import Experiment
from viz.state.training import runners


class _Silent:
    """A progress that nobody watches."""

    def tell(self, done: float) -> None:
        pass

    def part(self, record: object, *, only: bool = False) -> None:
        pass


def ship(name: str, folder: Path = shipped.FOLDER) -> Path:
    """Measure a network as the page would at first, and write the file of its result."""
    spec, wrong = read(name)
    if spec is None or wrong:
        raise SystemExit(f"{name} is neither a network nor a recipe")
    request = signal_jobs.pair(spec, Experiment(), None)
    found = request.task.run(_Silent())
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{shipped.name(spec)}.npz"
    path.write_bytes(pack(found, Stamp(request.key, date.today().isoformat(), _versions())))  # a day will do
    return path


def ship_run(run: RunSpec, folder: Path = shipped.RUNS, *, kept_runs: Path | None = None) -> Path:
    """Write a run's epochs and answers, without its weights: one of `kept_runs`, or trained now.

    Raises `SystemExit` if it is not finished there.
    """
    from models.training.resume import kept  # loads torch  # noqa: PLC0415

    with TemporaryDirectory() as place:
        store = RunStore(kept_runs or Path(place))
        if kept_runs is None:
            list(kept(run, store))
        found = store.find(run)
    if found is None or found.status is not Status.DONE:
        raise SystemExit(f"{identity(run)} is not finished in {kept_runs}")
    trained = datetime.fromtimestamp(found.created or time.time(), tz=UTC).date()
    # with which versions and where an earlier run was trained is not known
    made = f"{trained.isoformat()}: {_versions()}" if kept_runs is None else trained.isoformat()
    told = {"run": run.to_json(), "epochs": epochs_to_csv(found.epochs), "answers": found.answers, "made": made}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{identity(run)}.json"
    path.write_text(json.dumps(told, indent=1))
    return path


def _versions() -> str:
    return f"Skipscope {__version__}, PyTorch {version('torch').partition('+')[0]}, {platform.machine()}"


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m viz.command.ship")
    parser.add_argument("names", nargs="+", help=f"a network as in a link, or one of {', '.join((*RECIPES, PAPER))}")
    parser.add_argument("--runs", type=Path, help="the folder of finished runs; without it they are trained now")
    given = parser.parse_args(arguments)
    for name in given.names:
        if name in (*RECIPES, PAPER):
            entered = [one for race, own in races(name) for one in runners(race, own)]
            paths = [ship_run(one.run, kept_runs=given.runs) for one in entered]
        else:
            paths = [ship(name)]
        for path in paths:
            sys.stdout.write(f"{path.name}: {path.stat().st_size:,} bytes\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
