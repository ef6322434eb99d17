"""The sidebar: widgets for the fields of the network. Only fields of its family are shown."""

import re
from collections.abc import Callable
from typing import Any

import streamlit as st

from models.runtime.errors import SpecError
from models.specs.choices import Gate, Init, Norm, Shortcut, StrideBlock, StrideIn
from models.specs.depth import depth, depths, known_depth
from models.specs.external import ExternalSpec, Network
from models.specs.limits import LIMITS
from models.specs.naming import describe
from models.specs.presets import PRESETS
from models.specs.registry import Family, Order, of_family
from models.specs.spec import NetworkSpec
from viz.language import _
from viz.sidebar import library_widgets, order_popover, other_networks
from viz.sidebar.help import HELP
from viz.state import session
from viz.state.compare import joined
from viz.state.hidden import hides
from viz.state.repair import change
from viz.style import format
from viz.text.labels import block_label, label
from viz.text.labels import field as field_label
from viz.text.messages import problem


def show(page: str) -> None:
    """Draw the sidebar of a page: the network, or, if the page shows others, a menu of those to edit."""
    others = False
    if page == "compare":
        comparison = session.comparison()
        others = other_networks.show(comparison.slots, lambda slots: session.put_comparison(networks=joined(slots)))
    elif page == "training":
        race = session.race()
        others = other_networks.show(
            race.slots, None if race.learn else lambda slots: session.put_race(networks=joined(slots))
        )
    if not others:
        _network(session.spec())
        if session.exercise().asks:  # a reset would put the network of another question there
            return
        st.button(_("Reset"), key="reset", on_click=session.reset, help=_("The network and views of a first visit."))


def _network(spec: Network) -> None:
    if not hides("preset"):
        _groups(spec)
    if isinstance(spec, ExternalSpec):
        library_widgets.show(spec)
    else:
        _own(spec)


def _own(spec: NetworkSpec) -> None:
    if not hides("preset"):
        _presets(spec)
    _choice("family", spec, tuple(Family))
    _depth(spec)
    _choice("block", spec, tuple(of_family(spec.family)))
    if spec.block_type.orders:
        _choice("order", spec, (Order.ORIGINAL, *spec.block_type.orders))
        if not hides("order"):
            order_popover.show(spec)
    _choice("shortcut", spec, spec.family_type.shortcuts)
    _input(spec)
    _number("classes", spec)
    with st.expander(_("More: width, groups, norm ..."), key="more"):
        _stages(spec)
        _number("base_width", spec)
        uses = spec.family_type.uses
        for name, step in (("growth_rate", 1), ("compression", 0.1), ("hidden", 1), ("widen", 0.5)):
            if name in uses:
                _number(name, spec, step=step)
        _taken(spec)
        if "stem" in uses:
            _choice("stem", spec, spec.family_type.stems)
        if spec.order in (Order.RELU_PREACT, Order.PREACT):
            _switch("stem_norm", spec)
        _choice("norm", spec, tuple(Norm))
        if spec.drops:
            _number("dropout", spec, step=0.1)
        _choice("init", spec, tuple(Init))
        _switch("conv_bias", spec)
    if "skip_scale" in spec.family_type.uses and (spec.family is Family.RESNET or spec.shortcut is not Shortcut.NONE):
        with st.expander(_("Skip, branch, stride ..."), key="paths"):
            _paths(spec)


def _taken(spec: NetworkSpec) -> None:
    """Draw the fields that only some blocks take."""
    takes = spec.block_type.takes
    for name in ("groups", "group_width", "expansion"):
        if name in takes:
            _number(name, spec)
    if "stride_in" in takes:
        _choice("stride_in", spec, tuple(StrideIn))


def _paths(spec: NetworkSpec) -> None:
    """Draw the fields of the two paths through a residual block, and of its stride."""
    if spec.shortcut is not Shortcut.NONE:
        _number("skip_scale", spec, step=0.1)
        _number("branch_scale", spec, step=0.1)
    if spec.family is not Family.RESNET:
        return
    if spec.shortcut is not Shortcut.NONE:
        _switch("learned_scale", spec)
        _choice("gate", spec, tuple(Gate))
        _number("drop_path", spec, step=0.1)
    if spec.silenced:
        _switch("zero_init_residual", spec)
    if spec.projects:
        _switch("projection_norm", spec)
        _switch("projection_pool", spec)
        if spec.order in (Order.RELU_PREACT, Order.PREACT):
            _switch("raw_projection", spec)
    _choice("stride_block", spec, tuple(StrideBlock))
    _number("dilated", spec)


def _groups(spec: Network) -> None:
    """Draw a menu of the groups of presets and of the libraries."""
    groups = list(dict.fromkeys(preset.group for preset in PRESETS.values()))
    own = spec.library.name if isinstance(spec, ExternalSpec) else PRESETS[describe(spec).nearest].group
    libraries = library_widgets.groups(own)
    session.set_if_changed("group", own)
    st.selectbox(
        _("Networks"),
        [*groups, *libraries],
        key="group",
        format_func=lambda group: libraries.get(group) or _(group),
        on_change=_pick_group,
    )


def _presets(spec: NetworkSpec) -> None:
    """Draw a menu of the presets in the network's group."""
    name = describe(spec)
    chosen = name.preset
    group = PRESETS[name.nearest].group
    ids = [key for key, preset in PRESETS.items() if preset.group == group]
    session.set_if_changed("preset", chosen)
    st.selectbox(
        _("Preset"),
        ids,
        key="preset",
        index=0 if chosen else None,  # only a custom network leaves the menu empty
        format_func=lambda key: _(PRESETS[key].title),
        placeholder=_("custom: choose a preset to start from"),
        on_change=_pick_preset,
        label_visibility="collapsed",
    )


def _pick_group() -> None:
    group = st.session_state["group"]
    if group in library_widgets.groups():
        session.put_spec(library_widgets.first(group))
        return
    session.put_spec(next(preset.spec for preset in PRESETS.values() if preset.group == group))


def _pick_preset() -> None:
    key = st.session_state["preset"]
    if key in PRESETS:
        session.put_spec(PRESETS[key].spec)


def _depth(spec: NetworkSpec) -> None:
    """Draw a slider over the depths in the family's papers or, for custom stages, the depth as text."""
    if hides("depth"):
        return
    known = known_depth(spec)
    if known is None:
        session.set_if_changed("own_depth", _("{depth:,} (custom stages)", depth=depth(spec)))
        st.text_input(_("Depth"), key="own_depth", disabled=True)
        return
    options = depths(spec)
    session.set_if_changed("depth", known)
    st.select_slider(
        _("Depth"),
        list(options),
        value=known,  # else a browser that has not received the session state would start at the smallest depth
        key="depth",
        help=_("Layers as the family's papers count them. Set the blocks per stage under More for other depths."),
        on_change=lambda: _apply("stages", options[st.session_state["depth"]]),
    )


def _stages(spec: NetworkSpec) -> None:
    def read() -> Any:
        text = str(st.session_state[key])
        parts = re.sub(r"(?<=\d)[-,\s]+(?=\d)", " ", text).split()
        return (
            tuple(int(part) for part in parts) if all(part.isdecimal() and len(part) < 10 for part in parts) else text
        )

    if hides("stages", "depth"):
        return
    key = _seed("stages", spec, ", ".join(map(str, spec.stages)))
    st.text_input(field_label("stages"), key=key, help=_help("stages"), on_change=_applies("stages", read))


def _input(spec: NetworkSpec) -> None:
    if hides("input_shape"):
        return
    channels, height, width = st.columns(3)
    sides = [
        ("input_channels", _("Channels"), "channels"),
        ("input_height", _("Height"), "pixels"),
        ("input_width", _("Width"), "pixels"),
    ]
    keys = [key for key, __, __ in sides]
    for column, (key, words, limit), value in zip((channels, height, width), sides, spec.input_shape, strict=True):
        low, high = (int(bound) for bound in LIMITS[limit])
        session.set_if_changed(key, value)
        column.number_input(
            words,
            low,
            high,
            value,
            key=key,
            on_change=_applies("input_shape", lambda: tuple(st.session_state[key] for key in keys)),
        )
    _error("input_shape")


def _choice(field: str, spec: NetworkSpec, options: tuple[Any, ...]) -> None:
    if hides(field):
        return
    key = _seed(field, spec, getattr(spec, field))
    st.selectbox(
        field_label(field),
        list(options),
        key=key,
        format_func=block_label if field == "block" else label,
        help=_help(field),
        on_change=_applies(field, lambda: st.session_state[key]),
    )


def _number(field: str, spec: NetworkSpec, **more: Any) -> None:
    if hides(field):
        return
    value = getattr(spec, field)
    low, high = (type(value)(bound) for bound in LIMITS[field])
    key = _seed(field, spec, value)
    st.number_input(
        field_label(field),
        low,
        high,
        value,
        key=key,
        help=_help(field),
        on_change=_applies(field, lambda: st.session_state[key]),
        **more,
    )


def _switch(field: str, spec: NetworkSpec) -> None:
    if hides(field):
        return
    key = _seed(field, spec, getattr(spec, field))
    st.toggle(field_label(field), key=key, help=_help(field), on_change=_applies(field, lambda: st.session_state[key]))


def _seed(field: str, spec: NetworkSpec, value: Any) -> str:
    """Set a widget from the spec; an invalid value stays in its widget, below the reason. Return the widget's key."""
    _error(field)
    key = f"field_{field}"
    if field not in session.errors() or key not in st.session_state:
        session.set_if_changed(key, value)
    return key


def _applies(field: str, read: Callable[[], Any]) -> Callable[[], None]:
    return lambda: _apply(field, read())


def _apply(field: str, value: Any) -> None:
    try:
        left = session.last_of(value) if field == "family" else None
        session.put_spec(*change(session.own(), field, value, left=left))
    except SpecError as error:
        session.refuse(field, error)


def _error(field: str) -> None:
    if error := session.errors().get(field):
        st.error(format.as_it_is(problem(error, field_label(field))))


def _help(field: str) -> str | None:
    return _(HELP[field]) if field in HELP else None
