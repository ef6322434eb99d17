"""Record what any module does: every torch function that its forward calls, with shapes and where tensors come from.

A copy of the module without values runs on the `meta` device, so nothing of the caller's is touched and nothing is
computed. The functions are seen by a `TorchFunctionMode`, whose stack belongs to the thread.
"""

import copy
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from ..runtime.messages import UserError
from .hooks import Stack, call_stack

Shape = tuple[int, ...]
IMAGE = -1  # in place of a call: the module's input

# Views, and what passes its tensor on: no layer of their own.
VIEWS = frozenset(
    {
        "__get__",  # of x.T and x.mT; x.shape gives no tensor
        "flatten", "view", "reshape", "permute", "transpose", "t", "squeeze", "unsqueeze", "contiguous", "expand",
        "expand_as", "view_as", "reshape_as", "chunk", "split", "tensor_split", "unbind", "__getitem__", "getitem",
        "narrow", "select", "movedim", "moveaxis", "swapaxes", "swapdims", "detach", "to", "type", "float", "half",
        "unflatten", "requires_grad_", "clone", "type_as", "ravel", "split_with_sizes", "unsqueeze_", "squeeze_",
        "transpose_", "broadcast_to",
    }
)  # fmt: skip
# Functions that multiply matrices inside: their operations are counted by torch's own counter.
_COUNTED = frozenset(
    {
        "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "linear", "bilinear",
        "matmul", "__matmul__", "__rmatmul__", "bmm", "mm", "addmm", "baddbmm", "einsum", "tensordot", "mv", "dot",
        "scaled_dot_product_attention", "multi_head_attention_forward", "addbmm", "inner",
    }
)  # fmt: skip


ADDITIONS = frozenset({"add", "iadd", "radd"})
# New tensors that take only a shape or a type from another.
_CONSTANT = frozenset(
    {
        "new_zeros",
        "new_ones",
        "new_full",
        "new_empty",
        "new_tensor",
        "zeros_like",
        "ones_like",
        "empty_like",
        "full_like",
    }
)


class UntraceableError(UserError):
    """Raised for a module whose forward can't be followed without values; the message says where."""


@dataclass(slots=True)
class Call:
    """One call of a torch function. Shapes are without the batch."""

    name: str
    container: str  # path of the module that called it
    leaf: bool  # whether that module has no children
    sources: tuple[int, ...]  # the calls whose results it reads, in order; IMAGE is the module's input
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    weights: tuple[str, ...] = ()  # names of the parameters that it reads
    buffers: tuple[str, ...] = ()
    macs: int = 0
    addition: int = 0  # number among the additions of two tensors, from 1
    options: dict[str, Any] = field(default_factory=dict)  # kernel, stride, padding, dilation, groups


@dataclass(frozen=True, slots=True)
class Recording:
    """The calls of one forward pass, in order."""

    calls: tuple[Call, ...]
    input_shapes: tuple[Shape, ...]
    parameters: dict[str, int]  # name -> number of values, each shared tensor once
    buffers: dict[str, int]


def record(module: nn.Module, input_shapes: Sequence[Shape], *, training: bool = False) -> Recording:
    """Return the calls of a module's forward in eval or train mode, for inputs of these shapes, without the batch.

    Raises `UntraceableError` if the forward depends on values, or a shape does not fit; the message names the layer.
    """
    twin = on_meta(module).train(training)
    batch = 2 if training else 1  # a batch norm in train mode needs two values
    inputs = [torch.empty((batch, *shape), device="meta") for shape in input_shapes]
    with call_stack(twin) as stack:
        recorder = _Recorder(stack, twin, inputs)
        try:
            with torch.no_grad(), recorder:
                twin(*inputs)
        except UserError:
            raise
        except Exception as error:  # whatever a forward of somebody else's raises
            place = recorder.last or "its input"
            reason = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"[:300]
            raise UntraceableError(
                "After {place}, the forward stopped: {reason}", place=place, reason=reason
            ) from error
    return Recording(
        calls=tuple(recorder.calls),
        input_shapes=tuple(input_shapes),
        parameters={name: value.numel() for name, value in twin.named_parameters()},
        buffers={name: value.numel() for name, value in twin.named_buffers()},
    )


def on_meta(module: nn.Module) -> nn.Module:
    """Return a copy of a module whose tensors have shapes but no values; the module is not changed."""
    memo: dict[int, Any] = {}
    for one in module.modules():
        for tensor in (*one.parameters(recurse=False), *one.buffers(recurse=False)):  # also shared ones, each once
            if id(tensor) not in memo:
                empty = torch.empty_like(tensor, device="meta")
                copied = nn.Parameter(empty, requires_grad=tensor.requires_grad) if _trained(tensor) else empty
                memo[id(tensor)] = copied
        for name, hooks in vars(one).items():
            if name.endswith(("_hooks", "_hooks_with_kwargs", "_hooks_always_called")):
                memo[id(hooks)] = OrderedDict()  # a caller's hooks are not told of tensors without values
    twin: nn.Module = copy.deepcopy(module, memo)
    return twin


def _trained(tensor: Tensor) -> bool:
    return isinstance(tensor, nn.Parameter)


class _Recorder(TorchFunctionMode):
    def __init__(self, stack: Stack, module: nn.Module, inputs: Iterable[Tensor]) -> None:
        super().__init__()
        self.stack = stack
        self.batch = 1
        self.additions = 0  # of two tensors, so far
        self.calls: list[Call] = []
        self.last = ""
        self._kept: list[Tensor] = []  # so that no id is used twice
        self._made: dict[int, int] = {}  # id of a tensor -> the call that made it
        for tensor in inputs:
            self._keep(tensor, IMAGE)
            self.batch = len(tensor)
        # id of a tensor -> the parameters that it is or was computed from
        self._weights: dict[int, tuple[str, ...]] = {id(one): (name,) for name, one in module.named_parameters()}
        self._macs: dict[int, int] = {}  # id of a tensor -> the work that its values of weights alone took
        self._buffers = {id(value): name for name, value in module.named_buffers()}

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", type(func).__name__)
        if not self.stack:
            return func(*args, **kwargs)
        macs = 0
        if name in _COUNTED:
            with _Counter() as counter:
                out = func(*args, **kwargs)
            macs = counter.flops // 2
        else:
            out = func(*args, **kwargs)
        results = [one for one in _tensors((out,)) if isinstance(one, Tensor)]
        if results:
            self._note(func, name, (*args, *kwargs.values()), args, kwargs, results, macs)
        return out

    def _note(
        self,
        func: Any,
        name: str,
        given: tuple[Any, ...],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        results: list[Tensor],
        macs: int,
    ) -> None:
        tensors = list(_tensors(given))
        self.additions += adds(name, args)
        sources = [(self._made[id(one)], one) for one in tensors if id(one) in self._made]
        weights = tuple(dict.fromkeys(name for one in tensors for name in self._weights.get(id(one), ())))
        earlier = sum(self._macs.pop(id(one), 0) for one in tensors)
        if not sources or name in _CONSTANT:
            for result in results:  # of weights alone, such as a bias that is looked up in a table
                self._kept.append(result)
                self._weights[id(result)] = weights
            self._macs[id(results[0])] = macs + earlier
            return
        if name in VIEWS:
            for result in results:
                self._keep(result, sources[0][0])
            return
        container, module = self.stack[-1]
        self.last = f"{container}.{name}".strip(".")
        self.calls.append(
            Call(
                name=name.strip("_"),
                container=container,
                leaf=next(module.children(), None) is None,
                sources=tuple(source for source, _one in sources),
                input_shapes=tuple(self._shape(name, one) for _source, one in sources),
                output_shape=self._shape(name, results[0]),
                weights=weights,
                buffers=tuple(dict.fromkeys(self._buffers[id(one)] for one in tensors if id(one) in self._buffers)),
                macs=(macs + earlier) // (self.batch if macs else 1),
                addition=self.additions if adds(name, args) else 0,
                options=_options(name, args, kwargs),
            )
        )
        for result in results:
            self._keep(result, len(self.calls) - 1)

    def _shape(self, name: str, tensor: Tensor) -> Shape:
        """The shape without the batch; of windows that are part of the batch, the whole shape."""
        shape = tuple(tensor.shape)
        if name == "multi_head_attention_forward" and len(shape) > 1:  # torch's own has the batch second
            return (shape[0], *shape[2:])
        return shape[1:] if shape and shape[0] == self.batch else shape

    def _keep(self, tensor: Tensor, call: int) -> None:
        self._kept.append(tensor)
        self._made[id(tensor)] = call


class _Counter(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts floating-point operations by torch's own formulas, in this thread alone."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.flops = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        formula = flop_registry.get(func._overloadpacket)  # noqa: SLF001  # its only name
        if formula is None and func is not torch.ops.prim.device.default:
            with self:
                inner = func.decompose(*args, **kwargs)
            if inner is not NotImplemented:
                return inner
        out = func(*args, **kwargs)
        if formula is not None:
            self.flops += formula(*args, **kwargs, out_val=out)
        return out


def adds(name: str, args: tuple[Any, ...]) -> bool:
    """Whether a call adds two tensors."""
    return name.strip("_") in ADDITIONS and len(args) > 1 and all(isinstance(one, Tensor) for one in args[:2])


def _tensors(values: Iterable[Any]) -> Iterator[Tensor]:
    """All tensors in nested tuples, lists and dicts, in order."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, tuple | list):
            yield from _tensors(value)
        elif isinstance(value, dict):
            yield from _tensors(value.values())


_WINDOWS: dict[str, tuple[str, ...]] = {
    "conv2d": ("input", "weight", "bias", "stride", "padding", "dilation", "groups"),
    "max_pool2d": ("input", "kernel_size", "stride", "padding", "dilation", "ceil_mode"),
    "avg_pool2d": ("input", "kernel_size", "stride", "padding", "ceil_mode"),
}


def _options(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The window of a convolution or pooling, as given."""
    if name not in _WINDOWS:
        return {}
    found = dict(zip(_WINDOWS[name], args, strict=False)) | kwargs
    weight = found.get("weight")
    options = {key: value for key, value in found.items() if not isinstance(value, Tensor) and value is not None}
    if isinstance(weight, Tensor):
        options["kernel_size"] = tuple(weight.shape[2:])
    return options
