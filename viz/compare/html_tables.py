"""The comparison as HTML tables for the page and the report, and as data frames to download."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup

from models.tracing.diff import aligned
from models.tracing.records import Total
from viz.compare.metrics import Row
from viz.language import _, ngettext, worded
from viz.state.subjects import Subject
from viz.style import format
from viz.style.html import render
from viz.style.theme import SeriesStyle

if TYPE_CHECKING:
    import pandas as pd

STAR = "★"


def scores(rows: Sequence[Row], subjects: Sequence[Subject], looks: Sequence[SeriesStyle], *, dark: bool) -> Markup:
    """Return the table of quantities, one column per network; a row opens to show its convention and arithmetic."""
    networks = list(zip(subjects, looks, strict=True))
    return render("compare/templates/scores.html", rows=rows, networks=networks, star=STAR, dark=dark)


def stages(subjects: Sequence[Subject], looks: Sequence[SeriesStyle], *, dark: bool) -> Markup:
    """Return shapes, blocks, parameters and MACs of the stages in matching rows; a bar shows the share of the MACs."""
    totals = [{total.path: total for total in one.trace.stages} for one in subjects]
    lines = []
    for name, paths in aligned(tuple(one.trace for one in subjects)):
        cells = [
            None if path is None else _cell(own[path], one.trace.macs, look.shade.on(dark=dark))
            for one, own, path, look in zip(subjects, totals, paths, looks, strict=True)
        ]
        lines.append((worded(name), cells))
    networks = list(zip(subjects, looks, strict=True))
    return render("compare/templates/stages.html", networks=networks, lines=lines, dark=dark)


def _cell(total: Total, macs: int, colour: str) -> dict[str, str]:
    share = total.macs / macs if macs else 0
    counts = [ngettext("{n} block", "{n} blocks", total.blocks)] if total.blocks and total.macs else []
    counts += [
        _("{count} parameters", count=format.short(total.params)),
        _("{count} MACs", count=format.short(total.macs)),
    ]
    return {
        "shape": format.shape(total.output_shape),
        "counts": " · ".join(counts),
        "share": f"{share:.1%}",
        "about": f"{share:.0%}",
        "colour": colour,
        "path": format.stage(total.path),
    }


def plain(header: Sequence[str], body: Sequence[Sequence[str]], *, numbers: bool = True) -> Markup:
    """Return a small table whose first column holds the names of the rows."""
    return render("compare/templates/table.html", header=header, body=body, numbers=numbers)


def frame(rows: Sequence[Row], subjects: Sequence[Subject]) -> "pd.DataFrame":
    """Return the table of quantities as text, with a star after the best values."""
    import pandas as pd  # noqa: PLC0415

    columns: dict[str, list[str]] = {_("Quantity"): [row.name for row in rows]}
    for place, one in enumerate(subjects):
        columns[one.name] = [row.texts[place] + (f" {STAR}" if place in row.best else "") for row in rows]
    return pd.DataFrame(columns)


def values(rows: Sequence[Row], subjects: Sequence[Subject]) -> "pd.DataFrame":
    """Return the table of quantities as plain numbers, for programs; shapes are text."""
    import pandas as pd  # noqa: PLC0415

    columns: dict[str, list[object]] = {
        _("Quantity"): [row.name + (f", {row.unit}" if row.unit else "") for row in rows]
    }
    for place, one in enumerate(subjects):
        columns[one.name] = [row.texts[place] if row.worded else row.values[place] for row in rows]
    return pd.DataFrame(columns, dtype=object)
