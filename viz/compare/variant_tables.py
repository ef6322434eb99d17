"""Tables of the cost of each kind of shortcut, and of blocks of other types at equal MACs."""

from collections.abc import Sequence

from models.tracing.records import EqualBlock, Variant
from viz.language import _, worded
from viz.style import format
from viz.text.compare import signed, solved_width


def _signed(number: int) -> str:
    return f"{'−' if number < 0 else '+'}{format.size(abs(number))}" if number else "0"


def shortcuts(variants: Sequence[Variant], kept: Sequence[int]) -> tuple[list[str], list[list[str]]]:
    """Return header and rows. `kept` are the bytes that each saves for the backward pass, for one image."""
    base = variants[0].trace
    header = [
        _("Shortcut"), _("Parameters"), _("added"), _("MACs"), _("added"), _("Saved for backward, one image"),
        _("added"),
    ]  # fmt: skip
    body = [
        [
            worded(variant.name),
            f"{variant.trace.params:,}", signed(variant.trace.params - base.params),
            f"{variant.trace.macs:,}", signed(variant.trace.macs - base.macs),
            format.size(held), _signed(held - kept[0]),
        ]
        for variant, held in zip(variants, kept, strict=True)
    ]  # fmt: skip
    return header, body


def equal(variants: Sequence[EqualBlock]) -> tuple[list[str], list[list[str]]]:
    """Return header and rows of blocks at equal MACs."""
    header = [
        _("Block"), _("Width"), _("Parameters of a block"), _("MACs of a block"), _("Parameters of the network"),
        _("MACs of the network"),
    ]  # fmt: skip
    body = [
        [
            worded(variant.name), solved_width(variant), f"{variant.block.params:,}", f"{variant.block.macs:,}",
            f"{variant.trace.params:,}", f"{variant.trace.macs:,}",
        ]
        for variant in variants
    ]  # fmt: skip
    return header, body
