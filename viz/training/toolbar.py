"""The controls of what is trained, and how: the networks as chips, data and training in a popover."""

from collections.abc import Sequence

import streamlit as st

from models.runtime.settings import Precision
from models.training.data_registry import DATA
from viz.backend import cached
from viz.language import _
from viz.state import session
from viz.state.compare import MOST, Entry, joined
from viz.state.training import TWIN, Race, Runner
from viz.style.theme import SeriesStyle
from viz.text.labels import label
from viz.ui import network_picker
from viz.ui.measure_controls import devices_here
from viz.ui.widgets import Form

_SIZES = (0, 8, 16, 28, 32, 64, 96, 128, 224)


def show(race: Race, runners: Sequence[Runner], looks: Sequence[SeriesStyle]) -> None:
    """Draw the controls; call it in a horizontal container."""
    entries = [Entry(runner.slot, runner.name, runner.run.network) for runner in runners]
    network_picker.show(entries, looks, _put)
    if TWIN not in race.slots and len(race.slots) < MOST:
        st.button(
            _("+ twin of the sidebar's network"),
            key="add_twin",
            help=_("The sidebar's network without its skip connections, or with them if it has none."),
            on_click=lambda: _put([*race.slots, TWIN]),
        )
    with st.popover(_("Data and training")):
        settings(race)


def _put(slots: Sequence[str]) -> None:
    session.put_race(networks=joined(slots))


def settings(race: Race) -> None:
    form = Form(race, session.put_race, "race", in_popover=True)
    left, right = st.columns(2)
    with left:
        form.choice("data", _("Data set"), {name: _(about.title) for name, about in DATA.items()})
        sizes = {size: f"{size} × {size}" if size else _own_size(race) for size in sorted({*_SIZES, race.pixels})}
        form.choice("pixels", _("Image size"), sizes)
        form.choice("augment", _("Augmentation"))
        form.number("epochs", _("Epochs"))
        form.number("steps", _("Stop after (steps)"), help=_("0: train for all epochs."))
        form.number("batch", _("Batch"))
        form.number(
            "seed",
            _("Seed"),
            help=_(
                "Determines the initial weights, the order of the images and the "
                "augmentation; the same for all networks."
            ),
        )
    with right:
        form.choice("schedule", _("Schedule"))
        form.number("learning_rate", _("Learning rate"))
        form.number("momentum", _("Momentum"))
        form.number("weight_decay", _("Weight decay"), step=1e-4)
        form.number("warmup", _("Warm-up, epochs"))
        form.number("label_smoothing", _("Label smoothing"))
        _machine(form)


def _own_size(race: Race) -> str:
    height, width = DATA[race.run.data].shape[1:]
    return _("{size}, or what the networks need", size=f"{height} × {width}")


def _machine(form: Form) -> None:
    devices, precisions, words = cached.machine()
    if len(devices) > 1:
        form.choice("device", _("Device"), devices_here(devices, words))
    usable = (*precisions, Precision.FP16) if Precision.TF32 in precisions else precisions
    form.choice("precision", _("Precision"), {one: label(one) for one in Precision if one in usable})
    form.switch("channels_last", _("Channels last"), widget=st.checkbox)
    form.switch("compile", "torch.compile", widget=st.checkbox)
