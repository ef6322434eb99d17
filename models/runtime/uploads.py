"""Uploaded pictures: decoded within limits and cached, set on a contrasting background, fitted undistorted."""

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

from . import memory_limits
from .messages import Message, UserError, message

if TYPE_CHECKING:
    from PIL import Image

MOST_BYTES = 5 * 10**6  # size of the file
MOST_PIXELS = 12 * 10**6  # decoded; a JPEG can be decoded at a fraction of its size
MOST_JPEG_PIXELS = 100 * 10**6
_KEPT = 1024  # longer side of the stored picture, in pixels
_FORMATS = ("PNG", "JPEG", "WEBP")
_BYTES_A_PIXEL = 20  # while decoding: the colours and the decoder's own copies (measured for a lossless WebP)
_MOST_CACHED = 24 * 10**6  # bytes of decoded pictures
_ONE_COLOUR = 0.06, 0.97  # of a drawing's border: largest deviation from its colour (of 1), least share of such pixels


class PictureError(UserError):
    """A file that can't be used as a picture. The message says which files can."""


class Fit(StrEnum):
    """How a picture was brought to other proportions; it is never distorted."""

    WHOLE = "whole"  # its proportions were right
    PADDED = "padded"  # with the colour of its border: a drawing
    CROPPED = "cropped"  # to its centre: a photograph
    FRAMED = "framed"  # the drawn object, cut out and centred as in the data set


_cache: OrderedDict[str, Any] = OrderedDict()
_lock = threading.Lock()  # only one picture is decoded at a time


def decode(data: bytes) -> Tensor:
    """Decode a PNG, JPEG or WebP file to (3, H, W), float32 from 0 to 1, at most 1,024 pixels a side.

    Transparent areas become black, or white if the picture itself is dark. Of several frames only the first is read.
    The number of pixels is checked before decoding. Raises `PictureError` if the file is too large or invalid.
    """
    if len(data) > MOST_BYTES:
        raise _refused(message("{size:,.1f} MB", size=len(data) / 1e6))
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
    """Return a picture (C, H, W) brought to the proportions of `size` (height, width), not resized, and how.

    A drawing, whose border has one colour, is padded with that colour; any other picture is cropped to its centre.
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
    """Return the colour (C,) of a picture's border if nearly all its pixels share one, as in a drawing; else None."""
    rim = torch.cat([picture[:, 0], picture[:, -1], picture[:, :, 0], picture[:, :, -1]], 1)
    colour = rim.median(1).values
    away, share = _ONE_COLOUR
    near = ((rim - colour.unsqueeze(1)).abs().amax(0) <= away).float().mean()
    return colour if float(near) >= share else None


def _refused(got: Message) -> PictureError:
    return PictureError(
        "The image must be a PNG, JPEG or WebP file of at most {bytes} MB and {pixels} megapixels ({jpeg} "
        "megapixels for a non-progressive JPEG), got {got}.",
        bytes=MOST_BYTES // 10**6,
        pixels=MOST_PIXELS // 10**6,
        jpeg=MOST_JPEG_PIXELS // 10**6,
        got=got,
    )


def _read(data: bytes) -> Any:
    """Decode to (H, W, 3), uint8."""
    from PIL import Image, ImageOps, UnidentifiedImageError  # noqa: PLC0415

    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
            size = opened.size
            baseline = opened.format == "JPEG" and not opened.info.get("progressive")
            if baseline and size[0] * size[1] <= MOST_JPEG_PIXELS:
                opened.draft("RGB", (_KEPT, _KEPT))  # decoded at a fraction of its size
            _check_pixels(opened.width * opened.height, size, progressive=opened.format == "JPEG" and not baseline)
            if opened.mode.startswith("I"):  # 16-bit greyscale
                small = opened.copy()
            else:
                small = opened.convert("RGBA" if opened.has_transparency_data else "RGB")
        small.thumbnail((_KEPT, _KEPT))
        upright = on_ground(ImageOps.exif_transpose(small))
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
        raise _refused(message("a file that can't be read as an image")) from None
    return np.array(upright)


def _check_pixels(decoded: int, size: tuple[int, int], *, progressive: bool) -> None:
    if decoded > MOST_PIXELS:
        shape = {"width": size[0], "height": size[1]}
        if progressive:  # it can only be decoded whole
            raise _refused(message("a progressive JPEG of {width:,} × {height:,} pixels", **shape))
        raise _refused(message("{width:,} × {height:,} pixels", **shape))
    if decoded * _BYTES_A_PIXEL > memory_limits.available():
        raise PictureError("This server has too little memory left for the image. Try a smaller one.")


def on_ground(opened: "Image.Image") -> "Image.Image":
    """Return a picture in RGB, with transparent areas on the background that contrasts with the picture."""
    from PIL import Image  # noqa: PLC0415

    if opened.mode.startswith("I"):  # 16-bit greyscale
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
