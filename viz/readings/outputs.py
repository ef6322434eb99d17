"""How large the outputs are along the network, how they spread, and how many are zero."""

from functools import partial

import streamlit as st

from viz import chart, sentences
from viz.experiment import At
from viz.readings import Scene, choice, pick


def show(scene: Scene) -> None:
    from viz.figures import signals  # noqa: PLC0415

    pair, experiment = scene.pair, scene.experiment
    words, switch = st.columns([3, 2], vertical_alignment="center")
    said = sentences.outputs(pair, experiment.at, experiment.show)
    words.markdown(f"**{said}**")
    with switch:
        choice("at", "Outputs of", tuple(At), experiment.at)
    for column, quantity in zip(st.columns(3), ("activation_rms", "activation_std", "zero_fraction"), strict=True):
        with column:
            draw = partial(
                signals.outputs,
                pair,
                quantity,
                experiment.at,
                show=experiment.show,
                selected=scene.view.layer,
            )
            chart.show(draw, quantity, alt=scene.alt(said), name=scene.name, on_pick=pick)
    st.markdown("**Histograms of the outputs**: one ridge a layer, the first on top; a sample of 2,048 values each.")
    draw = partial(signals.ridges, pair, experiment.at, show=experiment.show)
    chart.show(draw, "histograms", alt=scene.alt(f"Histograms of the outputs. {said}"), name=scene.name)
