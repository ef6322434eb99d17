"""Activations and gradients of a network and of its twin without skips: measured, never assumed.

The twin is the same network without its skip connections; what both have starts bit-equal, and both see the same batch
and the same labels.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from models import data, pictures
from models.depths import depth as count_depth
from models.depths import depths
from models.device import Peak, afford, choose, computing, exactly, in_words
from models.hooks import Way, listening
from models.keeping import inherit
from models.measured import (
    FeatureMaps,
    Pulse,
    Run,
    Signals,
    SweepPoint,
    last_of_blocks,
    quotient,
)
from models.network import build
from models.recipe import RunSpec
from models.recorder import Recorder
from models.records import JOINS, Trace
from models.runs import Runs
from models.settings import Device, Precision, Source, Weights
from models.spec import NetworkSpec, SpecError
from models.trace import trace
from models.twins import twin, with_skips
from models.weights import load
from models.zeros import together, zeros

__all__ = ["feature_maps", "filters", "measure", "run", "shared", "sweep", "sweep_depths", "twin", "with_skips"]

_SAFE = 1e-14, 1e14  # norms whose squares float32 adds up without loss
_LIMITS = {"batch": (2, 4096), "seeds": (1, 100)}
_MOST_MAPS = 64
_LABELS = 1 << 20  # added to a seed, so that labels are not drawn with the numbers that the images were


def measure(
    spec: NetworkSpec,
    *,
    seed: int = 0,
    seeds: Sequence[int] | None = None,
    batch: int = 16,
    source: str = Source.NOISE,
    device: str = Device.AUTO,
    precision: str = Precision.FLOAT32,
    weights: str = Weights.RANDOM,
    trained: str = "",
    picture: bytes | None = None,
    pulse: Pulse | None = None,
) -> Signals:
    """What flows through the network, forward and back, layer by layer.

    In train mode, by the cross-entropy on labels drawn at random. With `weights="trained"`, those of the kept run that
    `trained` names, images and labels are the run's own test images, whatever `source` says. `seeds`, where given,
    stands in for `seed` and gives a run each: a band. Raises `SpecError` for a bad setting, `TooLargeError` before
    anything is allocated where the device has no memory for it, `WeightsError`, `KeepingError` and `PictureError` for
    what can't be had.
    """
    started = time.perf_counter()
    numbers = (seed,) if seeds is None else tuple(seeds)
    chosen, traced = _ready(spec, batch, device, precision, numbers)
    runs, learnt = [], None
    with Peak(chosen) as peak:
        for place, number in enumerate(numbers):
            share = _within(pulse, place, len(numbers))
            network, _, learnt = _network(spec, number, chosen, weights, trained, share)
            if learnt is None:
                images = pictures.images(source, batch, spec.input_shape, seed=number, picture=picture).to(chosen)
                labels = _labels(spec, batch, number).to(chosen)
            else:
                images, labels = (part.to(chosen) for part in _tested(learnt, spec, batch, number))
            runs.append(run(network, traced, images, labels, seed=number, precision=precision, pulse=share))
            del network
    return Signals(
        spec=spec,
        trace=traced,
        runs=tuple(runs),
        batch=batch,
        source=source,
        weights=weights,
        device=in_words(chosen),
        precision=precision,
        seconds=time.perf_counter() - started,
        peak_memory=peak.bytes,
        # torchvision's plain networks are none of its own
        borrowed=learnt.network != spec if learnt else weights == Weights.PRETRAINED and spec != with_skips(spec),
    )


def run(
    network: nn.Module,
    traced: Trace,
    images: Tensor,
    labels: Tensor,
    *,
    seed: int = 0,
    precision: str = Precision.FLOAT32,
    pulse: Pulse | None = None,
) -> Run:
    """One pass forward and back through a network that is listened to; its weights' `grad` is filled, no more.

    Norms are added up in float32. Where a result lies so far out that squares may have overflowed or vanished, the
    pass is done again in float64.
    """

    def recorder(wide: torch.dtype) -> Recorder:
        return Recorder(len(traced.layers), images.device, wide, pulse)

    found = _pass(network, traced, images, labels, precision, recorder(torch.float32))
    low, high = _SAFE
    norms = [value for layer in found.layers for value in (layer.activation_rms, layer.activation_gradient_norm)]
    norms += [layer.weight_gradient_norm for layer in found.layers if layer.weight_gradient_norm is not None]
    if any(not low < value < high for value in norms):
        network.zero_grad()
        wide = torch.float64 if images.device.type != "mps" else torch.float32  # Apple's GPUs have no float64
        found = _pass(network, traced, images, labels, precision, recorder(wide))
    return replace(found, seed=seed)


def sweep(
    spec: NetworkSpec,
    *,
    most: int = 110,
    least: int = 8,
    points: int = 8,
    seeds: Sequence[int] = (0,),
    batch: int = 16,
    source: str = Source.NOISE,
    device: str = Device.AUTO,
    precision: str = Precision.FLOAT32,
    picture: bytes | None = None,
    pulse: Pulse | None = None,
) -> Iterator[SweepPoint]:
    """How the gradients' ratio grows with depth: depths that the family knows, with and without skips, for each seed.

    Shallow networks first, both kinds of one depth together. Raises as `measure` does.
    """
    chosen = sweep_depths(spec, least=least, most=most, points=points)
    whole = 2 * len(seeds) * sum(depth for depth, _ in chosen)  # a network's time is proportional to its depth
    done = 0
    for depth, stages in chosen:
        deep = replace(spec, stages=stages)
        for skips, own in ((True, with_skips(deep)), (False, twin(deep))):
            for number in seeds:
                part = _between(pulse, done / whole, depth / whole)
                found = measure(
                    own, seed=number, batch=batch, source=source, device=device, precision=precision, picture=picture,
                    pulse=part,
                )  # fmt: skip
                done += depth
                yield _point(found, depth, number, skips=skips)


def sweep_depths(
    spec: NetworkSpec, *, least: int = 8, most: int = 110, points: int = 8
) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """(depth, blocks per stage): depths that the family knows, evenly on the logarithm, with both ends.

    Where the family knows none, one to so many blocks in every stage.
    """
    possible = [stages for stages in depths(spec).values() if _possible(spec, stages)]
    ways = [(count_depth(replace(spec, stages=stages)), stages) for stages in possible]
    known = [pair for pair in ways if least <= pair[0] <= most]
    if not known:
        alike = [(blocks,) * len(spec.stages) for blocks in range(1, 60)]
        ways = [(count_depth(replace(spec, stages=stages)), stages) for stages in alike if _possible(spec, stages)]
        known = [pair for pair in ways if pair[0] <= most] or ways[:1]
    if len(known) <= points:
        return tuple(known)
    start, end = known[0][0], known[-1][0]
    wanted = [start * (end / start) ** (place / (points - 1)) for place in range(points)]
    nearest = {min(known, key=lambda pair: abs(pair[0] - goal)) for goal in wanted}
    return tuple(sorted(nearest))


def _possible(spec: NetworkSpec, stages: tuple[int, ...]) -> bool:
    try:
        twin(with_skips(replace(spec, stages=stages)))
    except SpecError:
        return False
    return True


def feature_maps(
    spec: NetworkSpec,
    path: str,
    *,
    image: int = 0,
    seed: int = 0,
    batch: int = 16,
    source: str = Source.PHOTOS,
    device: str = Device.AUTO,
    precision: str = Precision.FLOAT32,
    weights: str = Weights.RANDOM,
    trained: str = "",
    picture: bytes | None = None,
    pulse: Pulse | None = None,
) -> FeatureMaps:
    """The channels of one layer for one image of the batch, at most 64, those of most energy first.

    Random weights see the batch in train mode, as `measure` does; trained ones see it in eval mode, and name the five
    likeliest classes. Raises as `measure` does, and `SpecError` for a layer that the network does not have.
    """
    chosen, traced = _ready(spec, batch, device, precision, (seed,))
    if path not in traced.by_path:
        raise SpecError("layer", "must be one of this network", path)
    network, classes, learnt = _network(spec, seed, chosen, weights, trained, _within(pulse, 0, 2))
    network.train(not classes)
    if learnt is None or source == Source.UPLOAD:
        batched = pictures.images(source, batch, spec.input_shape, seed=seed, picture=picture)
    else:
        batched, _ = _tested(learnt, spec, batch, seed)
    keeper = _Keeper(image % batch, len(traced.layers), _within(pulse, 1, 2))
    with torch.no_grad(), listening(network, [layer.path for layer in traced.layers], (), keeper):
        keeper.wanted = path
        with computing(chosen, precision):
            answers = network(batched.to(chosen))
    kept = keeper.kept
    energies = kept.square().flatten(1).mean(1)
    order = energies.argsort(descending=True, stable=True)[:_MOST_MAPS]
    likely = answers[image % batch].float().softmax(0).topk(min(5, spec.classes)) if classes else None
    return FeatureMaps(
        path=path,
        channels=tuple(order.tolist()),
        energies=tuple(energies[order].tolist()),
        images=kept[order].cpu().numpy(),
        total=len(kept),
        picture=pictures.visible(batched[image % batch]),
        top=tuple(
            (classes[place], probability)
            for place, probability in zip(likely.indices.tolist(), likely.values.tolist(), strict=True)
        )
        if likely is not None
        else (),
    )


def filters(
    spec: NetworkSpec, *, seed: int = 0, weights: str = Weights.RANDOM, trained: str = "", pulse: Pulse | None = None
) -> Any:
    """The first convolution's filters: numpy, float32, (channels out, channels in, height, width)."""
    network, _, _ = _network(spec, seed, torch.device("cpu"), weights, trained, pulse)
    first = next(module for module in network.modules() if isinstance(module, nn.Conv2d))
    return first.weight.detach().numpy()


def shared(spec: NetworkSpec) -> tuple[frozenset[str], frozenset[str]]:
    """The names of the weights that a network and its twin start with bit-equal, and of those it does not share."""
    with torch.device("meta"):
        ours, theirs = (dict(build(one).named_parameters()) for one in (with_skips(spec), twin(spec)))
    alike = {name for name, value in ours.items() if name in theirs and theirs[name].shape == value.shape}
    # the range that a bias is drawn from is that of its weight
    equal = frozenset(name for name in alike if f"{name.rpartition('.')[0]}.weight" in alike)
    if with_skips(spec).zero_init_residual:  # the twin would be dead with the norms that start a branch at zero
        drawn, plain = (dict(build(one).named_parameters()) for one in (with_skips(spec), twin(spec)))
        equal = frozenset(name for name in equal if torch.equal(drawn[name], plain[name]))
    return equal, frozenset(ours) - equal


def _ready(
    spec: NetworkSpec, batch: int, name: str, precision: str, seeds: tuple[int, ...]
) -> tuple[torch.device, Trace]:
    """Check everything before anything is built; returns the device and the trace."""
    for label, value in (("batch", batch), ("seeds", len(seeds))):
        low, high = _LIMITS[label]
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise SpecError(label, f"must be a whole number from {low} to {high:,}", value)
    chosen = choose(name)
    with computing(chosen, precision):
        pass
    traced = trace(spec)
    afford(spec, batch, chosen, precision, traced=traced)
    return chosen, traced


def _network(
    spec: NetworkSpec, seed: int, chosen: torch.device, kind: str, trained: str, pulse: Pulse | None
) -> tuple[nn.Sequential, tuple[str, ...], RunSpec | None]:
    """A private copy, drawn on the CPU so that every device starts from the same numbers; its classes' names, where it
    knows them; and how it was trained, where it was trained here.
    """
    if kind not in tuple(Weights):
        raise SpecError("weights", f"must be {', '.join(Weights)}", kind)
    network, learnt = build(spec, seed=seed), None
    classes: tuple[str, ...] = ()
    if kind == Weights.PRETRAINED:
        classes = load(network, spec, pulse)
    elif kind == Weights.TRAINED:
        learnt = inherit(network, spec, Runs(), trained)
        classes = data.load(learnt.data, pulse=pulse).classes
    return network.to(chosen), classes, learnt


def _tested(learnt: RunSpec, spec: NetworkSpec, batch: int, seed: int) -> tuple[Tensor, Tensor]:
    """Test images of a run's data, drawn by the seed, as its networks take them; and their labels."""
    own = data.load(learnt.data)
    chosen = torch.randint(len(own.test), (batch,), generator=torch.Generator().manual_seed(seed))
    return own.normalised(own.test.images[chosen], spec.input_shape), own.test.labels[chosen]


def _labels(spec: NetworkSpec, batch: int, seed: int) -> Tensor:
    return torch.randint(spec.classes, (batch,), generator=torch.Generator().manual_seed(seed + _LABELS))


def _pass(network: nn.Module, traced: Trace, images: Tensor, labels: Tensor, precision: str, recorder: Recorder) -> Run:
    layers = [layer.path for layer in traced.layers]
    joins = [layer.path for layer in traced.layers if layer.kind in JOINS]
    with listening(network, layers, joins, recorder), exactly(images.device, precision):
        with computing(images.device, precision):
            logits = network(images)
        loss = cross_entropy(logits.float(), labels)
        loss.backward()  # type: ignore[no-untyped-call]
    parameters = dict(network.named_parameters())
    for path in layers:
        weight = parameters.get(f"{path}.weight")
        if weight is not None:
            recorder.weight(path, weight)
    recorder.room("", "loss").copy_(loss.detach())
    return recorder.run(traced)


@dataclass
class _Keeper:
    """Keeps what one layer puts out for one image."""

    image: int
    expected: int
    pulse: Pulse | None
    wanted: str = ""
    heard: int = 0
    kept: Tensor = field(default_factory=lambda: torch.empty(0))

    def output(self, path: str, value: Tensor) -> None:
        self.heard += 1
        if self.pulse is not None:
            self.pulse(min(self.heard / self.expected, 1.0))
        if path == self.wanted:
            one = value[self.image].float()
            self.kept = one if one.dim() == 3 else one.view(-1, 1, 1)

    def gradient(self, path: str, value: Tensor) -> None: ...

    def returned(self, path: str, way: Way, gradient: Tensor) -> None: ...


def _point(found: Signals, depth: int, seed: int, *, skips: bool) -> SweepPoint:
    ends = list(last_of_blocks(found.trace).values())
    first, last = (found.by_path[path].activation_rms for path in (ends[0], ends[-1]))
    causes = zeros(found.trace, found.runs[0])
    at_ends = [causes[layer.path] for layer in (found.convolutions[0], found.convolutions[-1]) if layer.path in causes]
    return SweepPoint(
        depth=depth,
        skips=skips,
        seed=seed,
        ratio=found.ratio(),
        growth=found.growth(),
        spread=quotient(last, first),
        zero=together(at_ends) if at_ends else None,
    )


def _within(pulse: Pulse | None, place: int, of: int) -> Pulse | None:
    return _between(pulse, place / of, 1 / of)


def _between(pulse: Pulse | None, start: float, share: float) -> Pulse | None:
    """A pulse for a part of the work: from `start`, so much of the whole."""
    return None if pulse is None else lambda done: pulse(start + share * done)
