"""The parts of pages that a link hides, for an exercise: `hide=depth,shortcut,code`.

It is for practice, not for marking: whoever edits the link sees everything.
"""

from collections.abc import Iterable

import streamlit as st

from models.runtime.fields import Problem
from models.runtime.messages import message
from models.specs.spec import NetworkSpec
from viz.state.architecture import Tab
from viz.state.compare import Facet
from viz.state.signals import Panel
from viz.state.training import Lesson

FIELD = "hide"  # of a link, and its key in the session state
QUANTITIES = ("params", "macs", "depth", "receptive_field", "memory")  # wherever a network's numbers are listed
PARTS = ("name", "summary", "graph", "layer", "finding", "scores", "curves", "tabs", "networks", "setting")
CONTROLS = ("network", "preset", "depth", *NetworkSpec.names())  # of the sidebar; `network`: all of it
_TABS = tuple(str(tab) for tabs in (Tab, Panel, Facet, Lesson) for tab in tabs)
WORDS = frozenset((*QUANTITIES, *PARTS, *CONTROLS, *_TABS))  # a word hides everything of that name


def read(text: str) -> tuple[frozenset[str], tuple[Problem, ...]]:
    """Return the words of a link that are known, and a problem for each that is not."""
    words = dict.fromkeys(word.strip() for word in text.split(",") if word.strip())
    return frozenset(words) & WORDS, tuple(
        Problem(FIELD, message("there is no part {name} that can be hidden", name=repr(word[:40])))
        for word in words
        if word not in WORDS
    )


def written(words: Iterable[str]) -> str:
    return ",".join(sorted(words))


def hidden() -> frozenset[str]:
    """Return the words of what is hidden now."""
    found: frozenset[str] = st.session_state.get(FIELD, frozenset())
    return found


def hides(*words: str) -> bool:
    """Return whether one of these is hidden."""
    return not hidden().isdisjoint(words)


def query() -> dict[str, str]:
    """Return what a link is to say of it."""
    return {FIELD: written(words)} if (words := hidden()) else {}
