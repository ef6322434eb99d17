"""Table of two networks' layers side by side."""

from typing import Any

import pandas as pd

from models.tracing.diff import Difference
from models.tracing.kinds import KINDS
from models.tracing.layers import Layer
from viz.language import _
from viz.style import format


def same() -> str:
    """Return the name of the column that marks equal layers."""
    return _("Same")


def difference(found: Difference, left: str, right: str) -> pd.DataFrame:
    """Return two networks' layers in matching rows, with a tick where they are the same."""
    names = (left, right)
    columns: dict[str, list[Any]] = {same(): ["✓" if pair.same else "" for pair in found.pairs]}
    for place, name in enumerate(names):
        layers = [(pair.left, pair.right)[place] for pair in found.pairs]
        columns[name] = [layer.path if layer else "–" for layer in layers]
        columns[_("{name}: layer", name=name)] = [_what(layer) if layer else "" for layer in layers]
    params = [tuple(layer.params if layer else 0 for layer in (pair.left, pair.right)) for pair in found.pairs]
    columns[_("Parameters of {name}", name=left)] = [one for one, __ in params]
    columns[_("Parameters of {name}", name=right)] = [other for __, other in params]
    columns[_("Parameters, change")] = [other - one for one, other in params]
    return pd.DataFrame(columns)


def _what(layer: Layer) -> str:
    kind = f"{_(KINDS[layer.kind].label)} {format.window(layer)}".strip()
    if layer.bias and layer.macs:
        kind = _("{layer}, with bias", layer=kind)
    return f"{kind}: {' + '.join(map(format.shape, layer.input_shapes))} → {format.shape(layer.output_shape)}"
