"""Skipscope, an app that draws and measures convolutional networks. Run it with `streamlit run app.py`."""

from pathlib import Path

import streamlit as st

from models.runtime.messages import UserError
from models.specs.here import register_all
from viz.backend import drawing
from viz.language import _
from viz.lessons import glossary
from viz.sidebar import widgets
from viz.state import maker, session, terms, visit
from viz.state.hidden import hides
from viz.ui import broken, hall, keep_visitor, language_switch, marked_terms

with drawing.turn():
    register_all()
    st.set_page_config(page_title="Skipscope", page_icon="🔭", layout="wide", initial_sidebar_state="auto")
    assets = Path(__file__).parent / "assets"
    st.logo(assets / "logo.svg", size="large")
    st.html(assets / "style.css")

    visit.load_language()
    visit.load_hall()
    server = st.Page("viz/pages/server.py", title=_("This server"), visibility="hidden")
    page = st.navigation(
        [
            st.Page("viz/pages/lessons.py", title=_("Lessons")),
            st.Page("viz/pages/architecture.py", title=_("Architecture"), default=True),
            st.Page("viz/pages/signals.py", title=_("Signals")),
            st.Page("viz/pages/compare.py", title=_("Compare")),
            st.Page("viz/pages/training.py", title=_("Training")),
            st.Page("viz/pages/sweeps.py", title=_("Sweeps")),
            server,
        ],
        position="top",
    )
    session.load(page.url_path)
    maker.stay(page.url_path)
    language_switch.show()
    if page.url_path not in ("lessons", "server") and not visit.hall() and not hides("network"):
        with st.sidebar:
            widgets.show(page.url_path)
    course = session.course()
    hall.show(f"{page.url_path} {course.lesson} {course.step}", course.answers)
    if session.exercise().asks:
        from viz.lessons import exercise

        exercise.show()
    try:
        page.run()
    except UserError as error:  # a network whose shapes don't fit
        broken.show(error)
    session.save()
    keep_visitor.show()
    if not visit.hall():
        if page.url_path != "server":
            keep_visitor.foot(server)
        marked_terms.show(glossary.words())
        if (term := terms.opened()) is not None:
            from viz.lessons import glossary_dialog

            glossary_dialog.show(term)
    if maker.wanted(page.url_path):
        from viz.lessons import exercise_maker

        exercise_maker.show()
