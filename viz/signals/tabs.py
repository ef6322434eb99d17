"""The measurement: first the gradients, with a sentence about them, then everything else in tabs."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from models.runtime.settings import Source, Weights
from models.signals.compact import Stamp
from models.signals.records import Pair
from models.specs.external import ExternalSpec, Network, Start
from models.specs.naming import describe
from models.specs.spec import NetworkSpec
from viz import text
from viz.backend import cached, shipped, signal_jobs
from viz.language import N_, _, ngettext, sentences, worded
from viz.signals import (
    figures,
    tab_alike,
    tab_graphs,
    tab_joins,
    tab_maps,
    tab_numbers,
    tab_outputs,
    tab_regimes,
    tab_strength,
    tab_sweep,
)
from viz.signals.scene import Scene, pick, who
from viz.state import session
from viz.state.architecture import View
from viz.state.hidden import hides
from viz.state.signals import Experiment, Panel
from viz.style import format
from viz.ui import chart, widgets
from viz.ui.job_widget import ask


def show(spec: Network, experiment: Experiment, view: View, picture: bytes | None) -> None:
    """Request the measurement and show it; the previous one is greyed out while a new one is made."""
    if experiment.measure.source is Source.UPLOAD and picture is None:
        st.info(_("Upload an image, or choose other images."))
        return
    request = signal_jobs.pair(spec, experiment, picture)
    before = None if experiment.run else shipped.pair(spec, request)
    button = N_("Run with and without skip connections ({time})") if before is None else N_("Measure it ({time})")
    key = "asked" if before is None else "asked_before"
    with st.container(horizontal=True, vertical_alignment="center", key=key):
        answer = ask(
            "pair",
            request,
            button=button,
            wanted=experiment.run,
            on_run=lambda: session.put_experiment(run=True),
        )
        if before is not None and not answer.fresh:
            stamped(*before)
    if before is not None and not answer.fresh:
        scene = Scene(before[0], spec, experiment, view, picture)
        _gradients(scene)
        _tabs(scene)
        return
    if answer.result is None:
        _empty(spec)
        return
    scene = Scene(answer.result, spec, experiment, view, picture)
    with st.container(key="fresh" if answer.fresh else "stale"):
        _gradients(scene)
    if answer.fresh:
        _tabs(scene)


def stamped(pair: Pair, stamp: Stamp) -> None:
    """Say that the measurement comes with the program, and where and when it was made."""
    st.caption(
        _(
            "Measured before, on {date}: {device}, {versions}. Numbers are kept to about three digits.",
            date=stamp.date,
            device=pair.skips.device,
            versions=stamp.versions,
        )
    )


def _empty(spec: Network) -> None:
    st.markdown(
        _(
            "**What you will see:** one batch of images passes through {network} and through its *twin*, the same "
            "network without skip connections: the same weights wherever both have them, the same images and labels. "
            "Then comes the backward pass. The chart shows the gradient that reaches each layer, and a sentence says "
            "what the skip connections changed. Everything is measured here and now.",
            network=worded(describe(spec).title),
        )
    )


def _gradients(scene: Scene) -> None:
    if hides("finding"):
        return
    pair, experiment = scene.pair, scene.experiment
    said = text.signals.gradients(pair, experiment.of, experiment.show)
    words, switch = st.columns([5, 2], vertical_alignment="center")
    trained = pair.skips.weights != Weights.RANDOM
    after = _("With these weights:") if pair.skips.weights == Weights.FILE else _("After training:")
    words.markdown(f"## {after} {said}" if trained else f"## {said}")
    with switch:
        scene.form.choice("of", _("Gradient of the"), widget=st.segmented_control)
    if meaning := text.signals.meaning(pair, experiment.of):
        st.markdown(meaning)
    draw = partial(figures.gradients, pair, experiment.of, show=experiment.show, selected=scene.view.layer)
    chart.show(draw, "gradients", alt=scene.alt(said), name=scene.name, on_pick=pick)
    _other_start(scene)
    side = pair.skips
    how = {
        "device": side.device,
        "precision": side.precision,
        "batch": side.batch,
        "time": format.duration(side.seconds + pair.plain.seconds),
    }
    measured = ngettext(
        "Measured on {device} in {precision}, batch {batch}, {n} seed, {time}.",
        "Measured on {device} in {precision}, batch {batch}, {n} seeds, {time}.",
        len(side.runs),
        **how,
    )
    twin = "" if hides("params") else text.signals.twin(pair, cached.unshared(scene.spec))
    parts = ["" if hides("name") else who(pair), *text.cuts.twin(pair), twin, measured]
    if side.peak_memory:
        parts.append(_("Peak memory {memory}.", memory=format.size(side.peak_memory)))
    if side.weights == Weights.TRAINED:
        parts.append(
            _("Train mode, cross-entropy with the true labels of test images from the training run's data set.")
        )
    else:
        parts.append(_("Train mode, cross-entropy with random labels."))
    if scene.spec.draws or isinstance(scene.spec, ExternalSpec):
        parts.append(_("Dropout and stochastic depth are off, in both networks."))
    st.caption(sentences(parts))


def _other_start(scene: Scene) -> None:
    """Offer to draw the layers that start at zero, if they are why no gradient arrives."""
    spec = scene.spec
    if not isinstance(spec, ExternalSpec) or spec.init is not Start.LIBRARY:
        return
    if text.signals.regime(scene.pair.skips, scene.experiment.of) is text.signals.Regime.CONSTRUCTED:
        st.button(
            _("Draw the layers that start at zero"),
            key="nonzero",
            on_click=lambda: session.put_spec(spec.changed(init=Start.NONZERO)),
        )


def _tabs(scene: Scene) -> None:
    bodies: dict[Panel, Callable[[Scene], None]] = {
        Panel.ACTIVATIONS: tab_outputs.show,
        Panel.JOINS: tab_joins.show,
        Panel.MAPS: tab_maps.show,
        Panel.GRAPH: tab_graphs.show,
        Panel.SWEEP: tab_sweep.show,
        Panel.REGIMES: tab_regimes.show,
        Panel.STRENGTH: tab_strength.show,
        Panel.ALIKE: tab_alike.show,
        Panel.NUMBERS: tab_numbers.show,
    }
    if not isinstance(scene.spec, NetworkSpec):  # their depth and norms are not chosen here
        bodies = {panel: body for panel, body in bodies.items() if panel not in (Panel.SWEEP, Panel.REGIMES)}
    panel = scene.experiment.panel
    widgets.tabs(
        bodies,
        panel if panel in bodies else Panel.ACTIVATIONS,
        "experiment_panel",
        lambda panel: session.put_experiment(panel=panel),
        lambda panel: bodies[panel](scene),
    )
