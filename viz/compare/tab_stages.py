"""Tab: the stages of all networks in matching rows."""

from functools import partial

import streamlit as st

from viz.compare import figures, html_tables
from viz.compare.scene import Scene, draw
from viz.language import _, listing
from viz.state import session


def show(scene: Scene) -> None:
    st.html(html_tables.stages(scene.subjects, scene.looks, dark=session.dark()))
    alt = _("Parameters of every stage of {networks}.", networks=listing(one.name for one in scene.subjects))
    draw(partial(figures.by_stage, scene.subjects, scene.looks), "stages", alt)
