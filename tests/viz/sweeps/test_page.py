"""The Sweeps page in AppTest: what it varies, measures, shows, filters and refuses."""

from functools import partial

import pytest

from models.signals.grid import Axes, points
from models.signals.grid_point import point
from models.signals.measure_spec import MeasureSpec
from models.specs.presets import PRESETS
from tests.viz.pages import address, charts, opened
from viz.state.sweeps import Sweep

PAGE = "viz/pages/sweeps.py"
SMALL = {"stem": "cifar", "base_width": "8", "input_shape": "3x16x16", "classes": "5", "shortcut": "pad"}
AXES = "stages:1-1,2-2;norm:batch,none"
QUICK = {**SMALL, "stages": "1-1", "sweeps.axes": AXES, "sweeps.run": "true", "signals.batch": "2"}


@pytest.fixture
def open_sweeps(open_app):
    return partial(opened, open_app, PAGE)


def table(app, *, missing=False):
    """The table of the points, or of those that have no result."""
    return app.dataframe[-1 if missing else 0].value


def values(app):
    return {one.label: one.value for one in app.multiselect}


def test_it_starts_with_a_few_depths_with_and_without_norm(open_sweeps):
    app = open_sweeps()

    assert not app.exception
    assert app.title[0].value == "Around ResNet-20 (CIFAR)"
    assert values(app)["Vary"] == ["depth", "norm", "seed"]
    assert values(app)["Norm"] == ["batch", "none"]
    assert app.button(key="run_sweeps").label.startswith("Measure them, with and without")
    assert address(app) == {}


def test_a_link_measures_and_shows_every_combination(open_sweeps):
    app = open_sweeps(**QUICK)

    assert not app.exception
    frame = table(app)
    assert list(frame["Blocks per stage"]) == ["1-1", "1-1", "2-2", "2-2"]
    assert list(frame["Norm"]) == ["batch norm", "no norm"] * 2
    assert any("of 4 cases" in one.value for one in app.markdown)
    assert len(charts(app)) == 2
    assert address(app) == QUICK


def test_its_numbers_are_those_of_single_measurements(open_sweeps):
    app = open_sweeps(**QUICK)
    base, problems = type(PRESETS["resnet18"].spec).from_query(QUICK)
    assert not problems

    for row, planned in zip(
        table(app).to_dict("records"), points(base, MeasureSpec(batch=2), Axes().decode(AXES)), strict=True
    ):
        alone = point(planned.spec, planned.setting)
        assert row["First / last gradient, with skips"] == alone.skips.ratio
        assert row["First / last gradient, without"] == alone.plain.ratio
        assert (row["Parameters"], row["MACs"]) == (alone.parameters, alone.macs)


def test_fields_are_added_and_values_typed(open_sweeps):
    app = open_sweeps(**SMALL, stages="1-1")
    fields = app.multiselect(key="sweep_fields")
    fields.set_value(["norm", "widen"]).run()
    assert not app.exception
    assert values(app)["Widening factor"] == ["1.0", "2.0", "4.0"]

    app.multiselect(key="sweep_widen").set_value(["1.0", "1.5"]).run()

    assert not app.exception
    assert address(app)["sweeps.axes"] == "norm:batch,none;widen:1.0,1.5"


def test_a_value_that_is_none_is_refused_and_the_others_stay(open_sweeps):
    app = open_sweeps(**SMALL, stages="1-1", **{"sweeps.axes": "skip_scale:0.5,1"})

    app.multiselect(key="sweep_skip_scale").set_value(["0.5", "much"]).run()

    assert not app.exception
    assert any("must be" in one.value for one in app.toast)
    assert values(app)["Skip strength"] == ["0.5", "1.0"]


def test_the_last_value_that_goes_takes_its_field_along(open_sweeps):
    app = open_sweeps(**SMALL, stages="1-1", **{"sweeps.axes": AXES})

    app.multiselect(key="sweep_norm").set_value([]).run()

    assert values(app)["Vary"] == ["stages"]


def test_a_filter_and_lines_of_their_own(open_sweeps):
    app = open_sweeps(**QUICK, **{"sweeps.only": "norm:none", "sweeps.by": "norm"})

    assert set(table(app)["Norm"]) == {"no norm"}
    names = {
        trace.get("name") for chart in charts(app) for trace in chart["data"] if trace.get("showlegend") is not False
    }
    assert {"with skips, no norm", "without skips, no norm"} <= names


def test_combinations_that_are_no_network_say_why(open_sweeps):
    app = open_sweeps(**QUICK | {"sweeps.axes": "depth:8,19;norm:batch,none"})

    assert not app.exception
    assert list(table(app)["Depth"]) == [8, 8]
    assert list(table(app, missing=True)["Depth"]) == [19, 19]
    assert all("such as 14 and 20" in one for one in table(app, missing=True)["Why not"])
    assert any("2 combinations give a network, of 4" in one.value for one in app.caption)


def test_if_none_is_a_network_nothing_is_offered(open_sweeps):
    app = open_sweeps(**SMALL, stages="1-1", **{"sweeps.axes": "depth:19,21"})

    assert any("None of these combinations" in one.value for one in app.warning)
    assert not [button for button in app.button if button.key == "run_sweeps"]


def test_a_network_of_a_library_is_not_swept(open_sweeps):
    app = open_sweeps(network="torchvision:alexnet")

    assert not app.exception
    assert any("built here" in one.value for one in app.info)


def test_a_wrong_link_says_so(open_sweeps):
    app = open_sweeps(**SMALL, stages="1-1", **{"sweeps.axes": "colour:red"})

    assert not app.exception
    assert any("colour" in one.value for one in (*app.warning, *app.error))


def test_a_public_server_refuses_large_sweeps(open_sweeps, monkeypatch):
    monkeypatch.setenv("SKIPSCOPE_PUBLIC", "1")
    seeds = ",".join(map(str, range(150)))

    app = open_sweeps(**SMALL, stages="1-1", **{"sweeps.axes": f"norm:batch,none;seed:{seeds}", "sweeps.run": "true"})

    assert any("at most 200 points" in one.value for one in app.warning)


def test_what_was_measured_elsewhere_is_shown_at_once(open_sweeps, tmp_path, monkeypatch):
    from viz.backend import slots
    from viz.command import grid_file, sweep

    (tmp_path / "grid.toml").write_text(
        '[network]\nstem = "cifar"\nbase_width = 8\ninput_shape = [3, 16, 16]\nclasses = 5\nstages = [1, 1]\n'
        "[measure]\nbatch = 2\n[axes]\nstages = [[1, 1], [2, 1]]\nseed = [3, 4]\n"
    )
    assert sweep.main([str(tmp_path / "grid.toml"), "--out", str(tmp_path / "out")]) == 0
    monkeypatch.setenv("SKIPSCOPE_RESULTS", str(tmp_path / "out"))
    slots.slots.clear()
    try:
        app = open_sweeps(**grid_file.link(tmp_path / "out"))
        assert len(table(app)) == 4
        assert slots.slots().queue.results.stores[1].folder == tmp_path / "out"
    finally:
        slots.slots.clear()


def test_settings_survive_a_link():
    settings = Sweep(axes=Axes().decode(AXES), only=Axes().decode("norm:none"), run=True, by="norm", quantity="loss")

    assert Sweep.from_query(settings.to_query()) == (settings, ())
