"""Cached one-line calls into models: the one door between the pages and torch.

Records are frozen, so all sessions share one object of each; every cache is bounded. torch and pandas are imported
inside: see `warm`.
"""

from typing import TYPE_CHECKING

import streamlit as st

from models.names import describe
from models.records import Trace
from models.spec import NetworkSpec
from viz import graph, warm
from viz.folding import Folding, Group, tree
from viz.graph import Colour, Direction, Picture
from viz.view import Rows

if TYPE_CHECKING:
    from viz.tables import Table


def trace(spec: NetworkSpec) -> Trace:
    warm.wait()
    return _trace(spec)


@st.cache_resource(max_entries=64, show_spinner=False)
def _trace(spec: NetworkSpec) -> Trace:
    from models.trace import trace as traced  # noqa: PLC0415

    return traced(spec)


@st.cache_resource(max_entries=64, show_spinner=False)
def groups(spec: NetworkSpec) -> tuple[Group, ...]:
    """The stages that the graph folds."""
    return tree(trace(spec))


@st.cache_resource(max_entries=64, show_spinner=False)
def picture(spec: NetworkSpec, folding: Folding, direction: Direction, colour: Colour) -> tuple[Picture, str]:
    """The graph and its SVG."""
    drawn = graph.picture(trace(spec), title=describe(spec).title, folding=folding, direction=direction, colour=colour)
    return drawn, graph.svg(drawn.dot)


@st.cache_resource(max_entries=64, show_spinner=False)
def layer_table(spec: NetworkSpec, rows: Rows) -> "Table":
    from viz import tables  # noqa: PLC0415

    return tables.table(trace(spec), rows)


def file_name(spec: NetworkSpec) -> str:
    """What files of this network are called: a preset's id, or the custom network's name."""
    name = describe(spec)
    return name.preset or "-".join("".join(sign if sign.isalnum() else " " for sign in name.title.lower()).split())


@st.cache_data(max_entries=16, show_spinner="torchinfo reads the network ...")
def torchinfo_summary(spec: NetworkSpec) -> str:
    from models.summary import summary  # noqa: PLC0415

    return summary(spec)


@st.cache_data(max_entries=64, show_spinner=False)
def source(spec: NetworkSpec) -> str:
    from models.code import source as written  # noqa: PLC0415

    return written(spec, title=describe(spec).title, params=trace(spec).params)
