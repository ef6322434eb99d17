"""Pictures with what a network says of them: right in blue with a tick, wrong in vermilion with a cross."""

import base64
import io
from collections.abc import Sequence
from html import escape
from typing import Any

from models.learned import Answer, Predictions
from viz import theme

_SIDE = 92  # px


def grid(found: Predictions, places: Sequence[int], *, dark: bool) -> str:
    """Test images by their places, as HTML."""
    return f'<div class="gallery">{"".join(_card(found, place, dark=dark) for place in places)}</div>'


def _card(found: Predictions, place: int, *, dark: bool) -> str:
    right = bool(found.right[place])
    taken, truth = found.classes[found.top[place, 0]], found.classes[found.labels[place]]
    colour = (theme.SKIP if right else theme.PLAIN).on(dark=dark)
    sure = f"{found.probabilities[place, 0]:.0%}"
    said = f"{escape(taken)}, {sure}"
    rest = "" if right else f"<small>is {escape(truth)} ({found.truth[place]:.0%})</small>"
    words = f"{truth}: {'read right' if right else f'taken for {taken}'}, {sure} sure"
    return (
        f'<figure style="border-color:{colour}">{picture(found.images[place], words)}'
        f'<figcaption><b style="color:{colour}">{"✓" if right else "✗"}</b> {said}{rest}</figcaption></figure>'
    )


def answer(said: Answer, *, dark: bool) -> str:
    """A picture as the network saw it, and its likeliest classes as bars."""
    colour = theme.SKIP.on(dark=dark)
    rows = "".join(
        f'<div><span>{escape(name)}</span><div class="bar"><i style="width:{share:.1%};background:{colour}"></i></div>'
        f"<span>{share:.1%}</span></div>"
        for name, share in list(zip(said.classes, said.probabilities, strict=True))[:5]
    )
    return (
        f'<div class="answer">{picture(said.image, "The picture as the network sees it", 140)}<div>{rows}</div></div>'
    )


def picture(image: Any, words: str, side: int = _SIDE) -> str:
    """An image (H, W, 3) with its pixels as they are."""
    from PIL import Image  # noqa: PLC0415

    written = io.BytesIO()
    Image.fromarray(image).save(written, "PNG")
    data = base64.b64encode(written.getvalue()).decode()
    return f'<img alt="{escape(words, quote=True)}" width="{side}" height="{side}" src="data:image/png;base64,{data}">'
