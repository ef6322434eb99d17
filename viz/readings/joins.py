"""What of the stream and of the gradient takes the skip and what the branch, block by block."""

from functools import partial

import streamlit as st

from viz import chart, sentences
from viz.readings import Scene, pick


def show(scene: Scene) -> None:
    from viz.figures import signals  # noqa: PLC0415

    said = sentences.joins(scene.pair)
    st.markdown(f"**{said}**")
    if not scene.pair.skips.joins:
        return
    left, right = st.columns(2)
    for column, gradient, key in ((left, False, "stream"), (right, True, "back")):
        with column:
            draw = partial(signals.stream, scene.pair, selected=scene.view.layer, gradient=gradient)
            chart.show(draw, key, alt=scene.alt(said), name=scene.name, on_pick=pick)
    st.caption(
        "Left: of the squares that each addition or concatenation joins, what came by the skip and what by the branch. "
        "Right: of the squared gradients that reach the block's input, what came back by each. Of the first seed."
    )
