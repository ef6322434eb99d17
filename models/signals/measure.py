"""Measured activations and gradients of a network, layer by layer.

A network's twin is the same network without its skip connections. The parameters that both have start bit-equal, and
both see the same batch and labels.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ..networks.outputs import classes_of
from ..runtime.device import Peak, computing, exactly, in_words
from ..runtime.progress import ProgressCallback, part
from ..runtime.settings import Precision
from ..specs.external import Network
from ..tracing.kinds import JOINS
from ..tracing.layers import Shape
from ..tracing.records import Trace
from ..tracing.structure import Structure
from .collector import Collector
from .measure_spec import MeasureSpec
from .observed import followed, leave_nothing_out, observing
from .prepare import Prepare, affordable, preparation, prepared_module
from .records import Run, Signals

_SAFE = 1e-14, 1e14  # norms whose squares float32 sums without over- or underflow


def measure(
    spec: Network | nn.Module,
    setting: MeasureSpec | None = None,
    *,
    input_shape: Shape | Sequence[Shape] | None = None,
    picture: bytes | None = None,
    prepare: Prepare | None = None,
    progress: ProgressCallback | None = None,
    **changes: Any,
) -> Signals:
    """Measure the activations and gradients of every layer, in one forward and backward pass per seed.

    The network is in train mode, but for dropout and stochastic depth, which leave nothing out; the loss is the
    cross-entropy on random labels. `changes` are fields of `MeasureSpec`, as in `measure(spec, batch=8, seeds=3)`.
    Any module is measured with the weights that it has, on a copy, for images of `input_shape` (C, H, W), or for
    several inputs, of which the first is images; if its output has positions, the classes are their mean.
    `prepare` replaces the network, images and labels that the setting describes, for example by those of a stored run.
    `picture` is the image file for `source="upload"`.

    Raises `SpecError` for an invalid setting, `TooLargeError` before anything is allocated if the device lacks the
    memory, and whatever `prepare` raises.
    """
    started = time.perf_counter()
    setting = replace(setting or MeasureSpec(), **changes)
    own: Network | None = None
    by: Structure | None
    if isinstance(spec, nn.Module):
        chosen, by, prepare = prepared_module(spec, input_shape, setting, picture)
        traced = by.trace
    else:
        own = spec
        chosen, traced = affordable(own, setting)
        by = followed(own)
        prepare = prepare or preparation(own, setting, picture)
    runs, borrowed = [], False
    with Peak(chosen) as peak:
        for place, seed in enumerate(setting.numbers):
            share = part(progress, place / setting.seeds, 1 / setting.seeds)
            ready = prepare(seed, share)
            borrowed = ready.borrowed
            network, images, labels = ready.network.to(chosen), ready.images.to(chosen), ready.labels.to(chosen)
            runs.append(
                run(
                    network, traced, images, labels,
                    seed=seed, precision=setting.precision, progress=share, by=by,
                    others=tuple(one.to(chosen) for one in ready.others),
                )
            )  # fmt: skip
            del network, ready
    return Signals(
        spec=own,
        trace=traced,
        runs=tuple(runs),
        batch=setting.batch,
        source=setting.source,
        weights=setting.weights,
        device=in_words(chosen),
        precision=setting.precision,
        seconds=time.perf_counter() - started,
        peak_memory=peak.bytes,
        borrowed=borrowed,
    )


def run(
    network: nn.Module,
    traced: Trace,
    images: Tensor,
    labels: Tensor,
    *,
    seed: int = 0,
    precision: str = Precision.FLOAT32,
    progress: ProgressCallback | None = None,
    by: Structure | None = None,
    others: tuple[Tensor, ...] = (),
) -> Run:
    """Measure one forward and backward pass of a network; the gradients stay in its parameters' `grad`.

    `by` is how the forward of a module is followed that was not built here; `others` are its further inputs.

    Norms are summed in float32. If a result is so large or small that squares may have over- or underflowed, the pass
    is repeated and the norms are summed in float64, where the device has it.
    """

    def collector(wide: torch.dtype) -> Collector:
        return Collector(len(traced.layers), images.device, wide, progress)

    found = _pass(network, traced, by, (images, *others), labels, precision, collector(torch.float32))
    low, high = _SAFE
    norms = [value for layer in found.layers for value in (layer.activation_rms, layer.activation_gradient_norm)]
    norms += [layer.weight_gradient_norm for layer in found.layers if layer.weight_gradient_norm is not None]
    if any(not low < value < high for value in norms):
        network.zero_grad()
        wide = torch.float64 if images.device.type != "mps" else torch.float32  # Apple's GPUs have no float64
        found = _pass(network, traced, by, (images, *others), labels, precision, collector(wide))
    return replace(found, seed=seed)


def _pass(
    network: nn.Module,
    traced: Trace,
    by: Structure | None,
    inputs: tuple[Tensor, ...],
    labels: Tensor,
    precision: str,
    collector: Collector,
) -> Run:
    leave_nothing_out(network, by)  # each layer is measured as it is
    joins = [layer.path for layer in traced.layers if layer.kind in JOINS] if by is None else list(by.skips)
    with observing(network, traced, by, joins, collector), exactly(inputs[0].device, precision):
        with computing(inputs[0].device, precision):
            logits = classes_of(network(*inputs))
        loss = cross_entropy(logits.float(), labels)
        loss.backward()  # type: ignore[no-untyped-call]
    parameters = dict(network.named_parameters())
    for layer in traced.layers:
        names = (f"{layer.path}.weight",) if by is None else by.weights[layer.path]
        weights = [parameters[name] for name in names if name in parameters]
        if weights:
            collector.weight(layer.path, *weights)
    collector.room("", "loss").copy_(loss.detach())
    return collector.run(traced, joins)
