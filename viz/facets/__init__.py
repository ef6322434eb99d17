"""What the Compare page shows below the table: a tab and a file for each subject. Only the open one is made."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from viz import chart, state
from viz.comparison import Comparison, Facet
from viz.experiment import Experiment
from viz.quantities import Row, Subject
from viz.theme import Look

FILE = "comparison"  # what files are called


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a tab may draw from."""

    subjects: tuple[Subject, ...]
    looks: tuple[Look, ...]
    rows: tuple[Row, ...]
    comparison: Comparison
    experiment: Experiment


def show(scene: Scene) -> None:
    from viz.facets import blocks, choices, counts, difference, measured, numbers, stages  # noqa: PLC0415

    bodies: dict[Facet, Callable[[Scene], None]] = {
        Facet.STAGES: stages.show,
        Facet.BLOCKS: blocks.show,
        Facet.COUNTS: counts.bars,
        Facet.DEPTH: counts.depth,
        Facet.TIMING: measured.timing,
        Facet.SIGNALS: measured.signals,
        Facet.SHORTCUTS: choices.shortcuts,
        Facet.DIFFERENCE: difference.show,
        Facet.KINDS: choices.kinds,
        Facet.NUMBERS: numbers.show,
    }
    state.seed("facet", str(scene.comparison.facet))
    tabs = st.tabs([str(facet) for facet in Facet], key="facet", on_change=_changed)
    for facet, container in zip(Facet, tabs, strict=True):
        if container.open:
            with container:
                bodies[facet](scene)


def _changed() -> None:
    state.put_comparison(facet=Facet(st.session_state["facet"]))


def draw(figure: chart.Draw, key: str, alt: str) -> None:
    chart.show(figure, f"compare_{key}", alt=alt, name=FILE)


def choose(scene: Scene, field: str, label: str) -> Subject:
    """A menu of the networks; returns the one at the place that `field` of the comparison holds."""
    names = [one.name for one in scene.subjects]
    place = min(int(getattr(scene.comparison, field)), len(names))
    key = f"compare_{field}"
    state.seed(key, names[place - 1])

    def changed() -> None:
        chosen: str = st.session_state[key]
        if chosen in names:
            state.put_comparison(**{field: names.index(chosen) + 1})

    st.selectbox(label, names, key=key, on_change=changed)
    return scene.subjects[place - 1]
