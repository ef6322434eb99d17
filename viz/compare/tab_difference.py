"""Tab: two networks layer by layer, and the parts of the difference between their counts."""

from functools import partial

import streamlit as st

from models.tracing.diff import difference
from viz import text
from viz.compare import measured_figures, tables
from viz.compare.scene import FILE, Scene, choose, draw
from viz.language import _, worded
from viz.ui import table_export


def show(scene: Scene) -> None:
    if len(scene.subjects) < 2:
        st.info(_("Add a second network above to compare two layer by layer."))
        return
    one, other = st.columns(2)
    with one:
        left = choose(scene, "left", _("From"))
    with other:
        right = choose(scene, "right", _("To"))
    if left is right:
        st.info(_("Both are the same network. Choose another one."))
        return
    found = difference(left.trace, right.trace)
    said = text.compare.explained(left, right, "params")
    st.markdown(said)
    st.markdown(text.compare.explained(left, right, "macs"))
    draw(
        partial(
            measured_figures.waterfall,
            [(worded(term.name), term.change) for term in found.params],
            (left.name, left.trace.params),
            (right.name, right.trace.params),
            _("parameters"),
        ),
        "difference",
        said.replace("**", ""),
    )
    frame = tables.difference(found, left.name, right.name)
    same = sum(pair.same for pair in found.pairs)
    with st.container(horizontal=True, vertical_alignment="center"):
        only = st.toggle(_("Show only differences"), value=True, key="only_different")
        table_export.buttons(frame, f"{FILE}-difference", "difference")
    st.caption(_("{same:,} of {all:,} layers are the same in both.", same=same, all=len(found.pairs)))
    shown = frame[frame[tables.same()] == ""] if only else frame
    st.dataframe(
        shown,
        key="difference_table",
        hide_index=True,
        height=min(420, 38 + 35 * max(len(shown), 1)),
        alt=_("The layers of {left} and {right} side by side.", left=left.name, right=right.name),
    )
