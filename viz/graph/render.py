"""Rendering of DOT source as SVG, PDF and PNG, by the Graphviz inside pygraphviz's wheels."""

import io
import re

from viz.style import theme

SHARP = 192  # dots per inch
READABLE = 72  # dots per inch below which a PNG's text is illegible
_LONGEST_PNG = 30_000  # pixels: cairo's limit is 32,767


def render(dot: str, form: str, *, caption: str = "") -> bytes:
    """Return DOT source laid out as "svg", "pdf" or "png", with the caption below."""
    import pygraphviz  # imported here: 40 ms that would delay the first paint  # noqa: PLC0415

    graph = pygraphviz.AGraph(dot)
    if caption:
        graph.graph_attr.update(label=caption, labelloc="b", fontname="Helvetica", fontsize="13")
    if form == "png":
        graph.graph_attr.update(bgcolor=theme.PAPER, dpi=str(resolution(render(dot, "svg").decode())))
    drawn: bytes = graph.draw(format=form, prog="dot")
    graph.close()
    return _opaque(drawn) if form == "png" else drawn


def _opaque(drawn: bytes) -> bytes:
    """Remove a PNG's transparency, which cairo leaves in the last row and column."""
    from PIL import Image  # noqa: PLC0415

    written = io.BytesIO()
    with Image.open(io.BytesIO(drawn)) as picture:
        dpi = picture.info.get("dpi", (72, 72))
        picture.convert("RGB").save(written, "PNG", dpi=dpi)
    return written.getvalue()


def resolution(drawn: str) -> int:
    """Return a PNG's dots per inch, for the size of an SVG: sharp on a projector, within the largest side of a PNG."""
    points = re.search(r'width="(\d+)pt" height="(\d+)pt"', drawn)
    longest = max(map(int, points.groups())) if points else 1
    return min(SHARP, _LONGEST_PNG * 72 // longest)


def svg(dot: str, *, caption: str = "") -> str:
    """Return the picture as SVG for pages and slides, without Graphviz's tooltips and prolog."""
    text = render(dot, "svg", caption=caption).decode()
    return re.sub(r"<title>.*?</title>\n?", "", text[text.index("<svg") :])
