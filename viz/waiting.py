"""A job on the page: its button, its place in the queue, progress, time left, Cancel, and at last its result."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic

import streamlit as st

from viz import format, jobs, pace, state
from viz.jobs import Job, Result, State, Task

SHORT = 30.0  # seconds: what takes no longer starts by itself once it was asked for
_LONG = 5.0  # seconds: the progress of what takes longer is looked at more seldom
_MOMENT = 0.4  # seconds that a page waits for a result before it shows a bar


@dataclass(frozen=True, slots=True)
class Answer(Generic[Result]):
    """What there is: a result, fresh or of the question before; and the job while it is under way."""

    result: Result | None
    fresh: bool
    job: Job | None


def ask(what: str, task: Task[Result], *, button: str, wanted: bool, on_run: Callable[[], None]) -> Answer[Result]:
    """The answer to a question of the page's; in its place a button, a progress bar or the reason why there is none.

    Short work that is `wanted` starts by itself, long work at its button.
    """
    line, slot = jobs.line(), (state.visitor(), what)
    asked, last = f"asked_{what}", f"last_{what}"
    job = line.of(slot)
    takes = pace.here().estimate(task.kind, task.cost)
    if job is None or job.key != task.key:
        job = None
        if wanted and (takes.middle <= SHORT or st.session_state.get(asked) == task.key):
            try:
                job = line.submit(task, slot=slot)
            except jobs.FullError as error:
                st.warning(str(error))
    if job is not None:
        job.seen()
        job.wait(_MOMENT)
    if job is not None and job.state is State.DONE:
        st.session_state[last] = job.result
        return Answer(job.result, fresh=True, job=job)

    def run() -> None:
        st.session_state[asked] = task.key
        line.give_up(slot)
        line.leave(slot)
        on_run()

    if job is not None and not job.over:
        # each look draws the page again, on the processor that a long measurement needs for itself
        st.fragment(run_every=0.3 if takes.middle < _LONG else 1.0)(_watch)(job, slot, what)
    else:
        if job is not None:
            st.warning(format.as_it_is(job.error) if job.error else "Cancelled.")
        elif wanted:
            st.caption("The link asks for it; it may take longer than half a minute here, so it waits for your click.")
        again = job is not None
        st.button(f"{'Try again' if again else button} ({takes})", key=f"run_{what}", type="primary", on_click=run)
    return Answer(st.session_state.get(last), fresh=False, job=job)


def known(what: str, task: Task[Result]) -> Result | None:
    """The answer to a question that was asked elsewhere on the page; None while there is none to this very one."""
    job = jobs.line().of((state.visitor(), what))
    if job is None or job.key != task.key or job.state is not State.DONE:
        return None
    result: Result = job.result
    return result


def _watch(job: Job, slot: tuple[str, str], what: str) -> None:
    job.seen()
    if job.over or jobs.line().of(slot) is not job:
        state.rerun()
    bar, stop = st.columns([8, 1], vertical_alignment="center")
    ahead = jobs.line().ahead(job)
    if job.state is State.WAITING and ahead:
        text = f"Waiting: {format.plural(ahead, 'other measurement')} first."
    else:
        left = f", {format.about(job.left)} left" if job.left is not None else ""
        text = f"Measuring: {job.fraction:.0%}{left}"
    bar.progress(min(max(job.fraction, 0.0), 1.0), text=text)
    stop.button("Cancel", key=f"cancel_{what}", on_click=jobs.line().give_up, args=(slot,), width="stretch")
