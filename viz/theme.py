"""Every colour and every line style, for the page, the charts and the graphs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from models.records import EdgeKind, Kind

PAPER = "#ffffff"  # what pictures that leave are laid on


@dataclass(frozen=True, slots=True)
class Shade:
    """One colour for each theme."""

    light: str
    dark: str

    def on(self, *, dark: bool) -> str:
        return self.dark if dark else self.light


# Fills of one saturation that differ in lightness too: told apart in greyscale and by colour-blind readers.
KIND: Mapping[Kind, Shade] = MappingProxyType(
    {
        Kind.CONV: Shade("#8fbfe6", "#1d5f96"),
        Kind.NORM: Shade("#d7e8c4", "#3f5a2a"),
        Kind.ACT: Shade("#fbeab5", "#6e5a17"),
        Kind.POOL: Shade("#f2b79f", "#8a4527"),
        Kind.LINEAR: Shade("#c3aae6", "#573a86"),
        Kind.ADD: Shade("#ffffff", "#10151c"),
        Kind.CONCAT: Shade("#ffffff", "#10151c"),
        Kind.PAD: Shade("#d3d8de", "#4a525c"),
    }
)
KIND_NAME: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.CONV: "convolution",
        Kind.NORM: "norm",
        Kind.ACT: "activation",
        Kind.POOL: "pool",
        Kind.LINEAR: "linear",
        Kind.ADD: "add",
        Kind.CONCAT: "concatenate",
        Kind.PAD: "zero padding",
    }
)
# In sentences: "13 norms and 4 additions".
NOUN: Mapping[Kind, str] = MappingProxyType(
    dict(KIND_NAME)
    | {Kind.POOL: "pooling", Kind.LINEAR: "linear layer", Kind.ADD: "addition", Kind.CONCAT: "concatenation"}
)
# In charts a bar stands on the page's own ground, light or dark: middle tones of the same hues.
BAR: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.CONV: "#3b82bf",
        Kind.NORM: "#7fa650",
        Kind.ACT: "#d9ad1f",
        Kind.POOL: "#d2693c",
        Kind.LINEAR: "#8a63c9",
        Kind.ADD: "#8b93a1",
        Kind.CONCAT: "#8b93a1",
        Kind.PAD: "#a6adb8",
    }
)
TEXT = Shade("#1c2430", "#eef2f7")
LINE = Shade("#46505e", "#a5b0be")
GROUP = Shade("#e9eef5", "#232c38")  # a folded stage, run or block
CLUSTER = Shade("#f6f8fb", "#171e27")  # an unfolded one
SKIP = Shade("#0072b2", "#56b4e9")  # with skip connections: blue, everywhere
PLAIN = Shade("#d55e00", "#ff8c5a")  # without: vermilion, dashed, squares
SELECTED = Shade("#0b6e4f", "#7ee0b8")  # the rule at the selected layer
REFERENCE = "#7f8794"  # theory, published: grey on either ground
CHANNELS, RESOLUTION = "#2f8fd0", "#e0702a"  # told apart by their markers too

# A network's colour follows its kind (models.names.kind), on every page.
NETWORK: Mapping[str, Shade] = MappingProxyType(
    {
        "ResNet": SKIP,
        "DenseNet": Shade("#009e73", "#2fc79b"),
        "ResNeXt": Shade("#b8578f", "#e39bc6"),
        "Wide ResNet": Shade("#d68f00", "#f0b840"),
        "WRN": Shade("#d68f00", "#f0b840"),
        "Pre-activation ResNet": Shade("#2f9fd6", "#a5dcf7"),
        "Plain": PLAIN,
    }
)
EDGE_STYLE: Mapping[EdgeKind, str] = MappingProxyType(
    {EdgeKind.FLOW: "solid", EdgeKind.IDENTITY: "solid", EdgeKind.PROJECTION: "dashed", EdgeKind.CONCAT: "solid"}
)
FONT = "Source Sans, Helvetica, Arial, sans-serif"
PRINT_FONT = "Arial, Helvetica, sans-serif"  # of pictures that leave: what measures a text there must know the font
CHART_TEXT = 15  # px: read from the last row


@dataclass(frozen=True, slots=True)
class Look:
    """How one of several networks is drawn: told apart by line, marker and pattern too."""

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
    ("longdashdot", "star", "★", "+"),
)
_MIXES = (0.0, 0.45, -0.4, 0.7, -0.6, 0.25)  # of the same kind again: toward the ink, toward the ground ...


def looks(kinds: Sequence[str]) -> tuple[Look, ...]:
    """One look for each of at most six networks, whose kinds are given."""
    found = []
    for place, kind in enumerate(kinds):
        own = NETWORK[kind]
        again = sum(NETWORK[other] == own for other in kinds[:place])
        found.append(Look(_shade(own, _MIXES[again]), *_MARKS[place]))
    return tuple(found)


def _shade(own: Shade, mix: float) -> Shade:
    light = _mixed(own.light, TEXT.light if mix > 0 else "#ffffff", abs(mix))
    dark = _mixed(own.dark, TEXT.dark if mix > 0 else "#10151c", abs(mix))
    return Shade(light, dark)


def relit() -> dict[str, str]:
    """Every colour that a chart may have on a dark ground, and the one that it has on a light one."""
    shades = [TEXT, LINE, SELECTED, *(_shade(own, mix) for own in {*NETWORK.values(), SKIP, PLAIN} for mix in _MIXES)]
    return {shade.dark: shade.light for shade in shades}


# Viridis (Smith & van der Walt 2015, CC0), nine even steps: perceptually even, safe for colour-blind readers.
SCALE = ("#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725")


def scale(share: float) -> str:
    """The colour at 0..1 of the value scale, between its steps."""
    position = min(max(share, 0.0), 1.0) * (len(SCALE) - 1)
    low = min(int(position), len(SCALE) - 2)
    return _mixed(SCALE[low], SCALE[low + 1], position - low)


def _mixed(colour: str, other: str, share: float) -> str:
    """A colour with so much of another in it."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(first + (second - first) * share):02x}" for first, second in pairs)


def text_on(fill: str) -> str:
    """Black or white text, whichever has more contrast with a fill (WCAG 2)."""
    return max(("#000000", "#ffffff"), key=lambda ink: contrast(ink, fill))


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2, relative luminance)."""
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = (byte / 255 for byte in _channels(colour))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


_AXIS = {"tickfont": {"size": CHART_TEXT - 1}, "title": {"font": {"size": CHART_TEXT}}, "automargin": True}


def axis() -> dict[str, object]:
    """What all axes share."""
    return dict(_AXIS)


def layout(title: str, **more: object) -> dict[str, object]:
    """What all charts share. Grounds are transparent and inks Streamlit's, so that charts follow the page's theme."""
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
    """The layout of a chart that leaves the page: light on white, whatever the page's theme, as on paper."""
    lines = {"gridcolor": "#e1e5ea", "linecolor": "#b9c0c9", "zerolinecolor": "#b9c0c9"}
    ink = {"tickfont": {"color": LINE.light}, "title": {"font": {"color": LINE.light}}}
    own = {"font": {"family": PRINT_FONT, "color": TEXT.light}, "xaxis": lines | ink, "yaxis": lines | ink}
    return {"layout": own | {"paper_bgcolor": "#ffffff", "plot_bgcolor": "#ffffff"}}


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
