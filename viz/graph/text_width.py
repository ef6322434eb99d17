"""Widths of text in Helvetica, so that boxes can be sized before anything is drawn."""

from unicodedata import east_asian_width

# Advance widths of the bold face in thousandths of the font size, from Adobe's metrics; the regular face is narrower.
_WIDTHS = {
    238: "'", 278: " ,./\\Iijl", 280: "|", 333: "!()-:;`[]ft", 389: "*r{}", 474: '"', 500: "z",
    556: "#$0123456789Jaceksvxy_", 584: "+<=>^~×÷", 611: "?FLTZbdghnopqu", 667: "EPSVXY", 722: "&ABCDHKNRU",
    778: "GOQw", 833: "M", 889: "%m", 944: "W", 975: "@", 1000: "→",
}  # fmt: skip
_OF = {sign: width for width, signs in _WIDTHS.items() for sign in signs}
_OTHER, _WIDE = 700, 1000  # letters beyond ASCII; Chinese characters are squares


def text_width(text: str, size: float) -> float:
    """Return an upper bound for the width of a line of text in points, for a font size in points."""
    total = 0
    for sign in text:
        width = _OF.get(sign)
        if width is None:
            width = _WIDE if east_asian_width(sign) in "WF" else _OTHER
        total += width
    return total * size / 1000
