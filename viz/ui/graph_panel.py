"""The graph with its controls (level, direction, colour) and its downloads."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from models.signals.records import Signals
from models.specs.external import Network
from models.specs.naming import describe
from viz.backend import cached, exports
from viz.backend.memo import Maker
from viz.graph import render
from viz.graph.folding import Folding, reveal
from viz.graph.page import page
from viz.graph.picture import Colour, Direction, Picture
from viz.graph.play import animated
from viz.graph.view import graph_view
from viz.language import _, language, worded
from viz.state import session
from viz.state.architecture import View
from viz.state.hidden import QUANTITIES, hides
from viz.style import format
from viz.ui import job_widget, lit_path, origin
from viz.ui.graph_values import passes
from viz.ui.widgets import Form, download

HEIGHT = "max(420px, 56vh)"  # on a projector the picture and the headline fill the first screen
LOW = "max(280px, 38vh)"  # of a horizontal graph
MIME = {"svg": "image/svg+xml", "pdf": "application/pdf", "png": "image/png"}

# what fills show -> the word that hides it; tooltips tell these as well
_COUNTED: Mapping[Colour, str] = MappingProxyType(
    {Colour.PARAMS: "params", Colour.MACS: "macs", Colour.MEMORY: "memory"}
)


def narrow(view: View) -> bool:
    """Return whether the graph is one column, with place for the layer's card beside it."""
    return view.direction is Direction.VERTICAL and not hides("graph", "layer")


def show(spec: Network, view: View, *, saving: DeltaGenerator) -> None:
    """Draw the graph of a network, with its downloads in `saving`; what was measured of it can play."""
    if hides("graph"):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        level(view)
        with st.popover(_("View")):
            form = Form(view, session.put_view, "view", in_popover=True)
            form.choice("direction", _("Direction"), widget=st.segmented_control)
            form.choice("colour", _("Colour"), [one for one in Colour if not hides(_COUNTED.get(one, ""))])
            form.switch("shapes", _("Shapes on the edges"))
            if not hides("depth"):
                lit_path.switch(spec, view)
        st.page_link("viz/pages/signals.py", label=_("What the skips do →"), width="content")
    if hides(_COUNTED.get(view.colour, "")):
        view = replace(view, colour=Colour.KIND)
    folding = Folding(view.level, view.fold)
    path = None if hides("depth") else lit_path.chosen(spec, view)
    measured = _measured(spec) if path is None else None
    if measured is None:
        picture, svg = cached.picture(spec, folding, view.direction, view.colour, shapes=view.shapes, path=path)
    else:
        key, signals = measured
        looks = (view.direction, view.colour, view.shapes)
        picture, svg = cached.played(spec, (key, language()), folding, looks, Maker(lambda: passes([signals])[0]))
    if hides("name", *_COUNTED.values()):
        names = cached.layer_names(spec)
        picture = replace(picture, nodes={node: names.get(node, node) for node in picture.nodes}, alt=_("The graph"))
    with saving, st.popover(_("Save"), width="stretch"):
        st.write(_("The graph as shown:"))
        name = cached.file_name(spec)
        files(picture, svg, name, "save")
        download("DOT", lambda: picture.dot, f"{name}.dot", "text/vnd.graphviz", key="save_dot", width="stretch")
        if not hides("name", *QUANTITIES):
            _network(spec, name)
    st.html('<span id="graph-start" tabindex="-1"></span>')
    shown = reveal(cached.groups(spec), picture.folding, view.layer) if view.layer else ""

    graph_view(
        picture,
        svg,
        key="graph",
        network=repr(spec) + view.direction,
        shown=shown,
        height=LOW if view.direction is Direction.HORIZONTAL else HEIGHT,
        on_pick=partial(pick, picture),
    )


def _measured(spec: Network) -> tuple[str, Signals] | None:
    """The signals of a network that this visitor has measured last, and their key."""
    pair = job_widget.shown("pair")
    if pair is None:
        return None
    for side in (pair[1].skips, pair[1].plain):
        if side.spec == spec:
            return f"{pair[0]} {side is pair[1].skips}", side
    return None


def _network(spec: Network, name: str) -> None:
    """Draw the downloads of the whole network, folded or not."""
    trace = cached.trace(spec)
    html = partial(page, trace, title=worded(describe(spec).title), origin=origin.comment())

    st.write(_("The network:"))
    wide: dict[str, Any] = {"width": "stretch"}
    download(_("HTML, folds and searches offline"), html, f"{name}.html", "text/html", key="save_html", **wide)
    download("JSON", trace.to_json, f"{name}.json", "application/json", key="save_json", **wide)
    if exports.offers_onnx(spec):
        onnx = partial(exports.onnx, spec)
        download(_("ONNX, with weights"), onnx, f"{name}.onnx", "application/octet-stream", key="save_onnx", **wide)
    forms = {False: _("PT2, without weights")} | (
        {True: _("PT2, with weights")} if exports.offers_weights(spec) else {}
    )
    for weights, words in forms.items():
        pt2 = partial(exports.pt2, spec, weights=weights)
        file = f"{name}.pt2" if weights else f"{name}-no-weights.pt2"
        download(words, pt2, file, "application/octet-stream", key=f"save_pt2_{weights}", **wide)
    if (refused := exports.refusal(spec)) is not None:  # of a download there is no other way to say why it failed
        st.caption(format.as_it_is(worded(refused)))


def level(view: View) -> None:
    """Draw the control of the level to which the graph is unfolded."""
    # a new level drops what was folded by hand, which belongs to the previous one
    form = Form(view, lambda level: session.put_view(level=level, fold=frozenset()), "view")
    form.choice("level", _("Unfolded to"), widget=st.segmented_control, label_visibility="collapsed")


def pick(picture: Picture, node: str) -> None:
    """Select the clicked node; a group is also unfolded or folded."""
    folds = picture.folding.toggle(node) if node in picture.groups else picture.folding
    session.put_view(layer=node, level=folds.level, fold=folds.toggled)


def files(picture: Picture, svg: str, name: str, key: str) -> None:
    """Draw the downloads of a picture: SVG, PDF, PNG if its letters can be read, and an SVG that moves if it plays."""
    dots = render.resolution(svg)
    readable = dots >= render.READABLE
    forms = [form for form in MIME if form != "png" or readable]
    if not render.has_font(language()):
        st.caption(_("This machine has no font for this language, which PDF and PNG need. SVG takes the reader's."))
        forms = ["svg"]
    elif not readable:
        st.caption(_("The graph is too long for a legible PNG. Use SVG or PDF."))
    elif dots < render.SHARP:
        st.caption(_("As a PNG this long graph has only {dots} dots per inch. SVG and PDF stay sharp.", dots=dots))
    for form in forms:
        own = {"key": f"{key}_{form}", "width": "stretch"}
        download(form.upper(), _drawn(picture, form), f"{name}.{form}", MIME[form], **own)
    if picture.play is not None:
        moving, file = partial(animated, svg, picture.play), f"{name}-pass.svg"
        download(_("Animated SVG"), moving, file, "image/svg+xml", key=f"{key}_animated", width="stretch")


def _drawn(picture: Picture, form: str) -> Callable[[], bytes]:
    """A function that lays the picture out when it is downloaded."""
    caption = f"{picture.caption}\n{origin.caption()}"
    return lambda: render.render(picture, form, caption=caption)
