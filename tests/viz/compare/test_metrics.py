"""The table of a comparison, its text and its charts."""

import json
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.runtime.messages import Message
from models.signals.records import Quartiles, Timing
from models.specs.naming import kind
from models.specs.presets import PRESETS
from models.tracing.memory import keeps
from models.tracing.tracer import trace
from models.tracing.variants import shortcuts
from tests.conftest import specs
from viz import text
from viz.compare import block_table, figures, html_tables, measured_figures, metrics
from viz.compare.metric_list import METRICS
from viz.graph import block_drawing
from viz.state.compare import Entry, entries
from viz.state.subjects import Subject
from viz.style import theme
from viz.ui import table_export


def rows(subjects, batch):
    return metrics.rows(METRICS, subjects, batch)


def subject(spec, name="x", timing=None):
    found = trace(spec)
    return Subject(Entry("x", name, spec), found, keeps(found), timing)


def subjects(*presets):
    named = entries(presets, PRESETS["resnet18"].spec)
    return tuple(subject(entry.spec, entry.name) for entry in named)


def looks(some):
    return theme.series_styles([kind(one.entry.spec) for one in some])


DEFAULT = ("resnet50", "densenet121", "resnext50_32x4d")
SPREAD = Quartiles(0.1, 0.2, 0.4, 9)
TIMING = Timing(
    batch=4, device="CPU", precision="float32", latency=SPREAD, forward=SPREAD, training=SPREAD, peak_memory=10**8
)


def test_the_default_table_holds_the_known_numbers_and_marks_the_best():
    table = {row.name: row for row in rows(subjects(*DEFAULT), 16)}

    assert table["Parameters"].values == (25_557_032, 7_978_856, 25_028_904)
    assert table["Parameters"].best == {1}
    assert table["MACs"].texts == ("4.089 G", "2.834 G", "4.230 G")
    assert table["FLOPs"].values == tuple(2 * macs for macs in table["MACs"].values)
    assert table["ImageNet top-1, %"].texts == ("76.130", "74.434", "77.618")
    assert table["ImageNet top-1, %"].best == {2}
    assert table["ImageNet top-5, %"].values == (92.862, 91.972, 93.698)
    assert table["Receptive field, px"].values == (427, 2071, 427)
    assert table["Receptive field, px"].best == frozenset()
    assert table["Output before pooling"].texts[0] == "2048 × 7 × 7"
    assert table["Weights, fp32 / bf16, MB"].texts[0] == "102.2 / 51.1"
    assert table["Depth (layers in all)"].values == (50, 121, 50)


@given(st.lists(specs(), min_size=1, max_size=6), st.integers(2, 64))
def test_every_row_has_a_text_and_a_formula_for_every_network(some, batch):
    own = [subject(spec, str(place)) for place, spec in enumerate(some)]

    for row in rows(own, batch):
        assert len(row.texts) == len(row.formulas) == len(row.values) == len(own)
        assert all(row.texts)
        assert all(row.formulas)
        assert len(row.best) < len(own) or not row.best
    assert text.compare.comparison(own, batch)
    assert len(html_tables.frame(rows(own, batch), own).columns) == len(own) + 1


def timed(low, middle, high):
    spread = Quartiles(low, middle, high, 9)
    return replace(TIMING, latency=spread, forward=spread, training=spread)


def test_no_network_is_called_faster_where_the_runs_overlap():
    names, spec = ("A", "B", "C"), PRESETS["resnet18"].spec
    own = [
        subject(spec, name, timing)
        for name, timing in zip(names, (timed(1, 2, 3), timed(2.5, 3, 4), timed(5, 6, 7)), strict=True)
    ]
    table = {row.name: row for row in rows(own, 16)}

    assert table["Latency, one image, ms"].best == {0, 1}
    assert table["Images per second, batch 16"].best == {0, 1}
    assert rows(own[:2], 16)[-2].best == frozenset()
    words = text.compare.timings([(one.name, one.timing) for one in own])
    assert "A and B are equally fast for one image" in words
    assert "In training, A and B are equally fast" in words
    clear = text.compare.timings([(one.name, one.timing) for one in own[1:]])
    assert "B is the fastest for one image: 3,000 ms" in clear
    assert "B processes the most images" in clear


def test_no_accuracy_is_called_the_best_where_one_has_newer_weights_alone():
    table = {row.name: row for row in rows(subjects("resnext101_64x4d", "densenet201"), 16)}

    assert table["ImageNet top-1, %"].values == (83.246, 76.896)
    assert table["ImageNet top-1, %"].best == frozenset()
    assert "longer training, newer augmentation" in table["ImageNet top-1, %"].formulas[0]


def test_networks_that_see_other_images_are_not_compared_without_a_word():
    same, other = (text.compare.comparison(subjects(*names), 16) for names in (DEFAULT, ("resnet20_cifar", "resnet50")))

    assert "different sizes" not in same
    assert "The networks have inputs of different sizes (3 × 32 × 32 for ResNet-20" in other


def test_formulas_add_up():
    [row] = [row for row in rows(subjects("resnet18"), 16) if row.name == "Parameters"]

    terms, total = row.formulas[0].split(" = ")
    numbers = [int(term.rsplit(" ", 1)[1].replace(",", "")) for term in terms.split(" + ")]
    assert sum(numbers) == int(total.replace(",", "")) == 11_689_512


def test_what_was_measured_stands_in_the_table_and_a_failure_says_why():
    one, other = subjects("resnet18", "resnet34")
    found = rows((replace(one, timing=TIMING), replace(other, timing=Message.of("This needs about 9 GB."))), 4)

    table = {row.name: row for row in found}
    assert table["Latency, one image, ms"].texts == ("200", "–")
    assert table["Images per second, batch 4"].texts == ("20", "–")
    assert table["Latency, one image, ms"].formulas[1] == "This needs about 9 GB."
    assert "interquartile range 100 to 400 ms" in table["Latency, one image, ms"].formulas[0]


def test_the_verdict_says_who_is_smaller_cheaper_and_hungrier_and_why():
    said = text.compare.comparison(subjects(*DEFAULT), 16)

    assert "**DenseNet-121** has the fewest parameters (7.98 M; ResNet-50 v1.5 has 25.6 M)" in said
    assert "**DenseNet-121** needs the fewest MACs (2.83 G" in said
    assert "**DenseNet-121** saves the most activations for the backward pass" in said
    assert "concatenations" in said


def test_the_reason_is_what_is_kept_more_of():
    one = subject(PRESETS["resnet18"].spec, "one")
    said = text.compare.comparison(
        (one, replace(one, entry=replace(one.entry, name="two"), keeps={"maxima": 2 * one.kept})), 4
    )

    assert "**two** saves the most activations for the backward pass" in said
    assert "mostly the positions of the maxima in max pooling" in said


def test_networks_that_are_alike_are_called_so():
    said = text.compare.comparison(subjects("resnet56_cifar", "plain56_cifar"), 8)

    assert "Both have the same number of parameters: 853 K." in said
    assert "Both need the same number of MACs" in said


def test_the_tutorials_difference_is_told_in_its_parts():
    left, right = subjects("resnet18", "tutorial_resnet18")

    assert text.compare.explained(left, right, "params").endswith(
        "has 3,008 more parameters than **ResNet-18**: convolution biases +4,800, norms on the shortcuts −1,792."
    )
    assert "as many MACs" in text.compare.explained(left, right, "macs")


def test_the_table_is_html_that_opens_row_by_row_and_lets_no_markup_in():
    some = tuple(replace(one, entry=replace(one.entry, name="<b>x")) for one in subjects("resnet18", "resnet34"))
    html = html_tables.scores(rows(some, 16), some, looks(some), dark=False)

    assert html.count("<details>") == len(rows(some, 16))
    assert "<b>x" not in html
    assert "&lt;b&gt;x" in html


def test_stages_of_two_families_stand_in_matching_rows():
    some = subjects(*DEFAULT)
    html = html_tables.stages(some, looks(some), dark=True)

    assert html.count("<tr>") == 1 + 9
    assert html.count('class="none"') == 2 * 3  # neither ResNet has transitions


def test_the_frames_leave_in_every_form():
    some = subjects(*DEFAULT)
    frame, bare = html_tables.frame(rows(some, 16), some), html_tables.values(rows(some, 16), some)

    assert "25557032" in table_export.csv(bare)
    assert "| 7,978,856 ★ |" in table_export.markdown(frame)
    assert r"\begin{longtable}" in table_export.latex(frame)


@pytest.mark.parametrize("dark", [False, True])
def test_charts_keep_a_networks_colour(dark):
    some = tuple(replace(one, timing=TIMING) for one in subjects(*DEFAULT))
    own = looks(some)
    colours = {one.name: look.shade.on(dark=dark) for one, look in zip(some, own, strict=True)}
    drawings = [
        figures.accuracy(some, own, dark=dark),
        figures.counts(some, own, 16, dark=dark),
        figures.by_stage(some, own, dark=dark),
        figures.channels(some, own, dark=dark),
        figures.alive(some, own, dark=dark),
        measured_figures.timings(some, own, dark=dark),
    ]
    for figure in drawings:
        drawn = [one for one in json.loads(figure.to_json())["data"] if one["name"] in colours]
        assert {one["name"] for one in drawn} == set(colours)
        for one in drawn:
            colour = one.get("marker", {}).get("color") or one["line"]["color"]
            assert colour == colours[one["name"]]


def test_resnets_channels_step_up_and_densenets_saw():
    some = subjects("resnet50", "densenet121")
    lines = [one for one in figures.channels(some, looks(some)).data if one.mode == "lines"]
    steps, saw = (list(one.y) for one in lines)

    assert steps == sorted(steps)
    assert set(steps) == {64, 256, 512, 1024, 2048}
    assert sum(after < before for before, after in pairwise(saw)) == 3  # transitions


def test_the_costs_of_shortcuts_are_drawn_beside_the_plain_network():
    variants = shortcuts(PRESETS["resnet34"].spec)
    figure = measured_figures.shortcut_costs(variants, [sum(keeps(variant.trace).values()) for variant in variants])

    params = next(one for one in figure.data if one.name == "parameters")
    assert params.y[0] == 0
    assert params.y[1] == pytest.approx(21_797_672 / 21_623_848 - 1)


@given(specs())
def test_any_networks_blocks_are_drawn_with_their_arithmetic(spec):
    found = trace(spec)
    for changes in (False, True):
        block = block_drawing.typical(found, changes=changes)
        drawn = block_drawing.picture(found, block, title="x")
        layers = [layer for layer in found.layers if layer.block == block]

        assert set(drawn.nodes) == {"input", "output", *(layer.path for layer in layers)}
        for layer in layers:
            if layer.params and layer.groups == 1:
                assert layer.params_formula in drawn.dot
            if layer.groups > 1:
                assert f"{layer.groups} groups" in drawn.dot or layer.groups <= 3


def test_resnexts_cardinality_is_drawn_and_a_dense_layer_concatenates():
    resnext, dense = (trace(PRESETS[name].spec) for name in ("resnext50_32x4d", "densenet121"))
    first = block_drawing.picture(resnext, block_drawing.typical(resnext, changes=False), title="x")
    other = block_drawing.picture(dense, block_drawing.typical(dense, changes=False), title="x")

    assert "... 32 groups ..." in first.dot
    assert "4 → 4" in first.dot
    assert "adds its branch" in first.alt
    assert "concatenates its branch to its input" in other.alt
    assert block_drawing.typical(dense, changes=True) == "features.transition1"
    assert block_drawing.typical(resnext, changes=True) == "layer1.0"


def test_the_table_of_basic_and_bottleneck_has_the_papers_numbers():
    header, body = block_table.rows(trace)
    found = {row[0]: row[1:] for row in body}

    assert header[1:] == ["BasicBlock", "Bottleneck"]
    assert found["Parameters, 64 in and out"][0].endswith("= 73,984")
    assert found["Parameters, 256 in and out"][1].endswith("= 70,400")
    assert found["Channels, 256 in and out"][1] == "256 → 64 → 64 → 256"
    assert found["Used in"][0] == "ResNet-18 and ResNet-34"
