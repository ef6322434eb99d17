"""What one choice costs: a kind of shortcut, a kind of block."""

from functools import partial

import streamlit as st

from models.measured import Variant
from models.records import Kind
from viz import comparison_table, format, kinds_table, measure
from viz.facets import Scene, choose, draw


def shortcuts(scene: Scene) -> None:
    from viz.figures import comparison  # noqa: PLC0415

    left, right = st.columns([1, 2], vertical_alignment="bottom")
    with left:
        one = choose(scene, "one", "The network")
    variants = measure.shortcuts(one.entry.spec)
    if len(variants) < 2:
        st.info(f"{one.name} can have no other kind of shortcut: its channels don't allow it.")
        return
    kept = [measure.kept(variant.spec) for variant in variants]
    said = _cost(one.name, variants, kept)
    right.markdown(f"**{said}**")
    header, body = _shortcut_rows(variants, kept)
    st.html(comparison_table.plain(header, body))
    draw(partial(comparison.shortcut_costs, variants, kept), "shortcuts", said)
    _equal(one.name, measure.equal_macs(one.entry.spec))


def _cost(name: str, variants: tuple[Variant, ...], kept: list[int]) -> str:
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


def _shortcut_rows(variants: tuple[Variant, ...], kept: list[int]) -> tuple[list[str], list[list[str]]]:
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


def _equal(name: str, variants: tuple[Variant, ...]) -> None:
    """Blocks of other kinds at equal MACs, the widths solved for."""
    if not variants:
        return
    st.markdown(
        f"**Blocks at equal MACs.** {name}'s own block of the first stage that keeps its shape, and blocks of other "
        "kinds with as many MACs: the width of each is solved for, to the nearest whole number."
    )
    header = ["Block", "Width solved for", "Parameters of a block", "MACs of a block", "Network's parameters", "MACs"]
    body = []
    for variant in variants:
        block = next(total for total in variant.trace.blocks if total.path == _steady(variant))
        what = "the stage's" if variant.name == "basic" else "each group's"
        body.append(
            [
                variant.name, f"{variant.width:,} ({what})", f"{block.params:,}", f"{block.macs:,}",
                f"{variant.trace.params:,}", f"{variant.trace.macs:,}",
            ]
        )  # fmt: skip
    st.html(comparison_table.plain(header, body))
    st.caption(
        "Cardinalities of 1 to 32 as in table 2 of Xie et al. 2017 (arXiv 1611.05431), which has "
        "widths 64, 40, 24, 14 and 4 at about 70 thousand parameters for ResNet-50's."
    )


def _steady(variant: Variant) -> str:
    """A block of the first stage that keeps its shape; the first one where the stage has no other."""
    blocks = [total.path for total in variant.trace.blocks if total.path.startswith("layer1.")]
    return blocks[min(1, len(blocks) - 1)]


def kinds(scene: Scene) -> None:
    header, body = kinds_table.rows(measure.trace)
    basic, bottleneck = (kinds_table.block(measure.trace, kind, 256) for kind in ("basic", "bottleneck"))
    ratio = sum(layer.params for layer in basic) / sum(layer.params for layer in bottleneck)
    convolutions = sum(layer.kind is Kind.CONV for layer in bottleneck)
    st.markdown(
        f"**With 256 channels in and out a bottleneck of {convolutions} convolutions has {ratio:.0f} times fewer "
        "parameters than a basic block of 2:** its 3×3 works on a quarter of the channels."
    )
    st.html(comparison_table.plain(header, body, numbers=False))
    st.caption("MACs at 56 × 56 positions, as in the first stage on ImageNet. Norms are counted with the parameters.")
