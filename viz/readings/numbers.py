"""All that was measured, as a table to take away."""

from functools import partial

import streamlit as st

from viz.readings import Scene, who


def show(scene: Scene) -> None:
    from viz import tables  # noqa: PLC0415

    frame = tables.signals(scene.pair)
    name = f"{scene.name}-signals"
    with st.container(horizontal=True):
        for label, write, end, mime in tables.FORMS:
            st.download_button(
                label, partial(write, frame), f"{name}.{end}", mime, on_click="ignore", key=f"signals_{end}"
            )
    alt = f"Table of the signals of {who(scene.pair)}"
    digits = {name: st.column_config.NumberColumn(format="%.4g") for name in frame.select_dtypes("number").columns}
    st.dataframe(frame, key="signals_table", hide_index=True, height=460, alt=alt, column_config=digits)
