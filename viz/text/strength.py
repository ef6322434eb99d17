"""Sentences on how much skip it takes, and on whether positions and images become alike, computed from the numbers."""

from collections.abc import Sequence
from math import inf, isfinite

from models.signals.skip_records import Alike, AlikePair, StrengthPoint
from models.signals.statistics import middle
from viz.language import N_, _, sentences
from viz.style import format

_LEVEL = 10.0  # a ratio between 1/10 and 10 is called level, as on the rest of the page
_SAME = 0.05  # smaller differences of the mean cosine are not told


# by whether there are skips, and whether it is about positions
_STAY = {
    (False, True): N_("Without skips, positions of an image stay as alike: cosine {first}, then {last}."),
    (False, False): N_("Without skips, images stay as alike: cosine {first}, then {last}."),
    (True, True): N_("With skips, positions of an image stay as alike: cosine {first}, then {last}."),
    (True, False): N_("With skips, images stay as alike: cosine {first}, then {last}."),
}
_MORE = {
    (False, True): N_("Without skips, positions of an image become more alike: cosine {first}, then {last}."),
    (False, False): N_("Without skips, images become more alike: cosine {first}, then {last}."),
    (True, True): N_("With skips, positions of an image become more alike: cosine {first}, then {last}."),
    (True, False): N_("With skips, images become more alike: cosine {first}, then {last}."),
}
_LESS = {
    (False, True): N_("Without skips, positions of an image become less alike: cosine {first}, then {last}."),
    (False, False): N_("Without skips, images become less alike: cosine {first}, then {last}."),
    (True, True): N_("With skips, positions of an image become less alike: cosine {first}, then {last}."),
    (True, False): N_("With skips, images become less alike: cosine {first}, then {last}."),
}


def medians(points: Sequence[StrengthPoint]) -> dict[float, float]:
    """Return strength -> the ratio of the first to the last gradient, the median over the seeds."""
    scales = sorted({point.scale for point in points})
    return {scale: middle([point.ratio for point in points if point.scale == scale]) for scale in scales}


def strength(points: Sequence[StrengthPoint]) -> str:
    """Return from which strength of the skips on the gradient stays level."""
    ratios = medians(points)
    if len(ratios) < 2:
        return _("Measuring from no skips to full skips.")
    low, high = min(ratios), max(ratios)
    parts = [
        _(
            "At strength {low} the first layer's gradient is {first} times the last one's; at strength {high} it is "
            "{last} times.",
            low=f"{low:g}", high=f"{high:g}", first=format.times(ratios[low]), last=format.times(ratios[high]),
        )
    ]  # fmt: skip
    if high < 1:  # still being measured: nothing is known of stronger skips
        return parts[0]
    level = [scale for scale in ratios if all(_is_level(ratios[more]) for more in ratios if more >= scale)]
    if not level:
        parts.append(_("Even at {high} it is not level, that is, within a factor of ten.", high=f"{high:g}"))
    elif level[0] == low:
        parts.append(_("It is level, within a factor of ten, at every strength."))
    else:
        parts.append(_("It is level, within a factor of ten, from {scale} on.", scale=f"{level[0]:g}"))
    return sentences(parts)


def alike(pair: AlikePair) -> str:
    """Return whether positions and images are more alike after the last block than after the first."""
    parts = []
    for skips, found in ((False, pair.plain), (True, pair.skips)):
        for positions in (True, False):
            ends = _ends(found, positions=positions)
            if ends is not None:
                parts.append(_sentence(*ends, skips=skips, positions=positions))
    return sentences(parts) or _("There are no blocks whose outputs could be compared.")


def _is_level(ratio: float) -> bool:
    return 0 < ratio < inf and 1 / _LEVEL <= ratio <= _LEVEL


def _ends(found: Sequence[Alike], *, positions: bool) -> tuple[float, float] | None:
    values = [one.positions if positions else one.images for one in found]
    known = [value for value in values if isfinite(value)]
    return (known[0], known[-1]) if len(known) > 1 else None


def _sentence(first: float, last: float, *, skips: bool, positions: bool) -> str:
    """What happens to the mean cosine from the first block to the last."""
    values = {"first": f"{round(first, 2) + 0.0:.2f}", "last": f"{round(last, 2) + 0.0:.2f}"}  # never "-0.00"
    sentences = _STAY if abs(last - first) < _SAME else _MORE if last > first else _LESS
    return _(sentences[skips, positions], **values)
