"""What was measured: the gradients first, with the sentence that says what they do; the rest in tabs."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import streamlit as st

from models.measured import Pair, Signals
from models.names import describe
from models.settings import Source, Weights
from models.spec import NetworkSpec
from viz import chart, format, measure, sentences, state, tasks
from viz.experiment import Experiment, Of, Panel
from viz.view import View
from viz.waiting import ask


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a tab may draw from."""

    pair: Pair
    spec: NetworkSpec
    experiment: Experiment
    view: View
    picture: bytes | None

    @property
    def name(self) -> str:
        """What files are called."""
        return measure.file_name(self.spec)

    def alt(self, said: str) -> str:
        """What a chart shows, for those who can't see it and where it stands alone."""
        return f"{describe(self.pair.skips.spec).title} and its twin without skips. {said}"


def show(spec: NetworkSpec, experiment: Experiment, view: View, picture: bytes | None) -> None:
    """Ask for the measurement and show it: fresh, or greyed while a new one comes."""
    if experiment.source is Source.UPLOAD and picture is None:
        st.info("Upload a picture to look through, or choose other images.")
        return
    answer = ask(
        "pair",
        tasks.pair(spec, experiment, picture),
        button="Run with and without skip connections",
        wanted=experiment.run,
        on_run=lambda: state.put_experiment(run=True),
    )
    if answer.result is None:
        _empty(spec)
        return
    scene = Scene(answer.result, spec, experiment, view, picture)
    with st.container(key="fresh" if answer.fresh else "stale"):
        _gradients(scene)
    if answer.fresh:
        _tabs(scene)


def _empty(spec: NetworkSpec) -> None:
    name = describe(spec).title
    st.markdown(
        f"**What you will see:** one batch of images goes through {name} and through its *twin*, the same network "
        "without skip connections: the same weights wherever both have them, the same images and labels. Then the "
        "gradient goes back. The chart shows how much of it reaches each layer, and a sentence says what the skip "
        "connections did. Nothing is assumed: all of it is measured here, now."
    )


def _gradients(scene: Scene) -> None:
    from viz.figures import signals  # plotly with it  # noqa: PLC0415

    pair, experiment = scene.pair, scene.experiment
    said = sentences.gradients(pair, experiment.of, experiment.show)
    words, switch = st.columns([5, 2], vertical_alignment="center")
    trained = pair.skips.weights != Weights.RANDOM
    words.markdown(f"## {f'After training: {said[0].lower()}{said[1:]}' if trained else said}")
    with switch:
        choice("of", "Gradient of the", tuple(Of), experiment.of)
    draw = partial(signals.gradients, pair, experiment.of, show=experiment.show, selected=scene.view.layer)
    chart.show(draw, "gradients", alt=scene.alt(said), name=scene.name, on_pick=pick)
    if meaning := sentences.meaning(pair, experiment.of):
        st.markdown(meaning)
    side = pair.skips
    memory = f", peak memory {format.size(side.peak_memory)}" if side.peak_memory else ""
    seconds = format.duration(side.seconds + pair.plain.seconds)
    st.caption(
        f"{who(pair)} {sentences.twin(pair, measure.unshared(side.spec))} Measured on {side.device} in "
        f"{side.precision}, batch {side.batch}, {format.plural(len(side.runs), 'seed')}, {seconds}{memory}. "
        f"Train mode, cross-entropy on {_labels(side)}."
    )


def _labels(side: Signals) -> str:
    return "the labels of its own test images" if side.weights == Weights.TRAINED else "random labels"


def who(pair: Pair) -> str:
    return f"{describe(pair.skips.spec).title} and its twin without skips."


def _tabs(scene: Scene) -> None:
    """A tab and a file for each panel; only the open one is made."""
    from viz.readings import graphs, joins, maps, numbers, outputs, regimes, sweep  # noqa: PLC0415

    bodies: dict[Panel, Callable[[Scene], None]] = {
        Panel.ACTIVATIONS: outputs.show,
        Panel.JOINS: joins.show,
        Panel.MAPS: maps.show,
        Panel.GRAPH: graphs.show,
        Panel.SWEEP: sweep.show,
        Panel.REGIMES: regimes.show,
        Panel.NUMBERS: numbers.show,
    }
    state.seed("experiment_panel", str(scene.experiment.panel))
    tabs = st.tabs([str(panel) for panel in Panel], key="experiment_panel", on_change=_changed_panel)
    for panel, container in zip(Panel, tabs, strict=True):
        if container.open:
            with container:
                bodies[panel](scene)


def _changed_panel() -> None:
    state.put_experiment(panel=Panel(st.session_state["experiment_panel"]))


def choice(field: str, label: str, options: tuple[object, ...], value: object) -> None:
    """A switch for a field of the experiment."""
    key = f"experiment_{field}"
    state.seed(key, value)

    def changed() -> None:
        state.put_experiment(**{field: st.session_state[key]})

    st.segmented_control(label, options, key=key, required=True, format_func=str, on_change=changed)


def pick(path: str) -> None:
    """Select a layer, on every page."""
    state.put_view(layer=path)
