"""A picture of the block in each order of norm, ReLU and addition, beside the menu of the orders."""

import streamlit as st

from models.specs.registry import Order
from models.specs.spec import NetworkSpec
from viz.backend import cached
from viz.graph import order_pictures
from viz.language import _
from viz.state import session
from viz.text.labels import label

_BLOCK = "layer1.1"  # the second block of the first stage keeps its shape


def show(spec: NetworkSpec) -> None:
    """Draw a button that opens the pictures, and below them the orders' names."""
    opened = st.popover(_("Pictures of the orders"), key="orders", width="stretch", on_change="rerun")
    if not opened.open:  # they are traced: that would wait for torch
        return
    orders = (Order.ORIGINAL, *spec.block_type.orders)
    blocks = [
        (label(order), cached.trace(NetworkSpec(block=spec.block, stages=(2,), order=order)), _BLOCK)
        for order in orders
    ]
    with opened:
        svg, words = order_pictures.picture(blocks, chosen=orders.index(spec.order), dark=session.dark())
        st.image(svg, alt=words)
        st.markdown("\n".join(f"{place}. {label(order)}" for place, order in enumerate(orders, start=1)))
