"""What this server takes on: work within its limits, and so many uploads a minute from each visitor."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Hashable, Iterator
from hashlib import blake2b
from typing import Any

from models.runtime.messages import Message, UserError, message
from models.runtime.server_limits import limits, public
from models.signals import grid
from models.signals.measure_spec import MeasureSpec
from models.specs.depth import depth
from models.specs.external import ExternalSpec, Network
from models.specs.spec import NetworkSpec
from models.training.run_spec import RunSpec
from viz.backend import pace
from viz.backend.job import Request
from viz.style import format

_MINUTE = 60.0
_MOST_VISITORS = 2_000  # whose uploads are remembered
_uploads: OrderedDict[Hashable, deque[tuple[float, bytes]]] = OrderedDict()  # visitor -> (when, digest of the file)
_lock = threading.Lock()


class RefusedError(UserError):
    """Raised for work that this server does not take on; the message says why, and what would fit."""


def check(request: Request[Any]) -> None:
    """Raise `RefusedError` for a request that is beyond a limit of this server."""
    why = refusal(request)
    if why is not None:
        raise RefusedError(why)


def refusal(request: Request[Any]) -> Message | None:
    """Return why this server does not take a request on, and what would fit; None if it does."""
    most = limits()
    axes: Any = dict(request.task.arguments).get("axes", ())
    if most.sweep_points is not None and grid.size(axes) > most.sweep_points:
        return message(
            "This server measures at most {most:,.0f} points in a sweep; this one has {n:,}.",
            most=most.sweep_points,
            n=grid.size(axes),
        )
    networks, batches = _asked(request)
    deepest = max((depth(network) for network in networks if isinstance(network, NetworkSpec)), default=0)
    sweeps = dict(request.task.arguments).get("deepest")
    deepest = max(deepest, sweeps) if isinstance(sweeps, int) else deepest
    if most.depth is not None and deepest > most.depth:
        return message(
            "This server measures and trains networks of at most {most:,.0f} layers; this one has {n:,}.",
            most=most.depth,
            n=deepest,
        )
    batch = max(batches, default=0)
    if most.batch is not None and batch > most.batch:
        return message(
            "This server takes batches of at most {most:,.0f} images; this one has {n:,}.", most=most.batch, n=batch
        )
    side = max((max(network.input_shape[1:]) for network in networks), default=0)
    if most.pixels is not None and side > most.pixels:
        return message(
            "This server takes images of at most {most:,.0f} pixels a side; these have {n:,}.", most=most.pixels, n=side
        )
    if axes:
        return _long_sweep(request, grid.size(axes))
    return None if request.preemptible or request.idle else _too_long(request, min(batches, default=0))


def _long_sweep(request: Request[Any], points: int) -> Message | None:
    """Why a sweep would take too long here; None if it would not."""
    most = limits().sweep_seconds
    takes = pace.here().estimate(request.kind, request.cost)
    if most is None or not public() or not pace.here().learnt() or takes.low <= most:
        return None
    return message(
        "A sweep may take {limit} on this server; this one would take at least {time}. About {n:,} of its {all:,} "
        "points would fit.",
        limit=format.duration(most),
        time=format.about(takes.low),
        n=int(points * most / takes.middle),
        all=points,
    )


def _too_long(request: Request[Any], batch: int) -> Message | None:
    """Why a measurement would take too long here; None if it would not."""
    most = limits().job_seconds
    if most is None or not public() or not pace.here().learnt():  # a GPU may be a hundred times as fast
        return None
    takes = pace.here().estimate(request.kind, request.cost)
    if takes.low <= most:
        return None
    values: dict[str, Any] = {"limit": format.duration(most), "time": format.about(takes.low)}
    fits = int(batch * most / takes.middle)
    if fits >= 2:
        return message(
            "A measurement may take {limit} on this server; this one would take at least {time}. A batch of {n:,} "
            "would fit.",
            n=fits,
            **values,
        )
    return message(
        "A measurement may take {limit} on this server; this one would take at least {time}. Fewer seeds, a smaller "
        "network or smaller images would fit.",
        **values,
    )


def _asked(request: Request[Any]) -> tuple[list[Network], list[int]]:
    """The networks and the sizes of batches in a request's arguments."""
    given = dict(request.task.arguments)
    found = list(_specs(tuple(given.values())))
    if given.get("axes"):
        points = grid.points(given["base"], given["setting"], given["axes"])
        found = [value for one in points if one.spec is not None for value in (one.spec, one.setting)]
    networks = [one for one in found if isinstance(one, NetworkSpec | ExternalSpec)]
    networks += [one.network for one in found if isinstance(one, RunSpec)]
    return networks, [one.batch for one in found if isinstance(one, MeasureSpec | RunSpec)]


def _specs(value: object) -> Iterator[object]:
    if isinstance(value, tuple):
        for inner in value:
            yield from _specs(inner)
    elif isinstance(value, NetworkSpec | ExternalSpec | MeasureSpec | RunSpec):
        yield value


def upload(visitor: Hashable, data: bytes) -> Message | None:
    """Return why a visitor's file is not taken: too many others in the last minute. The same file counts once."""
    most = limits().uploads
    if most is None:
        return None
    now, digest = time.monotonic(), blake2b(data, digest_size=8).digest()
    with _lock:
        own = _uploads.setdefault(visitor, deque())
        _uploads.move_to_end(visitor)
        while len(_uploads) > _MOST_VISITORS:
            _uploads.popitem(last=False)
        while own and now - own[0][0] > _MINUTE:
            own.popleft()
        if any(known == digest for _, known in own):
            return None
        if len(own) >= most:
            return message("At most {most:,.0f} images per minute are taken. Try again in a minute.", most=most)
        own.append((now, digest))
    return None
