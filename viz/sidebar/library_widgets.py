"""The sidebar's widgets for a network of torchvision or timm: which network, its skips, input and classes."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from models.runtime.errors import SpecError
from models.specs.external import ExternalSpec, Start
from models.specs.libraries import LIBRARIES, torchvision_networks
from models.specs.limits import LIMITS
from models.specs.own import OWN
from viz.backend import cached
from viz.language import _
from viz.state import session
from viz.state.hidden import hides
from viz.style import format
from viz.text.labels import field as field_label
from viz.text.labels import label
from viz.text.messages import problem

_KEY = "library_"  # before the name of a field: the key of its widget
_FIRST = {"torchvision": "torchvision:convnext_tiny", "timm": "timm:resnet26d"}  # shown when a library is chosen


def groups(shown: str = "") -> dict[str, str]:
    """Return the libraries whose networks can be opened here, and the one that is shown, with their labels."""
    found = [name for name, library in LIBRARIES.items() if library.installed or name == shown]
    return {name: _("your own") if name == "own" else _("from {library}", library=name) for name in found}


def first(library: str) -> ExternalSpec:
    """Return the network that is shown when a library is chosen."""
    return ExternalSpec.of(_FIRST.get(library) or f"{library}:{next(iter(OWN))}")


def show(spec: ExternalSpec) -> None:
    library = spec.library
    names = list(cached.library_networks(library.name))
    place = names.index(spec.name) if spec.name in names else None
    session.set_if_changed("library_network", None if place is None else spec.name)
    st.selectbox(
        _("Network"),
        names,
        key="library_network",
        index=place,
        format_func=_title if library.name == "torchvision" else str,
        placeholder=_("type to search"),
        on_change=lambda: _open(f"{library.name}:{st.session_state['library_network']}"),
    )
    _error("network")
    if not hides("skip_scale"):
        _strength(spec)
    _input(spec)
    if library.name != "own" and not hides("classes"):  # how many classes those have is written in their file
        low, high = (int(bound) for bound in LIMITS["classes"])
        _number(field_label("classes"), "classes", spec.classes, low, high)
    if not hides("init"):
        _start(spec)


def _strength(spec: ExternalSpec) -> None:
    st.slider(
        _("Skip strength"),
        0.0,
        1.0,
        value=spec.skip_scale,
        step=0.05,
        key=_seed("skip_scale", spec.skip_scale),
        help=_(
            "The skip at every addition is multiplied by this number: 1 is the network itself, 0 the same network "
            "without skip connections. The weights are the same."
        ),
        on_change=_applies("skip_scale"),
    )
    _error("skip_scale")


def _start(spec: ExternalSpec) -> None:
    st.selectbox(
        field_label("init"),
        list(Start),
        key=_seed("init", spec.init),
        format_func=label,
        help=_(
            "Some networks start with a layer of zeros, torchvision's ViT with its classifier: then every gradient "
            "before it is zero at the start."
        ),
        on_change=_applies("init"),
    )


def _title(name: str) -> str:
    known = torchvision_networks().get(name)
    return known.title if known else name


def _open(network: str) -> None:
    try:
        session.put_spec(ExternalSpec.of(network))
    except SpecError as error:
        session.refuse("network", error)


def _input(spec: ExternalSpec) -> None:
    if hides("input_shape"):
        return
    columns = iter(st.columns(3 if spec.library.channels else 2))
    keys = [f"library_{side}" for side in ("channels", "height", "width")]
    names = (_("Channels"), _("Height"), _("Width"))
    own = spec.library.channels

    def read() -> tuple[int, ...]:
        shape = [st.session_state[key] for key in keys[0 if own else 1 :]]
        return tuple(shape) if own else (3, *shape)

    for key, name, limit, value in zip(keys, names, ("channels", "pixels", "pixels"), spec.input_shape, strict=True):
        if limit == "channels" and not own:
            continue
        low, high = (int(bound) for bound in LIMITS[limit])
        session.set_if_changed(key, value)
        with next(columns):
            st.number_input(name, low, high, value, key=key, on_change=_applies("input_shape", read))
    _error("input_shape")


def _number(name: str, field: str, value: int, low: int, high: int) -> None:
    st.number_input(name, low, high, value, key=_seed(field, value), on_change=_applies(field))
    _error(field)


def _seed(field: str, value: Any) -> str:
    """Set the widget of a field and return its key."""
    session.set_if_changed(_KEY + field, value)
    return _KEY + field


def _applies(field: str, read: Callable[[], Any] | None = None) -> Callable[[], None]:
    """Return a callback that puts the value of a field's widget, or what `read` returns, into the network."""

    def apply() -> None:
        spec = session.spec()
        try:
            if isinstance(spec, ExternalSpec):
                session.put_spec(spec.changed(**{field: read() if read else st.session_state[_KEY + field]}))
        except SpecError as error:
            session.refuse(field, error)

    return apply


def _error(field: str) -> None:
    if error := session.errors().get(field):
        st.error(format.as_it_is(problem(error, field_label(field))))
