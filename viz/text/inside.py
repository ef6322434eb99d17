"""Sentences on experiments with trained networks, computed from the numbers."""

from collections.abc import Sequence
from math import inf, isfinite, nan
from statistics import median

from models.training.records import Lesions, Predictions, Response
from viz.language import _, clauses, listing, ngettext
from viz.state.subjects import Curve
from viz.style import format
from viz.text.training import percent

_LITTLE = 0.1  # fraction of the images: a block whose removal costs less is dispensable
_MOST_MISTAKES = 3  # most frequent mistakes that are all named


def lesions(named: Sequence[tuple[str, Lesions]]) -> list[str]:
    """Return how much worse each network gets without one block, in one sentence each."""
    parts = []
    for name, found in named:
        own = [lesion.error for lesion in found.inner if lesion.error is not None]
        if not own:
            parts.append(_("{name} has no block that can be removed.", name=name))
            continue
        if found.whole > found.guessing - _LITTLE:
            parts.append(
                _(
                    "The intact {name} gets {error} wrong, and guessing would get {chance} wrong: it has learnt "
                    "too little to show what a block contributes.",
                    name=name,
                    error=percent(found.whole),
                    chance=percent(found.guessing),
                )
            )
            continue
        parts.append(
            _(
                "The intact {name} gets {error} wrong. With one shape-preserving block removed, it gets {middle} "
                "wrong (median; at worst {worst}). Blocks whose removal costs less than 10 percentage points: "
                "{mild} of {n}.",
                n=len(own),
                name=name,
                error=percent(found.whole),
                middle=percent(median(own)),
                worst=percent(max(own)),
                mild=sum(error < found.whole + _LITTLE for error in own),
            )
        )
    return parts


def gradients(curves: Sequence[Curve]) -> str:
    """Return how far apart the layers' gradients are in the last epoch."""
    parts = []
    for curve in curves:
        norms = [norm for __, norm in curve.epochs[-1].gradients if isfinite(norm)]
        low, high = min(norms, default=0.0), max(norms, default=0.0)
        ratio = format.times(high / low) if low > 0 else format.number(inf)
        parts.append(_("{ratio} for {name}", ratio=ratio, name=curve.name))
    return _(
        "All layers share one learning rate. In the last epoch, the ratio of the largest gradient of a layer to "
        "the smallest was {parts}.",
        parts=_(", ").join(parts),
    )


def updates(curves: Sequence[Curve]) -> str:
    """Return how far a step moves the weights of each network's layers in the median epoch: median and range."""
    parts = []
    for curve in curves:
        by_layer = zip(
            *[[share for __, share in epoch.updates] for epoch in curve.epochs if epoch.updates], strict=True
        )
        known = [[share for share in layer if isfinite(share)] for layer in by_layer]
        shares = [median(layer) for layer in known if layer] or [nan]
        parts.append(
            _(
                "{name} {middle} ({low} to {high})",
                name=curve.name,
                middle=_percent(median(shares)),
                low=_percent(min(shares)),
                high=_percent(max(shares)),
            )
        )
    return _(
        "In the median epoch, a step changed the weights of a layer by this share of their size, median and range "
        "over the layers: {parts}.",
        parts=clauses(parts),
    )


def _percent(share: float) -> str:
    return f"{format.number(100 * share)}%"


def responses(named: Sequence[tuple[str, Sequence[Response]]]) -> str:
    """Return how large each network's responses are: median and range."""
    parts = [
        _(
            "{name} {middle} ({low} to {high})",
            name=name,
            middle=format.number(median(response.std for response in found)),
            low=format.number(min(one.std for one in found)),
            high=format.number(max(one.std for one in found)),
        )
        for name, found in named
    ]
    return _("Standard deviation of the responses, median and range: {parts}.", parts=clauses(parts))


def predictions(name: str, found: Predictions) -> str:
    """Return how many test images are classified correctly, and which classes are confused most."""
    right = {
        "name": name,
        "right": int(found.right.sum()),
        "all": len(found.labels),
        "share": f"{found.accuracy:.1%}",
    }
    mixed, times = found.mixed_up()
    if not mixed:
        return _("{name} classifies all {all:,} test images correctly.", **right)
    first = _("{name} classifies {right:,} of {all:,} test images correctly ({share}).", **right)
    if len(mixed) > _MOST_MISTAKES:
        most = ngettext(
            "No confusion stands out: {kinds} pairs of classes are confused {n} time each.",
            "No confusion stands out: {kinds} pairs of classes are confused {n} times each.",
            times,
            kinds=len(mixed),
        )
        return f"{first} {most}"
    pairs = listing(_("{truth} taken for {taken}", truth=truth, taken=taken) for truth, taken in mixed)
    if len(mixed) == 1:
        most = ngettext(
            "Most frequent mistake: {pairs}, {n} time.",
            "Most frequent mistake: {pairs}, {n} times.",
            times,
            pairs=pairs,
        )
    else:
        most = ngettext(
            "Most frequent mistakes: {pairs}, {n} time each.",
            "Most frequent mistakes: {pairs}, {n} times each.",
            times,
            pairs=pairs,
        )
    return f"{first} {most}"
