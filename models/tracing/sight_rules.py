"""The rule by which each function of torch changes what a position sees; a function without one ends what is known."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor

from . import sight as to
from .functions import ACTIVATIONS, CONCATENATIONS, VIEWS
from .sight import CHANNELS, ONE, Sight

Arguments = tuple[Any, ...]
Options = Mapping[str, Any]

_POINTWISE = ACTIVATIONS | {
    "prelu", "rsub", "clamp", "clamp_min", "exp", "sqrt", "rsqrt", "pow", "abs", "neg", "square", "reciprocal", "div",
    "truediv", "bernoulli", "batch_norm", "group_norm", "instance_norm", "layer_norm", "rms_norm",
    "local_response_norm", "dropout", "dropout2d", "feature_dropout",
}  # fmt: skip
_JOINED = frozenset({"add", "iadd", "radd", "sub", "isub", "mul", "imul", "rmul", "multiply", "maximum", "minimum"})
_POOLED = frozenset({"mean", "amax", "sum"})
_MOVING = frozenset(
    {"permute", "transpose", "swapaxes", "swapdims", "movedim", "moveaxis", "t", "__get__", "transpose_"}
)
_CUTTING = frozenset({"chunk", "split", "tensor_split", "split_with_sizes", "narrow", "unbind", "select"})
_OVER_AXES = frozenset({"softmax", "log_softmax", "normalize"})


_FAILURES = (IndexError, ValueError, TypeError, KeyError, AttributeError)  # arguments that a rule did not expect


def sight_of(
    name: str, args: Arguments, kwargs: Options, inputs: Sequence[tuple[Sight | None, Tensor]], out: Tensor,
    window: Options,
) -> Sight | None:  # fmt: skip
    """Return the sight of a function's result, None where there is no rule.

    `inputs` are its operands that depend on the image; `window` has kernel, stride, padding and dilation, of a
    convolution or pooling over height and width.
    """
    try:
        found = _sight_of(name, args, kwargs, inputs, out, window)
    except _FAILURES:
        return None
    return found if found is not None and len(found.axes) == out.dim() else None


def viewed(name: str, args: Arguments, kwargs: Options, seen: Sight | None, old: Tensor, new: Tensor) -> Sight | None:
    """Return the sight of a view of a tensor, or of a function that passes its tensor on; None without a rule."""
    try:
        found = _viewed(name, args, kwargs, seen, old, new)
    except _FAILURES:
        return None
    return found if found is not None and len(found.axes) == new.dim() else None


def _sight_of(
    name: str, args: Arguments, kwargs: Options, inputs: Sequence[tuple[Sight | None, Tensor]], out: Tensor,
    window: Options,
) -> Sight | None:  # fmt: skip
    plain = name.strip("_")
    sights, shapes = [one for one, _tensor in inputs], [tuple(tensor.shape) for _one, tensor in inputs]
    if any(one is None for one in sights) or not sights:
        return None
    first = sights[0]
    if plain in _JOINED or (plain in CONCATENATIONS and _over_channels(first, args, kwargs)):
        return to.together(sights, shapes)
    if len(sights) > 1 or first is None:
        return to.together(sights, shapes) if plain in _POINTWISE else None
    if plain in _POINTWISE and out.shape == shapes[0]:
        return first
    if window and out.dim() == 4:
        sides = (out.shape[2], out.shape[3])
        steps = to.adaptive_steps(first.sides, sides) if plain.startswith("adaptive") else window["stride"]
        return to.windowed(first, {**window, "stride": steps}, sides)
    rule = _RULES.get(plain)
    return rule(first, args, kwargs, out) if rule else None


def _viewed(name: str, args: Arguments, kwargs: Options, seen: Sight | None, old: Tensor, new: Tensor) -> Sight | None:
    if seen is None:
        return None
    if name in _MOVING:
        return _moved(name, args, kwargs, seen)
    if name in ("__getitem__", "getitem"):
        return to.indexed(seen, args[1])
    if name in _CUTTING:
        return _cut(seen, old, new)
    if name in VIEWS and name not in ("expand", "expand_as", "broadcast_to"):
        return to.reshaped(seen, tuple(old.shape), tuple(new.shape))
    return seen if old.shape == new.shape else None


def _cut(seen: Sight, old: Tensor, new: Tensor) -> Sight | None:
    """Of a part of the channels."""
    if new.dim() != old.dim():
        return None
    cut = {seen.axes[axis] for axis in range(old.dim()) if old.shape[axis] != new.shape[axis]}
    return seen if cut <= {CHANNELS} else None


def _moved(name: str, args: Arguments, kwargs: Options, seen: Sight) -> Sight | None:
    rank = len(seen.axes)
    order = list(range(rank))
    given = [*args[1:], *kwargs.values()]
    if name == "permute":
        dims = given[0] if len(given) == 1 and not isinstance(given[0], int) else given
        return to.moved(seen, list(dims)) if len(dims) == rank else None
    if name in ("movedim", "moveaxis") and len(given) == 2 and all(isinstance(one, int) for one in given):
        order.insert(given[1] % rank, order.pop(given[0] % rank))
        return to.moved(seen, order)
    if name in ("transpose", "swapaxes", "swapdims", "transpose_") and len(given) == 2:
        one, other = (dim % rank for dim in given)
        order[one], order[other] = order[other], order[one]
        return to.moved(seen, order)
    return to.moved(seen, (1, 0)) if name == "t" and rank == 2 else None


def _over_channels(first: Sight | None, args: Arguments, kwargs: Options) -> bool:
    dim = kwargs.get("dim", kwargs.get("axis", args[1] if len(args) > 1 else 0))
    return first is not None and isinstance(dim, int) and first.axes[dim] == CHANNELS


def _linear(seen: Sight, args: Arguments, kwargs: Options, out: Tensor) -> Sight | None:
    return seen if seen.axes[-1] in (CHANNELS, ONE) else None


def _pool(seen: Sight, args: Arguments, kwargs: Options, out: Tensor) -> Sight | None:
    dims = kwargs.get("dim", kwargs.get("axis", args[1] if len(args) > 1 else None))
    keeps = kwargs.get("keepdim", kwargs.get("keepdims", args[2] if len(args) > 2 else False))
    if dims is None:
        return None
    return to.pooled(seen, (dims,) if isinstance(dims, int) else tuple(dims), keeps=bool(keeps))


def _over_axis(seen: Sight, args: Arguments, kwargs: Options, out: Tensor) -> Sight | None:
    dim = kwargs.get("dim", args[1] if len(args) > 1 else None)
    return seen if isinstance(dim, int) and seen.axes[dim] in (CHANNELS, ONE) else None


def _pad(seen: Sight, args: Arguments, kwargs: Options, out: Tensor) -> Sight | None:
    pads = kwargs.get("pad", args[1] if len(args) > 1 else ())
    if seen.axes[:2] == ("N", CHANNELS) and len(pads) == 6 and not any(pads[:4]):
        return seen  # zeros beside the channels
    return to.padded(seen, tuple(pads))


def _same(seen: Sight, args: Arguments, kwargs: Options, out: Tensor) -> Sight | None:
    return seen


_RULES: Mapping[str, Callable[[Sight, Arguments, Options, Tensor], Sight | None]] = {
    "linear": _linear,
    "pad": _pad,
    "channel_shuffle": _same,
    **dict.fromkeys(_POOLED, _pool),
    **dict.fromkeys(_OVER_AXES, _over_axis),
}
