"""The command `skipscope sweep`: a table and results from a file, resumed, and what it refuses."""

import os
import signal
import subprocess
import sys
from contextlib import suppress

import pandas as pd
import pytest

from models.results.store import FolderStore
from models.signals.grid import points
from models.signals.grid_point import point
from tests.conftest import ROOT
from tests.waiting import PATIENCE, until
from viz.command import grid_file
from viz.command.main import main
from viz.command.sweep import _Bar

FILE = """
[network]
stem = "cifar"
base_width = 8
input_shape = [3, 16, 16]
classes = 5
stages = [1, 1]

[measure]
batch = 2

[axes]
stages = [[1, 1], [1, 2]]
norm = ["batch", "none"]
"""


@pytest.fixture
def grid(tmp_path):
    file = tmp_path / "grid.toml"
    file.write_text(FILE)
    return file


def test_it_writes_a_table_that_pandas_reads(grid, tmp_path, capsys):
    assert main(["sweep", str(grid), "--out", str(tmp_path / "out")]) == 0

    frame = pd.read_csv(tmp_path / "out" / "points.csv")
    assert list(frame["stages"]) == ["1-1", "1-1", "1-2", "1-2"]
    assert list(frame["norm"].fillna("none")) == ["batch", "none"] * 2
    assert "4 combinations, 4 of them networks" in capsys.readouterr().err
    for row, planned in zip(frame.to_dict("records"), points(*grid_file.read(grid)), strict=True):
        alone = point(planned.spec, planned.setting)
        assert row["ratio_with_skips"] == pytest.approx(alone.skips.ratio, rel=1e-12)
        assert row["loss_without_skips"] == pytest.approx(alone.plain.loss, rel=1e-12)
        assert (row["parameters"], row["macs"]) == (alone.parameters, alone.macs)


def test_what_is_measured_is_not_measured_again(grid, tmp_path):
    out = tmp_path / "out"
    assert main(["sweep", str(grid), "--out", str(out)]) == 0
    files = {path.name: path.stat().st_ino for path in out.glob("*.zip")}
    table = (out / "points.csv").read_bytes()

    assert main(["sweep", str(out / "grid.toml"), "--out", str(out)]) == 0

    assert {path.name: path.stat().st_ino for path in out.glob("*.zip") if path.name in files}.keys() == files.keys()
    kept = [name for name, node in files.items() if (out / name).stat().st_ino == node]
    assert len(kept) >= 4  # the four points; the whole is written anew
    assert (out / "points.csv").read_bytes() == table


def test_combinations_that_are_no_network_stand_in_the_table(grid, tmp_path):
    grid.write_text(FILE.replace('norm = ["batch", "none"]', "depth = [19]").replace("stages = [[1, 1], [1, 2]]\n", ""))

    assert main(["sweep", str(grid), "--out", str(tmp_path / "out")]) == 0
    assert "got 19" in pd.read_csv(tmp_path / "out" / "points.csv")["why_not"][0]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[axes", "grid.toml: "),
        ("", "axes: must name at least one field"),
        ("[axes]\nnorm = ['layer']", "axes.norm: "),
    ],
)
def test_a_wrong_file_is_refused_in_a_sentence(grid, tmp_path, capsys, text, why):
    grid.write_text(text)

    assert main(["sweep", str(grid), "--out", str(tmp_path / "out")]) == 2
    assert why in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_wrong_cluster_is_refused_in_a_sentence(grid, tmp_path, capsys):
    assert main(["sweep", str(grid), "--out", str(tmp_path), "--cluster", "tcp://10.0.0.1:8786"]) == 2
    assert "must use TLS" in capsys.readouterr().err


def test_results_that_are_none_are_refused(tmp_path, capsys):
    assert main(["--results", str(tmp_path)]) == 2
    assert "must be a folder of `skipscope sweep`" in capsys.readouterr().err


def test_a_folder_opens_as_a_link(grid, tmp_path):
    assert main(["sweep", str(grid), "--out", str(tmp_path / "out")]) == 0

    assert grid_file.link(tmp_path / "out") == {
        "stages": "1-1", "stem": "cifar", "base_width": "8", "input_shape": "3x16x16", "classes": "5",
        "signals.batch": "2", "sweeps.axes": "stages:1-1,1-2;norm:batch,none", "sweeps.run": "true",
    }  # fmt: skip


def test_an_interrupt_that_a_library_drops_stops_the_sweep_at_the_next_progress():
    bar = _Bar()
    with suppress(KeyboardInterrupt):
        bar.interrupt()

    with pytest.raises(KeyboardInterrupt):
        bar.tell(0.5)


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_measured(grid, tmp_path):
    grid.write_text(FILE + f"seed = {list(range(500))}\n")
    out = tmp_path / "out"
    command = [sys.executable, "-m", "viz.command.main", "sweep", str(grid), "--out", str(out)]
    started = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE)
    try:
        until(lambda: len(list(out.glob("*.zip"))) >= 10)
        started.send_signal(signal.SIGINT)
        _out, errors = started.communicate(timeout=PATIENCE)
    finally:
        started.kill()

    assert started.returncode == 130
    assert b"the same command goes on" in errors
    assert b"Traceback" not in errors
    store = FolderStore(out, 10**9)
    assert all(store.get(path.stem) is not None for path in out.glob("*.zip"))
