"""The graph of a trace in notebooks, for `models.Trace`."""

from models.tracing.records import Trace
from viz.graph.drawing import picture
from viz.graph.folding import Folding, Level
from viz.graph.picture import Colour, Direction
from viz.graph.render import svg


def drawing(trace: Trace) -> str:
    """Return the graph, folded to stages, as SVG."""
    drawn = picture(
        trace,
        title="",
        folding=Folding(Level.STAGES, frozenset()),
        direction=Direction.HORIZONTAL,
        colour=Colour.KIND,
    )
    return svg(drawn)
