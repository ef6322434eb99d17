"""Finished runs of any races: what is told and drawn of them."""

from dataclasses import replace

import pytest

from models.specs.external import ExternalSpec
from models.specs.presets import PRESETS
from models.specs.twins import twin
from models.training.run_spec import RunSpec
from models.training.stored_run import Status, Summary
from viz import text
from viz.state.training import Across, Grouped
from viz.style import theme
from viz.training import runs_compared, runs_figure
from viz.training.runs_figure import Point


def fitted(name):
    return replace(PRESETS[name].spec, input_shape=(1, 8, 8))


def stored(name, accuracy, *, plain=False, **changes):
    network = twin(fitted(name)) if plain else fitted(name)
    run = RunSpec(network=network, **{"epochs": 15} | changes)
    return Summary(
        id=f"{name}-{plain}-{changes}", status=Status.DONE, why=None, run=run, epochs=run.all_epochs, accuracy=accuracy,
        unknown=(), created=0.0, size=1, stamp=0,
    )  # fmt: skip


RUNS = [
    stored("resnet20_cifar", 0.95),
    stored("resnet56_cifar", 0.97),
    stored("resnet56_cifar", 0.4, plain=True),
    stored("resnet20_cifar", 0.93, seed=1, epochs=3),
]


def test_the_best_is_told_and_in_what_else_the_trainings_differ():
    assert text.runs.compared(RUNS, "digits") == (
        "4 finished runs on Digits; the lowest test error is 3.00%: ResNet-56. Their trainings differ in epochs "
        "and seed: not every difference is one of networks."
    )
    assert text.runs.compared(RUNS[:2], "digits").endswith("ResNet-56.")


@pytest.mark.parametrize(
    ("across", "places"),
    [(Across.DEPTH, [20, 56, 56, 20]), (Across.EPOCHS, [15, 15, 15, 3]), (Across.RATE, [0.02] * 4)],
)
def test_runs_are_placed_by_what_is_chosen(across, places):
    assert [runs_compared._place(one, across) for one in RUNS] == places


def test_a_network_of_a_library_without_skips_is_not_coloured_as_one_with_them():
    spec = ExternalSpec(network="torchvision:vgg11", input_shape=(3, 64, 64), classes=10)
    one = replace(RUNS[0], run=RunSpec(network=spec))

    assert runs_compared._group(one, Grouped.SKIPS) == ("without skip connections", "Plain")


@pytest.mark.parametrize(
    ("grouped", "groups"),
    [
        (Grouped.KIND, ["ResNet", "ResNet", "Plain", "ResNet"]),
        (Grouped.SKIPS, [*["with skip connections"] * 2, "without skip connections", "with skip connections"]),
        (Grouped.EPOCHS, ["15 epochs"] * 3 + ["3 epochs"]),
        (Grouped.SEED, ["seed 0"] * 3 + ["seed 1"]),
        (Grouped.RATE, ["learning rate 0.02"] * 4),
    ],
)
def test_runs_are_coloured_by_what_is_chosen(grouped, groups):
    assert [runs_compared._group(one, grouped)[0] for one in RUNS] == groups


@pytest.mark.parametrize("grouped", [Grouped.KIND, Grouped.SKIPS])
def test_kinds_have_their_colours_in_every_language(grouped):
    places = [Point("", *runs_compared._group(one, grouped)[:1], 20, 0.1, runs_compared._group(one, grouped)[1])
              for one in RUNS]  # fmt: skip
    chinese = [replace(one, group=f"组 {one.kind}") for one in places]

    for points in (places, chinese):
        colours = {trace.marker.color for trace in runs_figure.runs(points, "depth").data if trace.mode == "markers"}
        assert colours == {theme.SKIP.light, theme.PLAIN.light}


def test_lines_go_through_the_mean_of_each_colour():
    points = [
        Point("a", "ResNet", 20, 0.1),
        Point("b", "ResNet", 20, 0.3),
        Point("c", "ResNet", 56, 0.05),
        Point("d", "Plain", 20, 0.2),
    ]

    line, markers, single = runs_figure.runs(points, "depth").data

    assert (list(line.x), list(line.y)) == ([20, 56], pytest.approx([0.2, 0.05]))
    assert list(markers.y) == [0.1, 0.3, 0.05]
    assert (single.name, list(single.y)) == ("Plain", [0.2])


def test_more_groups_than_styles_are_drawn_all_the_same():
    points = [Point(str(n), f"seed {n}", 20, n / 20) for n in range(9)]

    figure = runs_figure.runs(points, "depth", dark=True)

    assert [trace.name for trace in figure.data] == [f"seed {n}" for n in range(9)]
