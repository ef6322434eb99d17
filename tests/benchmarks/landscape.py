"""What the examinations of trained networks cost beside an epoch: `python -m tests.benchmarks.landscape`.

Networks on digits, trained for two epochs, on the device that is chosen by itself; the machine should be idle.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from models.landscape.records import COARSE, FINE
from models.runtime.device import choose, in_words
from models.specs.presets import PRESETS
from models.specs.twins import twin
from models.training.resume import kept
from models.training.run_spec import RunSpec
from models.training.run_store import RunStore
from models.work import before_after, class_maps, landscape, trained


class Quiet:
    """A progress that nobody looks at."""

    def tell(self, done: float) -> None: ...

    def part(self, record: object, *, only: bool = False) -> None: ...


def seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def main() -> int:
    print(f"{in_words(choose('auto'))}")
    print(
        "| digits | an epoch | surface, 9 × 9 | 25 × 25 | path of training | line | paths | curvatures | agreement | channels "
        "| where it looks |"
    )
    print("|---|" + "---:|" * 10)
    with tempfile.TemporaryDirectory() as place:
        store = RunStore(Path(place))
        for module in (landscape, trained, before_after, class_maps):
            module.RunStore = lambda: store  # type: ignore[assignment, misc]  # tasks read from here
        for name in ("resnet20_cifar", "resnet56_cifar"):
            spec = replace(PRESETS[name].spec, input_shape=(1, 8, 8))
            for own in (spec, twin(spec)):
                run = RunSpec(network=own, epochs=2)
                epoch = list(kept(run, store))[-1].seconds
                found = {
                    half: seconds(
                        lambda half=half, run=run: landscape.surfaces(
                            Quiet(), runs=(run,), stamps=(0,), half=half, seed=0, training_images=False
                        )
                    )
                    for half in (COARSE, FINE)
                }
                follow = partial(landscape.training_paths, training_images=False)
                looks = (
                    follow, landscape.cuts, trained.gradients, trained.curvatures, before_after.agreements, before_after.unit_uses,
                    class_maps.class_maps,
                )  # fmt: skip
                others = [seconds(lambda look=look, run=run: look(Quiet(), runs=(run,), stamps=(0,))) for look in looks]
                title = f"{name}{'' if own is spec else ', without skips'}"
                times = (found[COARSE], found[FINE], *others)
                cells = " | ".join(f"{time:.1f} s ({time / epoch:.1f})" for time in times)
                print(f"| {title} | {epoch:.2f} s | {cells} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
