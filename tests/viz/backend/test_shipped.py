"""Shipped measurements are those that a page would ask for at first."""

import pytest

from models.specs.presets import PRESETS
from models.specs.twins import twin
from viz.backend import shipped, signal_jobs
from viz.command.ship import ship
from viz.state.signals import Experiment

NAMES = sorted(path.stem for path in shipped.FOLDER.glob("*.npz"))
SMALL = "resnet20_cifar"


def test_the_page_that_is_opened_first_has_one():
    assert {"resnet18", "resnet50", "resnet56_cifar", "densenet121"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_each_is_found_by_the_first_request_of_its_preset(name):
    spec = PRESETS[name].spec

    found, stamp = shipped.pair(spec, signal_jobs.pair(spec, Experiment(), None))

    assert found.skips.trace.params == shipped.cached.trace(spec).params
    assert len(found.skips.runs) == 3
    assert stamp.date


def test_another_request_or_network_has_none():
    spec = PRESETS[SMALL].spec

    assert shipped.pair(spec, signal_jobs.pair(spec, Experiment().changed(batch=2), None)) is None
    other = spec.changed(classes=7)
    assert shipped.pair(other, signal_jobs.pair(other, Experiment(), None)) is None


def test_the_twin_finds_its_networks():
    spec = PRESETS[SMALL].spec

    both = [shipped.pair(one, signal_jobs.pair(one, Experiment(), None)) for one in (spec, twin(spec))]

    assert both[0] == both[1]


def test_a_damaged_file_is_none(tmp_path, monkeypatch):
    spec = PRESETS["resnet32_cifar"].spec
    (tmp_path / "resnet32_cifar.npz").write_bytes(b"PK\x03\x04 damaged")
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    monkeypatch.setattr(shipped, "describe", lambda __: type("Name", (), {"preset": "resnet32_cifar"})())
    read = shipped._read.__wrapped__
    monkeypatch.setattr(shipped, "_read", read)

    assert shipped.pair(spec, signal_jobs.pair(spec, Experiment(), None)) is None


@pytest.mark.slow
def test_measured_again_the_numbers_are_the_same(tmp_path, monkeypatch):
    spec = PRESETS[SMALL].spec
    request = signal_jobs.pair(spec, Experiment(), None)
    before, _stamp = shipped.pair(spec, request)

    ship(SMALL, tmp_path)
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    after, stamp = shipped._read.__wrapped__(SMALL, spec)

    assert stamp.key == request.key
    assert after.plain.ratio() == pytest.approx(before.plain.ratio(), rel=0.05)
    assert after.skips.ratio() == pytest.approx(before.skips.ratio(), rel=0.05)
