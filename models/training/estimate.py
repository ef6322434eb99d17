"""Memory check and time estimate of a training, before it starts."""

import time
from collections.abc import Sequence
from math import prod

import torch
from torch.nn.functional import cross_entropy

from ..networks.outputs import classes_of
from ..runtime.device import choose, computing, exactly, threads
from ..runtime.errors import SpecError
from ..runtime.messages import message
from ..runtime.progress import ProgressCallback
from ..specs.external import ExternalSpec
from ..tracing.budget import afford
from ..tracing.layers import FLOAT32
from ..tracing.tracer import trace
from ..tracing.without_skips import built
from .data_registry import DATA
from .run_spec import RunSpec

_SMALL = 2e9  # multiply-accumulates (MACs) of one step's forward pass


def check(run: RunSpec, *, beside: Sequence[RunSpec] = (), loaded: bool = False) -> torch.device:
    """Return the device of a run. Raises `SpecError` or `TooLargeError`, before any allocation, if it can't be trained.

    The memory estimate covers the forward and backward passes, momentum buffers and checkpoint, the data set unless it
    is `loaded`, and the weights, gradients and momentum buffers of the runs that are trained `beside` it.
    """
    device = choose(run.device)
    with computing(device, run.precision, training=True):
        pass
    about = DATA[run.data]
    if isinstance(run.network, ExternalSpec) and trace(run.network).classes < about.classes:
        raise SpecError(
            "classes",
            "must be {n}, the number of classes in {data}",
            trace(run.network).classes,
            n=about.classes,
            data=message(about.title),
        )
    # the data set as uint8, in memory twice while it is loaded
    standing = 0 if loaded else 2 * prod(about.shape) * (about.train + about.test)
    standing += sum((3 if other.momentum else 2) * FLOAT32 * trace(other.network).params for other in beside)
    afford(run.network, run.batch, device, run.precision, momentum=run.momentum > 0, standing=standing)
    return device


def estimate(run: RunSpec, *, steps: int = 4, progress: ProgressCallback | None = None) -> float:
    """Return the estimated seconds of a training on this machine, from a few steps on random images.

    Nothing is downloaded. The steps update the weights without `torch.optim`, whose import takes seconds and memory. On
    a CPU, batches of images over 16 px high are timed with at most 32 images. Raises as `check` does.
    """
    about, device = DATA[run.data], check(run)
    large = device.type == "cpu" and run.network.input_shape[1] > 16
    batch = min(run.batch, 32) if large else run.batch
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(batch, *run.network.input_shape, generator=generator).to(device)
    labels = torch.randint(about.classes, (batch,), generator=generator).to(device)
    network = built(run.network, seed=run.seed).to(device)
    times = []
    with threads(threads_for(run)), exactly(device, run.precision, training=True):
        for step in range(steps):
            if progress is not None:
                progress(step / steps)
            began = time.perf_counter()
            network.zero_grad()
            with computing(device, run.precision, training=True):
                logits = classes_of(network(images)).float()
            cross_entropy(logits, labels).backward()  # type: ignore[no-untyped-call]
            with torch.no_grad():
                for weight in network.parameters():
                    if weight.grad is not None:
                        weight.sub_(weight.grad, alpha=1e-4)
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            times.append(time.perf_counter() - began)
    each = min(times[1:]) / batch
    tested = about.test * run.all_epochs / 3  # forward pass only
    return each * (run.batch * run.all_steps + tested)


def threads_for(run: RunSpec) -> int:
    """Return one thread for small work, where two wait for each other whenever the machine is busy."""
    return 1 if run.batch * trace(run.network).macs < _SMALL else torch.get_num_threads()
