"""A visitor's own picture: read within bounds and once, laid on a ground that shows it, fitted in its proportions."""

import io
import struct
import threading
from collections import OrderedDict
from enum import StrEnum
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from models import memory_limits

if TYPE_CHECKING:
    from PIL import Image

MOST_BYTES = 5 * 10**6  # of the file
MOST_PIXELS = 12 * 10**6  # that are decoded; a JPEG can be decoded at a fraction of its size
MOST_JPEG_PIXELS = 100 * 10**6
_KEPT = 1024  # px: the longer side of what is kept
_FORMATS = ("PNG", "JPEG", "WEBP")
_BYTES_A_PIXEL = 20  # while it is decoded: the colours, and the decoder's own copies (a lossless WebP's: measured)
_MOST_CACHED = 24 * 10**6  # bytes of pictures that were decoded
_ONE_COLOUR = 0.06, 0.97  # how far a drawing's rim may stray from its colour (of 1), and for how much of the rim


class PictureError(ValueError):
    """A file that can't be shown. The message says what can."""


class Fit(StrEnum):
    """How a picture was brought to other proportions; they are never changed."""

    WHOLE = "whole"  # they were right
    PADDED = "padded"  # with its rim's own colour: a drawing
    CROPPED = "cropped"  # to its middle: a photograph
    FRAMED = "framed"  # what is drawn, cut out and laid in the middle as the data set has it


_cache: OrderedDict[str, Any] = OrderedDict()
_lock = threading.Lock()  # one is decoded at a time


def decode(data: bytes) -> Tensor:
    """A PNG, JPEG or WebP file as (3, H, W), float32 from 0 to 1, at most 1,024 px a side.

    What is transparent becomes black, or white where the picture itself is dark. Of several frames the first is read.
    The pixels are counted before any is decoded: raises `PictureError` for too many, and for anything else.
    """
    if len(data) > MOST_BYTES:
        raise PictureError(f"{_expected()}, got {len(data) / 1e6:,.1f} MB")
    digest = blake2b(data, digest_size=16).hexdigest()
    with _lock:
        if digest not in _cache:
            _cache[digest] = _read(data)
            while len(_cache) > 1 and sum(kept.nbytes for kept in _cache.values()) > _MOST_CACHED:
                _cache.popitem(last=False)
        _cache.move_to_end(digest)
        pixels = _cache[digest]
    return torch.from_numpy(pixels).permute(2, 0, 1).float() / 255


def fit(picture: Tensor, size: tuple[int, int]) -> tuple[Tensor, Fit]:
    """A picture (C, H, W) in the proportions of a size (height, width), not resized; and how that was done.

    A drawing, whose rim has one colour, is padded with that colour; of anything else the middle is kept.
    """
    height, width = picture.shape[1:]
    scale = max(height / size[0], width / size[1])
    padded = max(height, round(size[0] * scale)), max(width, round(size[1] * scale))
    if padded == (height, width):
        return picture, Fit.WHOLE
    colour = rim_colour(picture)
    if colour is not None:
        ground = colour.view(-1, 1, 1).expand(-1, *padded).clone()
        top, left = (padded[0] - height) // 2, (padded[1] - width) // 2
        ground[:, top : top + height, left : left + width] = picture
        return ground, Fit.PADDED
    scale = min(height / size[0], width / size[1])
    cut = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
    top, left = (height - cut[0]) // 2, (width - cut[1]) // 2
    return picture[:, top : top + cut[0], left : left + cut[1]], Fit.CROPPED


def rim_colour(picture: Tensor) -> Tensor | None:
    """The colour (C,) of a picture's outermost pixels, where nearly all of them share one: it is a drawing then."""
    rim = torch.cat([picture[:, 0], picture[:, -1], picture[:, :, 0], picture[:, :, -1]], 1)
    colour = rim.median(1).values
    away, share = _ONE_COLOUR
    near = ((rim - colour.unsqueeze(1)).abs().amax(0) <= away).float().mean()
    return colour if float(near) >= share else None


def _expected() -> str:
    return (
        f"picture: must be a PNG, JPEG or WebP file of at most {MOST_BYTES // 10**6} MB and {MOST_PIXELS // 10**6} "
        f"megapixels (JPEG that is not progressive: {MOST_JPEG_PIXELS // 10**6})"
    )


def _read(data: bytes) -> Any:
    """(H, W, 3), uint8."""
    from PIL import Image, ImageOps, UnidentifiedImageError  # noqa: PLC0415

    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
            size = opened.size
            baseline = opened.format == "JPEG" and not opened.info.get("progressive")
            if baseline and size[0] * size[1] <= MOST_JPEG_PIXELS:
                opened.draft("RGB", (_KEPT, _KEPT))  # decoded at a fraction of its size
            _check_pixels(opened.width * opened.height, size, progressive=opened.format == "JPEG" and not baseline)
            if opened.mode.startswith("I"):  # 16 bits of grey
                small = opened.copy()
            else:
                small = opened.convert("RGBA" if opened.has_transparency_data else "RGB")
        small.thumbnail((_KEPT, _KEPT))
        upright = _on_ground(ImageOps.exif_transpose(small))
    except PictureError:
        raise
    except (
        UnidentifiedImageError,
        OSError,
        SyntaxError,
        ValueError,
        Image.DecompressionBombError,
        struct.error,
        Warning,
    ):
        raise PictureError(f"{_expected()}, got a file that can't be read as one") from None
    return np.array(upright)


def _check_pixels(decoded: int, size: tuple[int, int], *, progressive: bool) -> None:
    if decoded > MOST_PIXELS:
        kind = " of a progressive JPEG, which can only be read whole" if progressive else ""
        raise PictureError(f"{_expected()}, got {size[0]:,} × {size[1]:,} pixels{kind}")
    if decoded * _BYTES_A_PIXEL > memory_limits.available():
        raise PictureError("picture: this server has no memory left for it; try a smaller one")


def _on_ground(opened: "Image.Image") -> "Image.Image":
    """In colour; where it is transparent, on the ground that what is drawn stands out from."""
    from PIL import Image  # noqa: PLC0415

    if opened.mode.startswith("I"):  # 16 bits of grey
        grey = (np.asarray(opened, dtype=np.float32) / 257).clip(0, 255).astype(np.uint8)
        return Image.fromarray(grey).convert("RGB")
    if not opened.has_transparency_data:
        return opened.convert("RGB")
    colours = opened.convert("RGBA")
    alpha = np.asarray(colours.getchannel("A"), dtype=np.float32)
    grey = np.asarray(colours.convert("L"), dtype=np.float32)
    dark = alpha.sum() > 0 and (grey * alpha).sum() / alpha.sum() < 128
    ground = Image.new("RGBA", colours.size, (255, 255, 255, 255) if dark else (0, 0, 0, 255))
    return Image.alpha_composite(ground, colours).convert("RGB")
