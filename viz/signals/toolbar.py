"""The controls of the Signals page, which set what is measured. The network is set in the sidebar."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from models.runtime.errors import SpecError
from models.runtime.settings import Source, Weights
from models.specs.choices import Init, Norm
from models.specs.external import Network
from models.specs.own import OWN_WEIGHTS
from models.specs.spec import NetworkSpec
from models.specs.twins import with_skips
from viz.backend import admission, cached, training_jobs
from viz.language import N_, _, worded
from viz.state import session, visitor
from viz.state.hidden import hides
from viz.state.repair import change
from viz.state.signals import Experiment
from viz.style import format
from viz.text.labels import fitted, label
from viz.text.messages import file_weights, problem, stored_weights
from viz.ui.measure_controls import form_of, machine, possible

_PICTURE = "picture"
# shorter than in the sidebar: one row of controls
_NORMS = {Norm.BATCH: N_("batch"), Norm.GROUP: N_("group"), Norm.NONE: N_("none")}
_INITS = {
    Init.DEFAULT: N_("PyTorch's"),
    Init.KAIMING: N_("Kaiming"),
    Init.XAVIER: N_("Xavier"),
    Init.ORTHOGONAL: N_("orthogonal"),
}


def counterpart(spec: Network) -> Network | None:
    """Return the network with skip connections; None, with an error on the page, if it can't have any."""
    try:
        return with_skips(spec)
    except SpecError as error:
        st.error(_("This plain network has no counterpart with skip connections. {reason}", reason=problem(error)))
        return None


def show(spec: Network, experiment: Experiment) -> tuple[Experiment, bytes | None]:
    """Draw the controls; return the experiment that is possible here, and the uploaded picture, if it is to be used."""
    experiment = possible(experiment, spec)
    if hides("setting"):
        return experiment, None
    form = form_of(experiment)
    with st.container(horizontal=True, vertical_alignment="bottom", key="experiment"):
        form.choice("show", _("Networks"), widget=st.segmented_control)
        if isinstance(spec, NetworkSpec):
            if not hides("norm"):
                _network("norm", _("Norm"), _NORMS, spec.norm, st.segmented_control)
            if not hides("init"):
                _network("init", _("Initialisation"), _INITS, spec.init, st.selectbox)
        if experiment.measure.weights is Weights.TRAINED:
            st.caption(_("Trained weights, with test images from their data set"))
        else:
            form.choice("source", _("Images"), width=160)
        with st.popover(_("More")):
            _more(spec, experiment)
    return experiment, _upload(spec) if experiment.measure.source is Source.UPLOAD else None


def _more(spec: Network, experiment: Experiment) -> None:
    machine(experiment)
    form_of(experiment).number(
        "seeds", _("Seeds"), help=_("How often weights, images and labels are drawn. The line is the median.")
    )
    _weights(spec, experiment)


def _weights(spec: Network, experiment: Experiment) -> None:
    """Draw the menu of weights: random, torchvision's, of a file, or those of a stored run of this network."""
    options: dict[str, tuple[Weights, str, str]] = {Weights.RANDOM: (Weights.RANDOM, "", label(Weights.RANDOM))}
    if cached.has_weights(spec):
        options[Weights.PRETRAINED] = (Weights.PRETRAINED, "", label(Weights.PRETRAINED))
    for file in OWN_WEIGHTS:
        options[Weights.FILE] = (Weights.FILE, "", file_weights(file.name))
    for found in training_jobs.learnt(spec, experiment.trained):
        options[found.id] = (Weights.TRAINED, found.id, stored_weights(found))
    if len(options) == 1:
        st.caption(
            _("The weights are random: neither torchvision nor this server has trained weights for this network.")
        )
        return
    now = experiment.trained if experiment.measure.weights is Weights.TRAINED else str(experiment.measure.weights)
    session.set_always("experiment_weights", now if now in options else str(Weights.RANDOM))

    def changed() -> None:
        weights, own, __ = options[st.session_state["experiment_weights"]]
        session.put_experiment(weights=weights, trained=own)

    st.selectbox(
        _("Weights"),
        list(options),
        key="experiment_weights",
        format_func=lambda one: options[one][2] if one in options else one,
        on_change=changed,
    )


def _upload(spec: Network) -> bytes | None:
    """Draw the upload; return the picture, None if there is none. A file that is not a picture is refused."""
    file = st.file_uploader(
        _("Your image: PNG, JPEG or WebP, at most 5 MB. It stays on this server for this visit only."),
        type=["png", "jpg", "jpeg", "webp"],
        key="upload",
        max_upload_size=5,
    )
    if file is not None:
        data = file.getvalue()
        refused, how = admission.upload(visitor.owner(), data), ""
        if refused is None:
            refused, how = cached.check_picture(data, spec.input_shape[1:])
        if refused is not None:
            st.session_state.pop(_PICTURE, None)  # else results of the previous picture would seem to be of this one
            st.error(format.as_it_is(worded(refused)))
        else:
            if st.session_state.get(_PICTURE) != data:  # the same bytes are kept once
                st.session_state[_PICTURE] = data
            if words := fitted(how):
                st.caption(words)
    picture: bytes | None = st.session_state.get(_PICTURE)
    return picture


def _network(field: str, name: str, options: dict[Any, str], value: Any, widget: Callable[..., Any]) -> None:
    """Draw a widget for a field of the network, which is also in the sidebar."""
    key = f"experiment_{field}"
    session.set_if_changed(key, value)
    more: dict[str, Any] = {"required": True} if widget is st.segmented_control else {"width": 140}

    def changed() -> None:
        session.put_spec(*change(session.own(), field, st.session_state[key]))

    widget(name, list(options), key=key, format_func=lambda one: _(options[one]), on_change=changed, **more)
