"""Parts of the Training page before a race has results."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from models.runtime.errors import SpecError
from models.specs.naming import kind
from models.training.data_registry import DATA
from viz.backend import shipped
from viz.language import _, clauses, ngettext
from viz.state import session
from viz.state.hidden import hides
from viz.state.subjects import Curve
from viz.state.training import Race, Runner, runners
from viz.style import theme
from viz.style.theme import SeriesStyle
from viz.text.labels import label
from viz.text.messages import problem
from viz.training import start, tab_runs, toolbar, watch


def entered(race: Race) -> tuple[tuple[Runner, ...], tuple[SeriesStyle, ...]]:
    """Return the networks of a race and their styles; none, with the reason on the page, if it can't be trained."""
    try:
        found = runners(race, session.spec())
    except SpecError as error:
        _impossible(error)
        return (), ()
    return found, theme.series_styles([kind(runner.run.network) for runner in found])


def _impossible(error: SpecError) -> None:
    """Show why the race can't be trained, and offer what can be done about it."""
    start.cards()
    st.warning(_("This can't be trained. {reason}", reason=problem(error)))
    with st.container(horizontal=True):
        with st.popover(_("Data and training")):
            toolbar.settings(session.race())
        st.button(
            _("Use the sidebar's network and its twin"),
            key="again",
            on_click=lambda: session.put_race(networks=Race().networks),
        )


def choice(race: Race, entered: Sequence[Runner], looks: Sequence[SeriesStyle]) -> None:
    """Show what is trained: one line if the race was started, else the controls."""
    if race.learn:
        words, back = st.columns([8, 2], vertical_alignment="center")
        words.caption(_setting(race, entered[0].run.network.input_shape[1:] if entered else ()))
        if not hides("networks"):
            back.button(
                _("Change or new race"), key="back", on_click=lambda: session.put_race(learn=False), width="stretch"
            )
        return
    if hides("networks"):
        return
    start.cards()
    with st.container(horizontal=True, vertical_alignment="center", key="race"):
        toolbar.show(race, entered, looks)


def empty(curves: Sequence[Curve], looks: Sequence[SeriesStyle]) -> None:
    """Show what there will be to see, the button that starts the race, and the stored runs.

    Of a race that comes trained with the program, its curves are shown.
    """
    st.markdown(
        _(
            "**What you will see:** all networks of a race are trained on the same images in the same order. Two "
            "curves appear for each: its error on the training images, and on test images that it has never "
            "seen. Does a deeper plain network do better than a shallow one, or worse, even on its training "
            "images? And what do skip connections change? Choose one of the races above, or set up your "
            "own and start it."
        )
    )
    start.button(curves)
    before = [(curve, found) for curve in curves if (found := shipped.run(curve.run)) is not None]
    if len(before) == len(curves):
        watch.board([replace(curve, kept=kept) for curve, (kept, __) in before], looks)
        made = dict.fromkeys(made for __, (___, made) in before)
        st.caption(_("Trained before, on {made}.", made=clauses(made)))
    with st.expander(_("Stored runs"), on_change="rerun", key="kept_runs") as kept:
        if kept.open:
            tab_runs.show()


def _setting(race: Race, sides: tuple[int, ...]) -> str:
    """One line on what is trained, and how; `sides` are the height and width of the images."""
    run, own = race.run, DATA[race.run.data]
    data = _(own.title)
    if sides and sides != own.shape[1:]:
        data = _("{data} at {size}", data=data, size=" × ".join(map(str, sides)))
    length = ngettext("{n} epoch", "{n} epochs", run.epochs)
    if run.steps:
        length = _("{epochs}, at most {steps:,} steps", epochs=length, steps=run.steps)
    return _(
        "{data}, {length}, batch {batch}, learning rate {rate:g} ({schedule}), momentum {momentum:g}, weight decay "
        "{decay:g}, {augment}, seed {seed}. {train:,} training images, {test:,} test images.",
        data=data,
        length=length,
        batch=run.batch,
        rate=run.learning_rate,
        schedule=label(run.schedule),
        momentum=run.momentum,
        decay=run.weight_decay,
        augment=label(run.augment),
        seed=run.seed,
        train=own.train,
        test=own.test,
    )
