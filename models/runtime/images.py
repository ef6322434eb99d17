"""Images to measure with: noise, digits, photographs, or an uploaded picture."""

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from . import samples
from .errors import SpecError
from .rules import either
from .settings import Source
from .uploads import decode, fit

# of ImageNet, as used to train torchvision's weights
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def images(
    source: str, count: int, shape: tuple[int, int, int], *, seed: int = 0, picture: bytes | None = None
) -> Tensor:
    """Return `count` normalised images (count, C, H, W), float32 on the CPU, drawn with a generator seeded by `seed`.

    The first images of a batch of photographs are their centre crops; an upload is fitted by `uploads.fit`. The others
    are random crops, flipped at random, so that batch norm has a batch to normalise over. Raises `SpecError` for an
    unknown source, or an upload without a picture.
    """
    generator = torch.Generator().manual_seed(seed)
    try:
        wanted = Source(source)
    except ValueError:
        raise SpecError("source", either(Source), source) from None
    if wanted is Source.NOISE:
        return torch.randn(count, *shape, generator=generator)
    if wanted is Source.DIGITS:
        chosen = torch.randint(len(_digits()), (count,), generator=generator)
        return fitted(_digits()[chosen], shape)
    if wanted is Source.UPLOAD and picture is None:
        raise SpecError("picture", "must be a PNG, JPEG or WebP file when the source is upload", picture)
    photos = _photos()
    if wanted is Source.UPLOAD and picture is not None:
        photos = [fit(decode(picture), shape[1:])[0]]
    whole = [_middle(photo, shape[1:]) for photo in photos[:count]]
    crops = [_crop(photos[index % len(photos)], shape[1:], generator) for index in range(len(whole), count)]
    batch = torch.stack([*whole, *crops])
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (_MEAN, _STD))
    return _channels((batch - mean) / std, shape[0])


def visible(image: Tensor) -> Any:
    """Return an image (C, H, W) for display: uint8 (H, W, 3), its range stretched to 0 to 255."""
    shown = image[:3] if len(image) >= 3 else image[:1].expand(3, -1, -1)
    low, high = shown.aminmax()
    scaled = (shown - low) / (high - low).clamp_min(1e-12)
    return (scaled * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()


@cache
def _digits() -> Tensor:
    """scikit-learn's 1,797 handwritten digits, (1797, 1, 8, 8), normalised."""
    raw = torch.from_numpy(samples.digits()[0]).float().unsqueeze(1)
    return (raw - raw.mean()) / raw.std()


@cache
def _photos() -> list[Tensor]:
    """scikit-learn's two sample photographs (a temple and a flower), (3, 427, 640) from 0 to 1."""
    return [torch.from_numpy(photo.copy()).permute(2, 0, 1).float() / 255 for photo in samples.photographs()]


def _middle(photo: Tensor, size: tuple[int, ...]) -> Tensor:
    """Largest centre crop with the proportions of `size`, resized to it."""
    return _cut(photo, size, lambda room: room // 2, share=1.0)


def _crop(photo: Tensor, size: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Random crop of a quarter to all of the largest crop's area, resized and flipped with probability 1/2."""
    share = 0.5 + 0.5 * torch.rand(1, generator=generator).item()
    cut = _cut(photo, size, lambda room: int(torch.randint(room + 1, (1,), generator=generator).item()), share=share)
    return cut.flip(-1) if torch.rand(1, generator=generator).item() < 0.5 else cut


def _cut(photo: Tensor, size: tuple[int, ...], place: Callable[[int], int], *, share: float) -> Tensor:
    scale = min(photo.shape[1] / size[0], photo.shape[2] / size[1]) * share
    height, width = (max(1, round(side * scale)) for side in size)
    top, left = place(photo.shape[1] - height), place(photo.shape[2] - width)
    return _resized(photo[None, :, top : top + height, left : left + width], size)[0]


def fitted(batch: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """Resize a batch (N, C, H, W) to a shape (C, H, W); its channels are averaged to one or repeated as needed."""
    return _channels(batch if batch.shape[2:] == shape[1:] else _resized(batch, shape[1:]), shape[0])


def _resized(batch: Tensor, size: tuple[int, ...]) -> Tensor:
    return interpolate(batch, size=size, mode="bilinear", antialias=True, align_corners=False)


def _channels(batch: Tensor, channels: int) -> Tensor:
    """Average the channels to a single one, or take them in order, starting again after the last."""
    if channels == batch.shape[1]:
        return batch
    if channels == 1:
        return batch.mean(1, keepdim=True)
    return batch[:, [channel % batch.shape[1] for channel in range(channels)]].contiguous()
