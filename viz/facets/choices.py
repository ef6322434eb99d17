"""What one choice costs: a kind of shortcut, a kind of block."""

from functools import partial

import streamlit as st

from models.measured import EqualBlock
from models.records import Kind
from viz import choice_tables, comparison_table, kinds_table, measure
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
    said = choice_tables.cost(one.name, variants, kept)
    right.markdown(f"**{said}**")
    header, body = choice_tables.shortcuts(variants, kept)
    st.html(comparison_table.plain(header, body))
    draw(partial(comparison.shortcut_costs, variants, kept), "shortcuts", said)
    _equal(one.name, measure.equal_macs(one.entry.spec))


def _equal(name: str, variants: tuple[EqualBlock, ...]) -> None:
    """Blocks of other kinds at equal MACs, the widths solved for."""
    if not variants:
        return
    st.markdown(
        f"**Blocks at equal MACs.** {name}'s own block of the first stage that keeps its shape, and blocks of other "
        "kinds with as many MACs: the width of each is solved for, to the nearest whole number."
    )
    header, body = choice_tables.equal(variants)
    st.html(comparison_table.plain(header, body))
    st.caption(
        "Cardinalities of 1 to 32 as in table 2 of Xie et al. 2017 (arXiv 1611.05431), which has "
        "widths 64, 40, 24, 14 and 4 at about 70 thousand parameters for ResNet-50's."
    )


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
