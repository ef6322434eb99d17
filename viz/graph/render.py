"""Pictures as SVG, PDF and PNG; PDF and PNG by the Graphviz inside pygraphviz's wheels."""

import io
import re
import shutil
import subprocess
from functools import cache

from viz.graph.picture import Picture
from viz.graph.svg import written
from viz.graph.text_width import text_width
from viz.language import ENGLISH
from viz.style import theme

SHARP = 192  # dots per inch
READABLE = 72  # dots per inch below which a PNG's text is illegible
_LONGEST_PNG = 30_000  # pixels: cairo's limit is 32,767
_SAMPLE = "denselayer24 1024 × 56 × 56"


def render(picture: Picture, form: str, *, caption: str = "") -> bytes:
    """Return a picture as "svg", "pdf" or "png", with the caption below."""
    if form == "svg":
        return svg(picture, caption=caption).encode()
    dots = resolution(svg(picture)) if form == "png" else 0
    return _drawn(picture.dot, form, caption=caption, dots=dots)


def svg(picture: Picture, *, caption: str = "") -> str:
    """Return the picture as SVG for pages and slides."""
    if not isinstance(picture.drawn, str):
        return written(picture.drawn, caption=caption)
    text = _drawn(picture.drawn, "svg", caption=caption).decode()
    return re.sub(r"<title>.*?</title>\n?", "", text[text.index("<svg") :])  # without Graphviz's tooltips and prolog


def _drawn(dot: str, form: str, *, caption: str, dots: int = 0) -> bytes:
    import pygraphviz  # imported here: 40 ms that would delay the first paint  # noqa: PLC0415

    placed = "bb=" in dot[:400]
    if placed:
        dot = _smaller(dot, _wider())
    graph = pygraphviz.AGraph(dot)
    if caption:
        graph.graph_attr.update(label=caption, labelloc="b", fontname=theme.DOT_FONT, fontsize="13")
    if dots:
        graph.graph_attr.update(bgcolor=theme.PAPER, dpi=str(dots))
    drawn: bytes = graph.draw(format=form, prog="nop2" if placed else "dot")  # nop2 keeps positions and lines
    graph.close()
    return _opaque(drawn) if form == "png" else drawn


@cache
def _wider() -> float:
    """How much wider this machine's font is than Helvetica, for which boxes are sized: 1 if it isn't."""
    return max(_width(f"<B>{_SAMPLE}</B>") * 72 / text_width(_SAMPLE, 14), 1.0)


@cache
def has_font(language: str) -> bool:
    """Return whether this machine has a font for a language, as Fontconfig tells; True if it can't be asked.

    PDF and PNG are drawn with this machine's fonts, SVG with its reader's.
    """
    asked = shutil.which("fc-list")
    if asked is None or language == ENGLISH:
        return True
    told = subprocess.run([asked, f":lang={language}", "family"], capture_output=True, check=False)  # noqa: S603
    return told.returncode != 0 or bool(told.stdout.strip())


def _width(word: str) -> float:
    """The width of a word as Graphviz draws it, in inches."""
    import pygraphviz  # noqa: PLC0415

    graph = pygraphviz.AGraph(
        f'digraph {{ a [shape=plain, margin=0, fontname="{theme.DOT_FONT}", fontsize=14, label=<{word}>] }}'
    )
    plain = graph.draw(format="plain", prog="dot").decode()
    graph.close()
    return float(next(line for line in plain.splitlines() if line.startswith("node")).split()[4])


def _smaller(dot: str, by: float) -> str:
    """Divide all font sizes, if the machine's font is wider than the boxes are made for."""
    if by < 1.02:  # the boxes have as much room
        return dot
    return re.sub(r'(fontsize=|POINT-SIZE=)"?(\d+)"?', lambda found: f'{found[1]}"{float(found[2]) / by:.1f}"', dot)


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
