"""A job on a page: its button, place in the queue, progress, remaining time, Cancel, and finally its result."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic

import streamlit as st

from models.results.task import Result
from models.runtime.messages import Message
from viz.backend import admission, pace
from viz.backend.admission import RefusedError
from viz.backend.job import Job, Request, State
from viz.backend.slots import slots
from viz.language import _, ngettext, worded
from viz.state import session, visitor
from viz.style import format

SHORT = 30.0  # seconds up to which work that was requested starts by itself
_LONG = 5.0  # seconds above which progress is polled less often
_MOMENT = 0.4  # seconds that a page waits for a result before it shows a progress bar


@dataclass(frozen=True, slots=True)
class Answer(Generic[Result]):
    """A result, of this question (fresh) or of the previous one, if there is any, and the job of this question."""

    result: Result | None
    fresh: bool
    job: Job | None


def ask(
    what: str,
    request: Request[Result],
    *,
    button: str,
    wanted: bool,
    on_run: Callable[[], None] = lambda: None,
) -> Answer[Result]:
    """Return the answer to a question of the page; if there is none, draw a button, a progress bar, or the reason.

    Short work that is `wanted` starts by itself, long work at its button, whose label has a placeholder `{time}`;
    a result that is stored already is shown however long it took.
    """
    slot, last = (visitor.tab(), what), f"last_{what}"
    job, refused = slots().of(slot), None
    takes = pace.here().estimate(request.kind, request.cost)
    if job is None or job.key != request.key:
        short = takes.middle <= SHORT or st.session_state.get(f"asked_{what}") == request.key
        job, refused = _begun(slot, request, wanted=wanted, short=short)
    if job is not None:
        job.seen()
        job.wait(_MOMENT)
    if job is not None and job.state is State.DONE:
        st.session_state[last] = job.result
        return Answer(job.result, fresh=True, job=job)
    if job is not None and not job.over:
        # each poll redraws a part of the page, with processor time that a long measurement needs
        st.fragment(run_every=0.3 if takes.middle < _LONG else 1.0)(_watch)(job, slot, what)
    elif job is not None:
        st.warning(format.as_it_is(worded(job.error)) if job.error else _("Cancelled."))
        _button(slot, request, _("Try again ({time})", time=takes), on_run)
    elif refused is not None:
        st.warning(worded(refused))
        if admission.refusal(request) is None:  # only now: the queue is full
            _button(slot, request, _("Try again ({time})", time=takes), on_run)
    else:
        if wanted:
            st.caption(
                _("The link requests this. It may take more than half a minute here, so it starts only when you click.")
            )
        _button(slot, request, _(button, time=takes), on_run)
    return Answer(st.session_state.get(last), fresh=False, job=job)


def _begun(
    slot: tuple[str, str], request: Request[Any], *, wanted: bool, short: bool
) -> tuple[Job | None, Message | None]:
    """Start work that is wanted, if it is short or costs nothing more; return its job, or why it is refused."""
    places = slots()
    if wanted and (short or places.queue.free(request)):
        try:
            return places.ask(slot, request, visitor.owner()), None
        except RefusedError as error:
            return None, error.message
    why = admission.refusal(request)
    return None, None if why is None or places.queue.free(request) else why


def _button(slot: tuple[str, str], request: Request[Any], words: str, on_run: Callable[[], None]) -> None:
    """Draw the button that starts the work of a slot."""
    what = slot[1]

    def run() -> None:
        st.session_state[f"asked_{what}"] = request.key
        slots().give_up(slot)
        slots().leave(slot)
        on_run()

    st.button(words, key=f"run_{what}", type="primary", on_click=run)


def known(what: str, request: Request[Result]) -> Result | None:
    """Return the result of a question that was asked elsewhere on the page; None if there is none for this request."""
    last = shown(what)
    return last[1] if last is not None and last[0] == request.key else None


def shown(what: str) -> tuple[str, Any] | None:
    """Return the key and the result of the last question of this name that was answered; None if there is none."""
    job = slots().of((visitor.tab(), what))
    return (job.key, job.result) if job is not None and job.state is State.DONE else None


def wait(before: Sequence[Job]) -> float:
    """Return the seconds that these jobs will take, by what is left of the running one and by the server's pace."""
    return sum(
        one.left if one.left is not None else pace.here().estimate(one.request.kind, one.request.cost).middle
        for one in before
    )


def _watch(job: Job, slot: tuple[str, str], what: str) -> None:
    job.seen()
    if job.over or slots().of(slot) is not job:
        session.rerun()
    bar, stop = st.columns([8, 1], vertical_alignment="center")
    before = slots().queue.before(job)
    if job.state is State.WAITING and before:
        text = ngettext(
            "Waiting for {n} other measurement: {time}.", "Waiting for {n} other measurements: {time}.", len(before),
            time=format.about(wait(before)),
        )  # fmt: skip
    else:
        share = f"{job.fraction:.0%}"
        text = _("Measuring: {share}", share=share)
        if job.left is not None:
            text = _("Measuring: {share}, {time} left", share=share, time=format.about(job.left))
    trouble = slots().trouble
    if trouble is not None and job.state is State.RUNNING:
        text = worded(trouble)
    bar.progress(min(max(job.fraction, 0.0), 1.0), text=text)
    stop.button(_("Cancel"), key=f"cancel_{what}", on_click=slots().give_up, args=(slot,), width="stretch")
