"""Measure and train what the program brings, and write it where pages find it.

    python -m viz.command.ship resnet56_cifar torchvision:convnext_tiny digits

A name is a network as in a link (a preset, with what differs) or a recipe of the Training page.
"""

import json
import platform
import sys
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from models.runtime.version import __version__
from models.signals.compact import Stamp, pack
from models.specs.spec import NetworkSpec
from models.training.run_files import epochs_to_csv
from models.training.run_spec import RunSpec
from models.training.run_store import RunStore
from models.training.stored_run import identity
from viz.backend import shipped, signal_jobs
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


def ship_run(run: RunSpec, folder: Path = shipped.RUNS) -> Path:
    """Train a network, and write its epochs and answers, without its weights."""
    from models.training.resume import kept  # loads torch  # noqa: PLC0415

    with TemporaryDirectory() as place:
        store = RunStore(Path(place))
        list(kept(run, store))
        found = store.find(run)
    assert found is not None  # noqa: S101  # it was just trained
    made = f"{date.today().isoformat()}: {_versions()}"
    told = {"run": run.to_json(), "epochs": epochs_to_csv(found.epochs), "answers": found.answers, "made": made}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{identity(run)}.json"
    path.write_text(json.dumps(told, indent=1))
    return path


def _versions() -> str:
    return f"Skipscope {__version__}, PyTorch {version('torch').partition('+')[0]}, {platform.machine()}"


def main(names: Sequence[str]) -> None:
    for name in names:
        paths = (
            [ship(name)]
            if name not in RECIPES
            else [ship_run(runner.run) for runner in runners(RECIPES[name].race, NetworkSpec())]
        )
        for path in paths:
            sys.stdout.write(f"{path.name}: {path.stat().st_size:,} bytes\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
