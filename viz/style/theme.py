"""All colours and line styles of the page, the charts and the graphs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from models.tracing.kinds import KINDS
from models.tracing.layers import EdgeKind

PAPER = "#ffffff"  # background of downloaded pictures


@dataclass(frozen=True, slots=True)
class Shade:
    """A colour in the light and in the dark theme."""

    light: str
    dark: str

    def on(self, *, dark: bool) -> str:
        return self.dark if dark else self.light


def fill(kind: str) -> Shade:
    """Return the colour of a kind of layer in a graph."""
    return Shade(*KINDS[kind].fill)


TEXT = Shade("#1c2430", "#eef2f7")
LINE = Shade("#46505e", "#a5b0be")
GROUP = Shade("#e9eef5", "#232c38")  # a folded stage, run or block
CLUSTER = Shade("#f6f8fb", "#171e27")  # an unfolded one
# Tints of a network's stages, in the order of the data; they repeat. Paler than the fills of kinds.
STAGES = (
    Shade("#dce9f8", "#21344a"),
    Shade("#dff1df", "#223d2b"),
    Shade("#fdeecb", "#453a1c"),
    Shade("#f9dfe6", "#48262f"),
    Shade("#e8e0f6", "#352b4d"),
    Shade("#d9f0ef", "#1d3f40"),
)
STAGE_LINE = Shade("#b9c3d0", "#46525f")  # around an unfolded stage or block
SKIP = Shade("#0072b2", "#56b4e9")  # with skip connections: blue, everywhere
PLAIN = Shade("#d55e00", "#ff8c5a")  # without: vermilion, dashed, squares
SELECTED = Shade("#0b6e4f", "#7ee0b8")  # the line at the selected layer
DIFFERENT = Shade("#a8480a", "#ffb37a")  # what is not the same in two networks
FADED = Shade("#b9c1cb", "#4a5564")  # beside a path that is lit up
REFERENCE = "#7f8794"  # theory and published values: grey in both themes
CHANNELS, RESOLUTION = "#2f8fd0", "#e0702a"  # distinguished by their markers too

# A network's colour depends on its kind (models.specs.naming.kind), on every page.
NETWORK: Mapping[str, Shade] = MappingProxyType(
    {
        "ResNet": SKIP,
        "DenseNet": Shade("#009e73", "#2fc79b"),
        "ResNeXt": Shade("#b8578f", "#e39bc6"),
        "SE-ResNet": Shade("#7a5fb5", "#b9a3e8"),
        "SE-ResNeXt": Shade("#7a5fb5", "#b9a3e8"),
        "Wide ResNet": Shade("#d68f00", "#f0b840"),
        "VGG": Shade("#6b6f1d", "#c9cd6a"),
        "Inception-ResNet": Shade("#8a3f2b", "#e2a08f"),
        "WRN": Shade("#d68f00", "#f0b840"),
        "Pre-activation ResNet": Shade("#2f9fd6", "#a5dcf7"),
        "Plain": PLAIN,
    }
)
EDGE_STYLE: Mapping[EdgeKind, str] = MappingProxyType(
    {EdgeKind.FLOW: "solid", EdgeKind.IDENTITY: "solid", EdgeKind.PROJECTION: "dashed", EdgeKind.CONCAT: "solid"}
)
_CHINESE = "Noto Sans SC, Microsoft YaHei, PingFang SC, WenQuanYi Micro Hei"  # for what the others lack
FONT = f"Source Sans, Helvetica, Arial, {_CHINESE}, sans-serif"
# of downloaded pictures: laid out by what has the font
PRINT_FONT = f"Arial, Helvetica, {_CHINESE}, sans-serif"
DOT_FONT = "Helvetica,Arial,Liberation Sans,sans-serif"  # the first of these that a machine has draws graphs
CHART_TEXT = 15  # px: legible from the last row


@dataclass(frozen=True, slots=True)
class SeriesStyle:
    """Style of one of several networks, which differ in line, marker and pattern too."""

    shade: Shade
    dash: str
    symbol: str
    glyph: str  # the marker in text
    pattern: str  # of bars


_MARKS = (
    ("solid", "circle", "●", ""),
    ("dash", "square", "■", "/"),
    ("dot", "diamond", "◆", "x"),
    ("dashdot", "triangle-up", "▲", "."),
    ("longdash", "cross", "✚", "-"),
    ("longdashdot", "hexagon", "⬢", "+"),  # not a star: it marks the best value
)
# Share of the text colour (> 0) or of the background (< 0) in the colours of several networks of one kind, in the light
# and in the dark theme: neighbours differ clearly in lightness.
_MIXES = ((0.0, 0.0), (0.45, -0.45), (-0.4, 0.55), (0.7, -0.6), (-0.6, 0.75), (0.25, -0.25))


def series_styles(kinds: Sequence[str]) -> tuple[SeriesStyle, ...]:
    """Return the styles of at most six networks, given their kinds; those without a colour get one that is left."""
    known = {NETWORK.get(kind) for kind in kinds}
    free = [shade for shade in dict.fromkeys(NETWORK.values()) if shade not in known and shade is not PLAIN]
    colours = [NETWORK.get(kind) or free.pop(0) for kind in kinds]
    found = []
    for place, own in enumerate(colours):
        again = colours[:place].count(own)
        found.append(SeriesStyle(_shade(own, _MIXES[again]), *_MARKS[place]))
    return tuple(found)


def _shade(own: Shade, mixes: tuple[float, float]) -> Shade:
    in_light, in_dark = mixes
    light = _mixed(own.light, TEXT.light if in_light > 0 else PAPER, abs(in_light))
    dark = _mixed(own.dark, TEXT.dark if in_dark > 0 else "#10151c", abs(in_dark))
    return Shade(light, dark)


def relit() -> dict[str, str]:
    """Return every colour that a chart may have in the dark theme -> the same in the light theme."""
    shades = [TEXT, LINE, SELECTED, *(_shade(own, mix) for own in {*NETWORK.values(), SKIP, PLAIN} for mix in _MIXES)]
    faint = {_written(shade.dark): _written(shade.light) for shade in shades}  # as in `faded`
    return {shade.dark: shade.light for shade in shades} | faint


# Viridis (Smith & van der Walt 2015, CC0) in nine steps: perceptually uniform, safe for colour-blind readers.
SCALE = ("#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725")


def scale(share: float) -> str:
    """Return the colour at `share`, 0 to 1, of the value scale, interpolated between its steps."""
    position = min(max(share, 0.0), 1.0) * (len(SCALE) - 1)
    low = min(int(position), len(SCALE) - 2)
    return _mixed(SCALE[low], SCALE[low + 1], position - low)


def stage(number: int) -> Shade:
    """Return the tint of a stage, counted from 0."""
    return STAGES[number % len(STAGES)]


def paler(shade: Shade) -> Shade:
    """Return a shade half way to the background."""
    return Shade(_mixed(shade.light, PAPER, 0.55), _mixed(shade.dark, "#10151c", 0.55))


def _mixed(colour: str, other: str, share: float) -> str:
    """A mixture of two colours, with the given share of the other one."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(first + (second - first) * share):02x}" for first, second in pairs)


def text_on(fill: str) -> str:
    """Return black or white, whichever has more contrast with a fill (WCAG 2)."""
    return max(("#000000", "#ffffff"), key=lambda ink: contrast(ink, fill))


def faded(colour: str, share: float) -> str:
    """Return a colour with an opacity, 0 to 1, in the form that all versions of Plotly and SVG accept."""
    return f"rgba({_written(colour)}, {share:g})"


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2, relative luminance)."""
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = (byte / 255 for byte in _channels(colour))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


_AXIS = {"tickfont": {"size": CHART_TEXT - 1}, "title": {"font": {"size": CHART_TEXT}}, "automargin": True}


def axis() -> dict[str, object]:
    """Return the settings that all axes share."""
    return dict(_AXIS)


def layout(title: str, **more: object) -> dict[str, object]:
    """Return the layout of all charts: transparent, with Streamlit's text colours, to follow the page's theme."""
    return {
        "title": {"text": title, "x": 0, "xanchor": "left", "font": {"size": 17}},
        "font": {"family": FONT, "size": CHART_TEXT},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 8, "r": 8, "t": 64, "b": 8},
        "legend": {
            "orientation": "h",
            "y": 1.0,
            "yanchor": "bottom",
            "x": 1,
            "xanchor": "right",
            "font": {"size": CHART_TEXT - 1},
        },
        "hoverlabel": {"font": {"family": FONT, "size": CHART_TEXT}},
        "xaxis": _AXIS,
        "yaxis": _AXIS,
        "modebar": {"orientation": "v", "bgcolor": "rgba(0,0,0,0)"},  # beside the title, not over it
    } | more


def printed() -> dict[str, object]:
    """Return the template of a downloaded chart: light colours on white, whatever the page's theme."""
    lines = {"gridcolor": "#e1e5ea", "linecolor": "#b9c0c9", "zerolinecolor": "#b9c0c9"}
    ink = {"tickfont": {"color": LINE.light}, "title": {"font": {"color": LINE.light}}}
    own = {"font": {"family": PRINT_FONT, "color": TEXT.light}, "xaxis": lines | ink, "yaxis": lines | ink}
    return {"layout": own | {"paper_bgcolor": "#ffffff", "plot_bgcolor": "#ffffff"}}


def _written(colour: str) -> str:
    return ", ".join(map(str, _channels(colour)))


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
