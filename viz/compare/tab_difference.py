"""Tab: two networks layer by layer, and the parts of the difference between their counts."""

from functools import partial

import streamlit as st

from models.tracing.diff import Difference, difference
from viz import text
from viz.backend import cached
from viz.backend.memo import Maker
from viz.compare import measured_figures, tables
from viz.compare.scene import FILE, Scene, choose, draw
from viz.graph.folding import Folding, walk
from viz.graph.pair import OTHER, Side
from viz.graph.picture import Picture
from viz.graph.view import graph_view
from viz.language import _, language, pgettext, worded
from viz.state import session
from viz.state.subjects import Subject
from viz.style import theme
from viz.ui import graph_panel, table_export

_CHANGED = {"class": "changed", "color": theme.DIFFERENT.light, "penwidth": "3.2"}
_ONLY = _CHANGED | {"style": "filled,dashed"}


def show(scene: Scene) -> None:
    if len(scene.subjects) < 2:
        st.info(_("Add a second network above to compare two layer by layer."))
        return
    one, other = st.columns(2)
    with one:
        left = choose(scene, "left", pgettext("network", "From"))
    with other:
        right = choose(scene, "right", pgettext("network", "To"))
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
    _graphs(left, right, found)
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


def _graphs(left: Subject, right: Subject, found: Difference) -> None:
    """Draw both networks in one frame, with what differs marked."""
    view = session.view()
    with st.container(horizontal=True, vertical_alignment="center"):
        graph_panel.level(view)
        files = st.popover(_("Save"))
    folding = Folding(view.level, view.fold)
    specs = (left.entry.spec, right.entry.spec)
    sides = Maker(partial(_sides, left, right, found))
    drawn, svg = cached.paired(*specs, ("difference", language()), folding, sides)
    with files:
        graph_panel.files(drawn, svg, f"{FILE}-difference", "difference_graph")
    graph_view(
        drawn,
        svg,
        key="difference_graph",
        network=repr(specs),
        shown="",
        height=graph_panel.HEIGHT,
        on_pick=partial(_pick, drawn),
    )
    st.caption(
        _(
            "Thick frame: a layer of it is changed, or only in this network. Dashed frame: all of it is only in this "
            "network. Layers are compared one by one: where the same ones stand in another order, nothing is marked."
        )
    )


def _pick(drawn: Picture, node: str) -> None:
    """Fold or unfold a group, in both networks if both have it."""
    own = drawn.partners.get(node, node) if node.startswith(OTHER) else node
    if own in drawn.groups:
        folds = drawn.folding.toggle(own)
        session.put_view(level=folds.level, fold=folds.toggled)


def _sides(left: Subject, right: Subject, found: Difference) -> tuple[Side, Side]:
    marks: tuple[dict[str, dict[str, str]], ...] = ({}, {})
    for pair in found.pairs:
        for own, layer in zip(marks, (pair.left, pair.right), strict=True):
            if layer is not None and not pair.same:
                own[layer.path] = _CHANGED if pair.left and pair.right else _ONLY
    for own, one in zip(marks, (left, right), strict=True):
        for group in walk(cached.groups(one.entry.spec)):
            sorts = [own.get(layer.path) for layer in group.layers]
            if any(sorts):
                own[group.id] = _ONLY if all(sort is _ONLY for sort in sorts) else _CHANGED
    first, second = (Side(one.trace, one.name, marks=own) for one, own in zip((left, right), marks, strict=True))
    return first, second
