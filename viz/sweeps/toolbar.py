"""What a sweep varies: a menu of fields, and the values of each."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from models.runtime.errors import SpecError
from models.signals.grid import MOST_AXES, Axes, Axis, rule_of
from models.specs.spec import NetworkSpec
from viz.language import _
from viz.state import session
from viz.state.sweeps import offered, typed, values
from viz.text import labels
from viz.text.messages import problem

_COLUMNS = 3


def show(base: NetworkSpec, axes: tuple[Axis, ...]) -> None:
    """Draw the menus; a change of them is a change of the link."""
    fields = [one.field for one in axes]
    options = list(dict.fromkeys((*offered(base), *fields)))
    session.set_if_changed("sweep_fields", fields)
    st.multiselect(
        _("Vary"), options, key="sweep_fields", format_func=labels.field, max_selections=MOST_AXES,
        on_change=partial(_fields, base, axes),
        help=_("Every combination of the values is a network; each is measured with and without skip connections."),
    )  # fmt: skip
    for start in range(0, len(axes), _COLUMNS):
        for column, axis in zip(st.columns(_COLUMNS), axes[start : start + _COLUMNS], strict=False):
            with column:
                _menu(axis, base, axes)


def filters(axes: tuple[Axis, ...], only: tuple[Axis, ...]) -> None:
    """Draw the menus of the values that are shown; call it in a popover."""
    chosen = {one.field: one for one in only}
    for axis in axes:
        key = f"only_{axis.field}"
        session.set_always(key, list(chosen.get(axis.field, axis).texts()))
        st.multiselect(
            labels.field(axis.field), list(axis.texts()), key=key, format_func=_worded(axis.field),
            on_change=partial(_filter, axis, only), placeholder=_("all"),
        )  # fmt: skip


def _menu(axis: Axis, base: NetworkSpec, axes: tuple[Axis, ...]) -> None:
    """The values of one axis."""
    rule, key = rule_of(axis.field), f"sweep_{axis.field}"
    options = list(dict.fromkeys((*map(rule.encode, values(axis.field, base)), *axis.texts())))
    session.set_if_changed(key, list(axis.texts()))
    st.multiselect(
        labels.field(axis.field), options, key=key, format_func=_worded(axis.field),
        accept_new_options=typed(axis.field), on_change=partial(_values, axis.field, axes),
    )  # fmt: skip


def _worded(field: str) -> Callable[[str], str]:
    """Return how values that are written as in a link are shown; a text that is none is shown as it is."""

    def worded(text: str) -> str:
        try:
            return labels.value(field, rule_of(field).check(field, rule_of(field).decode(text)))
        except SpecError:
            return text

    return worded


def _fields(base: NetworkSpec, axes: tuple[Axis, ...]) -> None:
    known = {one.field: one for one in axes}
    new = [known.get(field) or Axis(field, values(field, base)[:4]) for field in st.session_state["sweep_fields"]]
    _put(tuple(new))


def _values(field: str, axes: tuple[Axis, ...]) -> None:
    chosen = st.session_state[f"sweep_{field}"]
    try:
        new = [one if one.field != field else _axis(field, chosen) for one in axes]
    except SpecError as error:
        _refuse(error)
    else:
        _put(tuple(one for one in new if one is not None))


def _filter(axis: Axis, only: tuple[Axis, ...]) -> None:
    chosen = _axis(axis.field, st.session_state[f"only_{axis.field}"])
    rest = tuple(one for one in only if one.field != axis.field)
    session.put_sweep(only=rest if chosen is None or len(chosen.values) == len(axis.values) else (*rest, chosen))


def _axis(field: str, texts: list[str]) -> Axis | None:
    """An axis of values as they are written in a link; None if there are none."""
    return Axis(field, tuple(map(rule_of(field).decode, texts))) if texts else None


def _put(axes: tuple[Axis, ...]) -> None:
    try:
        session.put_sweep(axes=Axes().check("axes", axes), only=(), run=False)
    except SpecError as error:
        _refuse(error)


def _refuse(error: SpecError) -> None:
    session.refuse("axes", error)
    st.toast(problem(error), duration="long")
