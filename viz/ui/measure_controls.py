"""The controls of batch, seed, device and precision on the Signals and the Compare page."""

from typing import Any

import streamlit as st

from models.runtime.settings import Device, Precision, Weights
from models.specs.external import Network
from models.specs.own import OWN_WEIGHTS
from viz.backend import cached, training_jobs
from viz.language import _, sentences
from viz.state import session
from viz.state.signals import Experiment
from viz.text.labels import label
from viz.ui.widgets import Form


def possible(experiment: Experiment, spec: Network | None = None) -> Experiment:
    """Return the experiment without what this machine or the network lacks, and show what is used instead."""
    devices, precisions, __ = cached.machine()
    lost: dict[str, Any] = {}
    if experiment.measure.device is not Device.AUTO and experiment.measure.device not in devices:
        lost["device"] = Device.AUTO
    if experiment.measure.precision not in precisions:
        lost["precision"] = Precision.FLOAT32
    if spec is not None and experiment.measure.weights is Weights.PRETRAINED and not cached.has_weights(spec):
        lost["weights"] = Weights.RANDOM
    if experiment.measure.weights is Weights.FILE and not OWN_WEIGHTS:
        lost["weights"] = Weights.RANDOM
    if (
        spec is not None
        and experiment.measure.weights is Weights.TRAINED
        and experiment.trained not in {found.id for found in training_jobs.learnt(spec, experiment.trained)}
    ):
        lost["weights"] = Weights.RANDOM
    if lost:
        names = {"device": _("Device"), "precision": _("Precision"), "weights": _("Weights")}
        words = [
            _(
                "{field}: {asked} is not available here; {used} is used instead.",
                field=names[name],
                asked=label(experiment.value(name)),
                used=label(new),
            )
            for name, new in lost.items()
        ]
        st.toast(sentences(words), duration="long")
        session.put_experiment(**lost)
    return session.experiment()


def machine(experiment: Experiment) -> None:
    """Draw the controls of batch, seed, device and precision; call it in a popover."""
    devices, precisions, words = cached.machine()
    form = form_of(experiment)
    form.number("batch", _("Batch"), help=_("Number of images in the batch."))
    form.number("seed", _("First seed"), help=_("The same seed gives the same numbers."))
    if len(devices) > 1:
        form.choice("device", _("Device"), devices_here(devices, words))
    else:
        st.caption(_("Measured on this server's {device}; there is no GPU here.", device=words))
    form.choice("precision", _("Precision"), {one: label(one) for one in Precision if one in precisions})


def form_of(experiment: Experiment) -> Form:
    """Return the form of the widgets for what is measured, in a popover."""
    return Form(experiment, session.put_experiment, "experiment", in_popover=True)


def devices_here(devices: tuple[str, ...], words: str) -> dict[Device, str]:
    """Return the devices of this machine and their labels; `words` is the name of the fastest."""
    return {
        one: _("automatic: {device}", device=words) if one is Device.AUTO else label(one)
        for one in Device
        if one is Device.AUTO or one in devices
    }
