"""Which network is smaller, which is cheaper, which needs more memory, and why: computed from the numbers."""

from collections.abc import Callable, Sequence

from models.differences import Term, difference
from models.measured import Timing
from models.records import INPUT, Kind
from viz import format
from viz.quantities import Subject

_UNSTEADY = 1.2  # quartiles further apart than this
_WHAT = {
    INPUT: "the image",
    "maxima": "the places of maxima",
    Kind.CONV: "what convolutions put out",
    Kind.NORM: "what norms put out",
    Kind.ACT: "what activations put out",
    Kind.POOL: "what pooling puts out",
    Kind.LINEAR: "what linear layers put out",
    Kind.ADD: "what additions put out",
    Kind.CONCAT: "what concatenations put out",
    Kind.PAD: "padded shortcuts",
}


def comparison(subjects: Sequence[Subject], batch: int) -> str:
    """Three short sentences, in Markdown; one about the network itself where there is only one."""
    if len(subjects) == 1:
        own = subjects[0]
        return (
            f"**{own.name}** has {own.trace.params:,} parameters, takes {_giga(own.trace.macs)}MACs an image and keeps "
            f"{format.size(own.kept * batch)} of activations to train at batch {batch}. Add another to compare."
        )
    return " ".join(
        (
            _least(subjects, "the fewest parameters", lambda one: one.trace.params, format.short, "params"),
            _least(subjects, "the fewest MACs", lambda one: one.trace.macs, _giga, "macs"),
            _memory(subjects, batch),
            *_inputs(subjects),
        )
    )


def _inputs(subjects: Sequence[Subject]) -> list[str]:
    """Where not all are given the same images: then MACs and memory are not of the networks alone."""
    sizes = {one.trace.input_shape: one for one in subjects}
    if len(sizes) == 1:
        return []
    given = (f"{format.shape(shape)} for {one.name}" for shape, one in sorted(sizes.items()))
    return [f"Not all are given the same images ({', '.join(given)}): MACs and memory follow the images too."]


def _least(
    subjects: Sequence[Subject],
    what: str,
    value: Callable[[Subject], int],
    shown: Callable[[int], str],
    quantity: str,
) -> str:
    low, high = min(subjects, key=value), max(subjects, key=value)
    if value(low) == value(high):
        return f"{_all(subjects)} have equally many {what.rpartition(' ')[2]}: {shown(value(low)).strip()}."
    terms: tuple[Term, ...] = getattr(difference(high.trace, low.trace), quantity)
    first = [one.name for one in subjects if value(one) == value(low)]
    have = f"**{format.listing(first)}** {'has' if len(first) == 1 else 'have'} {what}"
    least, most = shown(value(low)).strip(), shown(value(high)).strip()
    if least == most:  # the short forms are
        least, most = format.whole(value(low)), format.whole(value(high))
    return f"{have} ({least}; {high.name} has {most}), most of all by its {_part(terms, shown)}."


def _all(subjects: Sequence[Subject]) -> str:
    return "Both" if len(subjects) == 2 else "All"


def _memory(subjects: Sequence[Subject], batch: int) -> str:
    low, high = min(subjects, key=lambda one: one.kept), max(subjects, key=lambda one: one.kept)
    if low.kept == high.kept:
        return f"{_all(subjects)} keep the same activations to train: {format.size(low.kept * batch)} at batch {batch}."
    more = {what: own - low.keeps.get(what, 0) for what, own in high.keeps.items()}
    most = max(more, key=lambda what: more[what])
    own, other = high.keeps[most], low.keeps.get(most, 0)
    return (
        f"**{high.name}** keeps the most activations to train ({format.size(high.kept * batch)} at batch {batch}; "
        f"{low.name} {format.size(low.kept * batch)}), most of all {_WHAT[most]}: {format.size(own)} against "
        f"{_or_none(other, format.size)} an image."
    )


def _part(terms: Sequence[Term], shown: Callable[[int], str]) -> str:
    """The part that makes most of a difference: "3×3 convolutions, 1.24 G against 1.85 G"."""
    total = sum(term.change for term in terms)
    own = max(terms, key=lambda term: term.change * (1 if total > 0 else -1))
    return f"{own.name}, {_or_none(own.right, shown)} against {_or_none(own.left, shown)}"


def _or_none(number: int, shown: Callable[[int], str]) -> str:
    return shown(number).strip() if number else "none"


def explained(left: Subject, right: Subject, quantity: str, noun: str) -> str:
    """As in "B has 3,008 parameters more than A: convolution biases +4,800, norms on the shortcuts -1,792."."""
    found = difference(left.trace, right.trace)
    terms: tuple[Term, ...] = getattr(found, quantity)
    total = sum(term.change for term in terms)
    parts = ", ".join(f"{term.name} {term.change:+,}" for term in terms).replace("-", "−")
    if not terms:
        return f"**{right.name}** has as many {noun} as **{left.name}**, part by part."
    if total == 0:
        return f"**{right.name}** has as many {noun} as **{left.name}**, otherwise shared out: {parts}."
    more = "more" if total > 0 else "fewer"
    return f"**{right.name}** has {abs(total):,} {noun} {more} than **{left.name}**: {parts}."


def timings(named: Sequence[tuple[str, Timing]]) -> str:
    """Who answers soonest and who trains fastest, where the runs tell them apart."""
    quick = min(named, key=lambda pair: pair[1].latency.middle)
    busy = max(named, key=lambda pair: pair[1].training_throughput)
    latency, rate = format.number(quick[1].latency.middle * 1e3), format.number(busy[1].training_throughput)
    if len(named) == 1:
        said = (
            f"On this {quick[1].device}, {quick[0]} takes {latency} ms for an image, and in training {rate} images a "
            f"second at batch {busy[1].batch}."
        )
    else:
        soon = [name for name, one in named if one.latency.like(quick[1].latency)]
        fast = [name for name, one in named if one.training.like(busy[1].training)]
        said = f"On this {quick[1].device}, "
        said += (
            f"{quick[0]} answers soonest: {latency} ms an image. "
            if len(soon) == 1
            else f"{format.listing(soon)} answer equally soon, in about {latency} ms, as far as these runs can tell. "
        )
        said += (
            f"In training {busy[0]} takes the most images: {rate} a second at batch {busy[1].batch}."
            if len(fast) == 1
            else f"In training {format.listing(fast)} take equally many images, about {rate} a second at batch "
            f"{busy[1].batch}."
        )
    unsteady = (
        spread.high > _UNSTEADY * spread.low for _, one in named for spread in (one.latency, one.forward, one.training)
    )
    if any(unsteady):
        said += (
            " The runs of one network differ among themselves by more than a fifth: something else is at work on this "
            "machine, and small differences between networks say nothing."
        )
    return said


def depths(subjects: Sequence[Subject]) -> str:
    """What of the activations must live at once without a pass back, in words."""
    peaks = {one.name: max(one.trace.alive) for one in subjects}
    most, least = max(peaks, key=lambda name: peaks[name]), min(peaks, key=lambda name: peaks[name])
    if peaks[most] == peaks[least]:
        return (
            f"At the most {format.size(peaks[most])} of activations are alive at once in one forward pass of an image."
        )
    first = [name for name, peak in peaks.items() if peak == peaks[most]]
    have = f"{format.listing(first)} {'has' if len(first) == 1 else 'have'}"
    return (
        f"In one forward pass of an image {have} the most activations alive at once, {format.size(peaks[most])}; "
        f"{least} {format.size(peaks[least])}. Training keeps far more: that is in the table."
    )


def _giga(number: int) -> str:
    return f"{number / 1e9:.2f} G" if number >= 1e9 else f"{number / 1e6:.2f} M"
