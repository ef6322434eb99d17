"""Tab: one block of each network as a graph, to compare additions, concatenations and groups."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import cast

import streamlit as st

from models.specs.choices import BlockForm
from models.specs.spec import NetworkSpec
from models.tracing.kinds import KINDS, Kind
from models.tracing.layers import EdgeKind, Layer
from models.tracing.records import Trace
from viz.backend import cached
from viz.compare.scene import Scene
from viz.graph import block_drawing
from viz.graph.view import graph_view
from viz.language import _
from viz.state import session
from viz.state.compare import Which
from viz.state.subjects import Subject
from viz.style import format
from viz.ui import graph_panel
from viz.ui.widgets import Form

_ACROSS = 3  # blocks per row; one with branches takes the place of two


def _has_forms(one: Subject) -> bool:
    spec = one.entry.spec
    return isinstance(spec, NetworkSpec) and spec.has_forms


def show(scene: Scene) -> None:
    form = Form(scene.comparison, session.put_comparison, "compare")
    words = _(
        "At the start of a stage the shape changes: a residual block projects or pads its shortcut, a DenseNet has a "
        "transition."
    )
    with st.container(horizontal=True):
        form.choice("which", _("A block that"), widget=st.segmented_control, help=words)
        if any(_has_forms(one) for one in scene.subjects):
            same = _(
                "ResNeXt's block in the three forms of arXiv 1611.05431, figure 3. With the same weights they give the "
                "same output; networks here are built in form c."
            )
            form.choice("form", _("ResNeXt's block as"), widget=st.segmented_control, help=same)
    changes = scene.comparison.which is Which.CHANGES
    rows: list[list[_Drawn]] = [[]]
    for one, look in zip(scene.subjects, scene.looks, strict=True):
        shape = scene.comparison.form if _has_forms(one) else BlockForm.GROUPED
        trace = one.trace if shape is BlockForm.GROUPED else cached.formed(cast("NetworkSpec", one.entry.spec), shape)
        drawn = _Drawn(one, look.glyph, trace, block_drawing.typical(trace, changes=changes), shape)
        if rows[-1] and sum(other.width for other in rows[-1]) + drawn.width > _ACROSS:
            rows.append([])
        rows[-1].append(drawn)
    pictures = [cached.block_picture(drawn.one.entry.spec, drawn.block, drawn.form)[0] for row in rows for drawn in row]
    told = {kind for picture in pictures for kind in picture.kinds}, {kind for one in pictures for kind in one.skips}
    for row in rows:
        for column, drawn in zip(st.columns([drawn.width for drawn in row]), row, strict=True):
            with column:
                _block(drawn, *(told if drawn is rows[0][0] else (set(), set())))  # one legend for all
                if block_drawing.changes_shape(drawn.trace, drawn.block) is not changes:
                    if changes:
                        st.caption(_("All blocks of {name} keep their shape. This is the first.", name=drawn.one.name))
                    else:
                        st.caption(
                            _("All blocks of {name} change their shape. This is the first.", name=drawn.one.name)
                        )


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A block to draw, with the network that it is from."""

    one: Subject
    glyph: str
    trace: Trace
    block: str
    form: BlockForm

    @property
    def layers(self) -> list[Layer]:
        return [layer for layer in self.trace.layers if layer.block == self.block]

    @property
    def width(self) -> int:
        """Its share of a row: twice that of others if layers run side by side."""
        return 2 if any(layer.kind in (Kind.BRANCHES, Kind.SUM) for layer in self.layers) else 1


def _block(drawn: _Drawn, kinds: Collection[str], skips: Collection[EdgeKind]) -> None:
    """Draw a block, with a legend of these kinds of layer and skip connection."""
    one, block, form = drawn.one, drawn.block, drawn.form
    params, macs = (sum(getattr(layer, name) for layer in drawn.layers) for name in ("params", "macs"))
    counts = _("{params:,} parameters, {macs} MACs", params=params, macs=format.short(macs))
    st.markdown(f"**{drawn.glyph} {one.name}**, `{format.stage(block)}`  \n{counts}")
    picture, svg = cached.block_picture(one.entry.spec, block, form)
    told = replace(picture, kinds=tuple(kind for kind in KINDS if kind in kinds), skips=frozenset(skips))
    graph_view(
        told, svg, key=f"block_{one.name}", network=repr(one.entry.spec) + block + form, shown="",
        height="max(640px, 57vh)", on_pick=lambda __: None,
    )  # fmt: skip
    with st.popover(_("Save")):
        name = f"{cached.file_name(one.entry.spec)}-{block}{'' if form is BlockForm.GROUPED else f'-{form}'}"
        graph_panel.files(picture, svg, name, f"block_{one.name}")
