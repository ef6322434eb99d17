"""Tab: the whole table, to download."""

from functools import partial

import streamlit as st

from viz.compare import html_tables
from viz.compare.scene import FILE, Scene
from viz.language import _, listing
from viz.ui import origin, table_export, widgets


def show(scene: Scene) -> None:
    frame = html_tables.frame(scene.rows, scene.subjects)
    bare = html_tables.values(scene.rows, scene.subjects)
    with st.container(horizontal=True):
        for label, write, end, mime in table_export.FORMS:
            own = bare if end == "csv" else frame
            content = partial(table_export.signed, own, write, end, origin.comment(), _("Origin"))
            widgets.download(label, content, f"{FILE}.{end}", mime, key=f"compare_{end}")
    alt = _("Comparison of {networks}.", networks=listing(one.name for one in scene.subjects))
    st.dataframe(frame, key="compare_table", hide_index=True, height=38 + 35 * len(frame), alt=alt)
