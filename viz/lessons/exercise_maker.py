"""Makes an exercise of the page as it is: which number is asked for, and what the link hides."""

from functools import partial

import streamlit as st

from models.runtime.messages import UserError
from viz.backend import cached
from viz.language import N_, _, listing, worded
from viz.lessons import numbers
from viz.lessons.asked import ASKED, COUNTED, Asked
from viz.lessons.exercise import truth
from viz.lessons.typed import number_in
from viz.state import hidden, links, maker, session
from viz.state.architecture import Tab
from viz.state.compare import Facet
from viz.state.exercise import Exercise, Page
from viz.state.signals import Panel
from viz.state.training import Lesson
from viz.style import format
from viz.text.labels import field as field_label
from viz.text.labels import label

_OWN = ""  # a number of the lecturer's own, or none
_PARTS = {
    "name": N_("Name of the network"), "summary": N_("Sentence below the title"), "graph": N_("Graph"),
    "layer": N_("Card of the layer"), "finding": N_("Chart of the gradients"), "scores": N_("Table of the networks"),
    "curves": N_("Curves"), "tabs": N_("All tabs"), "params": N_("Parameters"), "macs": N_("MACs"),
    "depth": N_("Depth"), "receptive_field": N_("Receptive field"), "memory": N_("Activations, bytes"),
    "network": N_("All settings of the network"), "preset": N_("Presets"), "networks": N_("Choice of the networks"),
    "setting": N_("Controls above the chart"),
}  # fmt: skip
_ANSWERS = {
    Page.ARCHITECTURE: ("name", "summary", *hidden.QUANTITIES, "graph", "layer", "tabs", *Tab),
    Page.SIGNALS: ("name", "finding", "tabs", *Panel),
    Page.COMPARE: ("summary", "scores", *hidden.QUANTITIES, "tabs", *Facet),
    Page.TRAINING: ("curves", "tabs", *Lesson),
}
_CONTROLS = {
    Page.ARCHITECTURE: hidden.CONTROLS,
    Page.SIGNALS: ("setting", *hidden.CONTROLS),
    Page.COMPARE: ("networks", "network"),
    Page.TRAINING: ("networks", "network"),
}
_FIXED = {Page.COMPARE: ("networks", "network"), Page.TRAINING: ("networks", "network")}  # else the network


def show() -> None:
    """Draw the dialog."""
    title, page = _("Make an exercise"), session.page() or "architecture"
    if page != "lessons":
        st.dialog(title, width="large", on_dismiss=maker.leave)(_dialog)(Page(page))


def _dialog(page: Page) -> None:
    layer = session.view().layer if page is Page.ARCHITECTURE else ""
    known = numbers.of_trace(cached.trace(session.spec()), layer) if layer else {}
    offered = {name: one for name, one in ASKED[page].items() if name in known or not name.startswith("layer.")}
    offered = dict(sorted(offered.items(), key=lambda one: not one[0].startswith("layer.")))  # what is selected first
    ask = st.selectbox(
        _("The student finds"),
        [*offered, _OWN],
        key=f"maker_ask_{page}",
        format_func=partial(_named, offered, layer),
    )
    asked = offered.get(ask)
    usual = "" if asked is None else _(asked.question, layer=layer)
    words = st.text_input(_("Question"), key=f"maker_question_{ask}", placeholder=usual, max_chars=300).strip()
    own = ""
    if asked is None:
        how = _("Empty: a question without a check, to talk about.")
        own = st.text_input(_("The right number"), key="maker_own", max_chars=40, help=how).strip()
    tolerance = st.number_input(
        _("Tolerance, %"), 0.0, 50.0, COUNTED if asked is None else asked.tolerance, key=f"maker_tolerance_{ask}"
    )
    told = () if asked is None else asked.tells
    answers = st.multiselect(
        _("Hidden: what would tell the answer"),
        list(dict.fromkeys(map(str, _ANSWERS[page]))),
        default=[word for word in told if word in _ANSWERS[page]],
        key=f"maker_answers_{ask}",
        format_func=partial(_word, page),
    )
    controls = st.multiselect(
        _("Fixed: settings that the student can't change"),
        list(dict.fromkeys(_CONTROLS[page])),
        default=_FIXED.get(page, ("network",)),
        key=f"maker_controls_{page}",
        format_func=partial(_word, page),
    )
    if asked is None and not words:
        st.info(_("Write the question."))
        return
    if own and number_in(own) is None:
        st.warning(_("Type a number, such as 36,864, 11.7M, 2.5e-8 or 45 %."))
        return
    exercise = Exercise(
        page=page, ask=ask, layer=layer if ask.startswith("layer.") else "", question=words, answer=own,
        tolerance=tolerance,
    )  # fmt: skip
    if not _can_be_asked(exercise):
        return
    query = exercise.to_query() | {hidden.FIELD: hidden.written({*answers, *controls})}
    st.markdown(_("The link for the students, who see right or wrong and then the arithmetic:"))
    st.code(links.link(**query), language=None, wrap_lines=True)
    st.caption(_("It is for practice, not for marking: whoever edits the link sees everything."))
    if asked is not None:
        with st.expander(_("As a step of a lesson of your own")):
            st.code(_step(page, ask, words or usual, tolerance), language="toml", wrap_lines=True)


def _can_be_asked(exercise: Exercise) -> bool:
    """Say if the number is not known here yet, or why there is none; return whether it can be asked for."""
    try:
        if exercise.asks and (exercise.ask or exercise.answer) and truth(exercise) is None:
            st.caption(_("The number is not known here yet: until it is measured, no answer can be checked."))
    except UserError as error:
        st.warning(format.as_it_is(worded(error)))
        return False
    return True


def _named(offered: dict[str, Asked], layer: str, ask: str) -> str:
    return _(offered[ask].label, layer=layer) if ask in offered else _("something else")


def _word(page: Page, word: str) -> str:
    """What a word hides on a page."""
    parts = []
    if word in _PARTS:
        parts.append(_(_PARTS[word]))
    elif word in hidden.CONTROLS:
        parts.append(field_label(word))
    for tab in (*Tab, *Panel, *Facet, *Lesson):
        if word == tab and tab in _ANSWERS[page] and word not in _PARTS:
            parts = [_("Tab “{tab}”", tab=label(tab))]
    return listing(parts) or word


def _step(page: Page, ask: str, words: str, tolerance: float) -> str:
    """The exercise as a step in Markdown, for a lesson's file."""
    scene = links.scene(page)
    title = _("Exercise")
    within = f"tolerance = {tolerance:g}\n" if tolerance else ""
    return (
        f"+++\nlesson = {_quoted(title)}\nexercises = true\nscene = {_quoted(scene)}\n"
        f"figure = {_quoted('graph' if page is Page.ARCHITECTURE else 'none')}\nquestion = {_quoted(words)}\n"
        f"ask = {_quoted(ask)}\n{within}reveal = {_quoted(f'{{{ask}}}')}\n+++\n\n# {title}\n"
    )


def _quoted(text: str) -> str:
    """A TOML string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
