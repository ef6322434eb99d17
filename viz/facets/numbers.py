"""The whole table to take away."""

from functools import partial

import streamlit as st

from viz import comparison_table, tables
from viz.facets import FILE, Scene


def show(scene: Scene) -> None:
    frame = comparison_table.frame(scene.rows, scene.subjects)
    bare = comparison_table.values(scene.rows, scene.subjects)
    with st.container(horizontal=True):
        for label, write, end, mime in tables.FORMS:
            own = bare if end == "csv" else frame
            st.download_button(
                label, partial(write, own), f"{FILE}.{end}", mime, on_click="ignore", key=f"compare_{end}"
            )
    names = ", ".join(one.name for one in scene.subjects)
    st.dataframe(
        frame, key="compare_table", hide_index=True, height=38 + 35 * len(frame), alt=f"Comparison of {names}."
    )
