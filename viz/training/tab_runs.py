"""Tab: all stored runs, each of which can be opened and deleted."""

import streamlit as st

from models.training.run_spec import RunSpec
from models.training.stored_run import Status, StoredRun
from viz.backend import training_jobs
from viz.language import _, clauses, labelled, ngettext, worded
from viz.state import session
from viz.state.training import of
from viz.style import format
from viz.text.labels import label


def show() -> None:
    """Draw every stored run with its state, and buttons to open and delete it."""
    found = training_jobs.all_kept()
    if not found:
        st.info(_("No run is stored yet."))
        return
    st.caption(
        ngettext(
            "{n} run, {size}, in a folder of its own under runs/, with run.json, epochs.csv and weights.safetensors.",
            "{n} runs, {size}, each in a folder of its own under runs/, with run.json, epochs.csv and "
            "weights.safetensors.",
            len(found),
            size=format.size(sum(one.size for one in found)),
        )
    )
    for one in found:
        words, opening, action = st.columns([8, 1, 1], vertical_alignment="center")
        words.markdown(_described(one))
        if one.run is not None:
            opening.button(
                _("Open"),
                key=f"open_{one.id}",
                on_click=_open,
                args=(one.run,),
                disabled=bool(one.unknown),
                width="stretch",
            )
        with action.popover(_("Delete"), disabled=one.status is Status.RUNNING, width="stretch"):
            st.write(_("Delete {run} permanently?", run=one.id))
            st.button(_("Yes, delete it"), key=f"delete_{one.id}", on_click=_delete, args=(one.id,), type="primary")


def _described(one: StoredRun) -> str:
    """A run in one line of Markdown: its state, epochs and accuracy, and what is wrong with it."""
    name, status = format.as_it_is(one.id), f"**{label(one.status)}**"
    if one.why is not None:
        status = f"{status} ({format.as_it_is(worded(one.why))})"
    if one.run is None:
        return labelled(name, status)
    epochs = ngettext("{done} of {n} epoch", "{done} of {n} epochs", one.run.all_epochs, done=len(one.epochs))
    parts = [status, epochs]
    if one.epochs:
        parts.append(_("test accuracy {accuracy}", accuracy=f"{one.epochs[-1].test_accuracy:.1%}"))
    state = _(", ").join(parts)
    line = labelled(name, state)
    if one.unknown:
        fields = format.as_it_is(_few(one.unknown))
        newer = _("Trained by a newer version, with fields that are unknown here: {fields}", fields=fields)
        line = clauses([line, newer])
    return line


def _few(names: tuple[str, ...]) -> str:
    few = _(", ").join(name[:40] for name in names[:5])
    return _("{names} and {n} more", names=few, n=len(names) - 5) if len(names) > 5 else few


def _open(run: RunSpec) -> None:
    """Show one run alone."""
    session.open_race(of(run))


def _delete(own: str) -> None:
    problem = training_jobs.delete(own)
    st.toast(worded(problem) if problem else _("{run} was deleted.", run=own))
