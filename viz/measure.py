"""Cached one-line calls into models: the one door between the pages and torch.

Records are frozen, so all sessions share one object of each; every cache is bounded. torch and pandas are imported
inside: see `warm`.
"""

from typing import TYPE_CHECKING

import streamlit as st

from models.measured import EqualBlock, Variant
from models.names import describe
from models.records import Trace
from models.settings import Device
from models.spec import NetworkSpec
from models.twins import with_skips
from viz import graph, warm
from viz.folding import Folding, Group, tree
from viz.graph import Colour, Direction, Picture, Values
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


@st.cache_resource(max_entries=32, show_spinner=False)
def painted(
    spec: NetworkSpec, key: tuple[object, ...], folding: Folding, title: str, _values: Values
) -> tuple[Picture, str]:
    """The graph with a measurement's values told by its fills, and its SVG; `key` names the values."""
    drawn = graph.picture(trace(spec), title=title, folding=folding, values=_values)
    return drawn, graph.svg(drawn.dot)


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


@st.cache_resource(show_spinner=False)
def machine() -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """The devices of this machine, what the fastest can compute in, and that one in words."""
    warm.wait()
    from models import device  # noqa: PLC0415

    fastest = device.choose(Device.AUTO)
    return device.available(), device.precisions(fastest), device.in_words(fastest)


@st.cache_data(max_entries=64, show_spinner=False)
def has_weights(spec: NetworkSpec) -> bool:
    """Whether torchvision has pretrained weights for the network with its skips, and so for its twin."""
    warm.wait()
    from models.weights import torchvision_name  # noqa: PLC0415

    return torchvision_name(with_skips(spec)) is not None


@st.cache_data(max_entries=64, show_spinner=False)
def unshared(spec: NetworkSpec) -> int:
    """How many weights of a network its twin does not start with."""
    warm.wait()
    from models.signals import shared  # noqa: PLC0415

    return len(shared(spec)[1])


def check_picture(data: bytes, size: tuple[int, int]) -> tuple[str, str]:
    """Why an uploaded file can't be shown, or ""; and how it is brought to a size (height, width)."""
    warm.wait()
    from models.uploads import PictureError, decode, fit  # noqa: PLC0415

    try:
        return "", str(fit(decode(data), size)[1])
    except PictureError as error:
        return str(error), ""


@st.cache_data(max_entries=256, show_spinner=False)
def keeps(spec: NetworkSpec) -> dict[str, int]:
    """Bytes of activations that training keeps for the pass back, for one image in float32, by what put them out."""
    warm.wait()
    from models.memory import keeps as held  # noqa: PLC0415

    return held(trace(spec))


def kept(spec: NetworkSpec) -> int:
    return sum(keeps(spec).values())


@st.cache_resource(max_entries=32, show_spinner=False)
def shortcuts(spec: NetworkSpec) -> tuple[Variant, ...]:
    """The network with each kind of shortcut."""
    warm.wait()
    from models import costs  # noqa: PLC0415

    return costs.shortcuts(spec)


@st.cache_resource(max_entries=32, show_spinner=False)
def equal_macs(spec: NetworkSpec) -> tuple[EqualBlock, ...]:
    """Blocks of other kinds at the MACs of the network's own."""
    warm.wait()
    from models import costs  # noqa: PLC0415

    return costs.equal_macs(spec)


@st.cache_resource(max_entries=64, show_spinner=False)
def block_picture(spec: NetworkSpec, block: str) -> tuple[Picture, str]:
    """One block as a graph with its arithmetic, and its SVG."""
    from viz import block_graph  # noqa: PLC0415

    drawn = block_graph.picture(trace(spec), block, title=describe(spec).title)
    return drawn, graph.svg(drawn.dot)
