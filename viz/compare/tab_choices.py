"""Tabs: the cost of a kind of shortcut, and of a kind of block."""

from functools import partial

import streamlit as st

from models.tracing.kinds import Kind
from models.tracing.records import EqualBlock
from viz import text
from viz.backend import cached
from viz.compare import block_table, html_tables, measured_figures, variant_tables
from viz.compare.scene import Scene, choose, draw
from viz.language import _


def shortcuts(scene: Scene) -> None:
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    with left:
        one = choose(scene, "one", _("Network"))
    variants = cached.shortcuts(one.entry.spec)
    if len(variants) < 2:
        st.info(_("{name} can have no other kind of shortcut: its numbers of channels allow none.", name=one.name))
        return
    kept = [cached.kept(variant.spec) for variant in variants]
    said = text.compare.shortcut_costs(one.name, variants, kept)
    right.markdown(f"**{said}**")
    header, body = variant_tables.shortcuts(variants, kept)
    st.html(html_tables.plain(header, body))
    draw(partial(measured_figures.shortcut_costs, variants, kept), "shortcuts", said)
    _equal(one.name, cached.equal_macs(one.entry.spec))


def _equal(name: str, variants: tuple[EqualBlock, ...]) -> None:
    """Draw the table of blocks of other types at equal MACs, whose widths are solved for."""
    if not variants:
        return
    st.markdown(
        _(
            "**Blocks at equal MACs.** A block of {name}'s first stage, and blocks of other kinds whose width, a "
            "whole number, is chosen so that they need as nearly as possible the same MACs.",
            name=name,
        )
    )
    header, body = variant_tables.equal(variants)
    st.html(html_tables.plain(header, body))
    st.caption(
        _(
            "Cardinalities from 1 to 32 as in table 2 of Xie et al. 2017 (arXiv 1611.05431), which gives the widths "
            "64, 40, 24, 14 and 4 for ResNet-50, at about 70,000 parameters each."
        )
    )


def kinds(scene: Scene) -> None:
    header, body = block_table.rows(cached.trace)
    basic, bottleneck = (block_table.block(cached.trace, kind, 256) for kind in ("basic", "bottleneck"))
    ratio = sum(layer.params for layer in basic) / sum(layer.params for layer in bottleneck)
    convolutions = sum(layer.kind is Kind.CONV for layer in bottleneck)
    st.markdown(
        _(
            "**With 256 channels in and out, a basic block of 2 convolutions has {ratio:.0f} times as many "
            "parameters as a bottleneck block of {convolutions}:** the bottleneck's 3×3 convolution works on a "
            "quarter of the channels.",
            ratio=ratio,
            convolutions=convolutions,
        )
    )
    st.html(html_tables.plain(header, body, numbers=False))
    st.caption(_("MACs at 56 × 56 positions, as in the first stage on ImageNet. Parameters include norms."))
