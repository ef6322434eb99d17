"""The figure of a step: that of its page, in the state of the step's scene."""

from dataclasses import dataclass
from functools import partial

import streamlit as st

from models.signals.records import Pair
from models.specs.external import Network
from models.specs.naming import kind
from models.training.stored_run import Status
from viz import text
from viz.backend import cached, shipped, signal_jobs, training_jobs
from viz.graph.folding import Folding, reveal
from viz.graph.view import graph_view
from viz.language import N_, _
from viz.lessons import numbers
from viz.lessons.lesson import Step
from viz.lessons.scenes import Scene
from viz.signals.scene import Scene as Measured
from viz.state.compare import entries
from viz.state.subjects import Curve
from viz.state.training import runners
from viz.style import format, theme
from viz.ui import chart
from viz.ui.job_widget import ask, known

_HEIGHT = "max(340px, 52vh)"
_LINKS = {
    "architecture": N_("Open in Architecture"),
    "signals": N_("Open in Signals"),
    "compare": N_("Open in Compare"),
    "training": N_("Open in Training"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """The numbers of a scene, and where its measurement is from; None if it isn't measured yet."""

    numbers: dict[str, float]
    origin: str = ""
    pair: Pair | None = None
    curves: tuple[Curve, ...] = ()


def found(scene: Scene) -> Found | None:
    """Return a scene's numbers. A measurement that is missing starts, or its button is drawn."""
    if scene.page == "architecture":
        return Found(numbers.of_trace(cached.trace(scene.spec), scene.view.layer))
    if scene.page == "compare":
        compared = entries(scene.comparison.slots, scene.spec)
        return Found(numbers.of_several([cached.trace(one.spec) for one in compared]))
    return _signals(scene) if scene.page == "signals" else _race(scene)


def quiet(scene: Scene) -> Found | None:
    """Return a scene's numbers if they are known; nothing is measured, and nothing drawn."""
    if scene.page != "signals":
        return found(scene) if scene.page != "training" else _race(scene, quiet=True)
    request = signal_jobs.pair(scene.spec, scene.experiment, None)
    before = shipped.pair(scene.spec, request)
    pair = before[0] if before is not None else known("lesson", request)
    return Found(numbers.of_pair(pair), pair=pair) if pair is not None else None


def _signals(scene: Scene) -> Found | None:
    request = signal_jobs.pair(scene.spec, scene.experiment, None)
    before = shipped.pair(scene.spec, request)
    if before is not None:
        pair, stamp = before
        return Found(numbers.of_pair(pair), _("Measured before, on {date}.", date=stamp.date), pair)
    answer = ask("lesson", request, button=N_("Measure it ({time})"), wanted=True)
    if answer.result is None or not answer.fresh:
        return None
    return Found(numbers.of_pair(answer.result), _("Measured here."), answer.result)


def _race(scene: Scene, *, quiet: bool = False) -> Found | None:
    curves, origin = [], _("Trained here.")
    for runner in runners(scene.race, scene.spec):
        own = training_jobs.kept(runner.run)
        if own is None or own.status is not Status.DONE:
            before = shipped.run(runner.run)
            if before is None:
                if quiet:
                    return None
                st.info(_("These networks are not trained yet. Train them on the Training page."))
                return None
            own, made = before
            origin = _("Trained before, on {made}.", made=made)
        curves.append(Curve(runner.name, runner.run, own))
    return Found(numbers.of_race(curves), origin, curves=tuple(curves))


def figure(step: Step, scene: Scene, measured: Found) -> None:
    """Draw the figure of a step, what to look at, and the link to its page."""
    draw = {
        "graph": _graph, "block": _block, "gradients": _gradients, "outputs": _outputs, "graphs": _graphs,
        "numbers": _numbers, "blocks": _blocks, "curves": _curves,
    }.get(step.figure)  # fmt: skip
    if draw is not None:
        draw(scene, measured)
    if step.look:
        st.markdown(f":material/visibility: {step.look}")
    with st.container(horizontal=True, vertical_alignment="center"):
        if measured.origin:
            st.caption(measured.origin)
        page = f"viz/pages/{step.page}.py"
        st.page_link(page, label=_(_LINKS[step.page]), query_params=dict(_query(step)), icon=":material/open_in_new:")


def _query(step: Step) -> list[tuple[str, str]]:
    from urllib.parse import parse_qsl  # noqa: PLC0415

    return parse_qsl(step.query, keep_blank_values=True)


def _graph(scene: Scene, _found: Found) -> None:
    view = scene.view
    drawn, svg = cached.picture(
        scene.spec, Folding(view.level, view.fold), view.direction, view.colour, shapes=view.shapes
    )
    shown = reveal(cached.groups(scene.spec), drawn.folding, view.layer) if view.layer else ""
    graph_view(drawn, svg, key="lesson_graph", network=repr(scene.spec), shown=shown, height=_HEIGHT, on_pick=_nothing)


def _nothing(_node: str) -> None:
    """A click does nothing: the figure is of the lesson."""


def _block(scene: Scene, _found: Found) -> None:
    block = cached.trace(scene.spec).by_path[scene.view.layer].block
    _one_block(scene.spec, block, "lesson_block")


def _one_block(spec: Network, block: str, key: str) -> None:
    drawn, svg = cached.block_picture(spec, block)
    graph_view(drawn, svg, key=key, network=repr(spec), shown="", height=_HEIGHT, on_pick=_nothing)


def _gradients(scene: Scene, measured: Found) -> None:
    from viz.signals import figures  # loads plotly  # noqa: PLC0415

    assert measured.pair is not None  # noqa: S101  # the page is Signals
    of, show = scene.experiment.of, scene.experiment.show
    said = text.signals.gradients(measured.pair, of, show)
    draw = partial(figures.gradients, measured.pair, of, show=show, selected=scene.view.layer)
    chart.show(draw, "lesson_gradients", alt=said, name=cached.file_name(scene.spec))


def _outputs(scene: Scene, measured: Found) -> None:
    from viz.signals import figures  # noqa: PLC0415

    assert measured.pair is not None  # noqa: S101
    draw = partial(figures.outputs, measured.pair, "activation_rms", scene.experiment.at, show=scene.experiment.show)
    words = _("Activations by block, with and without skip connections.")
    chart.show(draw, "lesson_outputs", alt=words, name=cached.file_name(scene.spec))


def _graphs(scene: Scene, measured: Found) -> None:
    from viz.signals import tab_graphs  # noqa: PLC0415

    assert measured.pair is not None  # noqa: S101
    drawn, svg = tab_graphs.picture(Measured(measured.pair, scene.spec, scene.experiment, scene.view, None))
    graph_view(drawn, svg, key="lesson_graphs", network=repr(scene.spec), shown="", height=_HEIGHT, on_pick=_nothing)


def _numbers(scene: Scene, _found: Found) -> None:
    compared = entries(scene.comparison.slots, scene.spec)
    traces = [cached.trace(one.spec) for one in compared]
    rows = [
        (_("Parameters"), [format.whole(trace.params) for trace in traces]),
        (_("MACs"), [format.short(trace.macs) for trace in traces]),
        (_("Depth"), [format.whole(trace.depth) for trace in traces]),
        (_("Activations"), [format.size(trace.activation_bytes) for trace in traces]),
    ]
    head = f"| | {' | '.join(one.name for one in compared)} |\n|---|{'---:|' * len(compared)}\n"
    st.markdown(head + "\n".join(f"| {name} | {' | '.join(values)} |" for name, values in rows))


def _blocks(scene: Scene, _found: Found) -> None:
    from viz.graph import block_drawing  # noqa: PLC0415

    compared = entries(scene.comparison.slots, scene.spec)
    for place, (column, one) in enumerate(zip(st.columns(len(compared)), compared, strict=True)):
        with column:
            st.markdown(f"**{one.name}**")
            block = block_drawing.typical(cached.trace(one.spec), changes=scene.comparison.which == "changes")
            _one_block(one.spec, block, f"lesson_block_{place}")


def _curves(scene: Scene, measured: Found) -> None:
    from viz.training import figures  # noqa: PLC0415

    looks = theme.series_styles([kind(curve.run.network) for curve in measured.curves])
    draw = partial(figures.curves, measured.curves, looks, scale=scene.race.curve, logarithmic=scene.race.logarithmic)
    chart.show(draw, "lesson_curves", alt=text.training.race(measured.curves), name="training")
