"""Mosaics of a layer's channels and of a convolution's filters."""

from math import ceil
from typing import Any

import numpy as np
import plotly.graph_objects as go

from models.signals.records import FeatureMaps
from viz.language import _
from viz.style import theme

_GAP = 1  # pixels between tiles
_FOOT = 40  # px below a mosaic, for its downloads
_WIDTH = 480  # approximate width of a mosaic on the screen, px


def mosaic(maps: FeatureMaps, *, columns: int = 8) -> go.Figure:
    """Return the channels by decreasing energy, each on its own scale, its lowest value dark."""
    tiles = maps.images
    low = tiles.min(axis=(1, 2), keepdims=True)
    spread = np.maximum(tiles.max(axis=(1, 2), keepdims=True) - low, 1e-12)
    labels = [
        _(
            "channel {channel}, rank {rank} of {all}<br>mean square {energy:.3g}",
            channel=channel,
            rank=rank,
            all=maps.total,
            energy=energy,
        )
        for rank, (channel, energy) in enumerate(zip(maps.channels, maps.energies, strict=True), start=1)
    ]
    return _tiled((tiles - low) / spread, labels, columns=columns)


def filters(weights: Any, *, columns: int = 16) -> go.Figure:
    """Return a convolution's filters (out, in, height, width), in colour if there are three input channels."""
    low, high = weights.min(axis=(1, 2, 3), keepdims=True), weights.max(axis=(1, 2, 3), keepdims=True)
    scaled = (weights - low) / np.maximum(high - low, 1e-12)
    labels = [_("filter {n}", n=index) for index in range(len(scaled))]
    if scaled.shape[1] != 3:
        return _tiled(scaled.mean(axis=1), labels, columns=columns)
    pixels = (scaled * 255).round().astype(np.uint8).transpose(0, 2, 3, 1)
    opaque = np.full((*pixels.shape[:3], 1), 255, dtype=np.uint8)
    sheet = _sheet(np.concatenate((pixels, opaque), axis=3), columns, fill=0)  # the gaps are transparent
    figure = go.Figure(go.Image(z=sheet, colormodel="rgba256", hoverinfo="skip"))
    return _bare(figure, sheet)


def _tiled(tiles: Any, labels: list[str], *, columns: int) -> go.Figure:
    columns = min(columns, len(tiles))
    sheet = _sheet(tiles.astype(np.float32), columns, fill=np.nan)
    side = (tiles.shape[1] + _GAP, tiles.shape[2] + _GAP)
    names = [
        [
            labels[index] if (index := row // side[0] * columns + column // side[1]) < len(labels) else ""
            for column in range(sheet.shape[1])
        ]
        for row in range(sheet.shape[0])
    ]
    figure = go.Figure(
        go.Heatmap(
            z=sheet,
            colorscale=[[place / (len(theme.SCALE) - 1), colour] for place, colour in enumerate(theme.SCALE)],
            showscale=False,
            text=names if sheet.size <= 80_000 else None,
            hovertemplate="%{text}<extra></extra>" if sheet.size <= 80_000 else None,
            hoverinfo="skip" if sheet.size > 80_000 else None,
            hoverongaps=False,
        )
    )
    return _bare(figure, sheet)


def _sheet(tiles: Any, columns: int, *, fill: float) -> Any:
    """Arrange tiles (n, height, width[, 4]) in rows of `columns`, with gaps between them."""
    rows = ceil(len(tiles) / columns)
    height, width = tiles.shape[1] + _GAP, tiles.shape[2] + _GAP
    sheet = np.full((rows * height - _GAP, columns * width - _GAP, *tiles.shape[3:]), fill, dtype=tiles.dtype)
    for index, tile in enumerate(tiles):
        top, left = index // columns * height, index % columns * width
        sheet[top : top + tiles.shape[1], left : left + tiles.shape[2]] = tile
    return sheet


def _bare(figure: go.Figure, sheet: Any) -> go.Figure:
    height = int(min(max(_WIDTH * sheet.shape[0] / sheet.shape[1], 60), 620)) + _FOOT
    own = {key: value for key, value in theme.layout("", height=height).items() if key not in ("xaxis", "yaxis")}
    figure.update_layout(own, margin={"l": 0, "r": 0, "t": 4, "b": _FOOT})
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, autorange="reversed", scaleanchor="x", constrain="domain")
    return figure
