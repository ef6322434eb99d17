"""Two networks layer by layer, and what the difference of their counts is made of."""

from functools import partial

import streamlit as st

from models.differences import difference
from viz import tables, verdict
from viz.facets import FILE, Scene, choose, draw


def show(scene: Scene) -> None:
    from viz.figures import comparison  # noqa: PLC0415

    if len(scene.subjects) < 2:
        st.info("Add a second network above: here two are set side by side.")
        return
    one, other = st.columns(2)
    with one:
        left = choose(scene, "left", "From")
    with other:
        right = choose(scene, "right", "to")
    if left is right:
        st.info("Both are the same network: choose another one.")
        return
    found = difference(left.trace, right.trace)
    said = verdict.explained(left, right, "params", "parameters")
    st.markdown(said)
    st.markdown(verdict.explained(left, right, "macs", "MACs"))
    draw(
        partial(
            comparison.waterfall,
            [(term.name, term.change) for term in found.params],
            (left.name, left.trace.params),
            (right.name, right.trace.params),
            "parameters",
        ),
        "difference",
        said.replace("**", ""),
    )
    frame = tables.difference(found, left.name, right.name)
    same = sum(pair.same for pair in found.pairs)
    with st.container(horizontal=True, vertical_alignment="center"):
        only = st.toggle("Only what differs", value=True, key="only_different")
        for label, write, end, mime in tables.FORMS:
            st.download_button(
                label,
                partial(write, frame),
                f"{FILE}-difference.{end}",
                mime,
                on_click="ignore",
                key=f"difference_{end}",
            )
    st.caption(f"{same:,} of {len(found.pairs):,} layers are the same in both.")
    shown = frame[frame["Same"] == ""] if only else frame
    st.dataframe(
        shown,
        key="difference_table",
        hide_index=True,
        height=min(420, 38 + 35 * max(len(shown), 1)),
        alt=f"The layers of {left.name} and {right.name} side by side.",
    )
