"""What was measured: the gradients first, with the sentence that says what they do; the rest in tabs."""

from dataclasses import replace
from functools import partial
from math import inf

import streamlit as st

from models.measured import WEIGHTED, FeatureMaps, Pair, Signals
from models.names import describe
from models.settings import Source, Weights
from models.spec import NetworkSpec
from viz import chart, format, graph_panel, measure, sentences, state
from viz.experiment import At, Experiment, Of, Paint, Panel
from viz.folding import Folding, reveal
from viz.graph import Values
from viz.graph_view import graph_view
from viz.jobs import Job, Task
from viz.view import View
from viz.waiting import ask

_PAINTS = {
    Paint.WEIGHTS: ("weight_gradient_norm", "gradient norm of the weights"),
    Paint.GRADIENT: ("activation_gradient_norm", "gradient norm of the outputs"),
    Paint.RMS: ("activation_rms", "rms of the outputs"),
}


def show(spec: NetworkSpec, experiment: Experiment, view: View, picture: bytes | None) -> None:
    """Ask for the measurement and show it: fresh, or greyed while a new one comes."""
    if experiment.source is Source.UPLOAD and picture is None:
        st.info("Upload a picture to look through, or choose other images.")
        return
    answer = ask(
        "pair",
        measure.pair(spec, experiment, picture),
        button="Run with and without skip connections",
        wanted=experiment.run,
        on_run=lambda: state.put_experiment(run=True),
    )
    if answer.result is None:
        _empty(spec)
        return
    with st.container(key="fresh" if answer.fresh else "stale"):
        _gradients(answer.result, spec, experiment, view)
    if answer.fresh:
        _tabs(answer.result, spec, experiment, view, picture)


def _empty(spec: NetworkSpec) -> None:
    name = describe(spec).title
    st.markdown(
        f"**What you will see:** one batch of images goes through {name} and through its *twin*, the same network "
        "without skip connections: the same weights wherever both have them, the same images and labels. Then the "
        "gradient goes back. The chart shows how much of it reaches each layer, and a sentence says what the skip "
        "connections did. Nothing is assumed: all of it is measured here, now."
    )


def _gradients(pair: Pair, spec: NetworkSpec, experiment: Experiment, view: View) -> None:
    from viz.figures import signals  # plotly with it  # noqa: PLC0415

    said = sentences.gradients(pair, experiment.of, experiment.show)
    words, choice = st.columns([5, 2], vertical_alignment="center")
    words.markdown(f"#### {said}")
    with choice:
        _choice("of", "Gradient of the", tuple(Of), experiment.of)
    draw = partial(signals.gradients, pair, experiment.of, show=experiment.show, selected=view.layer)
    chart.show(draw, "gradients", alt=said, name=measure.file_name(spec), on_pick=_pick)
    side = pair.skips
    memory = f", peak memory {format.size(side.peak_memory)}" if side.peak_memory else ""
    seconds = format.duration(side.seconds + pair.plain.seconds)
    st.caption(
        f"{_who(pair)} {sentences.twin(pair, measure.unshared(side.spec))} Measured on {side.device} in "
        f"{side.precision}, batch {side.batch}, {format.plural(len(side.runs), 'seed')}, {seconds}{memory}. "
        f"Train mode, cross-entropy on {_labels(side)}."
    )


def _labels(side: Signals) -> str:
    return "the labels of its own test images" if side.weights == Weights.TRAINED else "random labels"


def _who(pair: Pair) -> str:
    return f"{describe(pair.skips.spec).title} and its twin without skips."


def _tabs(pair: Pair, spec: NetworkSpec, experiment: Experiment, view: View, picture: bytes | None) -> None:
    state.seed("experiment_panel", str(experiment.panel))
    tabs = st.tabs([str(panel) for panel in Panel], key="experiment_panel", on_change=_changed_panel)
    for panel, container in zip(Panel, tabs, strict=True):
        if container.open:
            with container:
                if panel is Panel.ACTIVATIONS:
                    _outputs(pair, spec, experiment, view)
                elif panel is Panel.JOINS:
                    _joins(pair, spec, view)
                elif panel is Panel.MAPS:
                    _maps(pair, spec, experiment, view, picture)
                elif panel is Panel.GRAPH:
                    _graphs(pair, spec, experiment, view, picture)
                elif panel is Panel.SWEEP:
                    _sweep(spec, experiment, picture)
                elif panel is Panel.REGIMES:
                    _regimes(spec, experiment, picture)
                else:
                    _numbers(pair, spec)


def _changed_panel() -> None:
    state.put_experiment(panel=Panel(st.session_state["experiment_panel"]))


def _outputs(pair: Pair, spec: NetworkSpec, experiment: Experiment, view: View) -> None:
    from viz.figures import signals  # noqa: PLC0415

    words, choice = st.columns([3, 2], vertical_alignment="center")
    said = sentences.outputs(pair, experiment.at, experiment.show)
    words.markdown(f"**{said}**")
    with choice:
        _choice("at", "Outputs of", tuple(At), experiment.at)
    name = measure.file_name(spec)
    for column, quantity in zip(st.columns(3), ("activation_rms", "activation_std", "zero_fraction"), strict=True):
        with column:
            draw = partial(signals.outputs, pair, quantity, experiment.at, show=experiment.show, selected=view.layer)
            chart.show(draw, quantity, alt=said, name=name, on_pick=_pick)
    st.markdown("**Histograms of the outputs**: one ridge a layer, the first on top; a sample of 2,048 values each.")
    draw = partial(signals.ridges, pair, experiment.at, show=experiment.show)
    chart.show(draw, "histograms", alt=f"Histograms of the outputs. {said}", name=name)


def _joins(pair: Pair, spec: NetworkSpec, view: View) -> None:
    from viz.figures import signals  # noqa: PLC0415

    said = sentences.joins(pair)
    st.markdown(f"**{said}**")
    if not pair.skips.joins:
        return
    left, right = st.columns(2)
    for column, gradient, key in ((left, False, "stream"), (right, True, "back")):
        with column:
            draw = partial(signals.stream, pair, selected=view.layer, gradient=gradient)
            chart.show(draw, key, alt=said, name=measure.file_name(spec), on_pick=_pick)
    st.caption(
        "Left: of the squares that each addition or concatenation joins, what came by the skip and what by the branch. "
        "Right: of the squared gradients that reach the block's input, what came back by each. Of the first seed."
    )


def _maps(pair: Pair, spec: NetworkSpec, experiment: Experiment, view: View, picture: bytes | None) -> None:
    experiment = replace(experiment, image=min(experiment.image, experiment.batch - 1))
    layers = pair.skips.trace.by_path
    path = view.layer if view.layer in layers else pair.skips.convolutions[0].path
    left, middle, right = st.columns([3, 2, 3], vertical_alignment="bottom")
    with left:
        state.seed("experiment_layer", path)
        st.selectbox("Layer", list(layers), key="experiment_layer", on_change=lambda: _pick_from("experiment_layer"))
    with middle:
        state.seed("experiment_image", experiment.image)
        st.number_input("Image of the batch", 0, experiment.batch - 1, key="experiment_image", on_change=_changed_image)
    answer = ask(
        "maps",
        measure.feature_maps(spec, path, experiment, picture),
        button="See its channels",
        wanted=True,
        on_run=lambda: None,
    )
    if answer.result is None:
        return
    ours, theirs, first = answer.result
    with right:
        st.image(ours.picture, width=96)
    source = measure.pictured(experiment)
    if source is not experiment.source and experiment.weights is not Weights.TRAINED:
        st.caption("There is nothing to see in noise: these are of a photograph, cropped to the network's input.")
    with st.container(key="fresh_maps" if answer.fresh else "stale_maps"):
        _mosaics(ours, theirs, spec, first)


def _mosaics(ours: FeatureMaps, theirs: FeatureMaps | None, spec: NetworkSpec, first: object) -> None:
    from viz.figures import maps  # noqa: PLC0415

    name = measure.file_name(spec)
    for column, found, words in zip(st.columns(2), (ours, theirs), ("with skips", "without"), strict=True):
        with column:
            if found is None:
                st.markdown(f"**{words}**: the twin has no layer {ours.path}.")
                continue
            count = len(found.channels)
            st.markdown(f"**{words}**: {count} of {format.plural(found.total, 'channel')} of `{found.path}`")
            alt = f"The {count} most energetic channels of {found.path}, {words}."
            chart.show(lambda found=found, **_: maps.mosaic(found), f"maps_{words.split()[0]}", alt=alt, name=name)
            if found.top:
                st.markdown("\n".join(f"1. {label}: {share:.1%}" for label, share in found.top))
    st.markdown("**Filters of the first convolution**")
    chart.show(lambda **_: maps.filters(first), "filters", alt="The first convolution's filters.", name=name)


def _graphs(pair: Pair, spec: NetworkSpec, experiment: Experiment, view: View, picture: bytes | None) -> None:
    with st.container(horizontal=True):
        _choice("paint", "Fills tell the", tuple(Paint), experiment.paint)
        graph_panel.level(view)
    field, unit = _PAINTS[experiment.paint]
    sides = [(pair.skips, "with skips"), (pair.plain, "without")]
    told = [_values(side, field) for side, _ in sides]
    known = [value for values in told for value in values.values() if 0 < value < inf]
    low, high = (min(known), max(known)) if known else (1.0, 1.0)
    for column, (side, words), values in zip(st.columns(2), sides, told, strict=True):
        with column:
            st.markdown(f"**{describe(side.spec).title}, {words}**")
            folding = Folding(view.level, view.fold)
            key = (*measure.pair(spec, experiment, picture).key, experiment.paint, words)
            scale = Values(unit, values, low, high)
            drawn, svg = measure.painted(side.spec, key, folding, f"{describe(side.spec).title}, {words}", scale)
            shown = reveal(measure.groups(side.spec), drawn.folding, view.layer) if view.layer else ""
            graph_view(
                drawn,
                svg,
                key=f"graph_{words.split()[0]}",
                network=repr(side.spec),
                shown=shown,
                height=graph_panel.HEIGHT,
                on_pick=partial(graph_panel.pick, drawn),
            )


def _values(side: Signals, field: str) -> dict[str, float]:
    """Medians over the seeds. Of the gradients of weights those of convolutions and the classifier, as in the chart."""
    layers = [layer.path for layer in side.layers if field != "weight_gradient_norm" or layer.kind in WEIGHTED]
    return {band.path: band.middle for band in side.band(field, layers)}


def _sweep(spec: NetworkSpec, experiment: Experiment, picture: bytes | None) -> None:
    from viz.figures import experiments  # noqa: PLC0415

    state.seed("experiment_deepest", experiment.deepest)
    left, right = st.columns([2, 5], vertical_alignment="bottom")
    left.number_input(
        "Deepest, layers",
        14,
        1_202,
        key="experiment_deepest",
        on_change=lambda: state.put_experiment(deepest=st.session_state["experiment_deepest"]),
        help="From the family's shallowest network to the last one that is not deeper.",
    )
    task = measure.sweep(spec, experiment, picture)
    depths = [depth for depth, _ in measure.sweep_depths(spec, experiment.deepest)]
    if len(depths) < 2:
        st.info("This family knows fewer than two depths up to that one.")
        return
    right.caption(
        f"Depths {format.listing(depths)}, each with and without skips, {format.plural(experiment.seeds, 'seed')}."
    )
    answer = ask(
        "sweep",
        task,
        button="Run the sweep",
        wanted=experiment.sweep,
        on_run=lambda: state.put_experiment(sweep=True),
    )
    if answer.job is not None and not answer.job.over:
        _filling(answer.job, depths, measure.file_name(spec))
        return
    points = answer.job.parts if answer.job is not None and answer.job.parts else answer.result
    if points:
        said = sentences.sweep(points)
        st.markdown(f"**{said}**")
        draw = partial(experiments.sweep, points, depths)
        chart.show(draw, "sweep", alt=said, name=measure.file_name(spec))


@st.fragment(run_every=1.0)
def _filling(job: Job, depths: list[int], name: str) -> None:
    """The sweep's chart while its points come in."""
    from viz.figures import experiments  # noqa: PLC0415

    points = job.parts
    said = sentences.sweep(points)
    st.markdown(f"**{said}**")
    chart.show(partial(experiments.sweep, points, depths), "sweep", alt=said, name=name)


def _regimes(spec: NetworkSpec, experiment: Experiment, picture: bytes | None) -> None:
    from viz.figures import experiments  # noqa: PLC0415

    task: Task[dict[str, Pair]] = measure.regimes(spec, experiment, picture)
    answer = ask("regimes", task, button="Measure the four", wanted=experiment.run, on_run=lambda: None)
    if answer.result is None:
        return
    with st.container(key="fresh_regimes" if answer.fresh else "stale_regimes"):
        lines = sentences.regimes(answer.result, experiment.of)
        st.markdown("\n".join(f"- {line}" for line in lines))
        draw = partial(experiments.regimes, answer.result, experiment.of)
        chart.show(draw, "regimes", alt=" ".join(lines), name=measure.file_name(spec))


def _numbers(pair: Pair, spec: NetworkSpec) -> None:
    from viz import tables  # noqa: PLC0415

    frame = tables.signals(pair)
    name = f"{measure.file_name(spec)}-signals"
    with st.container(horizontal=True):
        for label, write, end, mime in tables.FORMS:
            st.download_button(
                label, partial(write, frame), f"{name}.{end}", mime, on_click="ignore", key=f"signals_{end}"
            )
    alt = f"Table of the signals of {_who(pair)}"
    st.dataframe(frame, key="signals_table", hide_index=True, height=460, alt=alt)


def _choice(field: str, label: str, options: tuple[object, ...], value: object) -> None:
    key = f"experiment_{field}"
    state.seed(key, value)

    def changed() -> None:
        state.put_experiment(**{field: st.session_state[key]})

    st.segmented_control(label, options, key=key, required=True, format_func=str, on_change=changed)


def _changed_image() -> None:
    state.put_experiment(image=st.session_state["experiment_image"])


def _pick(path: str) -> None:
    state.put_view(layer=path)


def _pick_from(key: str) -> None:
    _pick(st.session_state[key])
