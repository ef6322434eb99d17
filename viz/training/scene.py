"""The data that the tabs of the Training page draw."""

from dataclasses import dataclass

import streamlit as st

from models.specs.spec import NetworkSpec
from viz.language import _
from viz.state import session
from viz.state.subjects import Curve
from viz.state.training import Race
from viz.style.theme import SeriesStyle

FILE = "training"  # base name of downloaded files


@dataclass(frozen=True, slots=True)
class Scene:
    """The runs of a race with their styles, and the page's settings."""

    curves: tuple[Curve, ...]
    looks: tuple[SeriesStyle, ...]
    race: Race

    @property
    def trained(self) -> list[tuple[Curve, SeriesStyle]]:
        """The networks that have finished at least one epoch."""
        return [(curve, look) for curve, look in zip(self.curves, self.looks, strict=True) if curve.epochs]

    @property
    def built(self) -> list[tuple[Curve, SeriesStyle]]:
        """Those of them that are built here, whose blocks are known."""
        return [(curve, look) for curve, look in self.trained if isinstance(curve.run.network, NetworkSpec)]


def choose(scene: Scene) -> Curve:
    """Draw a menu of the trained networks; return the chosen one, at first the one with the best test accuracy."""
    trained = [curve for curve, __ in scene.trained]
    names = [curve.name for curve in trained]
    chosen = scene.curves[scene.race.who - 1] if 0 < scene.race.who <= len(scene.curves) else None
    best = max(trained, key=lambda curve: curve.epochs[-1].test_accuracy)
    start = chosen if chosen in trained else best
    session.set_if_changed("race_who", start.name)

    def changed() -> None:
        chosen = st.session_state["race_who"]
        session.put_race(who=[curve.name for curve in scene.curves].index(chosen) + 1)

    st.segmented_control(_("Network"), names, key="race_who", required=True, on_change=changed)
    return next(curve for curve in trained if curve.name == st.session_state["race_who"])
