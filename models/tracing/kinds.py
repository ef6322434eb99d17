"""Registry of the kinds of layer: labels, formulas, colours and what is saved for backward. No torch here.

To add one, register an entry and add the shape rule of its function to `tracing.rules`. Tables, graphs, formulas
and the memory estimate read the entry; nothing else lists the kinds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ..runtime.messages import N_

if TYPE_CHECKING:
    from .layers import Layer


class Kind(StrEnum):
    """The built-in kinds; others can be registered under other names."""

    CONV = "conv"
    NORM = "norm"
    ACT = "act"
    POOL = "pool"
    LINEAR = "linear"
    ADD = "add"
    CONCAT = "concat"
    BRANCHES = "branches"
    SUM = "sum"
    PRODUCT = "product"
    PAD = "pad"
    DROPOUT = "dropout"
    DROP_PATH = "drop_path"
    ATTENTION = "attention"
    OTHER = "other"


JOINS = frozenset({Kind.ADD, Kind.CONCAT})
WEIGHTED = frozenset({Kind.CONV, Kind.LINEAR, Kind.ATTENTION})  # the layers that count as depth


class Saves(StrEnum):
    """What autograd saves of a layer for the backward pass."""

    INPUTS = "inputs"
    OUTPUT = "output"
    NOTHING = "nothing"


Formula = Callable[["Layer"], str]


def _number(name: str) -> Formula:
    return lambda layer: f"{getattr(layer, name):,}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerKind:
    """What Skipscope needs to know of a kind of layer."""

    name: str
    label: str  # in tables: "convolution"
    outputs: str  # in sentences, plural: "additions"
    fill: tuple[str, str]  # colours of a box, in light and dark mode
    bar: str  # colour of a bar, in both modes
    saves: Saves = Saves.NOTHING
    copies: bool = False  # its kernels copy inputs and output into their own format
    params: Formula = _number("params")  # formula of its parameters
    macs: Formula = _number("macs")
    shape: Formula | None = None  # formula of its output shape; None: a sliding window, or the same as the input


KINDS: dict[str, LayerKind] = {}


def register(kind: LayerKind) -> LayerKind:
    """Register a kind of layer. Raises `ValueError` if another one has the same name."""
    if kind.name in KINDS and KINDS[kind.name] != kind:
        raise ValueError(f"kind: there is one called {kind.name!r} already")
    KINDS[kind.name] = kind
    return kind


def _bias(layer: "Layer") -> str:
    return f" + {layer.output_shape[0]}" if layer.bias else ""


def _conv_params(layer: "Layer") -> str:
    return f"{filter_weights(layer)}*{layer.output_shape[0]}{_bias(layer)} = {layer.params:,}"


def _conv_macs(layer: "Layer") -> str:
    return f"{product(layer.output_shape)} * {filter_weights(layer)} = {layer.macs:,}"


def _norm_params(layer: "Layer") -> str:
    # a weight and a bias for each channel
    return f"2*{layer.params // 2} = {layer.params:,}" if layer.params and layer.bias else f"{layer.params:,}"


def _linear_params(layer: "Layer") -> str:
    """The features are the last axis; positions or tokens before it share the weights."""
    bias = f" + {layer.output_shape[-1]}" if layer.bias else ""
    return f"{layer.input_shape[-1]}*{layer.output_shape[-1]}{bias} = {layer.params:,}"


def _linear_macs(layer: "Layer") -> str:
    positions = "".join(f"{side}*" for side in layer.output_shape[:-1])
    return f"{positions}{layer.input_shape[-1]}*{layer.output_shape[-1]} = {layer.macs:,}"


def _linear_shape(layer: "Layer") -> str:
    return f"{layer.input_shape[-1]} → {layer.output_shape[-1]}"


def _concat_shape(layer: "Layer") -> str:
    return f"{' + '.join(str(shape[0]) for shape in layer.input_shapes)} = {layer.output_shape[0]}"


def _product_shape(layer: "Layer") -> str:
    shapes = [product(shape) for shape in layer.input_shapes]
    if len(shapes) == 1:  # by a constant, or by a trained number
        shapes.insert(0, "α" if layer.factor is None else f"{layer.factor:g}")
    return " ⊙ ".join(shapes) if len(layer.input_shapes) > 1 else " · ".join(shapes)


def _pad_shape(layer: "Layer") -> str:
    extra = layer.output_shape[0] - layer.input_shape[0]
    return f"{layer.input_shape[0]} + {extra} = {layer.output_shape[0]}; {layer.window_formula}"


def filter_weights(layer: "Layer") -> str:
    """Return the number of weights of a filter as height * width * channels: 3*3*64, or 3*3*(64/32) with groups."""
    kernel, channels = layer.kernel or (1, 1), layer.input_shape[0]
    inner = f"({channels}/{layer.groups})" if layer.groups > 1 else str(channels)
    return f"{kernel[0]}*{kernel[1]}*{inner}"


def product(shape: tuple[int, ...]) -> str:
    return "*".join(map(str, shape))


# Fills of equal saturation, different in lightness too: distinct in greyscale and for colour-blind readers.
register(
    LayerKind(
        name=Kind.CONV,
        label=N_("convolution"),
        outputs=N_("convolutions"),
        fill=("#8fbfe6", "#1d5f96"),
        bar="#3b82bf",
        saves=Saves.INPUTS,
        copies=True,
        params=_conv_params,
        macs=_conv_macs,
    )
)
register(
    LayerKind(
        name=Kind.NORM,
        label=N_("norm"),
        outputs=N_("norms"),
        fill=("#d7e8c4", "#3f5a2a"),
        bar="#7fa650",
        saves=Saves.INPUTS,
        params=_norm_params,
    )
)
register(
    LayerKind(
        name=Kind.ACT,
        label=N_("activation function"),
        outputs=N_("activation functions"),
        fill=("#fbeab5", "#6e5a17"),
        bar="#d9ad1f",
        saves=Saves.OUTPUT,
    )
)
register(
    LayerKind(
        name=Kind.POOL,
        label=N_("pool"),
        outputs=N_("pooling"),
        fill=("#f2b79f", "#8a4527"),
        bar="#d2693c",
        saves=Saves.INPUTS,
    )
)
register(
    LayerKind(
        name=Kind.LINEAR,
        label=N_("linear"),
        outputs=N_("linear layers"),
        fill=("#c3aae6", "#573a86"),
        bar="#8a63c9",
        saves=Saves.INPUTS,
        params=_linear_params,
        macs=_linear_macs,
        shape=_linear_shape,
    )
)
register(
    LayerKind(
        name=Kind.ADD,
        label=N_("add"),
        outputs=N_("additions"),
        fill=("#ffffff", "#10151c"),
        bar="#8b93a1",
    )
)
register(
    LayerKind(
        name=Kind.CONCAT,
        label=N_("concatenate"),
        outputs=N_("concatenations"),
        fill=("#ffffff", "#10151c"),
        bar="#8b93a1",
        shape=_concat_shape,
    )
)
register(
    LayerKind(
        name=Kind.BRANCHES,
        label=N_("concatenate branches"),
        outputs=N_("concatenated branches"),
        fill=("#f4f1fb", "#4b4360"),
        bar="#a79fc2",
        shape=_concat_shape,
    )
)
register(
    LayerKind(
        name=Kind.SUM,
        label=N_("add branches"),
        outputs=N_("sums of branches"),
        fill=("#f9fbf6", "#39453f"),
        bar="#93a79c",
    )
)
register(
    LayerKind(
        name=Kind.PRODUCT,
        label=N_("product"),
        outputs=N_("products"),
        fill=("#f3bcd4", "#7d2f52"),
        bar="#c2578a",
        saves=Saves.INPUTS,
        shape=_product_shape,
    )
)
register(
    LayerKind(
        name=Kind.PAD,
        label=N_("zero padding"),
        outputs=N_("zero padding"),
        fill=("#d3d8de", "#4a525c"),
        bar="#a6adb8",
        shape=_pad_shape,
    )
)
register(
    LayerKind(
        name=Kind.DROPOUT,
        label=N_("dropout"),
        outputs=N_("dropout layers"),
        fill=("#e4dccb", "#57503f"),
        bar="#a1947a",
        saves=Saves.OUTPUT,  # its mask is as large
    )
)
register(
    LayerKind(
        name=Kind.DROP_PATH,
        label=N_("stochastic depth"),
        outputs=N_("branches left out"),
        fill=("#bed7d2", "#2f4a45"),
        bar="#6f9a92",
    )
)
register(
    LayerKind(
        name=Kind.ATTENTION,
        label=N_("attention"),
        outputs=N_("attention layers"),
        fill=("#b79fd0", "#4a2f6b"),
        bar="#7d57a8",
        saves=Saves.INPUTS,
    )
)
register(
    LayerKind(
        name=Kind.OTHER,
        label=N_("other function"),
        outputs=N_("other functions"),
        fill=("#b4ad9b", "#55503f"),
        bar="#8f8771",
        saves=Saves.OUTPUT,
    )
)
