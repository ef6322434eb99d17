"""A chart on a page, with its downloads: SVG and PNG as shown, and an HTML file that opens offline."""

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from viz.language import _
from viz.state import session, visit
from viz.style import theme
from viz.style.hall import enlarge
from viz.text.seen import seen
from viz.ui import origin
from viz.ui.widgets import download

if TYPE_CHECKING:
    import plotly.graph_objects as go

Draw = Callable[..., "go.Figure"]  # called with the keyword `dark`: whether the theme is dark
_CONFIG = {"displaylogo": False, "toImageButtonOptions": {"format": "svg"}}
_BUTTONS = """
<div class="save">
  <button type="button" data-form="svg">SVG</button>
  <button type="button" data-form="png">PNG</button>
</div>
"""
_STYLE = """
.save { display: flex; flex-direction: column; gap: 0.5rem; }
.save button {
  font: 400 1rem var(--st-font); padding: 0.4rem 0.75rem; border-radius: 0.5rem; cursor: pointer;
  color: var(--st-text-color); background: var(--st-background-color); border: 1px solid var(--st-border-color);
}
.save button:hover { border-color: var(--st-primary-color); color: var(--st-primary-color); }
.save button:focus-visible { outline: 3px solid var(--st-primary-color); }
"""
_SCRIPT = Path(__file__).with_name("save.js").read_text()
_SAVE = st.components.v2.component("skipscope_save", html=_BUTTONS, css=_STYLE, js=_SCRIPT)


def show(
    draw: Draw,
    key: str,
    *,
    alt: str,
    name: str,
    height: int | None = None,
    about: str = "",
    on_pick: Callable[[str], None] | None = None,
) -> None:
    """Draw a chart. `key` must be unique, `alt` states the finding, and `name` is the base name of its files;
    `about` is the key of its explanation if it is another one.
    `on_pick` is called with the first item of a clicked point's custom data: the path of its layer.
    """
    figure, chart = draw(dark=session.dark()), f"chart_{key}"
    if visit.hall():
        enlarge(figure)
    tall = height or int(figure.layout.height or 360)

    def picked() -> None:
        points = st.session_state[chart].selection.points
        if points and on_pick is not None and points[0].get("customdata"):
            on_pick(str(points[0]["customdata"][0]))

    with st.container(key=f"frame_{key}"):
        with st.container(key=f"take_{key}", horizontal=True):
            if words := seen(about or key):
                with st.popover(_("What do I see?"), icon=":material/help:", type="tertiary", key=f"seen_{key}"):
                    st.markdown(words)
            _files(draw, key, alt, name)
        if on_pick is None:
            st.plotly_chart(figure, key=chart, config=_CONFIG, height=tall, alt=alt)
        else:
            st.plotly_chart(
                figure, key=chart, config=_CONFIG, height=tall, alt=alt, on_select=picked, selection_mode="points"
            )


def _files(draw: Draw, key: str, alt: str, name: str) -> None:
    with st.popover(_("Save"), type="tertiary", key=f"files_{key}"):
        made = origin.comment()
        told = {"made": made, "chart": f"chart_{key}", "name": f"{name}-{key}", "words": alt, "shades": theme.relit()}
        _SAVE(key=f"save_{key}", data=told | {"template": theme.printed(), "font": theme.PRINT_FONT})
        download(
            _("HTML, offline"),
            lambda: page(draw(dark=False), alt, made),
            f"{name}-{key}.html",
            "text/html",
            key=f"html_{key}",
            width="stretch",
        )


def page(figure: "go.Figure", finding: str, made: str) -> str:
    """Return a chart as an HTML page that opens offline, with Plotly's code inside."""
    figure.update_layout(paper_bgcolor="white", plot_bgcolor="white", template="plotly_white", margin={"t": 80})
    if not figure.layout.title.text:
        figure.update_layout(title={"text": finding, "font": {"size": 15}})
    html: str = figure.to_html(include_plotlyjs=True, full_html=True)
    return html.replace("</body>", f"<p><small>{escape(made)}</small></p></body>")
