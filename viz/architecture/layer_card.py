"""The card of the selected layer or group: numbers with their formulas, the line that creates it, its neighbours."""

import streamlit as st

from models.specs.external import Network
from models.tracing.kinds import KINDS, Kind
from models.tracing.layers import INPUT, DepthRule, EdgeKind, Layer
from models.tracing.records import Trace
from viz.backend import cached
from viz.graph.folding import Folding, Group, unfolded, walk
from viz.language import _, listing, ngettext
from viz.state import session
from viz.state.architecture import View
from viz.state.hidden import hides
from viz.style import format
from viz.text import formulas
from viz.text.labels import label

SLIP = 3 * 3 * 64 * 192  # printed in some tutorials for 3*3*64*64
_SLIP_LAYER = "layer1.0.conv1"
_SLIP_PRESET = "wrn_18_3"


def show(spec: Network, trace: Trace, groups: tuple[Group, ...], view: View) -> None:
    if hides("layer"):
        return
    with st.container(border=True, key="card"):  # style.css makes it as high as the graph
        _search(spec, groups, view)
        if view.layer in trace.by_path:
            _layer(trace, trace.by_path[view.layer])
        elif group := next((group for group in walk(groups) if group.id == view.layer), None):
            _group(trace, group)
        else:
            _empty(trace)


def _search(spec: Network, groups: tuple[Group, ...], view: View) -> None:
    """Draw the field in which a layer is found by its name, kind or shape; the graph unfolds to it."""
    names, key = cached.layer_names(spec), "find"

    def found() -> None:
        path, st.session_state[key] = st.session_state[key], None
        if path in names:
            folds = unfolded(groups, Folding(view.level, view.fold), path)
            session.put_view(layer=path, level=folds.level, fold=folds.toggled)

    st.selectbox(
        _("Find a layer"),
        list(names),
        index=None,
        key=key,
        format_func=lambda path: names.get(path, str(path)),
        placeholder=_("Find a layer by name, kind or shape"),
        on_change=found,
        label_visibility="collapsed",
    )


def _empty(trace: Trace) -> None:
    st.header(_("Pick a layer"), anchor=False)
    st.write(
        _(
            "Click a node of the graph or a row of the table. Its shape, parameters, MACs and receptive field appear "
            "here, each with the arithmetic behind it."
        )
    )
    heaviest = max(trace.layers, key=lambda layer: layer.params)
    busiest = max(trace.layers, key=lambda layer: layer.macs)
    convolution = next((layer for layer in trace.layers if layer.kind is Kind.CONV), None)
    first = trace.by_path.get(_SLIP_LAYER, convolution)
    offered = [
        ("heaviest", heaviest, _("{layer}: most parameters", layer=heaviest.path)),
        ("busiest", busiest, _("{layer}: most MACs", layer=busiest.path)),
    ]
    if first is not None:
        offered.insert(0, ("first", first, _("{layer}: an early convolution", layer=first.path)))
    for key, layer, words in offered:
        st.button(words, key=f"try_{key}", on_click=_select, args=(layer.path,), width="stretch")
    if hides("params", "macs"):
        return
    rows = [
        f"| {format.stage(total.path)} | {format.shape(total.output_shape)} "
        f"| {format.percent(total.params, trace.params)} | {format.percent(total.macs, trace.macs)} |"
        for total in trace.stages
    ]
    head = " | ".join((_("Stage"), _("Output"), _("Parameters"), _("MACs")))
    st.markdown("\n".join([f"| {head} |", "|:--|:--|--:|--:|", *rows]))


def _layer(trace: Trace, layer: Layer) -> None:
    st.header(_breakable(layer.path), anchor=False)
    st.caption(f"{_(KINDS[layer.kind].label)} {format.shape(layer.input_shape)} → {format.shape(layer.output_shape)}")
    if layer.path == _SLIP_LAYER and not hides("params"):
        _slip(layer)
    st.markdown(
        "\n".join(
            f"**{name}**  \n`{formula}` {why}  "
            for word, name, formula, why in (
                ("params", _("Parameters"), layer.params_formula, formulas.params(layer)),
                ("macs", _("MACs"), layer.macs_formula, formulas.macs(layer)),
                ("", _("Output"), layer.shape_formula, formulas.shape(layer)),
                ("memory", _("Memory of the output in float32, bytes"), layer.bytes_formula, ""),
                (
                    "receptive_field",
                    _("Receptive field, px"),
                    layer.receptive_field_formula,
                    formulas.receptive_field(layer),
                ),
                ("", _("Effective stride, px"), layer.effective_stride_formula, formulas.effective_stride(layer)),
            )
            if formula and not hides(word)
        )
    )
    if not layer.receptive_field:
        st.markdown(f"**{_('Receptive field, px')}**  \n{formulas.undefined_field(trace)}")
    if not hides("depth"):
        question = _("Counted in the depth of {depth:,}?", depth=trace.depth)
        st.markdown(f"**{question}** {_counted(trace, layer)}")
    if layer.made_by:
        where, line = layer.made_by.split("  ", 1)
        made_by = _("Created in")
        st.markdown(f"**{made_by}** {where}")
        st.code(line, language="python", wrap_lines=True)
    _neighbours(trace, layer.path)


def _group(trace: Trace, group: Group) -> None:
    st.header(_breakable(group.path), anchor=False)
    blocks = [ngettext("{n} block", "{n} blocks", group.blocks)] if group.blocks else []
    shapes = f"{format.shape(group.input_shape)} → {format.shape(group.output_shape)}"
    layers = ngettext("{n:,} layer: {shapes}", "{n:,} layers: {shapes}", len(group.layers), shapes=shapes)
    st.caption(_(", ").join([*blocks, layers]))
    depth = sum(layer.counted for layer in group.layers)
    for word, name, value, whole in (
        ("params", _("Parameters"), group.params, trace.params),
        ("macs", _("MACs"), group.macs, trace.macs),
        ("memory", _("Activations, bytes"), group.activation_bytes, trace.activation_bytes),
        ("depth", _("Layers counted in depth"), depth, trace.depth),
    ):
        if hides(word):
            continue
        share = _("{share} of the network", share=format.percent(value, whole))
        st.markdown(f"**{name}**  \n`{value:,}` {share}")
    parts = [layer for layer in group.layers if layer.params]
    if parts and len(parts) <= 8 and not hides("params"):  # then the sum fits one or two lines
        terms = " + ".join(f"{layer.params:,}" for layer in parts)
        title = _("Sum of the parameters")
        st.markdown(f"**{title}**  \n`{terms} = {group.params:,}`")
    if group.skips:
        title = _("Skip connections")
        st.markdown(f"**{title}** {listing(label(kind) for kind in sorted(group.skips))}")


def _counted(trace: Trace, layer: Layer) -> str:
    if layer.counted:
        return _("✓ Yes, number {n} of {depth:,}.", n=trace.counted.index(layer.path) + 1, depth=trace.depth)
    if layer.kind is Kind.CONV and trace.depth_rule is DepthRule.LONGEST:
        return _("No: it is on a shorter branch; the layers on the longest path count.")
    if layer.kind is Kind.CONV:
        return _("No: it is a projection on a shortcut, not on the main path.")
    if layer.kind is Kind.LINEAR and trace.depth_rule is DepthRule.PROJECTIONS:
        return _("No: the rule for Wide ResNets (6N + 4) counts convolutions and projections, but not the classifier.")
    return _("No: only convolutions and the classifier count.")


def _slip(layer: Layer) -> None:
    """Explain the 110,592 parameters that tutorials print for this layer."""
    weights = layer.params - (layer.output_shape[0] if layer.bias else 0)
    if layer.kernel != (3, 3) or layer.input_shape[0] != 64 or layer.groups != 1:
        return
    if weights == SLIP:
        st.info(_("Here `3*3*64*192` = {slip:,} is right: the stage is three times as wide as ResNet-18's.", slip=SLIP))
    elif weights == SLIP // 3:
        if layer.bias:
            words = _(
                "Some tutorials print {slip:,} here. `3*3*64*64` is **{weights:,}**, {params:,} with the biases; "
                "{slip:,} is `3*3*64*192`, this layer in a stage three times as wide.",
                slip=SLIP,
                weights=weights,
                params=layer.params,
            )
        else:
            words = _(
                "Some tutorials print {slip:,} here. `3*3*64*64` is **{weights:,}**; {slip:,} is `3*3*64*192`, this "
                "layer in a stage three times as wide.",
                slip=SLIP,
                weights=weights,
            )
        st.info(words)
        st.button(_("Show the network in which {slip:,} is right", slip=SLIP), on_click=_show_slip, key="slip")


def _show_slip() -> None:
    from models.specs.presets import PRESETS  # noqa: PLC0415

    session.put_spec(PRESETS[_SLIP_PRESET].spec)
    session.put_view(layer=_SLIP_LAYER)


def _neighbours(trace: Trace, path: str) -> None:
    # each once: queries, keys and values of an attention may come from one layer
    before = {edge.source: edge.kind for edge in trace.edges if edge.target == path}
    after = {edge.target: edge.kind for edge in trace.edges if edge.source == path}
    for key, title, neighbours in (("from", _("From"), before), ("to", _("To"), after)):
        if neighbours:
            st.markdown(f"**{title}**")
        for other, kind in neighbours.items():
            words = other if kind is EdgeKind.FLOW else f"{other} ({label(kind)})"
            if other == INPUT:
                st.write(_("the image"))
            else:
                st.button(words, key=f"{key}_{other}", on_click=_select, args=(other,), width="stretch")


def _select(path: str) -> None:
    session.put_view(layer=path)


def _breakable(path: str) -> str:
    """Allow line breaks after the dots of a path."""
    return path.replace(".", ".\u200b")
