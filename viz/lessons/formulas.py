"""Formulas in LaTeX as MathML, which browsers draw themselves; what can't be read stays as it was written."""

import xml.etree.ElementTree as ET
from html import escape

_TAGS = frozenset(
    {
        "math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup",
        "munder", "mover", "munderover", "mtable", "mtr", "mtd", "mstyle", "mpadded", "mphantom", "mfenced",
    }
)  # fmt: skip
_ATTRIBUTES = frozenset(
    {
        "display", "mathvariant", "stretchy", "form", "fence", "accent", "columnalign", "columnspacing", "rowspacing",
        "columnlines", "rowlines", "linethickness", "displaystyle", "scriptlevel", "width", "minsize", "maxsize",
        "lspace", "rspace", "movablelimits", "largeop", "symmetric", "separator",
    }
)  # fmt: skip


def mathml(latex: str, *, block: bool) -> str:
    """Return a formula as MathML, only of known elements and attributes; else its source as code."""
    from latex2mathml.converter import convert  # needed for a handout only  # noqa: PLC0415

    try:
        root = ET.fromstring(convert(latex, display="block" if block else "inline"))  # noqa: S314  # checked below
    except Exception:  # noqa: BLE001  # the converter raises many kinds
        return f"<code>{escape(latex)}</code>"
    for element in root.iter():
        tag = element.tag.rpartition("}")[2]
        if tag not in _TAGS:
            return f"<code>{escape(latex)}</code>"
        element.tag = tag
        element.attrib = {name: value for name, value in element.attrib.items() if name in _ATTRIBUTES}
    return ET.tostring(root, encoding="unicode")
