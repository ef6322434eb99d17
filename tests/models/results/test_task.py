"""A task is plain data: its key contains all that its result depends on, and it runs wherever the package is."""

import subprocess
import sys
from dataclasses import replace

from models.results.codec import decode, encode
from models.results.task import task
from models.signals.measure_spec import MeasureSpec
from models.specs.spec import NetworkSpec
from tests.conftest import ROOT

SMALL = NetworkSpec(stages=(1, 1), stem="cifar", base_width=8, input_shape=(3, 16, 16), classes=5)
SETTING = MeasureSpec(batch=2)


class Told:
    def __init__(self):
        self.done, self.parts = [], []

    def tell(self, done):
        self.done.append(done)

    def part(self, record, *, only=False):
        self.parts = [record] if only else [*self.parts, record]


def pair(spec=SMALL, setting=SETTING, **more):
    return task(
        "work.signals:pair", **{"spec": spec, "setting": setting, "picture": None, "trained": "", "stamp": 0} | more
    )


def test_equal_tasks_have_equal_keys_and_others_have_others():
    keys = {pair().key, pair(replace(SMALL, norm="group")).key, pair(setting=replace(SETTING, seed=1)).key,
            pair(picture=b"x").key, pair(stamp=1).key, task("work.signals:regimes").key}  # fmt: skip

    assert len(keys) == 6
    assert pair().key == pair(NetworkSpec(**{name: getattr(SMALL, name) for name in SMALL.__slots__})).key


def test_a_task_runs_and_tells_of_its_progress():
    told = Told()

    found = pair().run(told)

    assert found.skips.spec == SMALL
    assert told.done == sorted(told.done)
    assert 0 < told.done[-1] <= 1


def test_parts_come_before_the_whole():
    told = Told()
    work = task("work.signals:sweep", spec=SMALL, setting=SETTING, picture=None, deepest=8)

    assert tuple(told.parts) == ()
    assert tuple(told.parts) != work.run(told) == tuple(told.parts)


def test_a_task_travels_to_another_process_and_its_result_comes_back(tmp_path):
    """As on a worker of a cluster: only text and bytes are exchanged."""
    (tmp_path / "task").write_bytes(encode((pair().function, pair().arguments)))
    code = """
import sys
from pathlib import Path
from models.results.codec import decode, encode
from models.results.task import Task

class Silent:
    def tell(self, done): ...
    def part(self, record, *, only=False): ...

folder = Path(sys.argv[1])
work = Task(*decode((folder / "task").read_bytes()))
(folder / "result").write_bytes(encode((work.key, work.run(Silent()))))
"""
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, check=True)

    key, found = decode((tmp_path / "result").read_bytes())
    assert key == pair().key
    assert found.skips.layers == pair().run(Told()).skips.layers
