"""The Training page: choose, start, pause, resume and read a race; list and delete runs."""

import json
import re
import threading
import time
from dataclasses import replace

import pytest

from models.specs.spec import NetworkSpec
from models.tracing import budget
from models.training.archive import pack
from models.training.resume import kept
from models.training.run_spec import RunSpec
from models.training.run_store import RunStore
from models.training.stored_run import Status, identity
from tests.viz.pages import address, charts, opened, settled
from viz.backend.job_queue import JobQueue
from viz.backend.slots import slots
from viz.state.recipes import RECIPES

TINY = {"stages": "1-1", "stem": "cifar", "base_width": "8", "shortcut": "pad", "input_shape": "1x8x8", "classes": "10"}
SMALL = NetworkSpec(stages=(1, 1), stem="cifar", base_width=8, shortcut="pad", input_shape=(1, 8, 8), classes=10)
QUICK = {"epochs": "2", "train_batch": "128"}


@pytest.fixture(autouse=True)
def runs(monkeypatch, tmp_path):
    """A separate folder for each test, and no job left over from the previous one."""
    from models.training import run_store as room

    monkeypatch.setattr(
        room.RunStore, "__init__", lambda self, folder=tmp_path: object.__setattr__(self, "folder", folder)
    )
    # the time estimate has its own test; here it would only take time
    monkeypatch.setattr("models.work.training.estimate", lambda run, *, progress: 10.0)
    slots.clear()
    yield RunStore()
    for job in [*slots()._jobs.values(), *slots().queue._waiting]:
        job.cancel()
    end = time.monotonic() + 300
    while any(thread.name == "skipscope job" for thread in threading.enumerate()) and time.monotonic() < end:
        time.sleep(0.02)


def run(network=SMALL, **changes):
    return RunSpec(**{"network": network, "epochs": 2, "batch": 128, **changes})


def page(open_app, **query):
    return opened(open_app, "viz/pages/training.py", **query)


def button(app, key):
    return next((one for one in app.button if one.key == key), None)


def trained(app, seconds=600):
    """Run until the race is finished."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        app.run()
        if button(app, "pause_race") is None:
            return app
        time.sleep(0.1)
    raise AssertionError("the race did not end")


def words(app):
    return " ".join(one.value for one in app.markdown)


def test_the_page_offers_three_races_and_ones_own(open_app):
    app = page(open_app)

    assert not app.exception
    assert [one.key for one in app.button if (one.key or "").startswith("recipe_")] == [
        f"recipe_{name}" for name in RECIPES
    ]
    assert button(app, "start_race") is not None
    assert "What you will see" in words(app)
    assert address(app) == {}


def takes(app):
    return {one.key: one.label for one in app.button if (one.key or "").startswith(("recipe_", "start_"))}


def test_every_button_says_at_once_how_long_it_takes_and_nothing_is_measured_for_it(open_app, monkeypatch):
    monkeypatch.setattr(JobQueue, "_next", lambda self: None)  # no job ever starts
    app = page(open_app, **TINY, **QUICK)

    assert re.fullmatch(r"Start ResNet-6 and Plain-6 \((a moment|.* s) here\)", takes(app)["start_race"])
    for name in RECIPES:
        assert re.fullmatch(r"Start \(.+ (s|min|h|days) here(, the machine is busy)?\)", takes(app)[f"recipe_{name}"])
    assert not any("minute" in one.value for one in app.markdown if "Degradation" in one.value)


def test_while_the_server_is_idle_a_few_steps_say_better_how_long_ones_own_race_takes(open_app):
    app = page(open_app, **TINY, **QUICK)
    end = time.monotonic() + 3000
    while "(15 to 30 s here)" not in takes(app)["start_race"] and time.monotonic() < end:
        time.sleep(0.1)
        app.run()

    # two networks of ten seconds each
    assert takes(app)["start_race"] == "Start ResNet-6 and Plain-6 (15 to 30 s here)"


def test_what_does_not_fit_in_memory_is_told_before_anything_starts(open_app, monkeypatch):

    monkeypatch.setattr(budget, "free", lambda _: 10**6)
    app = page(open_app, **TINY, **QUICK, seed="77", train_seed="77")

    assert takes(app)["start_race"] == "Start ResNet-6 and Plain-6 (too large for this server)"
    assert "This needs about" in button(app, "start_race").help


def test_any_network_of_a_race_can_be_looked_at_the_first_too(open_app, runs):
    for network in (SMALL, replace(SMALL, shortcut="none")):
        list(kept(run(network), runs))
    app = page(open_app, **TINY, **QUICK, learn="true")
    names = app.segmented_control(key="race_who").options
    first, second = names

    if app.segmented_control(key="race_who").value == first:
        first, second = second, first
    for name in (first, second, first):
        app.segmented_control(key="race_who").set_value(name).run()
        assert app.segmented_control(key="race_who").value == name
        assert address(app)["training.who"] == str(1 + names.index(name))


def test_a_race_is_started_and_read(open_app, runs):
    app = page(open_app, **TINY, **QUICK)
    button(app, "start_race").click()

    app = trained(app.run())

    assert not app.exception
    assert address(app)["training.learn"] == "true"
    assert {one.status for one in runs.all()} == {Status.DONE}
    assert "After 2 epochs" in words(app)
    assert {trace["meta"].split(",")[0] for trace in charts(app)[0]["data"]} == {"ResNet-6", "Plain-6"}


def test_a_link_to_a_finished_race_shows_it_and_trains_nothing(open_app, runs):
    for network in (SMALL, replace(SMALL, shortcut="none")):
        list(kept(run(network), runs))

    app = page(open_app, **TINY, **QUICK, learn="true")

    assert not app.exception
    assert "After 2 epochs" in words(app)
    assert button(app, "start_race") is None


def test_a_finished_race_that_was_left_is_shown_again(open_app, runs):
    for network in (SMALL, replace(SMALL, shortcut="none")):
        list(kept(run(network), runs))
    app = page(open_app, **TINY, **QUICK)
    assert button(app, "start_race") is None

    app = button(app, "results_own").click().run()

    assert address(app)["training.learn"] == "true"
    assert "After 2 epochs" in words(app)


def test_of_a_race_that_comes_with_the_program_the_curves_are_shown_at_once(open_app, runs):
    app = page(open_app, **RECIPES["digits"].race.to_query())

    assert runs.all() == ()
    assert any(one.value.startswith("Trained before, on 20") for one in app.caption)
    assert charts(app)
    assert button(app, "start_race") is not None


def test_a_link_alone_starts_no_training(open_app, runs):
    app = page(open_app, **TINY, **QUICK, learn="true")

    assert runs.all() == ()
    assert button(app, "start_race") is not None


@pytest.mark.parametrize(
    "lesson",
    [
        "Predictions",
        "Confusion",
        "Gradients",
        "Lesion study",
        "Responses",
        "Numbers",
        "Feature reuse",
        "Your own",
        "landscape",
        "paths",
        "curvature",
        "maps",
        "agreement",
        "units",
    ],
)
def test_every_tab_opens_after_the_training(open_app, runs, lesson):
    for network in (SMALL, replace(SMALL, shortcut="none")):
        list(kept(run(network), runs))

    app = settled(page(open_app, **TINY, **QUICK, learn="true", lesson=lesson))

    assert not app.exception
    expected = {
        "Predictions": "test images correctly",
        "Confusion": "Most frequent mistake",
        "Lesion study": "With one shape-preserving block removed",
        "Responses": "median and range",
        "landscape": "loss around",
        "paths": "the gradient has 4 paths",
        "curvature": "the largest eigenvalue of the Hessian is",
        "maps": "Grad-CAM marks",
        "agreement": "neighbouring points have a cosine",
        "units": "in the median layer the effective rank",
    }
    assert expected.get(lesson, "") in words(app)


@pytest.mark.parametrize(
    ("section", "expected"),
    [("path", "two directions show"), ("line", "the training loss"), ("random", "loss around")],
)
def test_the_loss_is_shown_in_random_directions_along_the_path_and_on_a_line(open_app, runs, section, expected):
    for network in (SMALL, replace(SMALL, shortcut="none")):
        list(kept(run(network), runs))

    app = settled(page(open_app, **TINY, **QUICK, learn="true", lesson="landscape", section=section))

    assert not app.exception
    assert expected in words(app)


def test_a_run_whose_network_is_not_here_does_not_hide_the_list(open_app, runs):
    for seed in (0, 1):
        list(kept(run(seed=seed), runs))
    file = runs.folder / identity(run(seed=1)) / "run.json"
    stored = json.loads(file.read_text())
    stored["run"]["network"] = {"network": "timm:nosuchnet_x", "input_shape": "1x8x8", "classes": "10"}
    file.write_text(json.dumps(stored))

    app = settled(page(open_app, **TINY, **QUICK, race="sidebar", learn="true", lesson="runs"))

    assert not app.exception
    assert any("Not in the chart" in one.value for one in app.caption)
    assert button(app, f"delete_{identity(run())}") is not None


def test_the_line_to_a_run_from_another_seed_is_offered_and_drawn(open_app, runs):
    for seed in (0, 1):
        list(kept(run(seed=seed), runs))
    other = identity(run(seed=1))

    query = TINY | QUICK | {"race": "sidebar", "learn": "true", "lesson": "landscape", "section": "line"}
    app = settled(page(open_app, **query, other_run=other))

    assert not app.exception
    assert "at the two runs" in words(app)
    lines = next(one for one in app.selectbox if one.key == "surface_other_run")
    assert lines.options == ["from the initial weights to the trained ones", "ResNet-6, from seed 0 to seed 1"]


def test_a_gradients_tab_shows_updates_too(open_app, runs):
    list(kept(run(), runs))

    app = page(open_app, **TINY, **QUICK, race="sidebar", learn="true", lesson="gradients", of_layers="updates")

    assert not app.exception
    assert "a step changed the weights of a layer" in words(app)


def test_reuse_is_shown_of_a_densenet(open_app, runs):
    query = {
        "family": "densenet",
        "stages": "2-2",
        "stem": "cifar",
        "base_width": "8",
        "growth_rate": "4",
        "race": "sidebar",
    }
    network = NetworkSpec(
        family="densenet", stages=(2, 2), stem="cifar", base_width=8, growth_rate=4, input_shape=(1, 8, 8), classes=10
    )
    list(kept(run(network), runs))

    app = settled(page(open_app, **query, **QUICK, learn="true", lesson="Feature reuse"))

    assert not app.exception
    assert "mean absolute weight" in words(app)


def test_a_stopped_run_says_how_far_it_is_and_resumes(open_app, runs):
    own = run(epochs=6)
    going = kept(own, runs)
    next(going)
    going.close()

    app = page(open_app, **TINY, train_batch="128", epochs="6", race="sidebar", learn="true")
    assert button(app, "start_race").label.startswith("Resume")
    assert any("ResNet-6: paused, 1 of 6 epochs" in one.value for one in app.caption)
    button(app, "start_race").click()
    app = trained(app.run())

    assert runs.find(own).status is Status.DONE


def test_pause_keeps_what_there_is_and_cancel_goes_back(open_app, runs):
    long = {"epochs": "900", "train_batch": "128", "race": "sidebar"}
    app = page(open_app, **TINY, **long)
    button(app, "start_race").click()
    app.run()
    end = time.monotonic() + 300
    while not (runs.all() and runs.all()[0].epochs) and time.monotonic() < end:
        time.sleep(0.1)
    app.run()
    button(app, "pause_race").click().run()
    end = time.monotonic() + 300
    while runs.all()[0].status is Status.RUNNING and time.monotonic() < end:
        time.sleep(0.05)
    app.run()

    assert not app.exception
    assert runs.all()[0].status is Status.PAUSED
    assert button(app, "start_race").label.startswith("Resume")

    button(app, "start_race").click().run()
    app.run()
    button(app, "stop_race").click().run()
    assert "training.learn" not in address(app)
    assert button(app, "recipe_digits") is not None


def test_runs_are_listed_damaged_ones_too_and_deleted_after_a_question(open_app, runs):
    list(kept(run(), runs))
    (runs.folder / "odd").mkdir()
    app = page(open_app, **TINY, **QUICK, race="sidebar", learn="true", lesson="All runs")

    assert "**damaged**" in words(app)
    assert "**done**" in words(app)
    button(app, f"delete_{identity(run())}").click().run()

    assert [one.id for one in runs.all()] == ["odd"]
    assert not app.exception


def test_a_run_leaves_as_an_archive_and_comes_back(open_app, runs):
    for seed in (0, 4):
        list(kept(run(seed=seed), runs))
    own = identity(run(seed=4))
    data = pack(runs, own)
    runs.delete(own)
    app = page(open_app, **TINY, **QUICK, race="sidebar", learn="true", lesson="All runs")
    (upload,) = app.get("file_uploader")

    upload.set_value(("run.zip", data, "application/zip")).run()

    assert [one.value for one in app.success] == [f"{own} is stored."]
    assert {one.id for one in runs.all()} == {own, identity(run())}
    app.get("file_uploader")[0].set_value(("again.zip", data, "application/zip")).run()
    assert any("is here already" in one.value for one in app.warning)
    assert not app.exception


def test_a_kept_run_is_opened_from_the_list(open_app, runs):
    own = run(epochs=3, seed=4)
    list(kept(own, runs))
    list(kept(run(), runs))
    app = page(open_app, **TINY, **QUICK, race="sidebar", learn="true", lesson="All runs")

    button(app, f"open_{identity(own)}").click().run()

    assert not app.exception
    assert "After 3 epochs, ResNet-6" in words(app)
    assert address(app)["training.seed"] == "4"


@pytest.mark.slow
def test_a_race_that_was_deleted_can_be_run_again(open_app, runs):
    app = page(open_app, **TINY, **QUICK, race="sidebar")
    button(app, "start_race").click()
    app = trained(app.run())
    runs.delete(identity(run()))
    app.run()

    button(app, "start_race").click()
    app = trained(app.run())

    assert runs.find(run()).status is Status.DONE


def test_another_visitor_can_pause_a_race_that_goes_on(open_app, runs):
    long = {"epochs": "900", "train_batch": "128", "race": "sidebar"}
    app = page(open_app, **TINY, **long)
    button(app, "start_race").click()
    app.run()
    other = page(open_app, **TINY, **long, learn="true")

    button(other, "pause_race").click().run()

    end = time.monotonic() + 300
    while runs.all()[0].status is Status.RUNNING and time.monotonic() < end:
        time.sleep(0.05)
    assert runs.all()[0].status is Status.PAUSED


def test_what_is_set_is_what_the_hidden_controls_are_told(open_app):
    app = page(open_app, epochs="7", rate="0.3", schedule="step")
    app.run()

    assert app.number_input(key="race_epochs").value == 7
    assert app.number_input(key="race_epochs").proto.set_value
    assert app.selectbox(key="race_schedule").proto.set_value


def test_why_a_race_can_not_go_on_is_told(open_app, runs, monkeypatch):
    list(kept(run(seed=9), runs))
    monkeypatch.setenv("SKIPSCOPE_MOST_RUN_BYTES", "100")
    app = page(open_app, **TINY, **QUICK, race="sidebar")
    button(app, "start_race").click()
    app = trained(app.run())

    assert any("Delete some of them first" in one.value for one in app.warning)


def test_what_can_not_be_trained_says_why(open_app):
    app = page(open_app, race="densenet121", pixels="28")

    assert any("This can't be trained. input_shape: must be at least 29 pixels" in one.value for one in app.warning)
    button(app, "again").click().run()
    assert not app.warning
    assert button(app, "start_race") is not None
    assert not app.exception


def test_a_run_that_diverges_is_told(open_app, runs):
    app = page(open_app, **TINY | {"norm": "none"}, **QUICK, race="sidebar", rate="10", decay="1", schedule="constant")
    button(app, "start_race").click()

    app = trained(app.run())

    assert "stopped: The loss was" in words(app) or any("The loss was" in one.value for one in app.warning)
    assert button(app, "start_race").label.startswith("Try again")


def test_settings_change_the_race_and_the_link(open_app):
    app = page(open_app, **TINY)

    app.selectbox(key="race_data").set_value("cifar10").run()
    app.number_input(key="race_learning_rate").set_value(0.1).run()

    assert address(app)["training.data"] == "cifar10"
    assert address(app)["training.learning_rate"] == "0.1"
    assert not app.exception


@pytest.mark.parametrize("moment", [0.0, 60.0])
def test_a_trained_network_is_looked_into_on_the_signals_page(open_app, runs, monkeypatch, moment):
    monkeypatch.setattr("viz.ui.job_widget._MOMENT", moment)  # whether or not the page waits for the measurement
    list(kept(run(), runs))
    app = page(open_app, **TINY, **QUICK, race="sidebar", learn="true")

    button(app, "look_inside").click().run()
    assert address(app)["signals.weights"] == "trained"
    # AppTest does not stay on a page that the script switched to
    app = settled(app.switch_page("viz/pages/signals.py").run())

    assert not app.exception
    assert address(app)["signals.weights"] == "trained"
    assert any("the true labels of test images" in one.value for one in app.caption)


def test_before_the_first_epoch_the_axis_of_the_error_ends_at_one():
    from viz.state.subjects import Curve
    from viz.state.training import Scale
    from viz.style.theme import series_styles
    from viz.training.figures import curves

    figure = curves([Curve("ResNet-6", run(), None)], series_styles(["ResNet"]), scale=Scale.ERROR, dark=False)

    assert tuple(figure.layout.yaxis.range) == (0, 1)
