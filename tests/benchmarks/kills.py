"""Trainings that are killed: `python -m tests.benchmarks.kills [--kills 16]`.

A process trains a small network and is killed (-9) at a moment between its first finished epoch and its end; the next one
goes on. Printed is how many epochs were found after each kill, and whether the curve at the end equals that of one process
that was left alone.
"""

import argparse
import json
import random
import subprocess
import sys
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from models.specs.spec import NetworkSpec
from models.training.run_spec import RunSpec
from models.training.run_store import RunStore
from models.training.stored_run import Status
from models.training.trainer import Trainer
from tests.conftest import ROOT

NETWORK = NetworkSpec(stages=(1, 1), stem="cifar", base_width=8, shortcut="pad", input_shape=(1, 8, 8), classes=10)
TRAIN = """
import json
import sys
from pathlib import Path
from models.training.resume import kept
from models.training.run_spec import RunSpec
from models.training.run_store import RunStore
for epoch in kept(RunSpec.from_json(json.loads(sys.argv[1])), RunStore(Path(sys.argv[2]))):
    print(epoch.number, flush=True)
"""


def killed(run: RunSpec, folder: Path, own: random.Random, left: int) -> bool:
    """Train in a process of its own and kill it after some new epochs; return whether it was at its end before."""
    known = len(found.epochs) if (found := RunStore(folder).find(run)) else 0
    until = known + own.randint(1, max(1, (run.epochs - known) // (left + 1)))
    command = [sys.executable, "-c", TRAIN, json.dumps(run.to_json()), str(folder)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None  # for the type checker
    for line in process.stdout:
        if int(line) >= until:
            time.sleep(own.uniform(0, 0.05))  # epochs take about as long, so the kill meets any moment of one
            break
    process.kill()
    process.wait()
    process.stdout.close()
    return bool((now := RunStore(folder).find(run)) and now.status is Status.DONE)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=16)
    given = parser.parse_args()
    run, own = replace(RunSpec(network=NETWORK), epochs=60, batch=128), random.Random(0)  # noqa: S311
    straight = list(Trainer(run).epochs())
    with TemporaryDirectory() as place:
        folder, counts = Path(place), []
        for number in range(given.kills):
            ended = killed(run, folder, own, given.kills - number)
            found = RunStore(folder).find(run)
            counts.append(len(found.epochs) if found else 0)
            if ended:
                break
        command = [sys.executable, "-c", TRAIN, json.dumps(run.to_json()), place]
        subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
        found = RunStore(folder).find(run)
        whole = found.epochs if found else ()
    same = [(one.train_loss, one.test_loss, one.gradients) for one in whole] == [
        (one.train_loss, one.test_loss, one.gradients) for one in straight
    ]
    print(f"{len(counts)} kills; epochs kept after each: {', '.join(map(str, counts))} of {run.epochs}")
    print(f"epochs lost: {sum(later < before for before, later in pairwise(counts))}")
    print(f"the curve equals that of a process left alone: {'yes' if same else 'no'}")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
