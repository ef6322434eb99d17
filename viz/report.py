"""The whole comparison as one HTML page that opens offline: Plotly's code, the style and every picture are inside."""

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from models.differences import difference
from models.measured import Pair, Timing
from models.spec import NetworkSpec
from viz import (
    block_graph,
    choice_tables,
    comparison_table,
    format,
    kinds_table,
    measure,
    sentences,
    tables,
    theme,
    verdict,
)
from viz.facets import Scene
from viz.quantities import Subject

if TYPE_CHECKING:
    import plotly.graph_objects as go

_STYLE = Path(__file__).parents[1] / "assets" / "style.css"
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 16px/1.45 {font}; color: #1c2430; max-width: 1200px; margin: 2rem auto; padding: 0 1.5rem; }}
figure {{ margin: 1rem 0; }} .blocks {{ display: flex; flex-wrap: wrap; gap: 2rem; }} .blocks svg {{ max-width: 100%; }}
{style}
</style></head><body>
<h1>{title}</h1>
{body}
<p>Made by Skipscope. This very comparison, live: <a href="{link}">{link}</a></p>
</body></html>
"""


def page(scene: Scene, title: str, link: str, pairs: Mapping[NetworkSpec, Pair | str] | None) -> str:
    """The page's source. `pairs`: the signals, where they were measured."""
    from viz.figures import comparison  # noqa: PLC0415

    subjects, looks, batch = scene.subjects, scene.looks, scene.experiment.batch
    figures: list[tuple[str, go.Figure, list[str]]] = []  # heading, picture, what it says
    if any(one.published for one in subjects):
        figures.append(("Accuracy and arithmetic", comparison.accuracy(subjects, looks), []))
        figures.append(("Accuracy and size", comparison.accuracy(subjects, looks, by="params"), []))
    figures += [
        ("Counts", comparison.counts(subjects, looks, batch), []),
        ("Parameters by stage", comparison.by_stage(subjects, looks), []),
        ("Channels along the depth", comparison.channels(subjects, looks), []),
        ("Memory along the depth", comparison.alive(subjects, looks), [verdict.depths(subjects)]),
    ]
    timed = [(one.name, one.timing) for one in subjects if isinstance(one.timing, Timing)]
    if timed:
        figures.append(("Measured", comparison.timings(subjects, looks), [verdict.timings(timed)]))
    if pairs is not None:
        said = sentences.curves([(one.name, one.entry.spec) for one in subjects], pairs)
        backward, forward = (
            comparison.signals(subjects, looks, pairs, one) for one in ("weight_gradient_norm", "activation_rms")
        )
        figures += [("Gradients", backward, said), ("Signals", forward, [])]
    parts = [
        f"<p>{_bold(verdict.comparison(subjects, batch))}</p>",
        comparison_table.scores(scene.rows, subjects, looks, dark=False),
        "<h2>By stage</h2>",
        comparison_table.stages(subjects, looks, dark=False),
        "<h2>Blocks</h2>",
        f'<div class="blocks">{"".join(map(_block, subjects))}</div>',
        *(_figure(*own, first=place == 0) for place, own in enumerate(figures)),
    ]
    if len(subjects) > 1:
        parts += ["<h2>Differences from the first</h2>", *(_difference(subjects[0], one) for one in subjects[1:])]
    parts += ["<h2>What a shortcut costs</h2>", *map(_choices, subjects)]
    header, body = kinds_table.rows(measure.trace)
    parts += ["<h2>BasicBlock and Bottleneck</h2>", comparison_table.plain(header, body, numbers=False)]
    return _PAGE.format(
        title=escape(title), font=theme.FONT, style=_STYLE.read_text(), body="\n".join(parts), link=escape(link)
    )


def _bold(markdown: str) -> str:
    """Bold Markdown as HTML."""
    pieces = escape(markdown).split("**")
    return "".join(f"<b>{piece}</b>" if place % 2 else piece for place, piece in enumerate(pieces))


def _block(one: Subject) -> str:
    block = block_graph.typical(one.trace, changes=False)
    drawn, svg = measure.block_picture(one.entry.spec, block)
    caption = f"<figcaption>{escape(drawn.caption)}</figcaption>"
    return f'<figure role="img" aria-label="{escape(drawn.alt)}">{caption}{svg}</figure>'


def _difference(first: Subject, other: Subject) -> str:
    """In words, and the layers that differ, folded."""
    found = difference(first.trace, other.trace)
    frame = tables.difference(found, first.name, other.name)
    frame = frame[frame["Same"] == ""].drop(columns="Same").astype(str)
    words = [verdict.explained(first, other, *what) for what in (("params", "parameters"), ("macs", "MACs"))]
    layers = comparison_table.plain(list(frame.columns), frame.to_numpy().tolist(), numbers=False)
    said = "".join(f"<p>{_bold(text)}</p>" for text in words)
    return f"{said}<details><summary>{format.plural(len(frame), 'layer')} that differ</summary>{layers}</details>"


def _choices(one: Subject) -> str:
    """Kinds of shortcuts, and blocks at equal MACs."""
    variants = measure.shortcuts(one.entry.spec)
    kept = [measure.kept(variant.spec) for variant in variants]
    parts = [f"<h3>{escape(one.name)}</h3>", comparison_table.plain(*choice_tables.shortcuts(variants, kept))]
    if equal := measure.equal_macs(one.entry.spec):
        parts.append("<p>Blocks of other kinds at the MACs of its own:</p>")
        parts.append(comparison_table.plain(*choice_tables.equal(equal)))
    return "".join(parts)


def _figure(heading: str, figure: "go.Figure", said: list[str], *, first: bool) -> str:
    figure.update_layout(template="plotly_white", paper_bgcolor="white", plot_bgcolor="white", width=1100)
    html: str = figure.to_html(full_html=False, include_plotlyjs=first)
    words = "".join(f"<p>{_bold(text)}</p>" for text in said if text)
    return f"<h2>{escape(heading)}</h2>{words}{html}"
