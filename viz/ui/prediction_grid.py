"""Pictures with a network's predictions: correct ones in blue with a tick, wrong ones in vermilion with a cross."""

import base64
import io
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from models.training.records import Answer, Predictions
from viz.language import _
from viz.style import theme
from viz.style.html import render

_SIDE = 92  # px


def grid(found: Predictions, places: Sequence[int], *, dark: bool) -> Markup:
    """Return test images with their predictions as HTML; `places` are their indices."""
    return render("ui/templates/grid.html", cards=[_card(found, place, dark=dark) for place in places])


def _card(found: Predictions, place: int, *, dark: bool) -> dict[str, object]:
    right = bool(found.right[place])
    taken, truth = found.classes[found.top[place, 0]], found.classes[found.labels[place]]
    sure = f"{found.probabilities[place, 0]:.0%}"
    if right:
        words = _("{truth}: correct, confidence {share}", truth=truth, share=sure)
    else:
        words = _("{truth}: taken for {taken}, confidence {share}", truth=truth, taken=taken, share=sure)
    return {
        "right": right,
        "colour": (theme.SKIP if right else theme.PLAIN).on(dark=dark),
        "picture": picture(found.images[place], words),
        "taken": taken,
        "truth": truth,
        "sure": sure,
        "share": f"{found.truth[place]:.0%}",
    }


def answer(said: Answer, *, dark: bool) -> Markup:
    """Return a picture as the network saw it, and its most likely classes as bars, as HTML."""
    pairs = list(zip(said.classes, said.probabilities, strict=True))[:5]
    return render(
        "ui/templates/answer.html",
        picture=picture(said.image, _("The image as the network sees it"), 140),
        rows=[(name, f"{share:.1%}") for name, share in pairs],
        colour=theme.SKIP.on(dark=dark),
    )


def picture(image: Any, words: str, side: int = _SIDE) -> Markup:
    """Return an image (H, W, 3) as an HTML element, its pixels unchanged (PNG)."""
    from PIL import Image  # noqa: PLC0415

    written = io.BytesIO()
    Image.fromarray(image).save(written, "PNG")
    data = base64.b64encode(written.getvalue()).decode()
    tag = Markup('<img alt="{}" width="{}" height="{}" src="data:image/png;base64,{}">')
    return tag.format(words, side, side, data)
