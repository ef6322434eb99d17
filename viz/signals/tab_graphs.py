"""Tab: both networks' graphs, with measured values as fills, on one scale."""

from functools import partial
from math import inf

import streamlit as st

from models.signals.records import WEIGHTED, Signals
from models.specs.naming import describe
from models.specs.twins import twin, with_skips
from viz.backend import cached, signal_jobs
from viz.graph.folding import Folding, reveal
from viz.graph.picture import Values
from viz.graph.view import graph_view
from viz.language import _, language, worded
from viz.signals.figures import NAMES
from viz.signals.scene import Scene
from viz.state.signals import Paint
from viz.text import quantities
from viz.ui import graph_panel

_PAINTS = {
    Paint.WEIGHTS: "weight_gradient_norm",
    Paint.GRADIENT: "activation_gradient_norm",
    Paint.RMS: "activation_rms",
}


def show(scene: Scene) -> None:
    with st.container(horizontal=True):
        scene.form.choice("paint", _("Colour shows"), widget=st.segmented_control)
        graph_panel.level(scene.view)
    field = _PAINTS[scene.experiment.paint]
    sides = [(scene.pair.skips, with_skips(scene.spec), True), (scene.pair.plain, twin(scene.spec), False)]
    told = [_values(side, field) for side, *__ in sides]
    known = [value for values in told for value in values.values() if 0 < value < inf]
    low, high = (min(known), max(known)) if known else (1.0, 1.0)
    for column, (__, spec, skips), values in zip(st.columns(2), sides, told, strict=True):
        with column:
            title = f"{worded(describe(spec).title)}, {_(NAMES[skips])}"
            st.markdown(f"**{title}**")
            folding = Folding(scene.view.level, scene.view.fold)
            measured = signal_jobs.pair(scene.spec, scene.experiment, scene.picture).key
            scale = Values(quantities.name(field), values, low, high)
            key = (measured, scene.experiment.paint, skips, language())
            drawn, svg = cached.painted(spec, key, folding, title, scale)
            shown = reveal(cached.groups(spec), drawn.folding, scene.view.layer) if scene.view.layer else ""
            graph_view(
                drawn,
                svg,
                key=f"graph_{'with' if skips else 'without'}",
                network=repr(spec),
                shown=shown,
                height=graph_panel.HEIGHT,
                on_pick=partial(graph_panel.pick, drawn),
            )


def _values(side: Signals, field: str) -> dict[str, float]:
    """Medians over the seeds; weight gradients only of convolutions and linear layers."""
    layers = [layer.path for layer in side.layers if field != "weight_gradient_norm" or layer.kind in WEIGHTED]
    return {band.path: band.middle for band in side.band(field, layers)}
