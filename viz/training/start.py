"""The buttons that start a race, with the time that it takes here, and the job of a race that was started."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from models.training.run_spec import RunSpec
from models.training.stored_run import Status
from viz.backend import pace, training_jobs
from viz.backend.admission import RefusedError
from viz.backend.job import Job, State
from viz.backend.pace import Estimate
from viz.backend.slots import slots
from viz.language import N_, _, clauses, listing, ngettext, worded
from viz.state import session, visitor
from viz.state.recipes import RECIPES
from viz.state.subjects import Curve
from viz.state.training import Race, runners
from viz.style import format
from viz.text.labels import label
from viz.training.watch import SLOT
from viz.ui import job_widget

_BEGIN, _STEPS = "begin_race", "few_steps"
_REFUSED = "refused_race"  # in the session state: (key of the request, why it was refused)
_ACROSS = 3  # cards per row
_SURE = 0.85, 1.4  # factors around the estimate from a few steps


def cards() -> None:
    """Draw the races that the page offers, with their start buttons."""
    offered = list(RECIPES.items())
    places = [place for _row in range(0, len(offered), _ACROSS) for place in st.columns(_ACROSS)]
    for place, (name, recipe) in zip(places, offered, strict=False):
        with place, st.container(border=True, height="stretch"):
            st.markdown(f"**{_(recipe.title)}**  \n{_(recipe.words)}")
            runs = tuple(runner.run for runner in runners(recipe.race, session.spec()))
            _starter(name, N_("Start ({time})"), runs, race=recipe.race)


def rest(curves: Sequence[Curve]) -> None:
    """Draw the button that resumes a race, if it is not finished."""
    if not all(training_jobs.done(curve.kept) for curve in curves):
        button(curves)


def button(curves: Sequence[Curve]) -> None:
    """Draw the button that starts or resumes a race, with the time that it takes here."""
    done = sum(len(curve.epochs) for curve in curves) / sum(curve.run.all_epochs for curve in curves)
    states = {curve.status for curve in curves}
    if Status.PAUSED in states or Status.STOPPED in states:
        st.caption(clauses(_stands(curve) for curve in curves if curve.status))
    if states & {Status.FAILED, Status.DAMAGED}:
        words = N_("Try again with {networks} ({time})")
    else:
        words = N_("Resume {networks} ({time})") if done else N_("Start {networks} ({time})")
    names = [curve.name for curve in curves]
    what = listing(names) if len(names) < 4 else _("these {n} networks", n=len(names))
    _starter("own", words, tuple(curve.run for curve in curves), networks=what, rest=1 - done)


def _stands(curve: Curve) -> str:
    """A run's status and its number of epochs."""
    return ngettext(
        "{name}: {status}, {done} of {n} epoch",
        "{name}: {status}, {done} of {n} epochs",
        curve.run.all_epochs,
        name=curve.name,
        status=label(curve.status),
        done=len(curve.epochs),
    )


def _starter(
    what: str, words: str, runs: tuple[RunSpec, ...], *, rest: float = 1.0, race: Race | None = None, networks: str = ""
) -> None:
    """Draw a button that starts a race or, if the race is finished, one that shows its results.

    `words`: its label, with placeholders `{time}` and `{networks}`.
    """
    if all(training_jobs.done(training_jobs.kept(run)) for run in runs):
        if st.button(_("Show the results"), key=f"results_{what}", type="primary" if what != "own" else "secondary"):
            session.open_race(replace(race or session.race(), learn=True))
            session.rerun()
        return
    text = _(words, time=_takes(runs, rest), networks=networks)
    if what == "own":
        refined = _refined(runs) is not None
        st.fragment(run_every=None if refined else 1.0)(_own_button)(text, runs, rest, refined=refined)
    elif st.button(text, key=f"recipe_{what}", type="primary" if what == "digits" else "secondary", help=_long(runs)):
        _begin(runs, race)
        session.rerun()


def _own_button(text: str, runs: tuple[RunSpec, ...], rest: float, *, refined: bool) -> None:
    """Draw the button of the visitor's own race. For a better estimate, idle work times a few of its steps."""
    if _BEGIN in st.session_state or (not refined and _look(runs)):
        session.rerun()
    started = session.race().learn  # then it is the only start button on the page
    st.button(
        text, key="start_race", type="primary" if started else "secondary", help=_long(runs, rest), on_click=_begin,
        args=(runs, None),
    )  # fmt: skip


def _estimate(runs: tuple[RunSpec, ...], rest: float = 1.0) -> Estimate:
    """The time of a race, from a few of its steps, if they were measured, else from the server's pace."""
    seconds = _refined(runs)
    if seconds is not None:
        return Estimate(seconds * rest * _SURE[0], seconds * rest * _SURE[1], pace.here().busy())
    return pace.here().estimate(training_jobs.kind(runs), training_jobs.cost(runs) * rest)


def _takes(runs: tuple[RunSpec, ...], rest: float = 1.0) -> str:
    return _("too large for this server") if training_jobs.refusal(runs) else str(_estimate(runs, rest))


def _long(runs: tuple[RunSpec, ...], rest: float = 1.0) -> str | None:
    """The button's tooltip: why the race is refused, or that it will pause."""
    if refused := training_jobs.refusal(runs):
        return worded(refused)
    longest = training_jobs.longest()
    if _estimate(runs, rest).high <= longest:
        return None
    most = format.duration(longest)
    return _("A race pauses after {time}; Resume continues from there.", time=most)


def _refined(runs: tuple[RunSpec, ...]) -> float | None:
    """Seconds of a race, estimated from a few of its steps; None if they were not measured."""
    return job_widget.known(_STEPS, training_jobs.few_steps(runs))


def _look(runs: tuple[RunSpec, ...]) -> bool:
    """Request idle work that times a few steps, if not yet done; return whether it has ended."""
    if training_jobs.refusal(runs):
        return False
    places, request = slots(), training_jobs.few_steps(runs)
    slot = (visitor.tab(), _STEPS)
    job = places.of(slot)
    if job is None or job.key != request.key or job.state is State.CANCELLED:
        try:
            job = places.ask(slot, request, visitor.owner())
        except RefusedError:
            return False
    job.seen()
    return job.state is State.DONE


def _begin(runs: tuple[RunSpec, ...], race: Race | None) -> None:
    """Start a race at the next rerun."""
    slot = (visitor.tab(), _STEPS)
    slots().give_up(slot)
    slots().leave(slot)
    st.session_state[_BEGIN] = training_jobs.race(runs).key
    session.open_race(replace(race or session.race(), learn=True))


def job_of(race: Race, runs: Sequence[RunSpec]) -> Job | None:
    """Return a race's job: started now, under way (also for another visitor), or the visitor's last one for it."""
    places, slot, request = slots(), (visitor.tab(), SLOT), training_jobs.race(runs)
    if st.session_state.pop(_BEGIN, None) == request.key:
        st.session_state.pop(_REFUSED, None)
        try:
            training_jobs.check_room(runs)
            begun = places.ask(slot, request, visitor.owner())
            training_jobs.claim(runs)
        except RefusedError as error:
            st.session_state[_REFUSED] = request.key, error.message
        else:
            return begun
    key, why = st.session_state.get(_REFUSED, ("", None))
    if key == request.key:  # until another race is started
        st.warning(worded(why))
    job = places.of(slot)
    if job is not None and job.key == request.key and not job.over:
        return job
    if race.learn and (under_way := places.watch(slot, request.key, visitor.owner())) is not None:
        return under_way
    return job if job is not None and job.key == request.key else None
