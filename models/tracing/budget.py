"""Refuse work that does not fit into the device's memory, before anything is allocated."""

import sys
from collections.abc import Callable
from typing import cast

import torch

from ..runtime.device import free
from ..runtime.messages import Message, UserError, message
from ..runtime.settings import Device
from ..specs.checks import smallest_input
from ..specs.external import Network
from ..specs.limits import LIMITS
from ..specs.spec import NetworkSpec
from .layers import Shape
from .memory import need, training_need
from .records import Trace
from .tracer import trace

PAGES, OPTIMIZERS = 64 * 10**6, 200 * 10**6  # bytes
MARGIN = 0.9  # fraction of the free memory that may be used, as needs are only estimated


class TooLargeError(UserError):
    """A measurement or training that does not fit into the device's memory; the message says what would."""


def afford(
    spec: Network | None,
    batch: int,
    device: torch.device,
    precision: str,
    *,
    limit: int | None = None,
    traced: Trace | None = None,
    momentum: bool | None = None,
    standing: int = 0,
) -> int:
    """Return the bytes that a measurement or training needs, if they fit; `traced` is the spec's trace, if it exists.

    Without a spec, `traced` must be given: that of a module.

    A `momentum` of True or False means a training, which also needs its momenta and room for a checkpoint. `standing`:
    bytes of what else is in memory, such as data. Raises `TooLargeError`, with nothing allocated, if the sum is more
    than `limit` (default: what is free now).
    """
    room = (
        max(0, int(free(device) * MARGIN) - _reserve(device, training=momentum is not None)) if limit is None else limit
    )

    own = traced or trace(spec)  # type: ignore[arg-type]  # one of both is given

    def takes(count: int, shape: Shape) -> int:
        passes = need(own, count, precision, kind=Device(device.type), input_shape=shape)
        if momentum is None:
            return standing + passes.total
        return standing + training_need(passes, own, momentum=momentum, on_cpu=device.type == "cpu")

    wanted = takes(batch, own.input_shape)
    if wanted <= room:
        return wanted
    values = {"wanted": gigabytes(wanted), "room": gigabytes(room), "advice": _what_fits(spec, own, batch, room, takes)}
    if device.type == "cpu":
        raise TooLargeError(
            "This needs about {wanted} of memory, but only {room} of the server's memory is available. {advice}",
            **values,
        )
    raise TooLargeError(
        "This needs about {wanted} of memory, but only {room} of the GPU's memory is available. {advice}", **values
    )


def _reserve(device: torch.device, *, training: bool) -> int:
    """Bytes of main memory to leave for pages and for libraries that are still to be imported."""
    if device.type != "cpu":
        return 0
    optimizers = training and "torch._dynamo" not in sys.modules  # torch.optim imports it
    return PAGES + (OPTIMIZERS if optimizers else 0)


def _what_fits(
    spec: Network | None, traced: Trace, batch: int, room: int, takes: Callable[[int, Shape], int]
) -> Message:
    """Return a sentence with the largest batch and, for our own networks, the largest input that would fit."""
    most = _largest(2, batch, lambda count: takes(count, traced.input_shape), room)
    side = None
    if isinstance(spec, NetworkSpec):
        low, longest = smallest_input(spec), min(max(spec.input_shape[1:]), int(LIMITS["pixels"][1]))
        side = _largest(low, longest, lambda pixels: takes(batch, _resized(spec, pixels)), room, power=2)
    values: dict[str, int] = {"batch": batch}
    height, width = (*traced.input_shape, 1, 1)[1:3]
    if most is not None:
        values |= {"most": most, "height": height, "width": width}
    if side is not None:
        fitting = _resized(cast("NetworkSpec", spec), side)[1:]
        values |= {"high": fitting[0], "wide": fitting[1]}
    if most is not None and side is not None:
        return message(
            "A batch of {most:,} at {height} × {width} px would fit, or a batch of {batch:,} at {high} × {wide} px.",
            **values,
        )
    if most is not None:
        return message("A batch of {most:,} at {height} × {width} px would fit.", **values)
    if side is not None:
        return message("A batch of {batch:,} at {high} × {wide} px would fit.", **values)
    return message("This network would not fit with any batch or input size. Choose a smaller one.")


def _resized(spec: NetworkSpec, side: int) -> tuple[int, int, int]:
    """The input shape with a longer side of `side` pixels, in the network's proportions."""
    longest, low = max(spec.input_shape[1:]), smallest_input(spec)
    height, width = (max(low, length * side // longest) for length in spec.input_shape[1:])
    return spec.input_shape[0], height, width


def _largest(low: int, high: int, takes: Callable[[int], int], room: int, *, power: int = 1) -> int | None:
    """The largest number from `low` to `high` whose need fits into `room`; None if not even the lowest does.

    The need grows roughly as a power of the number. This guides the search, so that few numbers are tried.
    """
    least, most = takes(low), takes(high)
    if high < low or least > room:
        return None
    while low < high:
        slope = (most - least) / max(high**power - low**power, 1)
        guess = int((low**power + (room - least) / max(slope, 1e-9)) ** (1 / power))
        tried = min(max(guess, low + 1), high)
        need_ = takes(tried)
        if need_ <= room:
            low, least = tried, need_
            if tried < high and takes(tried + 1) > room:
                break
        else:
            high, most = tried - 1, need_
    return low


def gigabytes(number: int) -> str:
    return f"{number / 1e9:,.1f} GB" if number >= 1e8 else f"{number / 1e6:,.0f} MB"
