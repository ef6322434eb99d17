"""Measure presets' signals and write them where pages find them: `python -m viz.command.ship resnet56_cifar ...`."""

import platform
import sys
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

from models.runtime.version import __version__
from models.signals.compact import Stamp, pack
from models.specs.presets import PRESETS
from viz.backend import signal_jobs
from viz.backend.shipped import FOLDER
from viz.state.signals import Experiment


class _Silent:
    """A progress that nobody watches."""

    def tell(self, done: float) -> None:
        pass

    def part(self, record: object, *, only: bool = False) -> None:
        pass


def ship(name: str, folder: Path = FOLDER) -> Path:
    """Measure a preset as the page would at first, and write the file of its result."""
    request = signal_jobs.pair(PRESETS[name].spec, Experiment(), None)
    found = request.task.run(_Silent())
    versions = f"Skipscope {__version__}, PyTorch {version('torch').partition('+')[0]}, {platform.machine()}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.npz"
    path.write_bytes(pack(found, Stamp(request.key, date.today().isoformat(), versions)))  # a day will do
    return path


def main(names: Sequence[str]) -> None:
    for name in names:
        path = ship(name)
        sys.stdout.write(f"{path.name}: {path.stat().st_size:,} bytes\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
