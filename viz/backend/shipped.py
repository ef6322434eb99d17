"""Measurements and trainings that come with the program: shown until somebody measures here."""

import json
from pathlib import Path
from zipfile import BadZipFile

from models.runtime.messages import UserError
from models.signals.compact import Stamp, unpack
from models.signals.records import Pair
from models.specs.external import Network
from models.specs.twins import twin, with_skips
from models.training.run_files import epochs_from_csv
from models.training.run_spec import RunSpec
from models.training.stored_run import Status, StoredRun, identity
from viz.backend import cached
from viz.backend.job import Request
from viz.backend.memo import memo
from viz.state.compare import write

FOLDER = Path(__file__).parents[2] / "assets" / "results" / "signals"
RUNS = FOLDER.parent / "trainings"


def pair(spec: Network, request: Request[Pair]) -> tuple[Pair, Stamp] | None:
    """Return the measurement of a network that was made before, and where; None if there is none for this request."""
    found = _read(name(spec), with_skips(spec))
    return found if found is not None and found[1].key == request.key else None


def name(spec: Network) -> str:
    """Return the name of a network's file: as in a link, that of its preset with what differs."""
    return write(with_skips(spec)).replace(":", ".")


@memo(room=4_000_000, size=lambda found: 4 * len(found[1]) + 20_000 if found else 100)
def run(spec: RunSpec) -> tuple[StoredRun, str] | None:
    """Return a training that was made before, and where and when; None if there is none."""
    own = identity(spec)
    try:
        stored = json.loads((RUNS / f"{own}.json").read_text())
        known = RunSpec.from_json(stored["run"])
        epochs = epochs_from_csv(stored["epochs"], known)
        made = str(stored["made"])
    except (OSError, ValueError, KeyError, TypeError, UserError):  # none, or made by another version
        return None
    if known.digest != spec.digest:
        return None
    return StoredRun(id=own, status=Status.DONE, run=known, epochs=epochs, answers=str(stored["answers"])), made


@memo(room=32_000_000, size=lambda found: 400 * sum(len(run.layers) for run in found[0].skips.runs) if found else 100)
def _read(file: str, spec: Network) -> tuple[Pair, Stamp] | None:
    specs = (spec, twin(spec))
    try:
        data = (FOLDER / f"{file}.npz").read_bytes()
        return unpack(data, specs, (cached.trace(specs[0]), cached.trace(specs[1])))
    except (OSError, BadZipFile, ValueError, KeyError, TypeError):  # none, or made by another version
        return None
