"""Images with the places that matter to a network's answer: orange speaks for the answer, blue against it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from models.signals.map_records import ClassMaps
from viz.language import _, language
from viz.state.training import Marks
from viz.style import theme
from viz.style.html import render
from viz.text.examined import Examined
from viz.ui.prediction_grid import picture

_STYLE = Path(__file__).parents[2] / "assets" / "style.css"
_SIDE = 96  # pixels of a picture
_FOR, _AGAINST = (255, 122, 0), (30, 136, 229)
_STRONGEST = 0.8  # opacity of the largest value


def rows(named: Sequence[Examined[ClassMaps]], marks: Marks, height: int, *, dark: bool) -> Markup:
    """Return a row for each image as HTML: the image, then each network's map over it with its answer.

    `height` of the feature maps that Grad-CAM weighs; 0 for each network's usual ones.
    """
    first = named[0].found
    return render(
        "training/templates/class_maps.html",
        columns=1 + len(named),
        rows=[
            {
                "image": picture(large(first.images[place]), _image(first, place), _SIDE),
                "truth": first.classes[first.labels[place]] if first.labels[place] >= 0 else "",
                "cards": [_card(one, place, marks, height, dark=dark) for one in named],
            }
            for place in range(len(first.images))
        ],
    )


def page(title: str, said: str, rows: Markup, made: str) -> str:
    """Return rows of pictures as an HTML page that opens offline; `made` is its origin."""
    return render(
        "training/templates/class_maps_page.html",
        title=title,
        language=language(),
        font=Markup(theme.FONT),  # noqa: S704  # ours
        style=Markup(_STYLE.read_text()),  # noqa: S704
        said=[said] if said else [],
        rows=rows,
        origin=made,
    )


def sizes(named: Sequence[Examined[ClassMaps]]) -> dict[int, str]:
    """Return the heights of the networks' feature maps with their sizes in words; 0 for those of the usual ones."""
    sides = {one.shape[1:] for own in named for one in own.found.maps}
    first = {own.found.maps[own.found.usual].shape[1] for own in named if own.found.maps}
    if len(first) > 1:  # each network has its own
        return {0: _("usual"), **{height: f"{height} × {width}" for height, width in sorted(sides)}}
    return {0 if height in first else height: f"{height} × {width}" for height, width in sorted(sides)}


def _image(found: ClassMaps, place: int) -> str:
    label = found.labels[place]
    return _("The image as the network sees it") if label < 0 else _("Image of class {name}", name=found.classes[label])


def _card(one: Examined[ClassMaps], place: int, marks: Marks, height: int, *, dark: bool) -> dict[str, object]:
    found = one.found
    answer, label = found.answers[place], found.labels[place]
    right = label in (-1, answer)
    marked = strengths(found, place, marks, height)
    sure, said = f"{found.probabilities[place]:.0%}", found.classes[answer]
    words = _("{name}: {answer}, confidence {share}", name=one.name, answer=said, share=sure)
    return {
        "name": one.name,
        "right": right,
        "unlabelled": label < 0,
        "colour": (theme.SKIP if right else theme.PLAIN).on(dark=dark),
        "picture": "" if marked is None else picture(over(found.images[place], marked), words, _SIDE),
        "said": said,
        "sure": sure,
    }


def strengths(found: ClassMaps, place: int, marks: Marks, height: int) -> Any:
    """Return a map of one image, from -1 to 1, (h, w); None if the network has none of that kind and size.

    Grad-CAM is scaled to its own maximum; what covered patches do is a probability.
    """
    if marks is Marks.OCCLUSION:
        return np.clip(found.fall(place), -1, 1)
    layer = weighed(found, height)
    if layer is None:
        return None
    own = found.maps[layer][place]
    return own / (own.max() or 1.0)


def weighed(found: ClassMaps, height: int) -> int | None:
    """Return the place of the layer that Grad-CAM weighs; None if the network has none with maps of that height."""
    fitting = [place for place, one in enumerate(found.maps) if one.shape[1] == height]
    if height == 0 and found.maps:
        return found.usual
    return fitting[-1] if fitting else None


def large(image: Any) -> Any:
    """Return an image (H, W, 3) with sides of about 96 pixels, each pixel a rectangle."""
    from PIL import Image  # noqa: PLC0415

    return np.asarray(Image.fromarray(image).resize((_SIDE, _SIDE), Image.Resampling.NEAREST))


def over(image: Any, marked: Any) -> Any:
    """Return an image in grey under the colours of a map, whose values lie between -1 and 1: uint8 (96, 96, 3)."""
    from PIL import Image  # noqa: PLC0415

    grey = large(image).astype(np.float32).mean(2, keepdims=True)
    values = Image.fromarray(np.asarray(marked, np.float32))
    spread = np.asarray(values.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR))[..., None]
    colour = np.where(spread > 0, _FOR, _AGAINST)
    opacity = _STRONGEST * np.abs(spread)
    return ((1 - opacity) * grey + opacity * colour).round().clip(0, 255).astype(np.uint8)
