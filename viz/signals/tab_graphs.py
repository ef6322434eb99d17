"""Tab: both networks' graphs in one frame, with measured values as fills, and the pass that plays."""

from functools import partial

import streamlit as st

from models.specs.twins import twin, with_skips
from viz.backend import cached, signal_jobs
from viz.backend.memo import Maker
from viz.graph.folding import Folding, reveal
from viz.graph.pair import OTHER, Side
from viz.graph.picture import Picture
from viz.graph.view import graph_view
from viz.language import _, language
from viz.signals.figures import NAMES
from viz.signals.scene import Scene
from viz.state.signals import Paint
from viz.ui import graph_panel
from viz.ui.graph_values import passes, values

_PAINTS = {
    Paint.WEIGHTS: "weight_gradient_norm",
    Paint.GRADIENT: "activation_gradient_norm",
    Paint.RMS: "activation_rms",
}


def show(scene: Scene) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        scene.form.choice("paint", _("Colour shows"), widget=st.segmented_control)
        graph_panel.level(scene.view)
        files = st.popover(_("Save"))
    drawn, svg = picture(scene)
    with files:
        graph_panel.files(drawn, svg, f"{scene.name}-signals", "paired")
    shown = reveal(cached.groups(with_skips(scene.spec)), drawn.folding, scene.view.layer) if scene.view.layer else ""
    graph_view(
        drawn,
        svg,
        key="graph_pair",
        network=repr(scene.spec),
        shown=shown,
        height=graph_panel.HEIGHT,
        on_pick=partial(_pick, drawn),
    )
    st.caption(
        _(
            "Rows that stand side by side are the same layers. At each addition or concatenation the widths of the two "
            "ways show their shares, measured with the first seed. A folded group shows the quadratic mean of its "
            "layers."
        )
    )


def picture(scene: Scene) -> tuple[Picture, str]:
    """Return both graphs in one frame, and their SVG."""
    folding = Folding(scene.view.level, scene.view.fold)
    # its seconds tell a measurement made here from one that comes with the program
    measured = (signal_jobs.pair(scene.spec, scene.experiment, scene.picture).key, scene.pair.skips.seconds)
    key = (*measured, scene.experiment.paint, language())
    return cached.paired(with_skips(scene.spec), twin(scene.spec), key, folding, Maker(partial(_sides, scene)))


def _pick(drawn: Picture, node: str) -> None:
    graph_panel.pick(drawn, drawn.partners.get(node, node) if node.startswith(OTHER) else node)


def _sides(scene: Scene) -> tuple[Side, Side]:
    field = _PAINTS[scene.experiment.paint]
    pair = (scene.pair.skips, scene.pair.plain)
    traces = (cached.trace(with_skips(scene.spec)), cached.trace(twin(scene.spec)))
    first, second = (
        Side(trace, _(NAMES[skips]), values=own, played=both)
        for trace, skips, own, both in zip(traces, (True, False), values(pair, field), passes(pair), strict=True)
    )
    return first, second
