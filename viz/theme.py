"""Every colour and every line style, for the page, the charts and the graphs."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from models.records import EdgeKind, Kind


@dataclass(frozen=True, slots=True)
class Shade:
    """One colour for each theme."""

    light: str
    dark: str

    def on(self, dark: bool) -> str:
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
# In charts a bar stands alone on the page's ground: stronger tones of the same hues.
BAR: Mapping[Kind, Shade] = MappingProxyType(
    {
        Kind.CONV: Shade("#3b82bf", "#6fb1e8"),
        Kind.NORM: Shade("#7fa650", "#a6cc78"),
        Kind.ACT: Shade("#d9ad1f", "#f0cf62"),
        Kind.POOL: Shade("#d2693c", "#f0997a"),
        Kind.LINEAR: Shade("#7f57bf", "#b394ea"),
        Kind.ADD: Shade("#6b7280", "#9ca3af"),
        Kind.CONCAT: Shade("#6b7280", "#9ca3af"),
        Kind.PAD: Shade("#9ca3af", "#6b7280"),
    }
)
TEXT = Shade("#1c2430", "#eef2f7")
LINE = Shade("#46505e", "#a5b0be")
GROUP = Shade("#e9eef5", "#232c38")  # a folded stage, run or block
CLUSTER = Shade("#f6f8fb", "#171e27")  # an unfolded one
REFERENCE = Shade("#6b7280", "#9ca3af")  # theory, published
SELECTED = Shade("#0072b2", "#56b4e9")
SKIP = Shade("#0072b2", "#56b4e9")  # with skip connections: blue, everywhere
CHANNELS = Shade("#0072b2", "#56b4e9")
RESOLUTION = Shade("#d55e00", "#ff8c5a")

EDGE_STYLE: Mapping[EdgeKind, str] = MappingProxyType(
    {EdgeKind.FLOW: "solid", EdgeKind.IDENTITY: "solid", EdgeKind.PROJECTION: "dashed", EdgeKind.CONCAT: "solid"}
)
FONT = "Source Sans 3, Source Sans, Helvetica, Arial, sans-serif"
CHART_TEXT = 15  # px: read from the last row

# Viridis (Smith & van der Walt 2015, CC0), nine even steps: perceptually even, safe for colour-blind readers.
SCALE = ("#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725")


def scale(share: float) -> str:
    """The colour at 0..1 of the value scale, between its steps."""
    position = min(max(share, 0.0), 1.0) * (len(SCALE) - 1)
    low = min(int(position), len(SCALE) - 2)
    rest = position - low
    pairs = zip(_channels(SCALE[low]), _channels(SCALE[low + 1]), strict=True)
    return "#" + "".join(f"{round(first + (second - first) * rest):02x}" for first, second in pairs)


def text_on(fill: str) -> str:
    """Dark or light text, whichever reads on a fill (relative luminance, WCAG 2)."""
    red, green, blue = _channels(fill)
    return TEXT.light if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 128 else "#ffffff"  # noqa: PLR2004


def template(dark: bool) -> dict[str, object]:
    """The layout that all charts share; grounds stay transparent, so that they sit on the page's own."""
    ink, grid = TEXT.on(dark), ("#2f3a48" if dark else "#e3e8ee")
    axis = {"gridcolor": grid, "linecolor": grid, "zerolinecolor": grid, "title": {"standoff": 12}, "automargin": True}
    return {
        "font": {"family": FONT, "size": CHART_TEXT, "color": ink},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 8, "r": 8, "t": 44, "b": 8},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 1, "xanchor": "right"},
        "hoverlabel": {"font": {"family": FONT, "size": CHART_TEXT}},
        "title": {"x": 0, "xanchor": "left", "font": {"size": 17}},
        "xaxis": axis,
        "yaxis": axis,
    }


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
