"""The Signals page's controls: what is measured. The network itself is the sidebar's."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from models.settings import Device, Precision, Source, Weights
from models.spec import Init, NetworkSpec, Norm
from viz import format, measure, state, trainings
from viz.experiment import Experiment, Show
from viz.repair import change

_PICTURE = "picture"
_NORMS = {Norm.BATCH: "batch", Norm.GROUP: "group", Norm.NONE: "none"}
_INITS = {Init.DEFAULT: "PyTorch's", Init.KAIMING: "Kaiming", Init.XAVIER: "Xavier", Init.ORTHOGONAL: "orthogonal"}
_SOURCES = {
    Source.NOISE: "Gaussian noise",
    Source.DIGITS: "digits",
    Source.PHOTOS: "photographs",
    Source.UPLOAD: "your picture",
}
FITTED = {  # how a picture was brought to the network's proportions
    "padded": "Padded with the colour of its rim to the network's proportions.",
    "cropped": "Its middle, cropped to the network's proportions.",
    "framed": "What is drawn was cut out and laid in the middle, as large as the data's own.",
}
_PRECISIONS = {Precision.FLOAT32: "float32", Precision.TF32: "TF32", Precision.BF16: "bfloat16"}


def show(spec: NetworkSpec, experiment: Experiment) -> tuple[Experiment, bytes | None]:
    """Draw the controls; returns what can be measured here, and the uploaded picture, where one is wanted and there."""
    experiment = possible(experiment, spec)
    with st.container(horizontal=True, vertical_alignment="bottom", key="experiment"):
        _choice("show", "Networks", {one: str(one) for one in Show}, experiment.show, st.segmented_control)
        _network("norm", "Norm", _NORMS, spec.norm, st.segmented_control)
        _network("init", "Initialisation", _INITS, spec.init, st.selectbox)
        if experiment.weights is Weights.TRAINED:
            st.caption("Trained weights,  \non their own test images")
        else:
            _choice("source", "Images", _SOURCES, experiment.source, st.selectbox, width=160)
        with st.popover("More"):
            _more(spec, experiment)
    return experiment, _upload(spec) if experiment.source is Source.UPLOAD else None


def possible(experiment: Experiment, spec: NetworkSpec | None = None) -> Experiment:
    """The experiment, without what this machine or a network does not have; what gives way is told."""
    devices, precisions, _ = measure.machine()
    lost: dict[str, Any] = {}
    if experiment.device is not Device.AUTO and experiment.device not in devices:
        lost["device"] = Device.AUTO
    if experiment.precision not in precisions:
        lost["precision"] = Precision.FLOAT32
    if spec is not None and experiment.weights is Weights.PRETRAINED and not measure.has_weights(spec):
        lost["weights"] = Weights.RANDOM
    if spec is not None and experiment.weights is Weights.TRAINED and experiment.trained not in trainings.learnt(spec):
        lost["weights"] = Weights.RANDOM
    if lost:
        words = [f"{name}: there is no {getattr(experiment, name)} here, {new} instead." for name, new in lost.items()]
        st.toast(" ".join(words), duration="long")
        state.put_experiment(**lost)
    return state.experiment()


def _more(spec: NetworkSpec, experiment: Experiment) -> None:
    machine(experiment)
    _number("seeds", "Seeds", experiment, "So many draws of weights, images and labels: the line is the median.")
    _weights(spec, experiment)


def _weights(spec: NetworkSpec, experiment: Experiment) -> None:
    """Random ones, torchvision's, or those of a run of this very network that is kept here."""
    options: dict[str, tuple[Weights, str, str]] = {Weights.RANDOM: (Weights.RANDOM, "", "random")}
    if measure.has_weights(spec):
        options[Weights.PRETRAINED] = (Weights.PRETRAINED, "", "torchvision's, trained on ImageNet")
    for own, words in trainings.learnt(spec).items():
        options[own] = (Weights.TRAINED, own, f"trained here: {words}")
    if len(options) == 1:
        st.caption("Weights are random: there are no trained ones for this network, neither torchvision's nor here.")
        return
    now = experiment.trained if experiment.weights is Weights.TRAINED else str(experiment.weights)
    state.tell("experiment_weights", now if now in options else str(Weights.RANDOM))

    def changed() -> None:
        weights, own, _ = options[st.session_state["experiment_weights"]]
        state.put_experiment(weights=weights, trained=own)

    st.selectbox(
        "Weights",
        list(options),
        key="experiment_weights",
        format_func=lambda one: options[one][2] if one in options else one,
        on_change=changed,
    )


def machine(experiment: Experiment) -> None:
    """What is asked of the machine, whatever is measured: batch, seed, device, precision."""
    devices, precisions, words = measure.machine()
    _number("batch", "Batch", experiment, "Images in the one batch that goes through.")
    _number("seed", "First seed", experiment, "The same seed gives the same numbers.")
    if len(devices) > 1:
        names = {one: f"auto: {words}" if one is Device.AUTO else one.upper() for one in Device}
        usable = {one: name for one, name in names.items() if one is Device.AUTO or one in devices}
        _choice("device", "Device", usable, experiment.device, st.selectbox)
    else:
        st.caption(f"Measured on this server's {words}; there is no GPU here.")
    usable_in = {one: name for one, name in _PRECISIONS.items() if one in precisions}
    _choice("precision", "Precision", usable_in, experiment.precision, st.selectbox)


def _upload(spec: NetworkSpec) -> bytes | None:
    """The picture to look through; a file that can't be one is refused and not kept."""
    file = st.file_uploader(
        "Your picture: PNG, JPEG or WebP, at most 5 MB. It stays on this server, for this visit.",
        type=["png", "jpg", "jpeg", "webp"],
        key="upload",
        max_upload_size=5,
    )
    if file is not None:
        data = file.getvalue()
        problem, how = measure.check_picture(data, spec.input_shape[1:])
        if problem:
            st.session_state.pop(_PICTURE, None)  # what was measured with another one would look like this one's
            st.error(format.as_it_is(problem))
        else:
            st.session_state[_PICTURE] = data
            if words := FITTED.get(how):
                st.caption(words)
    picture: bytes | None = st.session_state.get(_PICTURE)
    return picture


def _choice(
    field: str, label: str, options: dict[Any, str], value: Any, widget: Callable[..., Any], **more: Any
) -> None:
    key = f"experiment_{field}"
    state.tell(key, value if value in options else next(iter(options)))
    if widget is st.segmented_control:
        more["required"] = True

    def changed() -> None:
        state.put_experiment(**{field: st.session_state[key]})

    widget(label, list(options), key=key, format_func=options.get, on_change=changed, **more)


def _network(field: str, label: str, options: dict[Any, str], value: Any, widget: Callable[..., Any]) -> None:
    """A field of the network itself, which the sidebar has too."""
    key = f"experiment_{field}"
    state.seed(key, value)
    more: dict[str, Any] = {"required": True} if widget is st.segmented_control else {"width": 140}

    def changed() -> None:
        state.put_spec(*change(state.spec(), field, st.session_state[key]))

    widget(label, list(options), key=key, format_func=options.get, on_change=changed, **more)


def _number(field: str, label: str, experiment: Experiment, help_: str) -> None:
    key = f"experiment_{field}"
    bounds = Experiment.__dataclass_fields__[field].metadata
    state.tell(key, getattr(experiment, field))

    def changed() -> None:
        state.put_experiment(**{field: st.session_state[key]})

    st.number_input(label, bounds["low"], bounds["high"], key=key, help=help_, on_change=changed)
