"""Cached calls into `models`, through which the pages use torch.

Records are frozen, so all visitors share one object of each; every cache is bounded. Results that contain text are
cached per language. torch is imported inside the functions: see `preload`.
"""

import streamlit as st

from models.runtime.messages import Message, UserError
from models.runtime.settings import Device
from models.specs.choices import BlockForm
from models.specs.external import ExternalSpec, Network
from models.specs.libraries import LIBRARIES, torchvision_networks
from models.specs.naming import describe
from models.specs.own import OWN
from models.specs.spec import NetworkSpec
from models.specs.twins import with_skips
from models.tracing.kinds import KINDS
from models.tracing.paths import Paths, paths
from models.tracing.paths import path as path_of
from models.tracing.records import EqualBlock, Trace, Variant
from viz.backend import preload
from viz.backend.memo import Maker, memo
from viz.graph import drawing, pair, render
from viz.graph.folding import Folding, Group, tree
from viz.graph.pair import Side
from viz.graph.picture import Colour, Direction, Picture, Values
from viz.language import _, language, worded
from viz.state.hidden import hides
from viz.style import format

_ROOM = 64 * 10**6  # bytes per cache
_LAYER = 2_000  # bytes of a layer's record, approximately


def trace(spec: Network) -> Trace:
    preload.wait()
    return _trace(spec)


@memo(room=_ROOM, size=lambda trace: len(trace.layers) * _LAYER)
def _trace(spec: Network) -> Trace:
    from models.tracing.tracer import trace as traced  # noqa: PLC0415

    return traced(spec)


@memo(room=_ROOM, size=lambda groups: sum(len(group.layers) for group in groups) * _LAYER // 4)
def groups(spec: Network) -> tuple[Group, ...]:
    """Return the stages of a network as groups that the graph can fold."""
    return tree(trace(spec))


def layer_names(spec: Network) -> dict[str, str]:
    """Return path -> name, kind and shape of each layer, to be found by."""
    return _layer_names(spec, language())


@memo(room=_ROOM // 8, size=lambda found: 100 * len(found.counts) if isinstance(found, Paths) else 1_000)
def counted(spec: Network) -> Paths | Message:
    """Return the paths of a network by length, or why they can't be counted."""
    try:
        return paths(trace(spec))
    except UserError as error:
        return error.message


@memo(room=_ROOM // 8, size=lambda names: 300 * len(names))
def _layer_names(spec: Network, spoken: str) -> dict[str, str]:  # `spoken`: part of the cache key
    return {
        layer.path: f"{layer.path} · {_(KINDS[layer.kind].label)} · {format.shape(layer.output_shape)}"
        for layer in trace(spec).layers
    }


def picture(
    spec: Network,
    folding: Folding,
    direction: Direction,
    colour: Colour,
    *,
    shapes: bool = False,
    path: tuple[int, int] | None = None,
) -> tuple[Picture, str]:
    """Return the graph of a network, and its SVG; `path` is the length and the number of a path that is lit up."""
    return _picture(spec, folding, direction, colour, shapes, path, language())


@memo(room=_ROOM, size=lambda drawn: 6 * len(drawn[1]))
def _picture(
    spec: Network,
    folding: Folding,
    direction: Direction,
    colour: Colour,
    shapes: bool,  # noqa: FBT001  # part of the cache key, as all arguments
    path: tuple[int, int] | None,
    spoken: str,
) -> tuple[Picture, str]:
    title = worded(describe(spec).title)
    drawn = drawing.picture(
        trace(spec), title=title, folding=folding, direction=direction, colour=colour, shapes=shapes,
        path=path_of(trace(spec), *path) if path is not None else None,
    )  # fmt: skip
    return drawn, render.svg(drawn)


@memo(room=_ROOM, size=lambda drawn: 6 * len(drawn[1]))
def played(
    spec: Network,
    key: tuple[object, ...],
    folding: Folding,
    view: tuple[Direction, Colour, bool],
    passes: Maker[tuple[Values, Values]],
) -> tuple[Picture, str]:
    """Return the graph of a network that was measured, whose pass can be played, and its SVG.

    `key` identifies the measurement and the language.
    """
    direction, colour, shapes = view
    drawn = drawing.picture(
        trace(spec), title=worded(describe(spec).title), folding=folding, direction=direction, colour=colour,
        shapes=shapes, played=passes.make(),
    )  # fmt: skip
    return drawn, render.svg(drawn)


@memo(room=_ROOM, size=lambda drawn: 6 * len(drawn[1]))
def paired(
    left: Network, right: Network, key: tuple[object, ...], folding: Folding, sides: Maker[tuple[Side, Side]]
) -> tuple[Picture, str]:
    """Return the graphs of two networks in one picture, and its SVG.

    `key` identifies what they show, and the language.
    """
    drawn = pair.picture(*sides.make(), folding=folding)
    return drawn, render.svg(drawn)


@memo(room=_ROOM // 8, size=lambda trace: len(trace.layers) * _LAYER)
def formed(spec: NetworkSpec, form: BlockForm) -> Trace:
    """Return the trace of some blocks of a ResNeXt in one of their forms: see `models.tracing.forms`."""
    preload.wait()
    from models.tracing.forms import formed as traced  # noqa: PLC0415

    return traced(spec, form)


def file_name(spec: Network) -> str:
    """Return the base name of a network's files: its preset's id or, for a custom network, its English name."""
    if hides("name"):
        return "network"
    name = describe(spec)
    return name.preset or "-".join("".join(sign if sign.isalnum() else " " for sign in str(name.title).lower()).split())


@st.cache_resource(max_entries=4, show_spinner=False)
def library_networks(library: str) -> tuple[str, ...]:
    """Return the names of a library's networks."""
    if not LIBRARIES[library].installed:
        return ()
    if library != "timm":
        return tuple(torchvision_networks() if library == "torchvision" else OWN)
    preload.wait()
    from importlib import import_module  # noqa: PLC0415

    return tuple(import_module("timm").list_models())


def torchinfo_summary(spec: Network) -> str:
    with st.spinner(_("Running torchinfo ...")):
        return _torchinfo_summary(spec)


@st.cache_data(max_entries=16, show_spinner=False)
def _torchinfo_summary(spec: Network) -> str:
    from models.tracing.torchinfo import summary  # noqa: PLC0415

    return summary(spec)


@memo(room=_ROOM // 8, size=len)
def source(spec: Network) -> str:
    if isinstance(spec, ExternalSpec):
        from models.networks.library_code import source as loaded  # noqa: PLC0415

        return loaded(spec)
    from models.networks.export_code import source as written  # noqa: PLC0415

    return written(spec, title=str(describe(spec).title), params=trace(spec).params)


@st.cache_resource(show_spinner=False)
def machine() -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Return the devices of this machine, the precisions of the fastest one, and its name."""
    preload.wait()
    from models.runtime import device  # noqa: PLC0415

    fastest = device.choose(Device.AUTO)
    return device.available(), device.precisions(fastest), device.in_words(fastest)


@memo(room=100_000, size=lambda __: 1_000)
def has_weights(spec: Network) -> bool:
    """Return whether torchvision has pretrained weights for the network with skips, which its twin can use too."""
    preload.wait()
    from models.networks.pretrained import torchvision_name  # noqa: PLC0415

    return torchvision_name(with_skips(spec)) is not None


@memo(room=100_000, size=lambda __: 1_000)
def unshared(spec: Network) -> int:
    """Return how many weight tensors of a network its twin does not share at initialisation."""
    preload.wait()
    from models.networks.shared import shared  # noqa: PLC0415

    return len(shared(spec)[1])


def check_picture(data: bytes, size: tuple[int, int]) -> tuple[Message | None, str]:
    """Return why an uploaded file can't be used, or None, and how it is fitted to `size` (height, width)."""
    preload.wait()
    from models.runtime.uploads import PictureError, decode, fit  # noqa: PLC0415

    try:
        return None, str(fit(decode(data), size)[1])
    except PictureError as error:
        return error.message, ""


@memo(room=300_000, size=lambda __: 1_000)
def keeps(spec: Network) -> dict[str, int]:
    """Return source -> bytes saved for the backward pass, for one image in float32: see `models.tracing.memory`."""
    preload.wait()
    from models.tracing.memory import keeps as held  # noqa: PLC0415

    return held(trace(spec))


def kept(spec: Network) -> int:
    """Return the bytes saved for the backward pass, for one image in float32."""
    return sum(keeps(spec).values())


@memo(room=_ROOM, size=lambda found: sum(len(one.trace.layers) for one in found) * _LAYER)
def shortcuts(spec: Network) -> tuple[Variant, ...]:
    """Return the network with each kind of shortcut that it can have."""
    preload.wait()
    from models.tracing import variants  # noqa: PLC0415

    return variants.shortcuts(spec)


@memo(room=_ROOM, size=lambda found: sum(len(one.trace.layers) for one in found) * _LAYER)
def equal_macs(spec: Network) -> tuple[EqualBlock, ...]:
    """Return networks with other types of block, at the MACs of the network's own block."""
    preload.wait()
    from models.tracing import variants  # noqa: PLC0415

    return variants.equal_macs(spec)


def block_picture(spec: Network, block: str, form: BlockForm = BlockForm.GROUPED) -> tuple[Picture, str]:
    """Return the graph of one block with its formulas, and its SVG; of a ResNeXt in one of its forms."""
    return _block_picture(spec, block, form, language())


@memo(room=_ROOM, size=lambda drawn: 6 * len(drawn[1]))
def _block_picture(
    spec: Network,
    block: str,
    form: BlockForm,
    spoken: str,  # part of the cache key
) -> tuple[Picture, str]:
    from viz.graph import block_drawing  # noqa: PLC0415

    own = isinstance(spec, NetworkSpec) and form is not BlockForm.GROUPED
    traced = formed(spec, form) if own else trace(spec)  # type: ignore[arg-type]  # mypy forgets what `own` says
    drawn = block_drawing.picture(traced, block, title=worded(describe(spec).title))
    return drawn, render.svg(drawn)
