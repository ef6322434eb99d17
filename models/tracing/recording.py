"""Record what any module does: every torch function that its forward calls, with shapes and where tensors come from.

A copy of the module without values runs on the `meta` device, so nothing of the caller's is touched and nothing is
computed. The functions are seen by a `TorchFunctionMode`, whose stack belongs to the thread.
"""

import os
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from ..runtime.messages import UserError
from .functions import CONSTANT, COUNTED, adds, in_place, passes_on, window_of
from .hooks import Stack, call_stack
from .known_results import known_macs, known_result
from .meta_copy import on_meta
from .operation_counter import OperationCounter
from .sight import Sight, of_image
from .sight_rules import sight_of, viewed

if TYPE_CHECKING:
    from .records import Trace

Shape = tuple[int, ...]
IMAGE = -1  # in place of a call: the module's input


class UntraceableError(UserError):
    """Raised for a module whose forward can't be followed without values; the message says where.

    `recording` holds what was called until then, and `trace` the layers, of a forward that stopped on its way.
    """

    recording: "Recording | None" = None
    trace: "Trace | None" = None


@dataclass(slots=True)
class Call:
    """One call of a torch function. Shapes are without the batch."""

    name: str
    container: str  # path of the module that called it
    leaf: bool  # whether that module has no children
    ordinal: int  # number among that module's calls of this function, from 1
    sources: tuple[int, ...]  # the calls whose results it reads, in order; IMAGE is the module's input
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    weights: tuple[str, ...] = ()  # names of the parameters that it reads
    buffers: tuple[str, ...] = ()
    macs: int = 0
    addition: int = 0  # number among the additions of two tensors, from 1
    window: dict[str, Any] = field(default_factory=dict)  # kernel, stride, padding ... of a convolution or pooling
    sights: tuple[Sight | None, ...] = ()  # what a position of each source sees, where there is a rule
    sight: Sight | None = None  # and of the result


@dataclass(frozen=True, slots=True)
class Recording:
    """The calls of one forward pass, in order."""

    calls: tuple[Call, ...]
    input_shapes: tuple[Shape, ...]
    parameters: dict[str, int]  # name -> number of values, each shared tensor once
    buffers: dict[str, int]
    outputs: tuple[int, ...]  # the calls that make the module's results
    classes: int  # of the first result: its second axis; 0 if it has none

    @property
    def needed(self) -> "Recording":
        """The same without the calls on which no result depends, such as projections whose skip is taken out."""
        kept: set[int] = set()
        waiting = list(self.outputs) or [len(self.calls) - 1]
        while waiting:
            place = waiting.pop()
            if place != IMAGE and place not in kept:
                kept.add(place)
                waiting += self.calls[place].sources
        order = sorted(kept)
        now = {place: number for number, place in enumerate(order)} | {IMAGE: IMAGE}
        calls = (self.calls[place] for place in order)
        return replace(
            self,
            calls=tuple(replace(call, sources=tuple(now[one] for one in call.sources)) for call in calls),
            outputs=tuple(now[place] for place in self.outputs),
        )


def record(
    module: nn.Module,
    input_shapes: Sequence[Shape],
    *,
    training: bool = False,
    inner: AbstractContextManager[object] | None = None,
) -> Recording:
    """Return the calls of a module's forward in eval or train mode, for inputs of these shapes, without the batch.

    `inner` is a context around the forward, such as a mode that changes what its functions do.

    Raises `UntraceableError` if the forward depends on values, or a shape does not fit; the message names the layer.
    """
    try:
        twin = on_meta(module).train(training)
    except Exception as error:  # whatever a module of somebody else's raises
        reason = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"[:300]
        raise UntraceableError("The module can't be copied without its values: {reason}", reason=reason) from error
    batch = 2 if training else 1  # a batch norm in train mode needs two values
    inputs = [torch.empty((batch, *shape), device="meta") for shape in input_shapes]
    with call_stack(twin) as stack:
        recorder = _Recorder(stack, twin, inputs)
        try:
            with torch.no_grad(), recorder, inner or nullcontext():
                results = twin(*inputs)
        except UserError:
            raise
        except Exception as error:  # whatever a forward of somebody else's raises
            stopped = _stopped(error, recorder.last)
            if recorder.calls:
                stopped.recording = recorder.recording(twin, input_shapes, ())
            raise stopped from error
    if not recorder.calls:
        raise UntraceableError("The forward calls no function of torch on its input, so there is nothing to show.")
    return recorder.recording(twin, input_shapes, results)


def _stopped(error: Exception, last: str) -> UntraceableError:
    """What is told of a forward that stopped: after which call, at which line of its code, and why."""
    told = {"place": last or "its input", "reason": f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"[:300]}
    others = tuple(f"{Path(one).parent}{os.sep}" for one in (torch.__file__, __file__))
    lines = [one for one in traceback.extract_tb(error.__traceback__) if not one.filename.startswith(others)]
    if not lines:
        return UntraceableError("After {place}, the forward stopped: {reason}", **told)
    line = f"{Path(lines[-1].filename).name}:{lines[-1].lineno}: {lines[-1].line}"
    return UntraceableError("After {place}, the forward stopped at {line} ({reason})", line=line, **told)


class _Recorder(TorchFunctionMode):
    def __init__(self, stack: Stack, module: nn.Module, inputs: Iterable[Tensor]) -> None:
        super().__init__()
        self.stack = stack
        self.batch = 1
        self.additions = 0  # of two tensors, so far
        self.calls: list[Call] = []
        self.counts: Counter[tuple[str, str]] = Counter()  # (module, function) -> its calls so far
        self.last = ""
        self._kept: list[Tensor] = []  # so that no id is used twice
        self._made: dict[int, int] = {}  # id of a tensor -> the call that made it
        self._sights: dict[int, Sight | None] = {}  # id of a tensor -> what its positions see
        for tensor in inputs:
            self._keep(tensor, IMAGE, of_image(tensor))
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
        self.counts[self.stack[-1][0], name.strip("_")] += 1
        if name in COUNTED:
            with OperationCounter() as counter:
                out = func(*args, **kwargs)
            macs = counter.flops // 2
        else:
            known = known_result(name, args, kwargs)
            out = func(*args, **kwargs) if known is None else known
            macs = known_macs(name, args, kwargs, out)
        if args and isinstance(args[0], Tensor):
            self._written(name, args[0])
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
        self.additions += adds(name, args, kwargs)
        sources = [(self._made[id(one)], one) for one in tensors if id(one) in self._made]
        weights = tuple(dict.fromkeys(name for one in tensors for name in self._weights.get(id(one), ())))
        earlier = sum(self._macs.pop(id(one), 0) for one in tensors)
        if not sources or name in CONSTANT:
            for result in results:  # of weights alone, such as a bias that is looked up in a table
                self._kept.append(result)
                self._weights[id(result)] = weights
            self._macs[id(results[0])] = macs + earlier
            return
        if name == "copy_":  # from now on it is the other tensor
            self._keep(results[0], sources[-1][0], self._sights[id(sources[-1][1])])
            return
        if passes_on(name, args, kwargs):
            place, old = sources[0]
            for result in results:
                self._keep(result, place, viewed(name, args, kwargs, self._sights[id(old)], old, result))
            return
        container, module = self.stack[-1]
        self.last = f"{container}.{name}".strip(".")
        window = window_of(name, args, kwargs, results[0])
        sights = tuple(self._sights[id(one)] for _source, one in sources)
        tensors = [one for _source, one in sources]
        sight = sight_of(name, args, kwargs, list(zip(sights, tensors, strict=True)), results[0], window)
        self.calls.append(
            Call(
                name=name.strip("_"),
                container=container,
                leaf=next(module.children(), None) is None,
                ordinal=self.counts[container, name.strip("_")],
                sources=tuple(source for source, _one in sources),
                input_shapes=tuple(self._shape(name, one) for _source, one in sources),
                output_shape=self._shape(name, results[0]),
                weights=weights,
                buffers=tuple(dict.fromkeys(self._buffers[id(one)] for one in tensors if id(one) in self._buffers)),
                macs=(macs + earlier) // (self.batch if macs else 1),
                addition=self.additions if adds(name, args, kwargs) else 0,
                window=window,
                sights=sights,
                sight=sight,
            )
        )
        for result in results:
            self._keep(result, len(self.calls) - 1, sight if result.shape == results[0].shape else None)

    def _written(self, name: str, tensor: Tensor) -> None:
        """Forget what a tensor sees of which a part is overwritten: nothing tells what is seen through that part."""
        whole = tensor if name == "__setitem__" else tensor._base if in_place(name) else None  # noqa: SLF001
        if whole is not None:
            self._sights[id(whole)] = None

    def recording(self, module: nn.Module, input_shapes: Sequence[Shape], results: Any) -> Recording:
        return Recording(
            calls=tuple(self.calls),
            input_shapes=tuple(input_shapes),
            parameters={name: value.numel() for name, value in module.named_parameters()},
            buffers={name: value.numel() for name, value in module.named_buffers()},
            outputs=self.makers(results),
            classes=next((one.shape[1] for one in _tensors((results,)) if one.dim() > 1), 0),
        )

    def makers(self, results: Any) -> tuple[int, ...]:
        """The calls that made a module's results, however they are nested."""
        found = (self._made.get(id(one), IMAGE) for one in _tensors((results,)))
        return tuple(dict.fromkeys(one for one in found if one != IMAGE))

    def _shape(self, name: str, tensor: Tensor) -> Shape:
        """The shape without the batch; of windows that are part of the batch, the whole shape."""
        shape = tuple(tensor.shape)
        if name == "multi_head_attention_forward" and len(shape) > 1:  # torch's own has the batch second
            return (shape[0], *shape[2:])
        return shape[1:] if shape and shape[0] == self.batch else shape

    def _keep(self, tensor: Tensor, call: int, sight: Sight | None) -> None:
        self._kept.append(tensor)
        self._made[id(tensor)] = call
        self._sights[id(tensor)] = sight


def _tensors(values: Iterable[Any]) -> Iterator[Tensor]:
    """All tensors in nested tuples, lists and dicts, in order."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, tuple | list):
            yield from _tensors(value)
        elif isinstance(value, dict):
            yield from _tensors(value.values())
