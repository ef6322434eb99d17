"""Sentences on where trained networks find their answers, computed from the numbers."""

from collections.abc import Sequence

from models.signals.map_records import FEWEST, ClassMaps, agreement
from viz.language import _, sentences
from viz.text.examined import Examined, beside_twin


def compared(looking: Sequence[Examined[ClassMaps]]) -> str:
    """Return whether a network and its twin depend on the same places; "" without both, or with too few images."""
    both = beside_twin(looking)
    alike = agreement(both[0].found, both[1].found) if both else None
    if both is None or alike is None:
        return ""
    told = {
        "own": both[0].name,
        "plain": both[1].name,
        "n": alike.images,
        "same": f"{alike.same:.2f}",
        "other": f"{alike.other:.2f}",
    }
    if alike.differs and alike.same > alike.other:
        return _(
            "With skip connections and without, the answers depend on similar places: what covered patches do in {own} "
            "and {plain} correlates by {same} for the same image, by {other} for different ones (means of {n} images).",
            **told,
        )
    return _(
        "That the answers depend on similar places with skip connections and without can't be seen here: what covered "
        "patches do in {own} and {plain} correlates by {same} for the same image, by {other} for different ones "
        "(means of {n} images).",
        **told,
    )


def each(looking: Sequence[Examined[ClassMaps]]) -> list[str]:
    """Return, for each network, whether what its Grad-CAM marks matters to its answers."""
    return [_of(one) for one in looking]


def _of(one: Examined[ClassMaps]) -> str:
    found = one.found
    if not found.layers:
        return _("{name}: no Grad-CAM, since no feature map is passed by everything.", name=one.name)
    if found.tried < FEWEST:
        return _(
            "{name}: only {n} of {images} images have a Grad-CAM map that marks some places more than others: too few "
            "to try whether these matter.",
            name=one.name,
            n=found.tried,
            images=len(found.answers),
        )
    means = found.means()
    whole, marked, elsewhere = (f"{mean:.0%}" for mean in means)
    lowered = _(
        "{name}: its mean confidence is {whole}. With the quarter of each image covered that Grad-CAM marks most, it "
        "keeps {marked} for the same answer; with the quarter covered that it marks in another image, {elsewhere}.",
        name=one.name,
        whole=whole,
        marked=marked,
        elsewhere=elsewhere,
    )
    if not found.differs:
        said = _("The difference is within chance: whether a map says anything of its own image can't be told here.")
    elif means[1] < means[2]:
        said = _("What it marks matters more than other places.")
    else:
        said = _("What it marks matters less than other places.")
    return sentences([lowered, said])
