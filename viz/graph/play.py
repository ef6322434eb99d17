"""The pass that plays: what each box of a picture shows on the way down and on the way back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from math import inf, isnan, log10

from models.tracing.layers import Layer
from viz.graph.folding import Group
from viz.graph.places import layers_of
from viz.style import theme

_PAUSE = 3  # steps at both ends of an animation
_STEP = 0.25  # seconds
_MANY = 120  # boxes from which on steps are shorter


@dataclass(frozen=True, slots=True)
class Pass:
    """One way through the network: values by box, the ends of their scale, and shares of branches at joins."""

    of: Mapping[str, float]
    low: float
    high: float
    shares: Mapping[str, float] = field(default_factory=dict)

    def fill(self, name: str) -> str:
        """Return the colour of a box on the logarithmic scale, white if it has no value."""
        value = self.of.get(name, 0.0)
        if not 0 < value < inf:
            return "#ffffff"
        span = log10(self.high) - log10(self.low)
        return theme.scale((log10(value) - log10(self.low)) / span if span else 1.0)


@dataclass(frozen=True, slots=True)
class Play:
    """Activations on the way down, gradients on the way back."""

    forward: Pass
    backward: Pass
    vertical: bool = True  # the data goes down the picture, not to the right

    def to_json(self) -> dict[str, object]:
        """Return what the view in the browser reads."""
        return {
            name: {
                "of": {key: value for key, value in way.of.items() if value < inf},
                "ends": [way.low, way.high],
                "shares": {key: share for key, share in way.shares.items() if not isnan(share)},
            }
            for name, way in (("forward", self.forward), ("backward", self.backward))
        } | {"scale": theme.SCALE, "vertical": self.vertical}


def mean(item: Group | Layer, values: Mapping[str, float]) -> float | None:
    """Return the value of a layer, or the quadratic mean of a group's layers; None if none has one."""
    own = [values[layer.path] for layer in layers_of(item) if layer.path in values]
    largest = max(own, default=0.0)
    if not own or not 0 < largest < inf:
        return sum(own) if own else None
    found: float = largest * (sum((value / largest) ** 2 for value in own) / len(own)) ** 0.5
    return found


def animated(svg: str, play: Play) -> str:
    """Return an SVG that plays by itself, again and again: no script, so it plays on slides and in browsers.

    Boxes take their colours from the top to the bottom with the activations, and back with the gradients. Where less
    motion is wished for it stands still with the gradients.
    """
    names = _in_rows(svg, play)
    steps = 2 * len(names) + 3 * _PAUSE
    seconds = steps * (_STEP if len(names) < _MANY else _STEP / 4)
    rules: list[str] = []
    for place, row in enumerate(names):
        down = 100 * (place + _PAUSE) / steps
        up = 100 * (2 * len(names) - place + 2 * _PAUSE) / steps
        for name in row:
            frames = (
                f"0%,{down:.2f}%{{fill:#fff}}{down + 0.01:.2f}%,{up:.2f}%{{fill:{play.forward.fill(name)}}}"
                f"{up + 0.01:.2f}%,100%{{fill:{play.backward.fill(name)}}}"
            )
            own = f"play{len(rules)}"
            chosen = f'[id="{_escaped(name)}"]'
            shape = ",".join(f"{chosen}>{tag}" for tag in ("path", "polygon", "ellipse"))
            rules.append(f"@keyframes {own}{{{frames}}}{shape}{{animation:{own} {seconds:.1f}s step-end infinite}}")
            texts = (theme.text_on(play.forward.fill(name)), theme.text_on(play.backward.fill(name)))
            rules.append(
                f"@keyframes {own}t{{0%,{down:.2f}%{{fill:#000}}{down + 0.01:.2f}%{{fill:{texts[0]}}}"
                f"{up + 0.01:.2f}%,100%{{fill:{texts[1]}}}}}"
                f"{chosen}>text{{animation:{own}t {seconds:.1f}s step-end infinite}}"
            )
    still = (
        f"@media (prefers-reduced-motion:reduce){{*{{animation-delay:-{seconds * 0.999:.2f}s!important;"
        "animation-play-state:paused!important}}"
    )
    style = f"<style>{''.join(rules)}{still}</style>"
    at = svg.index(">", svg.index("<svg")) + 1
    return svg[:at] + style + svg[at:]


def _in_rows(svg: str, play: Play) -> list[list[str]]:
    """Ids of the boxes with values, by their place along the data."""
    places: dict[float, list[str]] = {}
    number = r"-?\d+(?:\.\d+)?"
    for name, shape in re.findall(r'<g id="([^"]+)" class="node[^"]*">\s*<([^>]*)>', svg):
        own = unescape(name)
        if own not in play.forward.of and own not in play.backward.of:
            continue
        if centre := re.search(rf'cx="({number})" cy="({number})"', shape):
            points = [(float(centre[1]), float(centre[2]))]
        else:
            points = [(float(x), float(y)) for x, y in re.findall(rf"({number}),({number})", shape)]
        along = [y if play.vertical else x for x, y in points]
        places.setdefault(round((min(along) + max(along)) / 2), []).append(own)
    return [row for __, row in sorted(places.items())]


def _escaped(name: str) -> str:
    """An id in a style sheet inside an SVG: all but letters, digits and a few signs by their numbers."""
    return "".join(sign if sign.isalnum() or sign in "._-/" else f"\\{ord(sign):x} " for sign in name)
