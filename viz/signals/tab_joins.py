"""Tab: how much of the signal and of the gradient takes the skip and the branch, block by block."""

from functools import partial

import streamlit as st

from viz import text
from viz.language import _
from viz.signals import join_figures
from viz.signals.scene import Scene, pick
from viz.ui import chart


def show(scene: Scene) -> None:
    said = text.measured.joins(scene.pair)
    st.markdown(f"**{said}**")
    if not scene.pair.skips.joins:
        return
    left, right = st.columns(2)
    for column, gradient, key in ((left, False, "stream"), (right, True, "back")):
        with column:
            draw = partial(join_figures.stream, scene.pair, selected=scene.view.layer, gradient=gradient)
            chart.show(draw, key, alt=scene.alt(said), name=scene.name, on_pick=pick)
    st.caption(
        _(
            "Left: the sum of squares at each addition or concatenation, split into skip and branch. Right: the "
            "squared gradient that reaches the block's input through each. First seed only."
        )
    )
