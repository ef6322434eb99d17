"""The comparison as HTML, for the page and for the report, and as a frame to take away."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from models.differences import aligned
from viz import format
from viz.quantities import Row, Subject
from viz.theme import Look

if TYPE_CHECKING:
    import pandas as pd

STAR = "★"


def mark(look: Look, *, dark: bool) -> str:
    """A network's marker in its colour."""
    return f'<b class="mark" style="color:{look.shade.on(dark=dark)}" aria-hidden="true">{look.glyph}</b>'


def _whole(name: str) -> str:
    """A name that breaks between its words only."""
    return " ".join(f"<nobr>{escape(word)}</nobr>" for word in name.split())


def scores(rows: Sequence[Row], subjects: Sequence[Subject], looks: Sequence[Look], *, dark: bool) -> str:
    """A row a quantity, a column a network; every row opens to its convention and the arithmetic of each number."""
    head = "".join(
        f"<span>{mark(look, dark=dark)} {_whole(one.name)}</span>" for one, look in zip(subjects, looks, strict=True)
    )
    lines = [f'<div class="row head"><span>click a row: its arithmetic</span>{head}</div>']
    for row in rows:
        cells = "".join(
            f'<span class="{"best" if place in row.best else "cell"}">'
            f"{f'<i>{STAR}</i> ' if place in row.best else ''}{escape(text)}</span>"
            for place, text in enumerate(row.texts)
        )
        formulas = "".join(
            f"<dt>{mark(look, dark=dark)} {escape(one.name)}</dt><dd>{escape(formula)}</dd>"
            for one, look, formula in zip(subjects, looks, row.formulas, strict=True)
        )
        lines.append(
            f'<details><summary class="row"><span>{escape(row.name)}</span>{cells}</summary>'
            f'<div class="why"><p>{escape(row.convention)}</p><dl>{formulas}</dl></div></details>'
        )
    return f'<div class="scores" style="--networks:{len(subjects)}">{"".join(lines)}</div>'


def stages(subjects: Sequence[Subject], looks: Sequence[Look], *, dark: bool) -> str:
    """Shapes, blocks, parameters and MACs of the stages in matching rows; a bar is the share of the network's MACs."""
    totals = [{total.path: total for total in one.trace.stages} for one in subjects]
    head = "".join(
        f"<th scope=col>{mark(look, dark=dark)} {escape(one.name)}</th>"
        for one, look in zip(subjects, looks, strict=True)
    )
    body = []
    for name, paths in aligned(tuple(one.trace for one in subjects)):
        cells = []
        for one, own, path, look in zip(subjects, totals, paths, looks, strict=True):
            if path is None:
                cells.append('<td class="none">–</td>')
                continue
            total = own[path]
            named = total.blocks and name.startswith("stage")
            blocks = f"{format.plural(total.blocks, 'block')} · " if named else ""
            share = total.macs / one.trace.macs if one.trace.macs else 0
            cells.append(
                f"<td><b>{format.shape(total.output_shape)}</b><br>{blocks}{format.short(total.params)} parameters · "
                f"{format.short(total.macs)} MACs"
                f'<div class="bar" title="{share:.1%} of its MACs"><i style="width:{share:.1%};background:'
                f'{look.shade.on(dark=dark)}"></i></div><small>{escape(path.removeprefix("features."))}, '
                f"{share:.0%} of its MACs</small></td>"
            )
        label = "transition" if name.startswith("after") else name
        body.append(f"<tr><th scope=row>{label}</th>{''.join(cells)}</tr>")
    return _wide(f'<table class="stages"><thead><tr><td></td>{head}</tr></thead><tbody>{"".join(body)}</tbody></table>')


def plain(header: Sequence[str], body: Sequence[Sequence[str]], *, numbers: bool = True) -> str:
    """A small table: the first column are names."""
    head = "".join(f"<th scope=col>{escape(text)}</th>" if text else "<td></td>" for text in header)
    lines = [
        f"<tr><th scope=row>{escape(row[0])}</th>" + "".join(f"<td>{escape(text)}</td>" for text in row[1:]) + "</tr>"
        for row in body
    ]
    kind = "small numbers" if numbers else "small"
    return _wide(f'<table class="{kind}"><thead><tr>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table>')


def _wide(table: str) -> str:
    """On a narrow screen the table scrolls, and the keyboard can scroll it."""
    return f'<div class="wide" tabindex="0" role="group" aria-label="Table">{table}</div>'


def frame(rows: Sequence[Row], subjects: Sequence[Subject]) -> "pd.DataFrame":
    """As the page has it, a star behind the best."""
    import pandas as pd  # see `warm`  # noqa: PLC0415

    columns: dict[str, list[str]] = {"Quantity": [row.name for row in rows]}
    for place, one in enumerate(subjects):
        columns[one.name] = [row.texts[place] + (f" {STAR}" if place in row.best else "") for row in rows]
    return pd.DataFrame(columns)


def values(rows: Sequence[Row], subjects: Sequence[Subject]) -> "pd.DataFrame":
    """The bare numbers: for programs."""
    import pandas as pd  # noqa: PLC0415

    names = [row.name + (", bytes" if row.texts[0].endswith("B") else "") for row in rows]
    columns: dict[str, list[object]] = {"Quantity": list(names)}
    for place, one in enumerate(subjects):
        columns[one.name] = [text if (text := row.texts[place]).count("×") else row.values[place] for row in rows]
    return pd.DataFrame(columns, dtype=object)
