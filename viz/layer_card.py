"""The card of the selected layer or group: its numbers with their formulas, where it comes from, its neighbours."""

import streamlit as st

from models.records import INPUT, DepthRule, EdgeKind, Kind, Layer, Trace
from viz import format, state, theme
from viz.folding import Group, walk
from viz.view import View

SLIP = 3 * 3 * 64 * 192  # printed by a tutorial for 3*3*64*64
_SLIP_LAYER = "layer1.0.conv1"
_SLIP_PRESET = "wrn_18_3"


def show(trace: Trace, groups: tuple[Group, ...], view: View) -> None:
    with st.container(border=True, key="card"):  # as high as the picture: style.css
        if view.layer in trace.by_path:
            _layer(trace, trace.by_path[view.layer])
        elif group := next((group for group in walk(groups) if group.path == view.layer), None):
            _group(trace, group)
        else:
            _empty(trace)


def _empty(trace: Trace) -> None:
    st.header("Pick a layer", anchor=False)
    st.write(
        "Click a node of the graph or a row of the table: its shape, parameters, MACs and receptive field appear here, "
        "each with the arithmetic behind it."
    )
    heaviest = max(trace.layers, key=lambda layer: layer.params)
    busiest = max(trace.layers, key=lambda layer: layer.macs)
    first = trace.by_path.get(_SLIP_LAYER, trace.layers[0])
    start = "where tutorials begin" if first.path == _SLIP_LAYER else "where it begins"
    for layer, why in ((first, start), (heaviest, "most parameters"), (busiest, "most MACs")):
        st.button(f"{layer.path}: {why}", key=f"try_{why}", on_click=_select, args=(layer.path,), width="stretch")
    rows = [
        f"| {total.path.removeprefix('features.')} | {format.shape(total.output_shape)} "
        f"| {format.percent(total.params, trace.params)} | {format.percent(total.macs, trace.macs)} |"
        for total in trace.stages
    ]
    st.markdown("\n".join(["| Stage | Output | Params | MACs |", "|:--|:--|--:|--:|", *rows]))


def _layer(trace: Trace, layer: Layer) -> None:
    st.header(_breakable(layer.path), anchor=False)
    st.caption(f"{theme.KIND_NAME[layer.kind]} {format.shape(layer.input_shape)} → {format.shape(layer.output_shape)}")
    if layer.path == _SLIP_LAYER:
        _slip(layer)
    st.markdown(
        "\n".join(
            f"**{name}**  \n`{formula}`  "
            for name, formula in (
                ("Parameters", layer.params_formula),
                ("MACs", layer.macs_formula),
                ("Output size" if layer.kind not in (Kind.CONCAT, Kind.LINEAR) else "Output", layer.shape_formula),
                ("Memory of the output, float32", layer.bytes_formula),
                ("Receptive field, px", layer.receptive_field_formula),
                ("Effective stride, px", layer.effective_stride_formula),
            )
        )
    )
    st.markdown(f"**In the depth of {trace.depth}?** {_counted(trace, layer)}")
    if layer.made_by:
        where, _, line = layer.made_by.partition("  ")
        st.markdown(f"**Made by** {where}")
        st.code(line, language="python", wrap_lines=True)
    _neighbours(trace, layer.path)


def _group(trace: Trace, group: Group) -> None:
    st.header(_breakable(group.path), anchor=False)
    blocks = f"{format.plural(group.blocks, 'block')}, " if group.blocks else ""
    shapes = f"{format.shape(group.input_shape)} → {format.shape(group.output_shape)}"
    st.caption(f"{blocks}{format.plural(len(group.layers), 'layer')}: {shapes}")
    depth = sum(layer.counted for layer in group.layers)
    for name, value, whole in (
        ("Parameters", group.params, trace.params),
        ("MACs", group.macs, trace.macs),
        ("Activations, bytes", group.activation_bytes, trace.activation_bytes),
        ("Layers in the depth", depth, trace.depth),
    ):
        st.markdown(f"**{name}**  \n`{value:,}` {format.percent(value, whole)} of the network")
    parts = [layer for layer in group.layers if layer.params]
    if parts and len(parts) <= 8:  # the sum still fits a line or two
        st.markdown(f"**The sum**  \n`{' + '.join(f'{layer.params:,}' for layer in parts)} = {group.params:,}`")
    kinds = {EdgeKind.IDENTITY: "identity", EdgeKind.PROJECTION: "projection", EdgeKind.CONCAT: "concatenation"}
    if group.skips:
        st.markdown(f"**Skip connections** {format.listing(kinds[kind] for kind in sorted(group.skips))}")


def _counted(trace: Trace, layer: Layer) -> str:
    if layer.counted:
        return f"✓ counted: {trace.counted.index(layer.path) + 1} of {trace.depth}."
    if layer.kind is Kind.CONV:
        return "Not counted: a projection on a shortcut, not on the main path."
    if layer.kind is Kind.LINEAR and trace.depth_rule is DepthRule.PROJECTIONS:
        return "Not counted: Wide ResNets count convolutions, 6N + 4, projections among them."
    return "Not counted: only convolutions and the classifier are."


def _slip(layer: Layer) -> None:
    """The well-travelled 110,592: explained where people look for it."""
    weights = layer.params - (layer.output_shape[0] if layer.bias else 0)
    if layer.kernel != (3, 3) or layer.input_shape[0] != 64 or layer.groups != 1:
        return
    if weights == SLIP:
        st.info(f"Here `3*3*64*192` = {SLIP:,} is right: the stage is three times as wide as ResNet-18's.")
    elif weights == SLIP // 3:
        biases = f", {layer.params:,} with its biases" if layer.bias else ""
        st.info(
            f"Some tutorials print {SLIP:,} here. `3*3*64*64` is **{weights:,}**{biases}; {SLIP:,} is `3*3*64*192`, "
            "this layer in a stage three times as wide."
        )
        st.button(f"Show the network that has {SLIP:,}", on_click=_show_slip, key="slip")


def _show_slip() -> None:
    from models.presets import PRESETS  # noqa: PLC0415

    state.put_spec(PRESETS[_SLIP_PRESET].spec)
    state.put_view(layer=_SLIP_LAYER)


def _neighbours(trace: Trace, path: str) -> None:
    before = [(edge.source, edge.kind) for edge in trace.edges if edge.target == path]
    after = [(edge.target, edge.kind) for edge in trace.edges if edge.source == path]
    for title, neighbours in (("From", before), ("To", after)):
        if neighbours:
            st.markdown(f"**{title}**")
        for other, kind in neighbours:
            label = other if kind is EdgeKind.FLOW else f"{other} ({kind})"
            if other == INPUT:
                st.write("the image")
            else:
                st.button(label, key=f"{title}_{other}", on_click=_select, args=(other,), width="stretch")


def _select(path: str) -> None:
    state.put_view(layer=path)


def _breakable(path: str) -> str:
    """A path that may break behind its dots."""
    return path.replace(".", ".\u200b")
