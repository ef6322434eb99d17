"""Cached one-line calls into models: the one door between the pages and torch.

Records are frozen, so all sessions share one object of each; every cache is bounded. torch is imported inside.
"""

import gc
import threading

import streamlit as st

from models.presets import describe
from models.records import Trace
from models.spec import NetworkSpec
from viz import graph, tables
from viz.folding import Folding
from viz.graph import Colour, Direction, Picture
from viz.view import Rows


@st.cache_resource
def warm() -> threading.Thread:
    """Import torch beside the first page, not before it."""
    thread = threading.Thread(target=_import_torch, name="warm", daemon=True)
    thread.start()
    return thread


def _import_torch() -> None:
    import models.trace  # noqa: F401, PLC0415

    # Streamlit collects garbage after every run; with torch's objects in sight each run would take 0.1 s longer.
    gc.collect()
    gc.freeze()


@st.cache_resource(max_entries=64, show_spinner=False)
def trace(spec: NetworkSpec) -> Trace:
    warm().join()
    from models.trace import trace as traced  # noqa: PLC0415

    return traced(spec)


@st.cache_resource(max_entries=64, show_spinner=False)
def picture(spec: NetworkSpec, folding: Folding, direction: Direction, colour: Colour) -> tuple[Picture, str]:
    """The graph and its SVG."""
    drawn = graph.picture(trace(spec), title=describe(spec).title, folding=folding, direction=direction, colour=colour)
    return drawn, graph.svg(drawn.dot)


@st.cache_resource(max_entries=64, show_spinner=False)
def layer_table(spec: NetworkSpec, rows: Rows) -> tables.Table:
    return tables.table(trace(spec), rows)


def file_name(spec: NetworkSpec) -> str:
    """What files of this network are called: a preset's id, or the custom network's name."""
    name = describe(spec)
    return name.preset or "-".join("".join(sign if sign.isalnum() else " " for sign in name.title.lower()).split())


@st.cache_data(max_entries=16, show_spinner="torchinfo reads the network ...")
def torchinfo_summary(spec: NetworkSpec) -> str:
    warm().join()
    from models.summary import summary  # noqa: PLC0415

    return summary(spec)


@st.cache_data(max_entries=64, show_spinner=False)
def source(spec: NetworkSpec) -> str:
    warm().join()
    from models.code import source as written  # noqa: PLC0415

    return written(spec, title=describe(spec).title, params=trace(spec).params)
