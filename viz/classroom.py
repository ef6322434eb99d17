"""The Training page: choose a race, start it, watch the curves fill in, read what they taught."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from models.names import kind
from models.recipe import DATA, Epoch, RunSpec
from models.runs import MOST_SECONDS, Status
from models.spec import SpecError
from viz import chart, findings, format, headline, jobs, lessons, pace, race_bar, state, theme, trainings, waiting, warm
from viz.findings import shelf
from viz.jobs import Job, State, Task
from viz.lessons import Curve
from viz.pace import Estimate
from viz.race import RECIPES, Race, Runner, Scale, runners
from viz.theme import Look

_SLOT, _BEGIN, _STEPS = "race", "begin_race", "few_steps"
_SURE = 0.85, 1.4  # times what a few steps tell
_LAST_STEP = 2.0  # seconds that a page waits for a race that was stopped
_EMPTY = """**What you will see:** the same images in the same order go to every network of a race, and two curves grow
for each of them: how much it gets wrong on the images it learns from, and on those it has never seen. Does a deeper
plain network do better than a shallow one, or worse, on the very images it learns from? And what do skip connections
change? Choose one of the three races, or set up your own above and start it."""


def show() -> None:
    heading, sharing = st.container(key="heading").columns([7, 1], vertical_alignment="center")
    heading.title("Does it learn better with skip connections?", anchor=False)
    headline.messages()
    headline.memory()
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
    race = state.race()  # may have changed since the page was run: this also runs by itself
    words, scales, choice = st.columns([7, 2, 1], vertical_alignment="center")
    words.markdown(f"## {said or 'No epoch is finished yet.'}")
    state.seed("race_curve", race.curve)
    scales.segmented_control(
        "Curves",
        tuple(Scale),
        key="race_curve",
        format_func=str,
        required=True,
        label_visibility="collapsed",
        on_change=lambda: state.put_race(curve=st.session_state["race_curve"]),
    )
    state.seed("race_log", race.logarithmic)
    choice.toggle("log", key="race_log", on_change=lambda: state.put_race(logarithmic=st.session_state["race_log"]))
    draw = partial(training.curves, curves, looks, scale=race.curve, logarithmic=race.logarithmic)
    chart.show(draw, "curves", alt=said or "Error by epoch, still empty.", name=findings.FILE)
    caption = "Left: the images it learns from, a mean over the epoch. Right: test images, after the epoch."
    beyond = race.curve is Scale.LOSS and not race.logarithmic and training.beyond(curves)
    st.caption(caption + (" Arrows at the top: a loss above the axis." if beyond else ""))


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
    """A button that begins a race, and says how long that takes here.

    Of a race that is over and kept it shows the results.
    """
    if all(trainings.done(trainings.kept(run)) for run in runs):
        if st.button("Show the results", key=f"results_{what}", type="primary" if what != "own" else "secondary"):
            state.put_race(**{**(fields or {}), "learn": True})
            state.rerun()
        return
    label = f"{label} ({_takes(runs, rest)})"
    if what == "own":
        refined = _refined(runs) is not None
        st.fragment(run_every=None if refined else 1.0)(_own_button)(label, runs, rest, refined=refined)
    elif st.button(label, key=f"recipe_{what}", type="primary" if what == "digits" else "secondary", help=_long(runs)):
        _begin(runs, fields or {})
        state.rerun()


def _own_button(label: str, runs: tuple[RunSpec, ...], rest: float, *, refined: bool) -> None:
    """The visitor's own race: while nothing else waits, a few steps of it say better how long it takes."""
    if not refined and _look(runs):
        state.rerun()
    started = state.race().learn  # then it is the only one on the page
    if st.button(label, key="start_race", type="primary" if started else "secondary", help=_long(runs, rest)):
        _begin(runs, {})
        state.rerun()


def _estimate(runs: tuple[RunSpec, ...], rest: float = 1.0) -> Estimate:
    """From a few steps of this very race, where they were measured, else from the server's pace."""
    seconds = _refined(runs)
    if seconds is not None:
        return Estimate(seconds * rest * _SURE[0], seconds * rest * _SURE[1], pace.here().busy())
    return pace.here().estimate(trainings.kind(runs), trainings.cost(runs) * rest)


def _takes(runs: tuple[RunSpec, ...], rest: float = 1.0) -> str:
    refused = trainings.refusal(runs)
    return refused.partition(". ")[0] if refused else str(_estimate(runs, rest))


def _long(runs: tuple[RunSpec, ...], rest: float = 1.0) -> str | None:
    most = format.duration(MOST_SECONDS)
    long = _estimate(runs, rest).high > MOST_SECONDS
    return f"A race pauses after {most}, and its Resume goes on from there." if long else None


def _refined(runs: tuple[RunSpec, ...]) -> float | None:
    """Seconds of a race, where a few of its steps were measured."""
    return waiting.known(_STEPS, trainings.few_steps(runs))


def _look(runs: tuple[RunSpec, ...]) -> bool:
    """Whether the few steps are measured by now; asks for them where the server has nothing else to do."""
    if trainings.refusal(runs):
        return False
    line, task = jobs.line(), trainings.few_steps(runs)
    job = line.of((state.visitor(), _STEPS))
    if job is None or job.key != task.key or job.state is State.CANCELLED:
        try:
            job = line.submit(task, slot=(state.visitor(), _STEPS))
        except jobs.FullError:
            return False
    job.seen()
    return job.state is State.DONE


def _begin(runs: tuple[RunSpec, ...], fields: Mapping[str, Any]) -> None:
    """Ask for a race."""
    slot = (state.visitor(), _STEPS)
    jobs.line().give_up(slot)
    jobs.line().leave(slot)
    st.session_state[_BEGIN] = trainings.race(runs).key
    state.put_race(**{**fields, "learn": True})


def _cards() -> None:
    """The races that are worth seeing."""
    for place, (name, recipe) in zip(st.columns(len(RECIPES)), RECIPES.items(), strict=True):
        with place, st.container(border=True, height="stretch"):
            st.markdown(f"**{recipe.title}**  \n{recipe.words}")
            runs = tuple(runner.run for runner in runners(recipe.race, state.spec()))
            fields = {field: getattr(recipe.race, field) for field in Race.__dataclass_fields__}
            _starter(name, "Start", runs, fields=fields)
