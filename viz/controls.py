"""The sidebar: widgets -> NetworkSpec. Only what matters for the family is shown."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from models.depths import depth, depths, known_depth
from models.names import describe
from models.presets import PRESETS
from models.spec import (
    BLOCKS,
    LIMITS,
    SHORTCUTS,
    Block,
    Family,
    Init,
    NetworkSpec,
    Norm,
    Shortcut,
    SpecError,
    Stem,
    StrideIn,
)
from viz import format, state
from viz.comparison import MOST, SIDEBAR, joined
from viz.race import TWIN
from viz.repair import LABELS, change

_WORDS: dict[str, dict[Any, str]] = {
    "family": {Family.RESNET: "ResNet", Family.DENSENET: "DenseNet"},
    "block": {
        Block.BASIC: "basic: two 3×3",
        Block.BOTTLENECK: "bottleneck: 1×1, 3×3, 1×1",
        Block.PREACT_BASIC: "pre-activation basic",
        Block.PREACT_BOTTLENECK: "pre-activation bottleneck",
        Block.DENSE: "dense: 3×3",
        Block.DENSE_BOTTLENECK: "dense bottleneck: 1×1, 3×3",
    },
    "shortcut": {
        Shortcut.NONE: "none: a plain network",
        Shortcut.PAD: "A: identity, zero-padded",
        Shortcut.PROJECTION: "B: projection at new shapes",
        Shortcut.PROJECTION_ALL: "C: projection everywhere",
        Shortcut.CONCAT: "concatenate",
    },
    "stem": {Stem.IMAGENET: "ImageNet: 7×7 /2, pool /2", Stem.CIFAR: "CIFAR: one 3×3"},
    "norm": {Norm.BATCH: "batch norm", Norm.GROUP: "group norm", Norm.NONE: "none"},
    "stride_in": {StrideIn.CONV3X3: "on the 3×3 (v1.5)", StrideIn.CONV1X1: "on the first 1×1 (v1)"},
    "init": {
        Init.DEFAULT: "PyTorch's default",
        Init.KAIMING: "Kaiming (He)",
        Init.XAVIER: "Xavier (Glorot)",
        Init.ORTHOGONAL: "orthogonal",
    },
}
_HELP = {
    "shortcut": "Options A, B and C of He et al. 2015. Without them the network is plain: the same layers in a row.",
    "stride_in": "v1.5 is torchvision's, v1 the paper's (He et al. 2015): same parameters, fewer MACs.",
    "widen": "Wide ResNet's k: every stage is k times as wide, the stem is not.",
    "groups": "ResNeXt's cardinality: the 3×3 convolution is split into so many groups.",
    "group_width": "Inner width of a bottleneck = planes * this / 64 * cardinality.",
    "growth_rate": "DenseNet's k: channels that each layer adds.",
    "compression": "DenseNet's theta: the share of the channels that a transition keeps.",
    "stages": "One number per stage, 1 to 5 stages: 3, 4, 6, 3.",
    "base_width": "Channels out of the stem; residual stages double it from stage to stage.",
    "zero_init_residual": "The last norm of each branch starts at zero: every block starts as its shortcut.",
}


def show(page: str) -> None:
    """Draw the sidebar, as a page needs it."""
    if page == "compare":
        _apart(state.comparison().slots, lambda slots: state.put_comparison(compare=joined(slots)))
    elif page == "training":
        race = state.race()
        _apart(race.slots, None if race.learn else lambda slots: state.put_race(race=joined(slots)))
    _network(state.spec())


def _apart(slots: Sequence[str], put: Callable[[Sequence[str]], None] | None) -> None:
    """Say so where the page's networks are others than the sidebar's; offer to add it."""
    if SIDEBAR in slots or TWIN in slots:
        return
    st.caption("This page has networks of its own: what changes here does not change them.")
    if put is not None and len(slots) < MOST:
        st.button("Add this one to them", key="add_sidebar", on_click=put, args=([*slots, SIDEBAR],))


def _network(spec: NetworkSpec) -> None:
    _presets(spec)
    _choice("family", spec, tuple(Family), st.segmented_control, required=True, width="stretch")
    _depth(spec)
    _choice("block", spec, BLOCKS[spec.family])
    _choice("shortcut", spec, SHORTCUTS[spec.family])
    _input(spec)
    _number("classes", spec)
    with st.expander("More: width, groups, norm ...", key="more"):
        _stages(spec)
        _number("base_width", spec)
        if spec.family is Family.RESNET:
            _number("widen", spec, step=0.5)
            _number("groups", spec)
            if spec.bottleneck:
                _number("group_width", spec)
                _choice("stride_in", spec, tuple(StrideIn))
        else:
            _number("growth_rate", spec)
            _number("compression", spec, step=0.1)
        _choice("stem", spec, tuple(Stem))
        _choice("norm", spec, tuple(Norm))
        _choice("init", spec, tuple(Init))
        _switch("conv_bias", spec)
        if spec.shortcut in (Shortcut.PROJECTION, Shortcut.PROJECTION_ALL):
            _switch("projection_norm", spec)
        if spec.family is Family.RESNET and spec.shortcut is not Shortcut.NONE:
            _switch("zero_init_residual", spec)


def _presets(spec: NetworkSpec) -> None:
    """Two menus: the group, and the networks in it."""
    name = describe(spec)
    chosen = name.preset
    groups = list(dict.fromkeys(preset.group for preset in PRESETS.values()))
    group = PRESETS[name.nearest].group
    state.seed("group", group)
    st.selectbox("Networks", groups, key="group", on_change=_pick_group)
    ids = [key for key, preset in PRESETS.items() if preset.group == group]
    state.seed("preset", chosen)
    st.selectbox(
        "Preset",
        ids,
        key="preset",
        index=0 if chosen else None,  # only a custom network leaves the menu empty
        format_func=lambda key: PRESETS[key].title,
        placeholder="custom: pick one to start from",
        on_change=_pick_preset,
        label_visibility="collapsed",
    )


def _pick_group() -> None:
    group = st.session_state["group"]
    state.put_spec(next(preset.spec for preset in PRESETS.values() if preset.group == group))


def _pick_preset() -> None:
    key = st.session_state["preset"]
    if key in PRESETS:
        state.put_spec(PRESETS[key].spec)


def _depth(spec: NetworkSpec) -> None:
    """A slider over the depths the family is known by; blocks per stage where the stages are one's own."""
    known = known_depth(spec)
    if known is None:
        state.seed("own_depth", f"{depth(spec):,}: stages of your own")
        st.text_input("Depth", key="own_depth", disabled=True)
        return
    options = depths(spec)
    state.seed("depth", known)
    st.select_slider(
        "Depth",
        list(options),
        value=known,  # also where the browser never heard what was set: its own start would be the least
        key="depth",
        help="Layers as the family's papers count them: the depths they know. Blocks per stage are set under More.",
        on_change=lambda: _apply("stages", options[st.session_state["depth"]]),
    )


def _stages(spec: NetworkSpec) -> None:
    def read() -> Any:
        text = str(st.session_state[key])
        parts = re.sub(r"(?<=\d)[-,\s]+(?=\d)", " ", text).split()
        return (
            tuple(int(part) for part in parts) if all(part.isdecimal() and len(part) < 10 for part in parts) else text
        )

    key = _seed("stages", spec, ", ".join(map(str, spec.stages)))
    st.text_input(LABELS["stages"], key=key, help=_HELP["stages"], on_change=_applies("stages", read))


def _input(spec: NetworkSpec) -> None:
    channels, height, width = st.columns(3)
    sides = [
        ("input_channels", "Channels", "channels"),
        ("input_height", "Height", "pixels"),
        ("input_width", "Width", "pixels"),
    ]
    keys = [key for key, _, _ in sides]
    for column, (key, label, limit), value in zip((channels, height, width), sides, spec.input_shape, strict=True):
        low, high = (int(bound) for bound in LIMITS[limit])
        state.seed(key, value)
        column.number_input(
            label,
            low,
            high,
            value,
            key=key,
            on_change=_applies("input_shape", lambda: tuple(st.session_state[key] for key in keys)),
        )
    _error("input_shape")


def _choice(
    field: str, spec: NetworkSpec, options: tuple[Any, ...], widget: Callable[..., Any] = st.selectbox, **more: Any
) -> None:
    key = _seed(field, spec, getattr(spec, field))
    widget(
        LABELS[field],
        list(options),
        key=key,
        format_func=_WORDS[field].get,
        help=_HELP.get(field),
        on_change=_applies(field, lambda: st.session_state[key]),
        **more,
    )


def _number(field: str, spec: NetworkSpec, **more: Any) -> None:
    value = getattr(spec, field)
    low, high = (type(value)(bound) for bound in LIMITS[field])
    key = _seed(field, spec, value)
    st.number_input(
        LABELS[field],
        low,
        high,
        value,
        key=key,
        help=_HELP.get(field),
        on_change=_applies(field, lambda: st.session_state[key]),
        **more,
    )


def _switch(field: str, spec: NetworkSpec) -> None:
    key = _seed(field, spec, getattr(spec, field))
    st.toggle(LABELS[field], key=key, help=_HELP.get(field), on_change=_applies(field, lambda: st.session_state[key]))


def _seed(field: str, spec: NetworkSpec, value: Any) -> str:
    """Set a widget from the spec; one whose value was refused keeps it, to be mended, below the reason."""
    _error(field)
    key = f"field_{field}"
    if field not in state.errors() or key not in st.session_state:
        state.seed(key, value)
    return key


def _applies(field: str, read: Callable[[], Any]) -> Callable[[], None]:
    return lambda: _apply(field, read())


def _apply(field: str, value: Any) -> None:
    try:
        left = state.last_of(value) if field == "family" else None
        state.put_spec(*change(state.spec(), field, value, left=left))
    except SpecError as error:
        state.refuse(field, str(error))


def _error(field: str) -> None:
    if message := state.errors().get(field):
        st.error(format.as_it_is(message.replace(field, LABELS[field], 1)))
