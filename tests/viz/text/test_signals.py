"""Sentences and charts agree with the numbers, whatever these are."""

import json
from collections import Counter
from dataclasses import replace
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.signals.records import Histogram, JoinSignal, LayerSignal, Pair, Run, Signals, SweepPoint
from models.specs.presets import PRESETS
from models.specs.spec import NetworkSpec
from models.specs.twins import twin
from models.tracing.kinds import JOINS, Kind
from models.tracing.tracer import trace
from viz import text
from viz.signals import figures, join_figures, ridge_figures, sweep_figures, tables
from viz.signals.theory import theory
from viz.state.signals import At, Of, Show
from viz.style import format
from viz.text.signals import Regime
from viz.ui import table_export

SPEC = PRESETS["resnet20_cifar"].spec
PLAIN = PRESETS["plain20_cifar"].spec
VALUES = st.one_of(st.just(0.0), st.just(inf), st.just(nan), st.floats(1e-40, 1e40))
ODD = ("nan", "inf", "NaN")


def made(spec, gradient, *, runs=1, output=1.0):
    """Return signals of a network whose gradients are a function of the layer's index and the number of layers."""
    traced = trace(spec)
    places = {
        layer.path: place for place, layer in enumerate(layer for layer in traced.layers if layer.kind is Kind.CONV)
    }

    def layer(one):
        value = gradient(places.get(one.path, len(places)), len(places))
        weighted = one.kind in (Kind.CONV, Kind.LINEAR, Kind.NORM)
        return LayerSignal(
            path=one.path, kind=one.kind, activation_mean=0.0, activation_std=output, activation_rms=output,
            zero_fraction=0.5, activation_gradient_norm=value, weight_norm=1.0 if weighted else None,
            weight_gradient_norm=value if weighted else None, histogram=Histogram(-1.0, 1.0, (1, 2, 3, 2)),
        )  # fmt: skip

    def join(one):
        return JoinSignal(
            path=one.path, skip_rms=output, branch_rms=output, skip_size=8, branch_size=8,
            skip_gradient_norm=gradient(0, 1), branch_gradient_norm=gradient(1, 1),
        )  # fmt: skip

    each = [
        Run(
            seed=seed,
            loss=2.3,
            layers=tuple(map(layer, traced.layers)),
            joins=tuple(join(one) for one in traced.layers if one.kind in JOINS),
        )
        for seed in range(runs)
    ]
    return Signals(
        spec=spec, trace=traced, runs=tuple(each), batch=16, source="noise", weights="random", device="CPU × 2",
        precision="float32", seconds=1.0, peak_memory=None,
    )  # fmt: skip


def geometric(factor, end=1.0):
    """Return a gradient that grows by a factor per layer towards the input."""
    return lambda place, count: end * factor ** (count - 1 - place)


def pair(plain, skips):
    return Pair(made(SPEC, skips), made(PLAIN, plain))


@pytest.mark.parametrize(
    ("gradient", "regime", "words"),
    [
        (geometric(1.21), Regime.EXPLODES, "Without skips the gradient grows 1.21× per layer toward the input: the first convolution's is 31 times the last one's."),
        (geometric(0.43), Regime.VANISHES, "Without skips the gradient shrinks to 0.43× per layer toward the input"),
        (geometric(1.0), Regime.LEVEL, "Without skips the gradient stays level: the first convolution's is 1 times the last one's."),
        (geometric(1.13), Regime.LEVEL, "stays level: the first convolution's is 9.02 times the last one's."),
        (geometric(1.137), Regime.EXPLODES, "grows 1.14× per layer toward the input: the first convolution's is 10 times"),
        (geometric(0.87), Regime.VANISHES, "shrinks to 0.87× per layer toward the input"),
        (geometric(2.2), Regime.EXPLODES, "1.5 million times"),
        (lambda place, count: 1e-40 if place == count else 0.0, Regime.UNDERFLOWED, "Without skips the gradient has underflowed: it is exactly 0 in every convolution."),
        (lambda place, count: (0.0, 1e-41, 1.0)[(place > 5) + (place > 9)] if place < count else 1e-41, Regime.UNDERFLOWED, "has underflowed: it is exactly 0 in 6 of 19 convolutions"),
        (lambda place, count: float(place > 5), Regime.ZERO, "Without skips the gradient is exactly 0 in 6 of 19 convolutions."),
        (lambda place, count: nan, Regime.BROKEN, "is not finite (NaN or infinite) in 19 of 19 convolutions"),
        (lambda place, count: inf if place < 2 else 1.0, Regime.BROKEN, "not finite (NaN or infinite) in 2 of 19"),
    ],
)  # fmt: skip
def test_every_regime_reads_right(gradient, regime, words):
    measured = pair(gradient, geometric(1.0))

    assert text.signals.regime(measured.plain, Of.WEIGHTS) is regime
    assert words in text.signals.gradients(measured, Of.WEIGHTS)


def test_where_both_explode_the_second_is_a_number():
    said = text.signals.gradients(pair(geometric(1.21), geometric(1.15)), Of.WEIGHTS)

    assert said.endswith("With skips: 12 times.")


def test_gradients_of_another_size_are_told_though_their_ratio_is_level():
    said = text.signals.gradients(pair(geometric(1.0, 1e-20), geometric(1.0)), Of.WEIGHTS)

    assert said.startswith(
        "Without skips there is hardly any gradient: the largest of all layers is 10⁻²⁰ of the largest with skips. "
    )


def test_what_it_means_is_said_where_skips_bring_the_layers_together():
    assert text.signals.meaning(pair(geometric(1.5), geometric(1.0)), Of.WEIGHTS) == (
        "Why it matters: all layers share one learning rate. Without skips, the largest gradient of a layer is 1,500 "
        "times the smallest, so the rate is far too large for some layers or far too small for others; with skips, the "
        "gradients of all layers are of similar size."
    )
    for one in (
        pair(geometric(1.5), geometric(1.5)),
        pair(geometric(1.0), geometric(1.5)),
        pair(lambda *_: 0.0, geometric(1)),
    ):
        assert text.signals.meaning(one, Of.WEIGHTS) == ""
    trained = pair(geometric(1.5), geometric(1.0))
    trained = Pair(*(replace(side, weights="trained") for side in (trained.skips, trained.plain)))
    assert text.signals.meaning(trained, Of.WEIGHTS) == ""


def test_trained_networks_say_whose_weights_they_have():
    both = pair(geometric(1.0), geometric(1.0))
    skips, plain = (replace(side, weights="trained") for side in (both.skips, both.plain))

    assert text.signals.twin(Pair(skips, plain), 0).startswith("Each network has the weights that it learnt itself")
    assert text.signals.twin(Pair(skips, replace(plain, borrowed=True)), 0).startswith(
        "Without skips the network keeps the weights"
    )
    assert text.signals.twin(Pair(replace(skips, borrowed=True), plain), 0).startswith(
        "With skips the network has the weights"
    )
    assert not [line for line in figures.gradients(Pair(skips, plain), Of.WEIGHTS).data if "theory" in str(line.name)]


@pytest.mark.parametrize(
    ("show", "there", "gone"), [(Show.WITH, "With skips", "Without"), (Show.WITHOUT, "Without", "With skips")]
)
def test_only_what_is_shown_is_told(show, there, gone):
    measured = pair(geometric(1.2), geometric(1.0))

    for said in (text.signals.gradients(measured, Of.WEIGHTS, show), text.measured.outputs(measured, At.BLOCKS, show)):
        assert there in said
        assert gone not in said


def test_of_several_networks_the_least_and_the_greatest_change_are_told():
    specs = [replace(SPEC, order=order) for order in ("original", "preact", "relu_before")]
    pairs = {
        spec: Pair(made(spec, lambda at, of, factor=factor: factor ** (of - at)), made(twin(spec), lambda at, of: 1.0))
        for spec, factor in zip(specs, (1.0, 1.1, 0.9), strict=True)
    }
    named = list(zip("ABC", specs, strict=True))

    said = text.spans.span(named, pairs)

    ends = [0.9**18, 1.1**18]  # 19 convolutions
    low, high = (format.times(end) for end in ends)
    assert said == (
        f"With skips, the first layer's gradient is {low} times the last one's in C and {high} times in B; the "
        "other networks are between."
    )
    assert not text.spans.span(named[:2], pairs)
    assert not text.spans.span([*named[:2], ("plain", PLAIN)], pairs)


@pytest.mark.slow
@given(
    st.lists(VALUES, min_size=19, max_size=19), st.lists(VALUES, min_size=19, max_size=19), st.sampled_from(Of), VALUES
)
def test_any_numbers_whatever_make_sentences_and_charts(plain, skips, of, output):
    measured = Pair(
        made(SPEC, lambda place, count: skips[place % 19], output=output),
        made(PLAIN, lambda place, count: plain[place % 19], output=output),
    )

    for said in (
        text.signals.gradients(measured, of),
        *(text.measured.outputs(measured, at) for at in At),
        text.measured.joins(measured),
        *text.signals.regimes({"batch norm": measured, "no norm": measured}, of),
    ):
        assert said
        assert not any(odd in said.replace("(NaN or infinite)", "").replace("infinit", "") for odd in ODD)
    for figure in (
        figures.gradients(measured, of),
        *(figures.outputs(measured, name, At.BLOCKS) for name in ("activation_rms", "zero_fraction")),
        ridge_figures.ridges(measured, At.BLOCKS),
        join_figures.stream(measured),
        join_figures.stream(measured, gradient=True),
        sweep_figures.regimes({"batch norm": measured, "no norm": measured}, of),
    ):
        json.loads(figure.to_json())
    assert len(table_export.csv(tables.signals(measured)).splitlines()) > 100


@pytest.mark.slow
@given(st.lists(VALUES, min_size=8, max_size=8))
def test_any_sweep_makes_a_sentence_and_a_chart(ratios):
    points = [
        SweepPoint(depth=8 + 6 * (place // 2), skips=place % 2 == 0, seed=0, ratio=ratio, growth=None, spread=1.0)
        for place, ratio in enumerate(ratios)
    ]

    for some in range(9):
        assert text.measured.sweep(points[:some])
        json.loads(sweep_figures.sweep(points[:some], [8, 14, 20, 26]).to_json())


def test_exact_zeros_and_nans_are_marked_not_missing():
    figure = figures.gradients(pair(lambda place, count: (0.0, nan, 1.0)[place % 3], geometric(1.0)), Of.WEIGHTS)

    marks = Counter()
    for line in figure.data:
        marks[line.name] += len(line.x)
    assert marks["without skips: exactly 0"] == 7
    assert marks["without skips: NaN or ∞"] == 7
    assert marks["without skips"] == 6


def test_the_first_layer_stands_left_and_points_name_their_layers():
    figure = figures.gradients(pair(geometric(1.2), geometric(1.0)), Of.WEIGHTS, selected="layer1.0.conv2")

    line, apart = (trace for trace in figure.data if trace.name == "without skips")
    assert (line.x[0], line.customdata[0][0], line.customdata[-1][0]) == (1, "conv1", "layer3.2.conv2")
    assert line.customdata[0][2] == "rank 1 of 20"
    assert [point[0] for point in apart.customdata] == ["fc"]  # no convolution: not on their line
    assert apart.x[0] > line.x[-1] + 1
    assert apart.customdata[0][2] == "rank 20 of 20"
    assert figure.layout.shapes[0].x0 == 3


def test_seeds_make_a_band():
    measured = made(SPEC, geometric(1.0), runs=2)
    wider = replace(measured.runs[1].layers[0], weight_gradient_norm=9.0)
    both = replace(
        measured, runs=(measured.runs[0], replace(measured.runs[1], layers=(wider, *measured.runs[1].layers[1:])))
    )

    figure = figures.gradients(Pair(both, made(PLAIN, geometric(1.0))), Of.WEIGHTS)

    band = next(trace for trace in figure.data if trace.fill == "toself")
    assert max(band.y) == 9.0


@pytest.mark.parametrize(
    ("spec", "of", "factor"),
    [
        ({}, Of.WEIGHTS, 1.2112),
        ({"norm": "none"}, Of.ACTIVATIONS, 0.408),
        ({"norm": "none"}, Of.WEIGHTS, 1.0),
        ({"norm": "none", "init": "kaiming"}, Of.ACTIVATIONS, 1.0),
        ({"norm": "none", "init": "xavier"}, Of.ACTIVATIONS, 0.707),
        ({"norm": "group"}, Of.WEIGHTS, None),
        ({"family": "inception_resnet", "stages": (1,)}, Of.WEIGHTS, None),
    ],
)
def test_theory_is_drawn_where_there_is_one(spec, of, factor):
    assert theory(NetworkSpec(**spec), of) == factor
    measured = replace(made(PLAIN, geometric(1.2)), spec=NetworkSpec(**{"stages": PLAIN.stages} | spec))
    figure = figures.gradients(Pair(made(SPEC, geometric(1.0)), measured), of)

    lines = [trace for trace in figure.data if "theory" in trace.name]
    assert len(lines) == (factor is not None)
    if factor:
        steps = lines[0].x[1] - lines[0].x[0]
        assert (lines[0].y[0] / lines[0].y[1]) ** (1 / steps) == pytest.approx(factor)


def test_the_two_networks_differ_in_colour_dash_and_symbol():
    figure = figures.gradients(pair(geometric(1.2), geometric(1.0)), Of.WEIGHTS)
    ours, theirs = (
        next(trace for trace in figure.data if trace.name == name) for name in ("with skips", "without skips")
    )

    assert ours.line.color != theirs.line.color
    assert (ours.line.dash, theirs.line.dash) == ("solid", "dash")
    assert (ours.marker.symbol, theirs.marker.symbol) == ("circle", "square")


def test_what_else_changed_is_told():
    spec = PRESETS["resnet50"].spec
    measured = Pair(made(spec, geometric(1.0)), made(replace(spec, shortcut="none"), geometric(1.0)))

    said = text.signals.twin(measured, 12)

    assert "22,780,456 parameters instead of 25,557,032 (22.8 M instead of 25.6 M): 12 weight tensors" in said
    assert "bit for bit" in text.signals.twin(pair(geometric(1.0), geometric(1.0)), 0)
