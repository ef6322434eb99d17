"""Graph of a traced network as a picture, which `render` turns into files."""

from models.tracing.kinds import KINDS
from models.tracing.layers import Layer
from models.tracing.paths import Path
from models.tracing.records import Trace
from viz.graph.columns import in_columns
from viz.graph.fills import Fills, fills
from viz.graph.folding import Folding, Group, fit, shown, tree
from viz.graph.label import Label
from viz.graph.layout import GAP, arrange
from viz.graph.lit import fade, lit
from viz.graph.marks import Marks
from viz.graph.painter import Labels, Painter
from viz.graph.picture import Colour, Direction, Picture, Values
from viz.graph.played import plays
from viz.graph.routes import routes
from viz.graph.sketch import sketch
from viz.graph.words import alt, caption
from viz.language import _
from viz.style import format

MOST_NODES = 1000  # larger graphs are illegible, and a browser takes long to paint them
_WIDE_GAP = 24.0  # between boxes if the edges tell shapes


def picture(
    trace: Trace,
    *,
    title: str,
    folding: Folding = Folding(),  # noqa: B008  # frozen
    direction: Direction = Direction.VERTICAL,
    colour: Colour = Colour.KIND,
    values: Values | None = None,
    shapes: bool = False,
    played: tuple[Values, Values] | None = None,
    path: Path | None = None,
) -> Picture:
    """Return the graph of a trace; beyond `MOST_NODES` nodes, groups stay folded and `note` says so.

    If `values` are given, fills show them instead of `colour`, and the nodes' text instead of shapes. With `shapes` the
    edges tell the shapes, and the nodes don't. `played` are activations and gradients for the pass that plays. If a
    `path` is given, all else is faded.
    """
    groups = tree(trace)
    folding, note = fit(groups, folding, most=MOST_NODES)
    drawn = tuple(shown(groups, folding))
    filled = fills(trace, drawn, colour, values)
    drawing = _painted(trace, groups, folding, filled, direction=direction, shapes=shapes, path=path)
    seen = {item.kind if isinstance(item, Layer) else item.joins for item in drawn}
    return Picture(
        drawn=in_columns(drawing.to) if direction is Direction.COLUMNS else drawing.to,
        nodes=drawing.words,
        groups=frozenset(drawing.foldable),
        kinds=tuple(kind for kind in KINDS if kind in seen),
        skips=frozenset(drawing.skips),
        legend=filled.legend,
        folding=folding,
        note=note,
        alt=alt(title, trace, groups),
        caption=caption(title, filled.legend, drawing.skips),
        strokes=drawing.strokes,
        play=plays([("", drawing.sketch, played)], vertical=drawing.vertical) if played is not None else None,
    )


def _painted(
    trace: Trace,
    groups: tuple[Group, ...],
    folding: Folding,
    filled: Fills,
    *,
    direction: Direction,
    shapes: bool,
    path: Path | None,
) -> Painter:
    vertical = direction is not Direction.HORIZONTAL
    gap = _WIDE_GAP if shapes else GAP
    image = Label(_("image"), "", "" if shapes else format.shape(trace.input_shape))
    sketched = sketch(trace, groups, folding, Labels(filled, shapes), image, vertical=vertical)
    found = routes(sketched.edges)
    passed = lit(trace, sketched, path) if path is not None else None
    if passed is not None:
        passed.complete(found)
    arrange(sketched.graph, gap=gap)
    across, along = sketched.graph.before + sketched.graph.after, sketched.graph.along
    sides = (across, along) if vertical else (along, across)
    painter = Painter(Marks(*sides, vertical), trace, sketched, filled, vertical, gap, shapes)
    painter.paint(found)
    if passed is not None:
        fade(painter.to, passed)
    painter.to.fit()
    return painter
