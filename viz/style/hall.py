"""Charts for a lecture, with text and lines that can be seen from the last row."""

from typing import TYPE_CHECKING

from viz.style.theme import CHART_TEXT

if TYPE_CHECKING:
    import plotly.graph_objects as go

_LARGER = 1.45  # text and lines


def enlarge(figure: "go.Figure") -> None:
    """Make a chart's text and lines larger, for a lecture."""
    figure.update_layout(height=round((figure.layout.height or 360) * 1.25), font={"size": CHART_TEXT * _LARGER})
    parts = [*figure.layout.annotations, figure.layout.legend, figure.layout.title]
    axes = [figure.layout[name] for name in figure.layout if name[1:5] == "axis"]
    for part in (*parts, *axes, *(axis.title for axis in axes)):
        font = part.tickfont if hasattr(part, "tickfont") else part.font
        if font.size:
            font.size = round(font.size * _LARGER)
    for trace in figure.data:
        if getattr(trace, "line", None) is not None and trace.line.width:
            trace.line.width *= _LARGER
        size = getattr(getattr(trace, "marker", None), "size", None)  # bars have none
        if isinstance(size, int | float):
            trace.marker.size = size * _LARGER
