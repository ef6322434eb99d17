"""Tabs: counts as bars; channels and activation memory along the depth."""

from functools import partial

import streamlit as st

from viz import text
from viz.compare import figures
from viz.compare.scene import Scene, draw
from viz.language import _


def bars(scene: Scene) -> None:
    batch = scene.experiment.measure.batch
    said = text.compare.comparison(scene.subjects, batch).replace("**", "")
    draw(partial(figures.counts, scene.subjects, scene.looks, batch), "counts", said)
    st.caption(_("Each quantity as a share of the largest; the numbers are on the bars."))
    if any(one.published for one in scene.subjects):
        draw(partial(figures.accuracy, scene.subjects, scene.looks, by="params"), "accuracy_params", said)
        if any(row.newer for one in scene.subjects for row in one.published):
            st.caption(_("Open markers: longer training with newer augmentation."))


def depth(scene: Scene) -> None:
    said = text.compare.depths(scene.subjects)
    st.markdown(f"**{said}**")
    left, right = st.columns(2)
    with left:
        draw(partial(figures.channels, scene.subjects, scene.looks), "channels", _("Channels along depth."))
    with right:
        draw(partial(figures.alive, scene.subjects, scene.looks), "alive", said)
    st.caption(
        _(
            "Left: channels between blocks. Additions keep the number of channels within a stage; concatenations "
            "add channels until a transition reduces them. Right: the output of a layer and all earlier outputs "
            "that are still needed."
        )
    )
