"""Table that compares BasicBlock and Bottleneck, with traced numbers."""

from collections.abc import Callable, Sequence

from models.specs.presets import PRESETS
from models.specs.registry import BLOCKS
from models.specs.spec import NetworkSpec
from models.tracing.kinds import Kind
from models.tracing.layers import Layer
from models.tracing.records import Trace
from viz.language import _, listing

_CHANNELS = (64, 256)
Tracer = Callable[[NetworkSpec], Trace]


def block(trace: Tracer, kind: str, channels: int) -> tuple[Layer, ...]:
    """Return the layers of a block with `channels` input and output channels, at 56 x 56 positions."""
    width = channels // BLOCKS[kind].expansion
    traced = trace(NetworkSpec(block=kind, base_width=width, stages=(2,)))
    return tuple(layer for layer in traced.layers if layer.block == "layer1.1")


def rows(trace: Tracer) -> tuple[list[str], list[list[str]]]:
    """Return the header and the rows: name, basic block, bottleneck."""
    kinds = ("basic", "bottleneck")
    blocks = {kind: {channels: block(trace, kind, channels) for channels in _CHANNELS} for kind in kinds}

    def line(name: str, of: Callable[[str], str]) -> list[str]:
        return [name, *(of(kind) for kind in kinds)]

    def convolutions(kind: str, channels: int) -> Sequence[Layer]:
        return [layer for layer in blocks[kind][channels] if layer.kind is Kind.CONV]

    body = [
        line(_("Convolutions"), lambda kind: str(len(convolutions(kind, 64)))),
        line(_("Kernels"), lambda kind: ", ".join(_size(layer) for layer in convolutions(kind, 64))),
        line(_("Expansion: output channels / planes"), lambda kind: str(BLOCKS[kind].expansion)),
    ]
    for channels in _CHANNELS:
        for name, text in (
            (
                _("Channels, {n} in and out", n=channels),
                lambda kind, own=channels: " → ".join(_widths(convolutions(kind, own))),
            ),
            (
                _("Parameters, {n} in and out", n=channels),
                lambda kind, own=channels: _total(blocks[kind][own], "params"),
            ),
            (_("MACs, {n} in and out", n=channels), lambda kind, own=channels: _total(blocks[kind][own], "macs")),
        ):
            body.append(line(name, text))
    body.append(line(_("Used in"), _used))
    return ["", "BasicBlock", "Bottleneck"], body


def _size(layer: Layer) -> str:
    return "×".join(map(str, layer.kernel or ()))


def _widths(layers: Sequence[Layer]) -> list[str]:
    return [str(layers[0].input_shape[0]), *(str(layer.output_shape[0]) for layer in layers)]


def _total(layers: Sequence[Layer], quantity: str) -> str:
    parts = [getattr(layer, quantity) for layer in layers if getattr(layer, quantity)]
    return f"{' + '.join(f'{part:,}' for part in parts)} = {sum(parts):,}"


def _used(kind: str) -> str:
    """The presets of torchvision that use this block."""
    return listing(preset.title for preset in PRESETS.values() if preset.spec.block == kind and preset.torchvision)
