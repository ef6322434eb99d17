"""Both networks' graphs, filled by what was measured, on one scale."""

from functools import partial
from math import inf

import streamlit as st

from models.measured import WEIGHTED, Signals
from models.names import describe
from viz import graph_panel, measure, tasks
from viz.experiment import Paint
from viz.folding import Folding, reveal
from viz.graph import Values
from viz.graph_view import graph_view
from viz.readings import Scene, choice

_PAINTS = {
    Paint.WEIGHTS: ("weight_gradient_norm", "gradient norm of the weights"),
    Paint.GRADIENT: ("activation_gradient_norm", "gradient norm of the outputs"),
    Paint.RMS: ("activation_rms", "rms of the outputs"),
}


def show(scene: Scene) -> None:
    with st.container(horizontal=True):
        choice("paint", "Fills tell the", tuple(Paint), scene.experiment.paint)
        graph_panel.level(scene.view)
    field, unit = _PAINTS[scene.experiment.paint]
    sides = [(scene.pair.skips, "with skips"), (scene.pair.plain, "without")]
    told = [_values(side, field) for side, _ in sides]
    known = [value for values in told for value in values.values() if 0 < value < inf]
    low, high = (min(known), max(known)) if known else (1.0, 1.0)
    for column, (side, words), values in zip(st.columns(2), sides, told, strict=True):
        with column:
            st.markdown(f"**{describe(side.spec).title}, {words}**")
            folding = Folding(scene.view.level, scene.view.fold)
            key = (*tasks.pair(scene.spec, scene.experiment, scene.picture).key, scene.experiment.paint, words)
            scale = Values(unit, values, low, high)
            drawn, svg = measure.painted(side.spec, key, folding, f"{describe(side.spec).title}, {words}", scale)
            shown = reveal(measure.groups(side.spec), drawn.folding, scene.view.layer) if scene.view.layer else ""
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
