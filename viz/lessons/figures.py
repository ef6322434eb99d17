"""The figures of a step, as its page draws them: graphs, charts and tables."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from models.specs.external import Network
from models.specs.naming import kind
from viz import text
from viz.backend import cached
from viz.graph.folding import Folding, reveal
from viz.graph.picture import Picture
from viz.language import _
from viz.lessons.errors import LessonError
from viz.lessons.lesson import Step
from viz.lessons.measured import Found
from viz.lessons.scenes import Scene
from viz.signals.scene import Scene as Measured
from viz.state.compare import Which, entries
from viz.style import format, theme
from viz.ui.chart import Draw


@dataclass(frozen=True, slots=True)
class Graph:
    """A graph; `shown` is the id of the node that is marked."""

    network: str
    picture: Picture
    svg: str
    title: str = ""
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    draw: Draw
    alt: str
    name: str  # of downloaded files
    about: str  # key of its explanation


@dataclass(frozen=True, slots=True)
class Table:
    markdown: str


Figure = Graph | Chart | Table


def figures(step: Step, scene: Scene, found: Found) -> list[Figure]:
    """Return the figures of a step, whose scene's numbers are known."""
    return _MAKERS[step.figure](scene, found) if step.figure in _MAKERS else []


def _graph(scene: Scene, _found: Found) -> list[Figure]:
    view = scene.view
    folding = Folding(view.level, view.fold)
    drawn, svg = cached.picture(scene.spec, folding, view.direction, view.colour, shapes=view.shapes)
    shown = reveal(cached.groups(scene.spec), drawn.folding, view.layer) if view.layer else ""
    return [Graph(repr(scene.spec), drawn, svg, shown=shown)]


def _block(scene: Scene, _found: Found) -> list[Figure]:
    trace, chosen = cached.trace(scene.spec), scene.view.layer
    blocks = {layer.block for layer in trace.layers}
    block = chosen if chosen in blocks else trace.by_path[chosen].block if chosen in trace.by_path else ""
    if not block:
        raise LessonError(
            "figure: a block needs architecture.layer, the path of a block or of a layer in one, got {path}",
            path=repr(chosen[:60]),
        )
    return [_one_block(scene.spec, block)]


def _one_block(spec: Network, block: str, title: str = "") -> Graph:
    drawn, svg = cached.block_picture(spec, block)
    return Graph(repr(spec), drawn, svg, title)


def _blocks(scene: Scene, _found: Found) -> list[Figure]:
    from viz.graph import block_drawing  # noqa: PLC0415

    changes = scene.comparison.which is Which.CHANGES
    compared = entries(scene.comparison.slots, scene.spec)
    return [
        _one_block(one.spec, block_drawing.typical(cached.trace(one.spec), changes=changes), one.name)
        for one in compared
    ]


def _gradients(scene: Scene, found: Found) -> list[Figure]:
    from viz.signals import figures as drawn  # loads plotly  # noqa: PLC0415

    assert found.pair is not None  # noqa: S101  # the page is Signals
    of, show = scene.experiment.of, scene.experiment.show
    draw = partial(drawn.gradients, found.pair, of, show=show, selected=scene.view.layer)
    return [Chart(draw, text.signals.gradients(found.pair, of, show), cached.file_name(scene.spec), "gradients")]


def _outputs(scene: Scene, found: Found) -> list[Figure]:
    from viz.signals import figures as drawn  # noqa: PLC0415

    assert found.pair is not None  # noqa: S101
    draw = partial(drawn.outputs, found.pair, "activation_rms", scene.experiment.at, show=scene.experiment.show)
    words = _("Activations by block, with and without skip connections.")
    return [Chart(draw, words, cached.file_name(scene.spec), "activation_rms")]


def _graphs(scene: Scene, found: Found) -> list[Figure]:
    from viz.signals import tab_graphs  # noqa: PLC0415

    assert found.pair is not None  # noqa: S101
    drawn, svg = tab_graphs.picture(Measured(found.pair, scene.spec, scene.experiment, scene.view, None))
    return [Graph(repr(scene.spec), drawn, svg)]


def _numbers(scene: Scene, _found: Found) -> list[Figure]:
    compared = entries(scene.comparison.slots, scene.spec)
    traces = [cached.trace(one.spec) for one in compared]
    rows = [
        (_("Parameters"), [format.whole(trace.params) for trace in traces]),
        (_("MACs"), [format.short(trace.macs) for trace in traces]),
        (_("Depth"), [format.whole(trace.depth) for trace in traces]),
        (_("Activations"), [format.size(trace.activation_bytes) for trace in traces]),
    ]
    head = f"| | {' | '.join(one.name for one in compared)} |\n|---|{'---:|' * len(compared)}\n"
    return [Table(head + "\n".join(f"| {name} | {' | '.join(values)} |" for name, values in rows))]


def _curves(scene: Scene, found: Found) -> list[Figure]:
    from viz.training import figures as drawn  # noqa: PLC0415

    looks = theme.series_styles([kind(curve.run.network) for curve in found.curves])
    draw = partial(drawn.curves, found.curves, looks, scale=scene.race.curve, logarithmic=scene.race.logarithmic)
    return [Chart(draw, text.training.race(found.curves), "training", "curves")]


_MAKERS: Mapping[str, Callable[[Scene, Found], list[Figure]]] = MappingProxyType(
    {
        "graph": _graph, "block": _block, "blocks": _blocks, "gradients": _gradients, "outputs": _outputs,
        "graphs": _graphs, "numbers": _numbers, "curves": _curves,
    }
)  # fmt: skip
