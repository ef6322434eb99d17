"""A race under way: progress, speed, Pause and Cancel; and the curves of any race."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from models.training.run_spec import Epoch
from models.training.stored_run import Status
from viz import text
from viz.backend import training_jobs
from viz.backend.job import Job, State
from viz.backend.slots import slots
from viz.language import _, labelled, ngettext, sentences, worded
from viz.state import session, visitor
from viz.state.hidden import hides
from viz.state.subjects import Curve
from viz.state.training import Runner, Scale
from viz.style import format
from viz.style.theme import SeriesStyle
from viz.training import figures
from viz.training.scene import FILE
from viz.ui import chart, job_widget
from viz.ui.widgets import Form

SLOT = "race"
_LAST_STEP = 2.0  # seconds that a page waits for the last step of a race that was stopped


def show(job: Job, entered: Sequence[Runner], looks: Sequence[SeriesStyle]) -> None:
    """Draw a race under way: progress, remaining time, speed, Pause and Cancel, and the curves so far."""
    _progress(job)
    _growing(entered, looks)


def board(curves: Sequence[Curve], looks: Sequence[SeriesStyle]) -> None:
    """Draw the curves below the sentence computed from them."""
    if hides("curves"):
        return
    said = text.training.race(curves)
    race = session.race()  # may have changed since the page ran: this also runs in a fragment
    words, scales, choice = st.columns([7, 2, 1], vertical_alignment="center")
    nothing = _("No epoch is finished yet.")
    words.markdown(f"## {said or nothing}")
    form = Form(race, session.put_race, "race")
    with scales:
        form.choice("curve", _("Curves"), widget=st.segmented_control, label_visibility="collapsed")
    with choice:
        form.switch("logarithmic", _("log"))
    draw = partial(figures.curves, curves, looks, scale=race.curve, logarithmic=race.logarithmic)
    chart.show(draw, "curves", alt=said or _("Error by epoch; no data yet."), name=FILE)
    caption = [_("Left: training images, the mean over the epoch. Right: test images, after the epoch.")]
    if race.curve is Scale.LOSS and not race.logarithmic and figures.beyond(curves):
        caption.append(_("Arrows at the top: losses above the axis."))
    st.caption(sentences(caption))


@st.fragment(run_every=1.0)
def _progress(job: Job) -> None:
    places, slot = slots(), (visitor.tab(), SLOT)
    job.seen()
    if job.over or places.of(slot) is not job:
        session.rerun()
    mine = visitor.sees_all() or visitor.owner() in job.visitors
    bar, pause, stop = st.columns([8, 1, 1], vertical_alignment="center") if mine else (st.container(), None, None)
    before = places.queue.before(job)
    if job.state is State.WAITING and before:
        words = ngettext(
            "Waiting for {n} other job on this server: {time}.",
            "Waiting for {n} other jobs on this server: {time}.",
            len(before),
            time=format.about(job_widget.wait(before)),
        )
    elif job.parts and isinstance(job.parts[0], float):
        words = _("Downloading the data: {share}", share=f"{job.parts[0]:.0%}")
    else:
        parts = [_("Training: {share}", share=f"{job.fraction:.0%}")]
        if job.left is not None:
            parts.append(_("{time} left", time=format.about(job.left)))
        words = " · ".join([*parts, *_speed(job)])
    bar.progress(min(max(job.fraction, 0.0), 1.0), text=words)
    if pause is None or stop is None:
        st.caption(_("It is trained for another visitor, who alone can pause it. You see how it goes on."))
        return
    pause.button(_("Pause"), key="pause_race", on_click=_pause, args=(slot,), width="stretch")
    stop.button(_("Cancel"), key="stop_race", on_click=_cancel, args=(slot,), width="stretch")


@st.fragment(run_every=3.0)  # not more often: drawing takes processor time from the training
def _growing(entered: Sequence[Runner], looks: Sequence[SeriesStyle]) -> None:
    board(curves_of(entered), looks)


def _speed(job: Job) -> list[str]:
    part = job.parts[0] if job.parts else None
    epoch = part[1] if isinstance(part, tuple) else None
    return [_("{n:,.0f} images per second", n=epoch.images_per_second)] if isinstance(epoch, Epoch) else []


def _pause(slot: tuple[str, str]) -> None:
    """Pause a race, unless other visitors of a public server have asked for it too: for them it goes on."""
    if visitor.sees_all():
        slots().stop(slot)
    else:
        slots().give_up(slot)


def _cancel(slot: tuple[str, str]) -> None:
    _pause(slot)
    session.put_race(learn=False)


def last_step(job: Job | None, entered: Sequence[Runner]) -> list[Curve]:
    """Return the curves of a race that is not running, once its state is stored; show why it could not continue."""
    if job is not None:
        job.wait(_LAST_STEP)  # after Pause or Cancel
    curves = curves_of(entered)
    if any(curve.status is Status.RUNNING for curve in curves):
        elsewhere(entered)
    if job is not None:
        reasons(job, curves)
    return curves


def curves_of(entered: Sequence[Runner]) -> list[Curve]:
    return [Curve(runner.name, runner.run, training_jobs.kept(runner.run)) for runner in entered]


@st.fragment(run_every=1.0)
def elsewhere(entered: Sequence[Runner]) -> None:
    """Say that one of these runs is being trained elsewhere; rerun the page when none is."""
    if not any(curve.status is Status.RUNNING for curve in curves_of(entered)):
        session.rerun()
    st.info(_("One of these networks is still being trained: in another race, by another server, or in its last step."))


def reasons(job: Job, curves: Sequence[Curve]) -> None:
    """Show why a race, or one of its networks, could not continue, unless the sentence above the curves says so."""
    if job.error:
        st.warning(format.as_it_is(worded(job.error)))
    for place, why in job.result or ():
        kept = curves[place].kept
        if kept is None or why != kept.why:
            st.warning(labelled(curves[place].name, format.as_it_is(worded(why))))
