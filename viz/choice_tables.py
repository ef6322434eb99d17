"""What one choice costs, as tables and in words: the kind of a shortcut, the kind of a block at equal MACs."""

from collections.abc import Sequence

from models.measured import EqualBlock, Variant
from viz import format


def cost(name: str, variants: Sequence[Variant], kept: Sequence[int]) -> str:
    """What each kind of shortcut adds to the network without any, in a sentence."""
    base = variants[0].trace
    parts = []
    for variant, held in zip(variants[1:], kept[1:], strict=True):
        more = [
            f"{format.short(value)} {noun}"
            for value, noun in (
                (variant.trace.params - base.params, "parameters"),
                (variant.trace.macs - base.macs, "MACs"),
            )
            if value
        ]
        if held != kept[0]:
            more.append(f"{format.size(held - kept[0])} kept to train an image")
        parts.append(f"{variant.name} costs {format.listing(more) or 'nothing'}")
    return f"Beside {name} without any: " + "; ".join(parts) + "."


def _signed(number: int) -> str:
    return f"{'−' if number < 0 else '+'}{format.size(abs(number))}" if number else "0"


def shortcuts(variants: Sequence[Variant], kept: Sequence[int]) -> tuple[list[str], list[list[str]]]:
    """The header and the lines; `kept` are the bytes that each keeps to train an image."""
    base = variants[0].trace
    header = ["Shortcut", "Parameters", "more", "MACs", "more", "Kept to train, one image", "more"]
    body = [
        [
            variant.name,
            f"{variant.trace.params:,}", f"{variant.trace.params - base.params:+,}",
            f"{variant.trace.macs:,}", f"{variant.trace.macs - base.macs:+,}",
            format.size(held), _signed(held - kept[0]),
        ]
        for variant, held in zip(variants, kept, strict=True)
    ]  # fmt: skip
    return header, body


def equal(variants: Sequence[EqualBlock]) -> tuple[list[str], list[list[str]]]:
    """The header and the lines of blocks at equal MACs."""
    header = ["Block", "Width solved for", "Parameters of a block", "MACs of a block", "Network's parameters", "MACs"]
    body = []
    for variant in variants:
        what = "the stage's" if variant.name == "basic" else "each group's"
        body.append(
            [
                variant.name, f"{variant.width:,} ({what})", f"{variant.block.params:,}", f"{variant.block.macs:,}",
                f"{variant.trace.params:,}", f"{variant.trace.macs:,}",
            ]
        )  # fmt: skip
    return header, body
