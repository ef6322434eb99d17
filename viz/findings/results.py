"""How right each network is, every epoch's numbers, and the way to look inside a trained one."""

from functools import partial
from typing import Any, Literal

import streamlit as st

from models.settings import Weights
from viz import state
from viz.findings import FILE, Scene, choose
from viz.lessons import Curve

_INSIDE = "look_inside_next"


def accuracies(scene: Scene) -> None:
    from viz import tables  # noqa: PLC0415

    _table(tables.race(scene.curves), "results")
    if scene.trained:
        curve = choose(scene)
        st.button(
            f"Look inside: signals and feature maps of {curve.name}, trained",
            key="look_inside",
            on_click=_look_inside,
            args=(curve,),
        )
        if st.session_state.pop(_INSIDE, False):
            st.switch_page("viz/pages/signals.py")


def epochs(scene: Scene) -> None:
    from viz import tables  # noqa: PLC0415

    _table(tables.epochs(scene.curves), "epochs", height=460)


def _look_inside(curve: Curve) -> None:
    """Take a trained network to the Signals page."""
    if curve.kept is not None:
        state.put_spec(curve.run.network)
        state.put_experiment(weights=Weights.TRAINED, trained=curve.kept.id, run=True)
        st.session_state[_INSIDE] = True


def _table(frame: Any, key: str, height: int | Literal["auto"] = "auto") -> None:
    from viz import tables  # noqa: PLC0415

    st.dataframe(frame, key=f"table_{key}", hide_index=True, height=height, alt=f"The race: {key}")
    with st.container(horizontal=True):
        for label, write, end, mime in tables.FORMS:
            st.download_button(
                label, partial(write, frame), f"{FILE}-{key}.{end}", mime, on_click="ignore", key=f"{key}_{end}"
            )
