"""Stages in matching rows."""

from functools import partial

import streamlit as st

from viz import comparison_table, state
from viz.facets import Scene, draw


def show(scene: Scene) -> None:
    from viz.figures import comparison  # plotly with it  # noqa: PLC0415

    st.html(comparison_table.stages(scene.subjects, scene.looks, dark=state.dark()))
    alt = "Parameters of every stage of " + ", ".join(one.name for one in scene.subjects)
    draw(partial(comparison.by_stage, scene.subjects, scene.looks), "stages", alt)
