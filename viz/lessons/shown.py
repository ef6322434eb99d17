"""The figures of a step on the page, with what to look at and the way to their page."""

from dataclasses import replace
from urllib.parse import parse_qsl

import streamlit as st

from viz.graph.view import graph_view
from viz.language import N_, _
from viz.lessons.figures import Chart, Figure, Graph, figures
from viz.lessons.lesson import Step
from viz.lessons.measured import Found
from viz.lessons.scenes import Scene
from viz.state import session
from viz.ui import chart

_HEIGHT = "max(340px, 52vh)"
_LINKS = {
    "architecture": N_("Open in Architecture"),
    "signals": N_("Open in Signals"),
    "compare": N_("Open in Compare"),
    "training": N_("Open in Training"),
}


def show(step: Step, scene: Scene, found: Found, *, asked: bool) -> None:
    """Draw the figures of a step, what to look at, and the link to its page.

    As long as a number is `asked` for, graphs don't tell any, and there is no link.
    """
    drawn = figures(step, scene, found)
    if asked and step.ask:
        drawn = [_bare(one) if isinstance(one, Graph) else one for one in drawn]
    _figures(drawn, "lesson")
    if step.look:
        st.markdown(f":material/visibility: {step.look}")
    with st.container(horizontal=True, vertical_alignment="center"):
        if found.origin:
            st.caption(found.origin)
        if asked and step.ask:
            return
        query = dict(parse_qsl(step.query, keep_blank_values=True)) | session.course().to_query()
        st.page_link(
            f"viz/pages/{step.page}.py", label=_(_LINKS[step.page]), query_params=query, icon=":material/open_in_new:"
        )


def figure(step: Step, scene: Scene, found: Found, key: str) -> None:
    """Draw the figures of a step alone, with what is known of where they are from."""
    _figures(figures(step, scene, found), key)
    if found.origin:
        st.caption(found.origin)


def _figures(drawn: list[Figure], key: str) -> None:
    places = st.columns(len(drawn)) if len(drawn) > 1 else [st.container()]
    for number, (place, one) in enumerate(zip(places, drawn, strict=False)):
        with place:
            _figure(one, f"{key}_{number}")


def _bare(one: Graph) -> Graph:
    """A graph whose boxes tell their paths alone."""
    return replace(one, picture=replace(one.picture, nodes={node: node for node in one.picture.nodes}, alt=""))


def _figure(one: Figure, key: str) -> None:
    if isinstance(one, Graph):
        if one.title:
            st.markdown(f"**{one.title}**")
        graph_view(
            one.picture, one.svg, key=f"{key}_graph", network=f"{one.network} {one.shown}", shown=one.shown,
            height=_HEIGHT, on_pick=_nothing,
        )  # fmt: skip
    elif isinstance(one, Chart):
        chart.show(one.draw, f"{key}_chart", alt=one.alt, name=one.name, about=one.about)
    else:
        st.markdown(one.markdown)


def _nothing(_node: str) -> None:
    """A click does nothing: the figure is of the lesson."""
