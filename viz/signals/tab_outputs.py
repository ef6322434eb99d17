"""Tab: size and spread of the outputs along the network, and how many of them are zero."""

from functools import partial

import streamlit as st

from viz import text
from viz.language import _
from viz.signals import figures, ridge_figures
from viz.signals.scene import Scene, pick
from viz.ui import chart


def show(scene: Scene) -> None:
    pair, experiment = scene.pair, scene.experiment
    words, switch = st.columns([3, 2], vertical_alignment="center")
    said = text.measured.outputs(pair, experiment.at, experiment.show)
    words.markdown(f"**{said}**")
    with switch:
        scene.form.choice("at", _("Outputs of"), widget=st.segmented_control)
    for column, quantity in zip(st.columns(3), ("activation_rms", "activation_std", "zero_fraction"), strict=True):
        with column:
            draw = partial(
                figures.outputs,
                pair,
                quantity,
                experiment.at,
                show=experiment.show,
                selected=scene.view.layer,
            )
            chart.show(draw, quantity, alt=scene.alt(said), name=scene.name, on_pick=pick)
    if all(layer.histogram is None for layer in pair.skips.layers):
        st.caption(_("Measure it here to see histograms of the outputs."))
        return
    histograms = _("Histograms of the outputs")
    how = _("one curve per layer, the first at the top, from a sample of 2,048 values each.")
    st.markdown(f"**{histograms}**: {how}")
    draw = partial(ridge_figures.ridges, pair, experiment.at, show=experiment.show)
    chart.show(draw, "histograms", alt=scene.alt(f"{histograms}. {said}"), name=scene.name)
