"""Tab: all measured values, as a table to download."""

import streamlit as st

from viz.language import _
from viz.signals import tables
from viz.signals.scene import Scene, who
from viz.ui import table_export


def show(scene: Scene) -> None:
    frame = tables.signals(scene.pair)
    name = f"{scene.name}-signals"
    with st.container(horizontal=True):
        table_export.buttons(frame, name, "signals", shares=tables.shares())
    alt = _("Table of all measured quantities. {networks}", networks=who(scene.pair))
    digits = {name: st.column_config.NumberColumn(format="%.4g") for name in frame.select_dtypes("number").columns}
    st.dataframe(frame, key="signals_table", hide_index=True, height=460, alt=alt, column_config=digits)
