"""Tab: the stored runs, each of which can be opened and deleted."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from models.runtime.messages import UserError
from models.runtime.server_limits import public
from models.training.run_spec import RunSpec
from models.training.stored_run import Status, Summary
from viz.backend import training_jobs
from viz.language import _, clauses, labelled, ngettext, worded
from viz.state import session, visitor
from viz.state.training import of
from viz.style import format
from viz.text.labels import label
from viz.training import runs_compared
from viz.ui.widgets import download

_MOST_ARCHIVE = 200_000_000  # bytes that can be uploaded
_BROUGHT = "brought_run"  # in the session state: the file that was stored last
_PAGE = 25  # runs shown at once
_START = "runs_start"  # in the session state: number of the first one shown


def show() -> None:
    """Draw the visitor's stored runs with their states, and buttons to open and delete them."""
    _bring_back()
    start = int(st.session_state.get(_START, 0))
    found = training_jobs.listed(start, _PAGE)
    if start and not found.runs:  # deleted meanwhile
        start = st.session_state[_START] = 0
        found = training_jobs.listed(start, _PAGE)
    if not found.number:
        st.info(_("No run is stored yet."))
        return
    st.caption(
        ngettext(
            "{n:,} run, {size}, in a folder of its own under runs/, with run.json, epochs.csv and weights.safetensors.",
            "{n:,} runs, {size}, each in a folder of its own under runs/, with run.json, epochs.csv and "
            "weights.safetensors.",
            found.number,
            size=format.size(found.size),
        )
    )
    if not visitor.sees_all():
        st.caption(_("These are yours; no other visitor sees this list. Who has the link to a race can look at it."))
    if found.unread:
        st.caption(ngettext("{n:,} more is being read.", "{n:,} more are being read.", found.unread))
    if session.page() != "server":
        runs_compared.show()
    _rows(found.runs)
    if found.number > _PAGE:
        _turn(start, found.number)


def _bring_back() -> None:
    """Draw the upload of an archive; each file is stored once."""
    if public() or session.page() == "server":
        return
    with st.popover(_("Bring a run back"), type="tertiary"):
        file = st.file_uploader(
            _("The archive of a run, a zip file of at most 200 MB"), type="zip", key="run_archive", max_upload_size=200
        )
    if file is None or st.session_state.get(_BROUGHT) == file.file_id:
        return
    st.session_state[_BROUGHT] = file.file_id
    try:
        found = training_jobs.bring_back(file.getvalue())
    except UserError as error:
        st.warning(worded(error.message))
        return
    st.success(_("{run} is stored.", run=found.id))


def _turn(start: int, number: int) -> None:
    """Draw the buttons that show newer and older runs."""
    newer, older, where = st.columns([1, 1, 6], vertical_alignment="center")
    newer.button(_("Newer"), key="newer_runs", on_click=_go, args=(start - _PAGE,), disabled=not start, width="stretch")
    last = start + _PAGE >= number
    older.button(_("Older"), key="older_runs", on_click=_go, args=(start + _PAGE,), disabled=last, width="stretch")
    where.caption(_("{first:,} to {last:,} of {n:,}", first=start + 1, last=min(start + _PAGE, number), n=number))


def _go(start: int) -> None:
    st.session_state[_START] = max(start, 0)


def _rows(found: Sequence[Summary]) -> None:
    for one in found:
        words, opening, archive, action = st.columns([7, 1, 1, 1], vertical_alignment="center")
        words.markdown(_described(one))
        if one.run is not None and session.page() != "server":
            opening.button(
                _("Open"),
                key=f"open_{one.id}",
                on_click=_open,
                args=(one.run,),
                disabled=bool(one.unknown),
                width="stretch",
            )
        if one.run is not None:
            with archive:
                download(
                    _("Archive"),
                    partial(training_jobs.archive, one.id),
                    f"{one.id}.zip",
                    "application/zip",
                    key=f"archive_{one.id}",
                    help=_("The run as a zip file: settings, epochs, weights. It can be brought back elsewhere.")
                    if one.size < _MOST_ARCHIVE
                    else _("Over 200 MB: copy its folder to the runs of the other machine instead."),
                    disabled=one.status is Status.RUNNING or one.size >= _MOST_ARCHIVE,
                    width="stretch",
                )
        with action.popover(_("Delete"), disabled=one.status is Status.RUNNING, width="stretch"):
            st.write(_("Delete {run} permanently?", run=one.id))
            st.button(_("Yes, delete it"), key=f"delete_{one.id}", on_click=_delete, args=(one.id,), type="primary")


def _described(one: Summary) -> str:
    """A run in one line of Markdown: its state, epochs and accuracy, and what is wrong with it."""
    name, status = format.as_it_is(one.id), f"**{label(one.status)}**"
    if one.why is not None:
        status = f"{status} ({format.as_it_is(worded(one.why))})"
    if one.run is None:
        return labelled(name, status)
    epochs = ngettext("{done} of {n} epoch", "{done} of {n} epochs", one.run.all_epochs, done=one.epochs)
    parts = [status, epochs]
    if one.accuracy is not None:
        parts.append(_("test accuracy {accuracy}", accuracy=f"{one.accuracy:.1%}"))
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
    st.toast(worded(training_jobs.delete(own)))
