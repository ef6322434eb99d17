"""The quantities in the Compare page's table, in its order, with their conventions."""

from collections.abc import Callable, Sequence

from models.signals.records import Quartiles, Timing
from models.tracing.layers import FLOAT32
from models.training.significance import differ
from viz.compare.metrics import Metric
from viz.language import N_, _, ngettext, worded
from viz.state.subjects import Subject
from viz.style import format
from viz.text.formulas import field_before_pooling, summed
from viz.text.labels import label

BFLOAT16 = 2  # bytes
_TEST_IMAGES = 50_000  # size of ImageNet's validation set
_FORWARD = N_(
    "Measured on this machine after a warm-up: median over repeated runs of the forward pass in eval mode. "
    "Networks whose interquartile ranges overlap count as equal."
)
_TRAINING = N_(
    "Measured on this machine after a warm-up: median over repeated runs of the forward and backward pass in "
    "train mode, without the optimiser's step. Networks whose interquartile ranges overlap count as equal."
)


def _millions(value: float) -> str:
    return f"{value / 1e9:,.3f} G" if value >= 1e9 else f"{value / 1e6:,.3f} M"


def _rate(value: float) -> str:
    return f"{value:,.3g}" if value < 1000 else f"{value:,.0f}"


def _weights(one: Subject) -> str:
    params = one.trace.params
    return f"{params:,} * {FLOAT32} = {params * FLOAT32:,}; {params:,} * {BFLOAT16} = {params * BFLOAT16:,}"


def _depth(one: Subject) -> str:
    rule, layers = label(one.trace.depth_rule), len(one.trace.layers)
    return _("{sum}: {rule}; {layers:,} layers in all", sum=summed(one.trace, "depth"), rule=rule, layers=layers)


def _field(one: Subject) -> str:
    if not one.trace.receptive_field:
        return _("computed for networks that are built here; through attention it is not defined")
    return field_before_pooling(one.trace)


def _input(one: Subject) -> str:
    return ngettext(
        "images of {shape} (channels, height, width), {n:,} class",
        "images of {shape} (channels, height, width), {n:,} classes",
        one.entry.spec.classes,
        shape=format.shape(one.trace.input_shape),
    )


def _accuracy(field: str, name: str) -> Metric:
    """A published ImageNet accuracy, not measured here."""

    def first(one: Subject) -> float | None:
        return getattr(one.published[0], field) if one.published else None

    def alike(one: Subject, other: Subject) -> bool:
        """Whether they differ no more than by chance on ImageNet's validation images."""
        ours, theirs = first(one), first(other)
        return ours is not None and theirs is not None and not differ(ours / 100, theirs / 100, _TEST_IMAGES)

    def source(one: Subject) -> str:
        longer = N_("{accuracy:.3f} with {weights} (longer training, newer augmentation)")
        earlier = N_("{accuracy:.3f} with {weights} (first published weights)")
        rows = [
            _(longer if row.newer else earlier, accuracy=getattr(row, field), weights=row.weights)
            for row in one.published
        ]
        return "; ".join(rows) or _("torchvision publishes no weights for this network")

    return Metric(
        name=name,
        value=lambda one, __: first(one),
        shown=lambda value: f"{value:.3f}",
        formula=lambda one, __: source(one),
        convention=N_(
            "Published by torchvision with its weights, not measured here: single crops of ImageNet's validation "
            "images, the first weights that were published. Training differs between networks, and newer weights "
            "of the same network reach higher accuracy. Differences within twice their standard error on 50,000 "
            "images count as equal; if some networks have only newer weights, none is marked as the best."
        ),
        better=1,
        alike=alike,
        comparable=lambda subjects: len({one.published[0].newer for one in subjects if one.published}) == 1,
        known=lambda one: bool(one.published),
    )


def _timed(
    name: str,
    convention: str,
    value: Callable[[Timing], float | None],
    spread: Callable[[Timing], Quartiles] | None = None,
    shown: Callable[[float], str] = _rate,
    unit: str = "",
    better: int = 1,
) -> Metric:
    """A quantity measured on this machine; `spread` returns the quartiles of its runs."""

    def source(one: Subject) -> str:
        timing = one.timing
        if not isinstance(timing, Timing):
            return worded(timing) if timing else _("not measured")
        if spread is None:
            peak = timing.peak_memory
            if peak is None:
                return _("not reported by this system")
            return _("{bytes:,} bytes above the memory in use before", bytes=peak)
        own = spread(timing)
        return _(
            "median of {runs} runs, interquartile range {low:.3g} to {high:.3g} ms, on {device} in {precision}",
            runs=own.runs,
            low=own.low * 1e3,
            high=own.high * 1e3,
            device=timing.device,
            precision=timing.precision,
        )

    def alike(one: Subject, other: Subject) -> bool:
        both = [own.timing for own in (one, other)]
        found = [spread(timing) for timing in both if isinstance(timing, Timing) and spread is not None]
        return one is other or (len(found) == 2 and found[0].overlaps(found[1]))

    return Metric(
        name=name,
        value=lambda one, __: value(one.timing) if isinstance(one.timing, Timing) else None,
        shown=shown,
        formula=lambda one, __: source(one),
        convention=convention,
        unit=unit,
        better=better,
        alike=alike,
        known=lambda one: bool(one.timing),
    )


METRICS: Sequence[Metric] = (
    Metric(
        name=N_("Parameters"),
        quantity="params",
        value=lambda one, __: one.trace.params,
        shown=lambda value: format.whole(int(value)),
        formula=lambda one, __: summed(one.trace, "params"),
        convention=N_(
            "Trainable parameters: weights and biases of convolutions, norms and the classifier, without running "
            "statistics."
        ),
        better=-1,
    ),
    Metric(
        name=N_("MACs"),
        quantity="macs",
        value=lambda one, __: one.trace.macs,
        shown=_millions,
        formula=lambda one, __: summed(one.trace, "macs"),
        convention=N_(
            "Multiply-accumulates of convolutions and linear layers for one image. Most papers that say FLOPs "
            "mean these."
        ),
        better=-1,
    ),
    Metric(
        name=N_("FLOPs"),
        quantity="macs",
        value=lambda one, __: one.trace.flops,
        shown=_millions,
        formula=lambda one, __: f"2 * {one.trace.macs:,} = {one.trace.flops:,}",
        convention=N_(
            "2 for each MAC: a multiplication and an addition. Norms, activation functions, pooling, additions "
            "and concatenations are left out."
        ),
        better=-1,
    ),
    _accuracy("top1", N_("ImageNet top-1, %")),
    _accuracy("top5", N_("ImageNet top-5, %")),
    Metric(
        name=N_("Activations, one image"),
        quantity="memory",
        value=lambda one, __: one.trace.activation_bytes,
        shown=lambda value: format.size(int(value)),
        unit=N_("bytes"),
        formula=lambda one, __: summed(one.trace, "activation_bytes"),
        convention=N_("The outputs of all layers for one image in float32, 4 bytes per number."),
        better=-1,
    ),
    Metric(
        name=N_("Saved for backward, batch {batch}"),
        quantity="memory",
        value=lambda one, batch: one.kept * batch,
        shown=lambda value: format.size(int(value)),
        unit=N_("bytes"),
        formula=lambda one, batch: f"{one.kept:,} * {batch} = {one.kept * batch:,}",
        convention=N_(
            "What must be saved for the backward pass, in float32: inputs of convolutions, norms, pooling and "
            "linear layers, outputs of activation functions, and the positions of the maxima in max pooling, "
            "each once. Bytes per image * batch."
        ),
        better=-1,
    ),
    Metric(
        name=N_("Weights, fp32 / bf16, MB"),
        quantity="params",
        value=lambda one, __: one.trace.params * FLOAT32 / 1e6,
        formula=lambda one, __: _weights(one),
        convention=N_("All parameters: 4 bytes each in float32, 2 in bfloat16."),
        text=lambda one: " / ".join(f"{one.trace.params * size / 1e6:,.1f}" for size in (FLOAT32, BFLOAT16)),
        better=-1,
    ),
    Metric(
        name=N_("Depth (layers in all)"),
        quantity="depth",
        value=lambda one, __: one.trace.depth,
        formula=lambda one, __: _depth(one),
        convention=N_(
            "Layers as the family's papers count them. In brackets: all layers, including norms, activation "
            "functions, pooling, additions and concatenations."
        ),
        text=lambda one: f"{one.trace.depth:,} ({len(one.trace.layers):,})",
    ),
    Metric(
        name=N_("Receptive field, px"),
        quantity="receptive_field",
        value=lambda one, __: one.trace.receptive_field or None,
        shown=lambda value: format.whole(int(value)),
        formula=lambda one, __: _field(one),
        convention=N_(
            "The part of the image that one position before the global pooling depends on; the largest over all "
            "channels."
        ),
    ),
    Metric(
        name=N_("Output before pooling"),
        value=lambda one, __: one.trace.features.output_shape[0],
        formula=lambda one, __: f"{one.trace.features.path}: {format.shape(one.trace.features.output_shape)}",
        convention=N_("Channels, height and width of the input of the global average pooling."),
        text=lambda one: format.shape(one.trace.features.output_shape),
        worded=True,
    ),
    Metric(
        name=N_("Input"),
        value=lambda one, __: one.entry.spec.classes,
        formula=lambda one, __: _input(one),
        convention=N_(
            "Channels, height and width of an image. Networks with inputs of different sizes do different "
            "amounts of work."
        ),
        text=lambda one: format.shape(one.trace.input_shape),
        worded=True,
    ),
    Metric(
        name=N_("FLOPs per byte moved"),
        quantity="macs",
        value=lambda one, __: one.trace.intensity,
        shown=lambda value: f"{value:.1f}",
        formula=lambda one, __: f"{one.trace.flops:,} / {one.trace.bytes_moved:,} = {one.trace.intensity:.2f}",
        convention=N_(
            "Arithmetic intensity for one image in float32, if every layer reads its inputs and its weights once "
            "and writes its output once. Where it is low, memory bandwidth is the limit, not arithmetic."
        ),
    ),
    _timed(
        N_("Latency, one image, ms"),
        _FORWARD,
        lambda timing: timing.latency.middle * 1e3,
        lambda timing: timing.latency,
        better=-1,
    ),
    _timed(
        N_("Images per second, batch {batch}"),
        _FORWARD,
        lambda timing: timing.throughput,
        lambda timing: timing.forward,
    ),
    _timed(
        N_("Images per second, training, batch {batch}"),
        _TRAINING,
        lambda timing: timing.training_throughput,
        lambda timing: timing.training,
    ),
    _timed(
        N_("Peak memory, training, batch {batch}"),
        N_("The most memory in use at once during the forward and the backward pass, above what was in use before."),
        lambda timing: timing.peak_memory,
        shown=lambda value: format.size(int(value)),
        unit=N_("bytes"),
        better=-1,
    ),
)
