"""What a lecturer sees and stops: the jobs of all visitors, and their runs."""

import streamlit as st

from models.runtime.server_limits import public
from viz.backend.job import Job, State
from viz.backend.slots import slots
from viz.language import N_, _, labelled, sentences
from viz.state import visitor
from viz.style import format
from viz.training import tab_runs

_KINDS = {  # by the function of a task
    "work.signals": N_("Measurement"),
    "work.training": N_("Training, or a look at a trained network"),
}


def sign_in() -> None:
    """Draw the form for the lecturer's secret, if one is set, or the button that ends it."""
    if not public():
        return
    if visitor.sees_all():
        st.button(_("Stop being the lecturer"), key="leave_lecturer", on_click=visitor.leave_lecturer)
        return
    if not visitor.has_lecturer():
        return
    with st.form("lecturer", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        given = st.text_input(_("The lecturer's secret"), type="password", width=320, autocomplete="current-password")
        asked = st.form_submit_button(_("Sign in as the lecturer"))
    if asked:
        if visitor.try_secret(given):
            st.rerun()
        st.error(_("This is not the secret. The operator has set it."))


@st.fragment(run_every=2.0)
def jobs() -> None:
    """Draw the jobs under way, with a button that stops each."""
    st.header(_("Jobs under way"), anchor=False)
    found = [job for job in slots().queue.all() if not (job.over or job.request.idle)]
    if not found:
        st.caption(_("None."))
    for job in found:
        words, stop = st.columns([8, 1], vertical_alignment="center")
        words.markdown(_described(job))
        stop.button(_("Stop"), key=f"stop_{job.key}", on_click=_stop, args=(job,), width="stretch")


def runs() -> None:
    """Draw the stored runs of all visitors."""
    st.header(_("Stored runs"), anchor=False)
    tab_runs.show()


def _described(job: Job) -> str:
    module = job.request.task.function.partition(":")[0]
    kind = _(_KINDS[module]) if module in _KINDS else format.as_it_is(module)
    state = _("waiting") if job.state is State.WAITING else f"{job.fraction:.0%}"
    left = [] if job.left is None else [_("{time} left.", time=format.about(job.left))]
    return sentences([labelled(f"**{kind}**", state), *left])


def _stop(job: Job) -> None:
    slots().queue.withdraw(job)
