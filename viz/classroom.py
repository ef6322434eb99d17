"""The Training page: choose a race, start it, watch the curves fill in, read what they taught."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from models.names import kind
from models.recipe import DATA, Epoch, RunSpec
from models.runs import MOST_SECONDS, Status
from models.spec import SpecError
from viz import chart, findings, format, headline, jobs, lessons, race_bar, state, theme, trainings, warm
from viz.findings import shelf
from viz.jobs import Job, State, Task
from viz.lessons import Curve
from viz.race import RECIPES, Race, Runner, runners
from viz.theme import Look

_SLOT, _BEGIN = "race", "begin_race"
_LAST_STEP = 2.0  # seconds that a page waits for a race that was stopped
_EMPTY = """**What you will see:** the same images in the same order go to every network of a race, and two curves grow
for each of them: how much it gets wrong on the images it learns from, and on those it has never seen. Does a deeper
plain network do better than a shallow one, or worse, on the very images it learns from? And what do skip connections
change? Choose one of the three races, or set up your own above and start it."""


def show() -> None:
    heading, sharing = st.container(key="heading").columns([7, 1], vertical_alignment="center")
    heading.title("Does it learn better with skip connections?", anchor=False)
    headline.messages()
    race = state.race()
    try:
        entered = runners(race, state.spec())
    except SpecError as error:
        _cards()
        st.warning(f"This can't be trained: {error}")
        with st.container(horizontal=True):
            with st.popover("Data and training"):
                race_bar.settings(race)
            st.button(
                "Take the sidebar's network and its twin",
                key="again",
                on_click=lambda: state.put_race(race=Race().race),
            )
        return
    with sharing:
        headline.share(f"the race of {format.listing(runner.name for runner in entered)}")
    looks = theme.looks([kind(runner.run.network) for runner in entered])
    if race.learn:
        words, back = st.columns([8, 2], vertical_alignment="center")
        words.caption(_setting(race))
        back.button("Change or new race", key="back", on_click=lambda: state.put_race(learn=False), width="stretch")
    else:
        _cards()
        with st.container(horizontal=True, vertical_alignment="center", key="race"):
            race_bar.show(race, entered, looks)
    _race(race, entered, looks)


def _setting(race: Race) -> str:
    """What is trained and how, in a line."""
    own = DATA[race.data]
    size = f" at {race.pixels} × {race.pixels}" if race.pixels else ""
    until = f"{format.plural(race.epochs, 'epoch')}" + (f", at most {race.steps:,} steps" if race.steps else "")
    return (
        f"{own.title}{size}, {until}, batch {race.train_batch}, learning rate {race.rate:g} ({race.schedule}), "
        f"momentum {race.momentum:g}, weight decay {race.decay:g}, augmentation: {race.augment}, "
        f"seed {race.train_seed}. "
        f"{own.train:,} images to learn from, {own.test:,} to be tested on."
    )


def _race(race: Race, entered: Sequence[Runner], looks: Sequence[Look]) -> None:
    task = trainings.race([runner.run for runner in entered])
    job = _job(race, task)
    if job is not None and not job.over:
        _watch(job, entered, looks)
        return
    if job is not None:
        job.wait(_LAST_STEP)  # after Pause or Cancel: until it has written where it stands
    curves = _curves(entered)
    if any(curve.status is Status.RUNNING for curve in curves):
        _elsewhere(entered)
    finished = all(trainings.done(curve.kept) for curve in curves)
    if job is not None:
        _reasons(job, curves)
    if not any(curve.epochs or curve.status for curve in curves) or not race.learn:
        st.markdown(_EMPTY)
        _start(curves)
        with st.expander("Runs that are kept here", on_change="rerun", key="kept_runs") as kept:
            if kept.open:
                shelf.show()
        return
    _board(curves, looks)
    if not finished:
        _start(curves)
    findings.show(curves, looks, race)


def _job(race: Race, task: Task[Any]) -> Job | None:
    """The race's job: begun now, under way (for somebody else too), or the visitor's last one for it."""
    line, slot = jobs.line(), (state.visitor(), _SLOT)
    begin = st.session_state.pop(_BEGIN, None) == task.key
    if begin or (race.learn and line.under_way(task.key)):
        try:
            return line.submit(task, slot=slot)
        except jobs.FullError as error:
            st.warning(str(error))
    job = line.of(slot)
    return job if job is not None and job.key == task.key else None


def _reasons(job: Job, curves: Sequence[Curve]) -> None:
    """Why a race, or one of its networks, could not go on, where the sentence above the curves does not say so."""
    if job.error:
        st.warning(format.as_it_is(job.error))
    for place, why in job.result or ():
        if why != (curves[place].kept.why if curves[place].kept else ""):
            st.warning(f"{curves[place].name}: {format.as_it_is(why)}")


@st.fragment(run_every=1.0)
def _elsewhere(entered: Sequence[Runner]) -> None:
    """Until nobody else works on one of these runs."""
    if not any(curve.status is Status.RUNNING for curve in _curves(entered)):
        state.rerun()
    st.info(
        "One of these networks is being trained: in another race, by another server, or its last step is under way."
    )


def _curves(entered: Sequence[Runner]) -> list[Curve]:
    return [Curve(runner.name, runner.run, trainings.kept(runner.run)) for runner in entered]


def _board(curves: Sequence[Curve], looks: Sequence[Look]) -> None:
    """The sentence, and the curves it is computed from."""
    warm.wait()  # plotly takes pandas as it finds it, half imported too
    from viz.figures import training  # plotly with it  # noqa: PLC0415

    said = lessons.race(curves)
    words, choice = st.columns([8, 1], vertical_alignment="center")
    words.markdown(f"#### {said or 'No epoch is finished yet.'}")
    logarithmic = state.race().logarithmic  # may have changed since the page was run: this also runs by itself
    state.seed("race_log", logarithmic)
    choice.toggle("log", key="race_log", on_change=lambda: state.put_race(logarithmic=st.session_state["race_log"]))
    draw = partial(training.curves, curves, looks, logarithmic=logarithmic)
    chart.show(draw, "curves", alt=said or "Loss and error by epoch, still empty.", name=findings.FILE)
    beyond = " Arrows at the top: a loss above the axis." if not logarithmic and training.beyond(curves) else ""
    st.caption(f"Dashed: on the training images, while it learns. Solid, with markers: on the test images.{beyond}")


def _watch(job: Job, entered: Sequence[Runner], looks: Sequence[Look]) -> None:
    """The race under way: how far, how long, how fast; Pause and Cancel; and the curves as they are now."""
    _progress(job)
    _growing(entered, looks)


@st.fragment(run_every=1.0)
def _progress(job: Job) -> None:
    line, slot = jobs.line(), (state.visitor(), _SLOT)
    job.seen()
    if job.over or line.of(slot) is not job:
        state.rerun()
    bar, pause, stop = st.columns([8, 1, 1], vertical_alignment="center")
    ahead = line.ahead(job)
    if job.state is State.WAITING and ahead:
        text = f"Waiting: {format.plural(ahead, 'other job')} on this server first."
    elif job.parts and isinstance(job.parts[0], float):
        text = f"Getting the data: {job.parts[0]:.0%}"
    else:
        left = f", {format.about(job.left)} left" if job.left is not None else ""
        text = f"Training: {job.fraction:.0%}{left}{_speed(job)}"
    bar.progress(min(max(job.fraction, 0.0), 1.0), text=text)
    pause.button("Pause", key="pause_race", on_click=line.stop, args=(slot,), width="stretch")
    stop.button("Cancel", key="stop_race", on_click=_cancel, args=(slot,), width="stretch")


@st.fragment(run_every=3.0)  # drawing takes the processor's time from the training
def _growing(entered: Sequence[Runner], looks: Sequence[Look]) -> None:
    _board(_curves(entered), looks)


def _speed(job: Job) -> str:
    part = job.parts[0] if job.parts else None
    epoch = part[1] if isinstance(part, tuple) else None
    return f" · {epoch.images_per_second:,.0f} images per second" if isinstance(epoch, Epoch) else ""


def _cancel(slot: tuple[str, str]) -> None:
    jobs.line().stop(slot)
    state.put_race(learn=False)


def _start(curves: Sequence[Curve]) -> None:
    """The button that begins a race or goes on with it, with the time that it takes here."""
    done = sum(len(curve.epochs) for curve in curves) / sum(curve.run.all_epochs for curve in curves)
    states = {curve.status for curve in curves}
    label = "Try again" if states & {Status.FAILED, Status.DAMAGED} else "Resume" if done else "Start"
    if Status.PAUSED in states or Status.STOPPED in states:
        st.caption(
            "; ".join(
                f"{curve.name}: {curve.status}, {len(curve.epochs)} of {curve.run.all_epochs} epochs"
                for curve in curves
                if curve.status
            )
        )
    names = [curve.name for curve in curves]
    what = format.listing(names) if len(names) < 4 else f"these {len(names)} networks"
    _starter("own", f"{label} {what}", tuple(curve.run for curve in curves), rest=1 - done)


def _starter(
    what: str, label: str, runs: tuple[RunSpec, ...], *, rest: float = 1.0, fields: Mapping[str, Any] | None = None
) -> None:
    """A button that begins a race; it looks again and again until it can say how long that takes here.

    Of a race that is over and kept it shows the results.
    """
    if all(trainings.done(trainings.kept(run)) for run in runs):
        if st.button("Show the results", key=f"results_{what}", type="primary" if what != "own" else "secondary"):
            state.put_race(**{**(fields or {}), "learn": True})
            state.rerun()
        return
    waits = _pace(what, runs) is None
    st.fragment(run_every=0.5 if waits else None)(_button)(what, label, runs, rest, fields or {}, waits=waits)


def _button(
    what: str, label: str, runs: tuple[RunSpec, ...], rest: float, fields: Mapping[str, Any], *, waits: bool
) -> None:
    pace = _pace(what, runs)
    if waits and pace is not None:
        state.rerun()
    takes = "measuring how long ..." if pace is None else pace if isinstance(pace, str) else _about(pace * rest)
    started = state.race().learn  # then it is the only one on the page
    key, first = ("start_race", started) if what == "own" else (f"recipe_{what}", what == "digits")
    most = format.duration(MOST_SECONDS)
    long = isinstance(pace, float) and pace * rest > MOST_SECONDS
    parts = f"A race pauses after {most}, and its Resume goes on from there." if long else None
    if st.button(f"{label} ({takes})", key=key, type="primary" if first else "secondary", help=parts):
        _begin(runs, fields)
        state.rerun()


def _about(seconds: float) -> str:
    return f"{format.about(seconds)} here"


def _begin(runs: tuple[RunSpec, ...], fields: Mapping[str, Any]) -> None:
    """Ask for a race; what was only measured for the buttons gives way to it."""
    for what in (*RECIPES, "own"):
        slot = (state.visitor(), f"pace_{what}")
        jobs.line().give_up(slot)
        jobs.line().leave(slot)
    st.session_state[_BEGIN] = trainings.race(runs).key
    state.put_race(**{**fields, "learn": True})


def _pace(what: str, runs: tuple[RunSpec, ...]) -> float | str | None:
    """Seconds that a race takes here, measured from a few steps; or why it can't be told; None while that goes on."""
    line, slot = jobs.line(), (state.visitor(), f"pace_{what}")
    task = trainings.pace(runs)
    job = line.of(slot)
    if job is None or job.key != task.key:
        try:
            job = line.submit(task, slot=slot)
        except jobs.FullError:
            return "the server is busy"
    job.seen()
    if job.state is State.DONE:
        seconds: float = job.result
        return seconds
    return job.error.partition(".")[0] if job.state is State.FAILED else None


def _cards() -> None:
    """The races that are worth seeing."""
    for place, (name, recipe) in zip(st.columns(len(RECIPES)), RECIPES.items(), strict=True):
        with place, st.container(border=True, height="stretch"):
            st.markdown(f"**{recipe.title}**  \n{recipe.words}")
            runs = tuple(runner.run for runner in runners(recipe.race, state.spec()))
            fields = {field: getattr(recipe.race, field) for field in Race.__dataclass_fields__}
            _starter(name, "Start", runs, fields=fields)
