"""What networks are compared by: one row a quantity, with its convention and the arithmetic behind each number."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from models.measured import Spread, Timing
from models.published import SOURCE, Published, accuracies
from models.records import FLOAT32, Trace
from models.significance import differ
from viz import format
from viz.comparison import Entry

BFLOAT16 = 2  # bytes
_NONE = "–"


@dataclass(frozen=True, slots=True)
class Subject:
    """A network of the comparison, and all that is known of it."""

    entry: Entry
    trace: Trace
    keeps: Mapping[str, int]  # what put it out -> bytes that training keeps of it for one image, in float32
    timing: Timing | str | None = None  # a text says why there is none

    @property
    def name(self) -> str:
        return self.entry.name

    @property
    def kept(self) -> int:
        """Bytes of activations that training keeps for one image, in float32."""
        return sum(self.keeps.values())

    @property
    def published(self) -> tuple[Published, ...]:
        return accuracies(self.entry.spec)


@dataclass(frozen=True, slots=True)
class Row:
    """One quantity of every network."""

    name: str
    values: tuple[float | None, ...]
    texts: tuple[str, ...]
    formulas: tuple[str, ...]
    convention: str
    best: frozenset[int]  # places of the best; none where it isn't a matter of better, or all are alike


def rows(subjects: Sequence[Subject], batch: int) -> tuple[Row, ...]:
    """The whole table; what was measured here only where it was."""
    found = [
        _row(
            "Parameters",
            subjects,
            lambda one: one.trace.params,
            format.whole,
            lambda one: _sum(one.trace, "params"),
            "Trainable numbers: weights and biases of convolutions, norms and the classifier; no running statistics.",
        ),
        _row(
            "MACs",
            subjects,
            lambda one: one.trace.macs,
            lambda value: f"{value / 1e9:,.3f} G" if value >= 1e9 else f"{value / 1e6:,.3f} M",
            lambda one: _sum(one.trace, "macs"),
            "Multiply-accumulates of convolutions and the classifier for one image. What papers call FLOPs are mostly "
            "these.",
        ),
        _row(
            "FLOPs",
            subjects,
            lambda one: one.trace.flops,
            lambda value: f"{value / 1e9:,.3f} G" if value >= 1e9 else f"{value / 1e6:,.3f} M",
            lambda one: f"2 * {one.trace.macs:,} = {one.trace.flops:,}",
            "A multiplication and an addition for each MAC; norms, activations, pooling and joins are left out.",
        ),
        _row(
            "Activations, one image",
            subjects,
            lambda one: one.trace.activation_bytes,
            format.size,
            lambda one: _sum(one.trace, "activation_bytes") + " bytes",
            "The outputs of all layers for one image in float32, 4 bytes a number.",
        ),
        _row(
            f"Kept to train, batch {batch}",
            subjects,
            lambda one: one.kept * batch,
            format.size,
            lambda one: f"{one.kept:,} bytes an image * {batch} = {one.kept * batch:,}",
            "What must be kept for the pass back, in float32: inputs of convolutions, norms, poolings and the "
            "classifier, outputs of activations, and where maxima were; each once.",
        ),
        _row(
            "Weights, fp32 / bf16, MB",
            subjects,
            lambda one: one.trace.params * FLOAT32 / 1e6,
            str,
            lambda one: (
                f"{one.trace.params:,} * {FLOAT32} bytes = {one.trace.params * FLOAT32:,}; * {BFLOAT16} bytes = "
                f"{one.trace.params * BFLOAT16:,}"
            ),
            "All parameters: 4 bytes each in float32, 2 in bfloat16.",
            text=lambda one: " / ".join(f"{one.trace.params * size / 1e6:,.1f}" for size in (FLOAT32, BFLOAT16)),
        ),
        _row(
            "Depth (layers in all)",
            subjects,
            lambda one: one.trace.depth,
            lambda value: f"{value:,.0f}",
            lambda one: (
                " + ".join(
                    f"{total.path.removeprefix('features.')} {total.depth}" for total in one.trace.stages if total.depth
                )
                + f" = {one.trace.depth}: {one.trace.depth_rule}; {len(one.trace.layers)} layers in all"
            ),
            "What the family's papers count. Every norm, activation, pooling and join is a layer too: in brackets.",
            better=0,
            extra=lambda one: f" ({len(one.trace.layers):,})",
        ),
        _row(
            "Receptive field, px",
            subjects,
            lambda one: one.trace.receptive_field,
            format.whole,
            lambda one: f"{one.trace.features.path}: {one.trace.features.receptive_field_formula}",
            "What one position before the global pooling sees of the image; the largest that any channel has.",
            better=0,
        ),
        _row(
            "Output before pooling",
            subjects,
            lambda one: one.trace.features.output_shape[0],
            str,
            lambda one: f"{one.trace.features.path} puts out {format.shape(one.trace.features.output_shape)}",
            "Channels, height and width of what the global average pooling takes the mean of.",
            better=0,
            text=lambda one: format.shape(one.trace.features.output_shape),
        ),
        _row(
            "Input",
            subjects,
            lambda one: one.entry.spec.classes,
            str,
            lambda one: (
                f"images of {format.shape(one.trace.input_shape)}: channels, height, width; "
                f"{format.plural(one.entry.spec.classes, 'class')}"
            ),
            "Channels, height and width of an image. Where inputs differ, so does the work, whatever the network.",
            better=0,
            text=lambda one: format.shape(one.trace.input_shape),
        ),
        _row(
            "FLOPs per byte moved",
            subjects,
            lambda one: one.trace.intensity,
            lambda value: f"{value:.1f}",
            lambda one: f"{one.trace.flops:,} / {one.trace.moved:,} bytes = {one.trace.intensity:.2f}",
            "Arithmetic intensity for one image in float32, if every layer reads its inputs and its weights once and "
            "writes its output once. Where it is low, memory is the limit and not arithmetic.",
            better=0,
        ),
    ]
    if any(one.published for one in subjects):  # behind what it costs, before what it looks like
        accuracy = [_accuracy(subjects, "top1", "ImageNet top-1, %"), _accuracy(subjects, "top5", "ImageNet top-5, %")]
        found[3:3] = accuracy
    if any(one.timing for one in subjects):
        found += _measured(subjects, batch)
    return tuple(found)


def _measured(subjects: Sequence[Subject], batch: int) -> list[Row]:
    def seconds(get: Callable[[Timing], Spread]) -> Callable[[Subject], str]:
        def said(one: Subject) -> str:
            if not isinstance(one.timing, Timing):
                return str(one.timing or "not measured")
            spread = get(one.timing)
            return (
                f"median of {spread.runs} runs, the middle half from {spread.low * 1e3:.3g} to {spread.high * 1e3:.3g} "
                f"ms, on {one.timing.device} in {one.timing.precision}"
            )

        return said

    def of(get: Callable[[Timing], float | None]) -> Callable[[Subject], float | None]:
        return lambda one: get(one.timing) if isinstance(one.timing, Timing) else None

    def rate(value: float) -> str:
        return f"{value:,.3g}" if value < 1000 else f"{value:,.0f}"

    def like(get: Callable[[Timing], Spread]) -> Callable[[Subject, Subject], bool]:
        def same(one: Subject, other: Subject) -> bool:
            both = [own.timing for own in (one, other)]
            first, second = (get(timing) if isinstance(timing, Timing) else None for timing in both)
            return first is not None and second is not None and first.like(second)

        return same

    here = "Measured on this machine, after a warm-up; the median of repeated runs."
    unsteady = "Networks whose middle halves overlap are as good as each other."
    return [
        _row(
            "Latency, one image, ms",
            subjects,
            of(lambda timing: timing.latency.middle * 1e3),
            rate,
            seconds(lambda timing: timing.latency),
            f"{here} Forward, in eval mode. {unsteady}",
            like=like(lambda timing: timing.latency),
        ),
        _row(
            f"Images a second, batch {batch}",
            subjects,
            of(lambda timing: timing.throughput),
            rate,
            seconds(lambda timing: timing.forward),
            f"{here} Forward, in eval mode. {unsteady}",
            better=1,
            like=like(lambda timing: timing.forward),
        ),
        _row(
            f"Images a second, training, batch {batch}",
            subjects,
            of(lambda timing: timing.training_throughput),
            rate,
            seconds(lambda timing: timing.training),
            f"{here} Forward and back, in train mode, without an optimiser's step. {unsteady}",
            better=1,
            like=like(lambda timing: timing.training),
        ),
        _row(
            f"Peak memory, training, batch {batch}",
            subjects,
            of(lambda timing: timing.peak_memory),
            lambda value: format.size(int(value)),
            lambda one: (
                f"{one.timing.peak_memory:,} bytes more than before"
                if isinstance(one.timing, Timing) and one.timing.peak_memory is not None
                else str(one.timing if isinstance(one.timing, str) else "this machine does not tell")
            ),
            "The most that was in use at once above what was there before, forward and back.",
        ),
    ]


_TEST_IMAGES = 50_000  # of ImageNet's validation set


def _accuracy(subjects: Sequence[Subject], field: str, name: str) -> Row:
    def first(one: Subject) -> float | None:
        return getattr(one.published[0], field) if one.published else None

    def said(one: Subject) -> str:
        words = [f"{getattr(row, field):.3f} with {row.weights}, {row.recipe}" for row in one.published]
        return "; ".join(words) or "torchvision publishes no weights of this network"

    def like(one: Subject, other: Subject) -> bool:
        """No further apart than chance would put them on ImageNet's test images."""
        ours, theirs = first(one), first(other)
        return ours is not None and theirs is not None and not differ(ours / 100, theirs / 100, _TEST_IMAGES)

    alike = len({one.published[0].newer for one in subjects if one.published}) == 1
    return _row(
        name,
        subjects,
        first,
        lambda value: f"{value:.3f}",
        said,
        f"Published, not measured here: {SOURCE}. The number of the first weights that were published; "
        "trainings differ from network to network, and newer weights of the same network reach more. What lies within "
        f"twice the standard error of a difference on {_TEST_IMAGES:,} images counts as equal; where some have newer "
        "weights alone, none is marked the best.",
        better=1 if alike else 0,
        like=like,
    )


def _row(
    name: str,
    subjects: Sequence[Subject],
    value: Callable[[Subject], float | None],
    shown: Callable[..., str],
    formula: Callable[[Subject], str],
    convention: str,
    *,
    better: int = -1,
    extra: Callable[[Subject], str] = lambda _: "",
    text: Callable[[Subject], str] | None = None,
    like: Callable[[Subject, Subject], bool] = lambda one, other: one is other,
) -> Row:
    """`better`: -1 for the lowest, 1 for the highest, 0 where neither is; `like`: who is as good as the best."""
    values = tuple(value(one) for one in subjects)
    known = [number for number in values if number is not None and isfinite(number)]
    best: frozenset[int] = frozenset()
    if better and len(known) > 1 and min(known) < max(known):
        goal = max(known) if better > 0 else min(known)
        first = [one for one, number in zip(subjects, values, strict=True) if number == goal]
        best = frozenset(
            place
            for place, one in enumerate(subjects)
            if values[place] == goal or any(like(one, winner) for winner in first)
        )
        if len(best) == len(known):
            best = frozenset()
    texts = tuple(
        text(one) if text else _NONE if number is None else shown(number) + extra(one)
        for one, number in zip(subjects, values, strict=True)
    )
    return Row(name, values, texts, tuple(map(formula, subjects)), convention, best)


def _sum(trace: Trace, quantity: str) -> str:
    """As in stem 9,536 + layer1 215,808 + ... = 25,557,032."""
    parts = [(total.path.removeprefix("features."), getattr(total, quantity)) for total in trace.stages]
    terms = " + ".join(f"{name} {value:,}" for name, value in parts if value)
    return f"{terms} = {getattr(trace, quantity):,}"
