"""Small pictures of one block in several orders, side by side, as one SVG."""

from collections.abc import Sequence
from html import escape

from models.tracing.kinds import JOINS, Kind
from models.tracing.layers import Layer
from models.tracing.records import Trace
from viz.language import N_, _, clauses, labelled
from viz.style import theme

_WIDTH, _HEIGHT, _GAP, _STEP = 58, 20, 46, 30  # of a box, the space between columns, the distance of rows, in pixels
_TOP = 34  # of the first box, below the number
_WORDS = {Kind.CONV: N_("conv"), Kind.NORM: N_("norm"), Kind.ACT: N_("ReLU")}


def picture(blocks: Sequence[tuple[str, Trace, str]], *, chosen: int, dark: bool) -> tuple[str, str]:
    """Return an SVG of the main paths of blocks, numbered from 1, with their skips, and the same in words.

    `blocks` are (name, trace, path of a block); the chosen one has a frame.
    """
    columns = [_main(trace, block) for __, trace, block in blocks]
    width = len(blocks) * (_WIDTH + _GAP)
    height = _TOP + max(map(len, columns)) * _STEP + 10
    drawn = [_column(layers, place, chosen=place == chosen, dark=dark) for place, layers in enumerate(columns)]
    alt = clauses(
        labelled(name, _(", ").join(_label(layer) for layer in layers))
        for (name, _trace, _block), layers in zip(blocks, columns, strict=True)
    )
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'font-family="{theme.PRINT_FONT}" font-size="12">{"".join(drawn)}</svg>'
    )
    return svg, alt


def _main(trace: Trace, block: str) -> list[Layer]:
    return [layer for layer in trace.layers if layer.block == block and not layer.projection]


def _label(layer: Layer) -> str:
    return "+" if layer.kind in JOINS else _(_WORDS.get(Kind(layer.kind), layer.operation))


def _column(layers: Sequence[Layer], place: int, *, chosen: bool, dark: bool) -> str:
    ink, line, skip = (shade.dark if dark else shade.light for shade in (theme.TEXT, theme.LINE, theme.SKIP))
    left = place * (_WIDTH + _GAP) + 8
    middle, parts = left + _WIDTH / 2, []
    bottom = _TOP + len(layers) * _STEP
    parts.append(
        f'<text x="{middle}" y="15" text-anchor="middle" fill="{ink}" font-weight="bold">{place + 1}</text>'
        f'<line x1="{middle}" y1="20" x2="{middle}" y2="{bottom}" stroke="{line}"/>'
    )
    if chosen:
        parts.append(
            f'<rect x="{left - 7}" y="1" width="{_WIDTH + 36}" height="{bottom + 6}" rx="6" fill="none" '
            f'stroke="{skip}" stroke-width="2"/>'
        )
    for row, layer in enumerate(layers):
        y = _TOP + row * _STEP
        fill = theme.fill(layer.kind)
        colour = fill.dark if dark else fill.light
        text = f'<text x="{middle}" y="{y + 14}" text-anchor="middle" fill="{ink}">{escape(_label(layer))}</text>'
        if layer.kind in JOINS:
            side = left + _WIDTH + 12
            parts.append(
                f'<path d="M{middle} 24 H{side} V{y + 10} H{middle + 11}" fill="none" stroke="{skip}" '
                f'stroke-width="2"/><circle cx="{middle}" cy="{y + 10}" r="10" fill="{colour}" stroke="{line}"/>{text}'
            )
        else:
            parts.append(
                f'<rect x="{left}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="3" fill="{colour}" '
                f'stroke="{line}"/>{text}'
            )
    return "".join(parts)
