"""BasicBlock beside Bottleneck, as tutorials draw it, with numbers that are traced."""

from collections.abc import Callable, Sequence

from models.presets import PRESETS
from models.records import Kind, Layer, Trace
from models.spec import EXPANSION, Block, NetworkSpec
from viz import format

_CHANNELS = (64, 256)
Tracer = Callable[[NetworkSpec], Trace]


def block(trace: Tracer, kind: str, channels: int) -> tuple[Layer, ...]:
    """The layers of a block that takes and puts out so many channels, at 56 x 56 positions."""
    width = channels // EXPANSION if kind == Block.BOTTLENECK else channels
    traced = trace(NetworkSpec(block=Block(kind), base_width=width, stages=(2,)))
    return tuple(layer for layer in traced.layers if layer.block == "layer1.1")


def rows(trace: Tracer) -> tuple[list[str], list[list[str]]]:
    """The header and the lines: name, basic, bottleneck."""
    kinds = (Block.BASIC, Block.BOTTLENECK)
    blocks = {kind: {channels: block(trace, kind, channels) for channels in _CHANNELS} for kind in kinds}

    def line(name: str, of: Callable[[Block], str]) -> list[str]:
        return [name, *(of(kind) for kind in kinds)]

    def convolutions(kind: Block, channels: int) -> Sequence[Layer]:
        return [layer for layer in blocks[kind][channels] if layer.kind is Kind.CONV]

    body = [
        line("Convolutions", lambda kind: str(len(convolutions(kind, 64)))),
        line("Kernels", lambda kind: ", ".join(_size(layer) for layer in convolutions(kind, 64))),
        line("Expansion: channels out / planes", lambda kind: str(EXPANSION if kind is Block.BOTTLENECK else 1)),
    ]
    for channels in _CHANNELS:
        for name, text in (
            ("Channels inside", lambda kind, own=channels: " → ".join(_widths(convolutions(kind, own)))),
            ("Parameters", lambda kind, own=channels: _total(blocks[kind][own], "params")),
            ("MACs", lambda kind, own=channels: _total(blocks[kind][own], "macs")),
        ):
            body.append(line(f"{name}, {channels} in and out", text))
    body.append(line("Used in", _used))
    return ["", "BasicBlock", "Bottleneck"], body


def _size(layer: Layer) -> str:
    return "×".join(map(str, layer.kernel or ()))


def _widths(layers: Sequence[Layer]) -> list[str]:
    return [str(layers[0].input_shape[0]), *(str(layer.output_shape[0]) for layer in layers)]


def _total(layers: Sequence[Layer], quantity: str) -> str:
    parts = [getattr(layer, quantity) for layer in layers if getattr(layer, quantity)]
    return f"{' + '.join(f'{part:,}' for part in parts)} = {sum(parts):,}"


def _used(kind: Block) -> str:
    """The presets that are built of it."""
    return format.listing(
        preset.title for preset in PRESETS.values() if preset.spec.block is kind and preset.source == "torchvision"
    )
