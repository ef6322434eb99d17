"""The comparison as one HTML file that opens offline, with Plotly's code, the style and all pictures inside."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from models.runtime.messages import Message
from models.signals.records import Pair, Timing
from models.specs.external import Network
from models.tracing.diff import difference
from viz import text
from viz.backend import cached
from viz.compare import block_table, figures, html_tables, measured_figures, tables, variant_tables
from viz.compare.scene import Scene
from viz.graph import block_drawing
from viz.graph.picture import Picture
from viz.language import _, language, ngettext
from viz.state.subjects import Subject
from viz.style import theme
from viz.style.html import render

if TYPE_CHECKING:
    import plotly.graph_objects as go

_STYLE = Path(__file__).parents[2] / "assets" / "style.css"


def page(scene: Scene, title: str, link: str, made: str, pairs: Mapping[Network, Pair | Message] | None) -> str:
    """Return the report's HTML. `made` is its origin; `pairs` are the signals, None if they were not measured."""
    subjects, looks, batch = scene.subjects, scene.looks, scene.experiment.measure.batch
    drawn: list[tuple[str, go.Figure, list[str]]] = []  # heading, chart, sentences
    if any(one.published for one in subjects):
        drawn.append((_("Accuracy and MACs"), figures.accuracy(subjects, looks), []))
        drawn.append((_("Accuracy and parameters"), figures.accuracy(subjects, looks, by="params"), []))
    drawn += [
        (_("Counts"), figures.counts(subjects, looks, batch), []),
        (_("Parameters by stage"), figures.by_stage(subjects, looks), []),
        (_("Channels along depth"), figures.channels(subjects, looks), []),
        (_("Memory along depth"), figures.alive(subjects, looks), [text.compare.depths(subjects)]),
    ]
    timed = [(one.name, one.timing) for one in subjects if isinstance(one.timing, Timing)]
    if timed:
        drawn.append((_("Measured here"), measured_figures.timings(subjects, looks), [text.compare.timings(timed)]))
    if pairs is not None:
        said = text.signals.curves([(one.name, one.entry.spec) for one in subjects], pairs)
        backward, forward = (
            measured_figures.signals(subjects, looks, pairs, one) for one in ("weight_gradient_norm", "activation_rms")
        )
        drawn += [(_("Gradients"), backward, said), (_("Activations"), forward, [])]
    header, body = block_table.rows(cached.trace)
    return render(
        "compare/templates/report.html",
        title=title,
        language=language(),
        font=Markup(theme.FONT),  # noqa: S704  # ours
        style=Markup(_STYLE.read_text()),  # noqa: S704
        said=text.compare.comparison(subjects, batch),
        scores=html_tables.scores(scene.rows, subjects, looks, dark=False),
        stages=html_tables.stages(subjects, looks, dark=False),
        blocks=[_block(one) for one in subjects],
        figures=[(name, _figure(figure, first=not place), said) for place, (name, figure, said) in enumerate(drawn)],
        differences=[_difference(subjects[0], one) for one in subjects[1:]],
        choices=[_choices(one) for one in subjects],
        kinds=html_tables.plain(header, body, numbers=False),
        origin=made,
        link=link,
    )


def _block(one: Subject) -> tuple[Picture, Markup]:
    block = block_drawing.typical(one.trace, changes=False)
    drawn, svg = cached.block_picture(one.entry.spec, block)
    return drawn, Markup(svg)  # noqa: S704  # Graphviz escapes


def _difference(first: Subject, other: Subject) -> tuple[list[str], str, Markup]:
    """Sentences on the difference, a summary, and the table of layers that differ."""
    found = difference(first.trace, other.trace)
    frame = tables.difference(found, first.name, other.name)
    frame = frame[frame[tables.same()] == ""].drop(columns=tables.same()).astype(str)
    words = [text.compare.explained(first, other, "params"), text.compare.explained(first, other, "macs")]
    layers = html_tables.plain(list(frame.columns), frame.to_numpy().tolist(), numbers=False)
    return words, ngettext("{n:,} layer that differs", "{n:,} layers that differ", len(frame)), layers


def _choices(one: Subject) -> tuple[str, Markup, Markup | None]:
    """Name of the network, table of its shortcuts, and table of blocks at equal MACs, if there are any."""
    variants = cached.shortcuts(one.entry.spec)
    kept = [cached.kept(variant.spec) for variant in variants]
    equal = cached.equal_macs(one.entry.spec)
    shortcuts = html_tables.plain(*variant_tables.shortcuts(variants, kept))
    return one.name, shortcuts, html_tables.plain(*variant_tables.equal(equal)) if equal else None


def _figure(figure: "go.Figure", *, first: bool) -> Markup:
    figure.update_layout(template="plotly_white", paper_bgcolor="white", plot_bgcolor="white", width=1100)
    return Markup(figure.to_html(full_html=False, include_plotlyjs=first))  # noqa: S704  # Plotly's own
