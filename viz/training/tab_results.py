"""Tabs: the results of each network, with a button to look inside a trained one, and the numbers of every epoch."""

from typing import Any, Literal

import streamlit as st

from models.runtime.settings import Weights
from viz.language import _
from viz.state import session
from viz.state.subjects import Curve
from viz.training import tables
from viz.training.scene import FILE, Scene, choose
from viz.ui import table_export

_INSIDE = "look_inside_next"


def accuracies(scene: Scene) -> None:
    _table(tables.race(scene.curves), "results", _("The results of the race"))
    if scene.trained:
        curve = choose(scene)
        st.button(
            _("Look inside: signals and feature maps of the trained {name}", name=curve.name),
            key="look_inside",
            on_click=_look_inside,
            args=(curve,),
        )
        if st.session_state.pop(_INSIDE, False):
            st.switch_page("viz/pages/signals.py")


def epochs(scene: Scene) -> None:
    _table(tables.epochs(scene.curves), "epochs", _("Every epoch of the race"), height=460)


def _look_inside(curve: Curve) -> None:
    """Prepare the Signals page for a trained network."""
    if curve.kept is not None:
        session.put_spec(curve.run.network)
        session.put_experiment(weights=Weights.TRAINED, trained=curve.kept.id, run=True)
        st.session_state[_INSIDE] = True


def _table(frame: Any, key: str, alt: str, height: int | Literal["auto"] = "auto") -> None:
    digits = {name: st.column_config.NumberColumn(format="%.4g") for name in frame.select_dtypes("float").columns}
    st.dataframe(frame, key=f"table_{key}", hide_index=True, height=height, alt=alt, column_config=digits)
    with st.container(horizontal=True):
        table_export.buttons(frame, f"{FILE}-{key}", key)
