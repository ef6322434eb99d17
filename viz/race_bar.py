"""What is trained and how: the networks as chips, the data, and the rest behind one button."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from models.recipe import DATA
from models.settings import Augment, DataSet, Device, Precision, Schedule
from viz import line_up, measure, state
from viz.comparison import MOST, Entry, joined
from viz.race import TWIN, Race, Runner
from viz.theme import Look

_DATA = {one: about.title for one, about in DATA.items()}
_PRECISIONS = {
    Precision.FLOAT32: "float32",
    Precision.TF32: "TF32",
    Precision.BF16: "bfloat16",
    Precision.FP16: "float16",
}
_SIZES = (0, 8, 16, 28, 32, 64, 96, 128, 224)


def show(race: Race, runners: Sequence[Runner], looks: Sequence[Look]) -> None:
    """Draw the controls, in a row."""
    entries = [Entry(runner.slot, runner.name, runner.run.network) for runner in runners]
    line_up.show(entries, looks, _put)
    if TWIN not in race.slots and len(race.slots) < MOST:
        st.button(
            "+ twin of the sidebar's",
            key="add_twin",
            help="The network in the sidebar without its skip connections (or with, where it has none).",
            on_click=lambda: _put([*race.slots, TWIN]),
        )
    with st.popover("Data and training"):
        settings(race)


def _put(slots: Sequence[str]) -> None:
    state.put_race(race=joined(slots))


def settings(race: Race) -> None:
    left, right = st.columns(2)
    with left:
        _choice("data", "Data set", _DATA, race.data)
        sizes = {size: f"{size} × {size}" if size else _own_size(race.data) for size in sorted({*_SIZES, race.pixels})}
        _choice("pixels", "Image size", sizes, race.pixels)
        _choice("augment", "Augmentation", {one: str(one) for one in Augment}, race.augment)
        _number("epochs", "Epochs", race)
        _number("steps", "Stop after steps", race, "0: when the epochs are over.")
        _number("train_batch", "Batch", race)
        _number("train_seed", "Seed", race, "Weights, order and augmentation are drawn from it: the same for all.")
    with right:
        _choice("schedule", "Schedule", {one: str(one) for one in Schedule}, race.schedule)
        _number("rate", "Learning rate", race)
        _number("momentum", "Momentum", race)
        _number("decay", "Weight decay", race)
        _number("warmup", "Warm-up, epochs", race)
        _number("smoothing", "Label smoothing", race)
        _machine(race)


def _own_size(data: DataSet) -> str:
    height, width = DATA[data].shape[1:]
    return f"{height} × {width}, as they are"


def _machine(race: Race) -> None:
    devices, precisions, words = measure.machine()
    if len(devices) > 1:
        names = {one: f"auto: {words}" if one is Device.AUTO else one.upper() for one in Device}
        here = {one: name for one, name in names.items() if one is Device.AUTO or one in devices}
        _choice("train_device", "Device", here, race.train_device)
    usable = (*precisions, Precision.FP16) if Precision.TF32 in precisions else precisions
    exact = {one: name for one, name in _PRECISIONS.items() if one in usable}
    _choice("train_precision", "Precision", exact, race.train_precision)
    _flag("channels_last", "Channels last", race.channels_last)
    _flag("compiled", "torch.compile", race.compiled)


def _choice(field: str, label: str, options: Mapping[Any, str], value: Any) -> None:
    key = f"race_{field}"
    state.tell(key, value if value in options else next(iter(options)))
    st.selectbox(
        label, list(options), key=key, format_func=lambda one: options.get(one, str(one)), on_change=_taker(field, key)
    )


def _number(field: str, label: str, race: Race, help_: str | None = None) -> None:
    key, bounds = f"race_{field}", Race.__dataclass_fields__[field].metadata
    value = getattr(race, field)
    state.tell(key, value)
    more: dict[str, Any] = {"format": "%g", "step": bounds["low"] or 0.01} if isinstance(value, float) else {}
    if field == "decay":
        more["step"] = 1e-4
    st.number_input(label, bounds["low"], bounds["high"], key=key, help=help_, on_change=_taker(field, key), **more)


def _flag(field: str, label: str, value: bool) -> None:  # noqa: FBT001
    key = f"race_{field}"
    state.tell(key, value)
    st.checkbox(label, key=key, on_change=_taker(field, key))


def _taker(field: str, key: str) -> Callable[[], None]:
    return lambda: state.put_race(**{field: st.session_state[key]})
