"""Counts as bars, and what there is along the depth."""

from functools import partial

import streamlit as st

from viz import verdict
from viz.facets import Scene, draw


def bars(scene: Scene) -> None:
    from viz.figures import comparison  # noqa: PLC0415

    batch = scene.experiment.batch
    said = verdict.comparison(scene.subjects, batch).replace("**", "")
    draw(partial(comparison.counts, scene.subjects, scene.looks, batch), "counts", said)
    st.caption("Every quantity as a share of the network that has most of it; the numbers stand on the bars.")
    if any(one.published for one in scene.subjects):
        draw(partial(comparison.accuracy, scene.subjects, scene.looks, by="params"), "accuracy_params", said)
        if any(row.newer for one in scene.subjects for row in one.published):
            st.caption("Open markers: after a longer training with newer augmentation.")


def depth(scene: Scene) -> None:
    from viz.figures import comparison  # noqa: PLC0415

    said = verdict.depths(scene.subjects)
    st.markdown(f"**{said}**")
    left, right = st.columns(2)
    with left:
        draw(partial(comparison.channels, scene.subjects, scene.looks), "channels", "Channels along the depth.")
    with right:
        draw(partial(comparison.alive, scene.subjects, scene.looks), "alive", said)
    st.caption(
        "Left: what passes from block to block. An addition keeps the channels of a stage, a concatenation adds to "
        "them until a transition cuts them down. Right: a layer's output and all earlier ones still to be read."
    )
