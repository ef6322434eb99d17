"""HTML from templates, in which every value is escaped."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from viz.language import _

if TYPE_CHECKING:
    from jinja2 import Environment

_VIZ = Path(__file__).parents[1]


@cache
def _environment() -> "Environment":
    # imported here: 70 ms that would delay the first paint
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    made = Environment(
        loader=FileSystemLoader(_VIZ), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters |= {"bold": bold}
    made.globals |= {"_": _}
    return made


def render(template: str, **values: object) -> Markup:
    """Return the HTML of a template below `viz`. Values that are HTML already must be `Markup`."""
    return Markup(_environment().get_template(template).render(**values))  # noqa: S704  # the template escapes


def bold(markdown: str) -> Markup:
    """Convert Markdown with bold parts to HTML."""
    pieces = markdown.split("**")
    return Markup().join(
        Markup("<b>{}</b>").format(one) if place % 2 else escape(one) for place, one in enumerate(pieces)
    )
