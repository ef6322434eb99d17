"""Tab on the loss around the trained weights: in random directions, along the path of training, on straight lines."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import streamlit as st

from models.landscape.records import FINE, Surface
from models.training.run_spec import RunSpec
from viz import text
from viz.backend import examination_jobs, training_jobs
from viz.language import N_, _, listing, pgettext
from viz.state import session
from viz.state.subjects import Curve
from viz.state.training import Drawn, Images, Section
from viz.style.theme import SeriesStyle
from viz.text.landscape import Around
from viz.training import landscape_figure
from viz.training.examined import told
from viz.training.scene import FILE, Scene
from viz.ui import chart
from viz.ui.job_widget import ask
from viz.ui.widgets import Form

_WHAT = {
    Section.RANDOM: N_(
        "The loss where the trained weights are moved along two random directions, each filter by up to its own "
        "size, as in Li et al. 2018."
    ),
    Section.PATH: N_(
        "The path of the weights, epoch by epoch, and the loss on the plane that shows most of it: its first two "
        "principal components, as in Li et al. 2018."
    ),
    Section.LINE: N_("The loss on the straight line between two sets of weights, as in Goodfellow et al. 2015."),
}


def show(scene: Scene) -> None:
    """Draw the loss around every trained network, on one scale."""
    if not scene.trained:
        st.info(_("After the first epoch, this can be measured."))
        return
    race, form = scene.race, Form(scene.race, session.put_race, "surface")
    form.choice("section", pgettext("of a loss surface", "Where"), widget=st.segmented_control)
    st.caption(_(_WHAT[race.section]))
    bodies: Mapping[Section, Callable[[Scene, Form], None]] = {
        Section.RANDOM: _random, Section.PATH: _path, Section.LINE: _line,
    }  # fmt: skip
    bodies[race.section](scene, form)


def _random(scene: Scene, form: Form) -> None:
    """Draw a first picture soon, and all its points on request."""
    race = scene.race
    with st.container(horizontal=True):
        form.choice("loss_on", _("Loss on"), widget=st.segmented_control)
        form.choice("drawn", _("Drawn as"), widget=st.segmented_control)
    own = _own(scene)
    there = race.loss_on is Images.TRAIN
    first = ask(
        "landscape", examination_jobs.surfaces(own, training_images=there),
        button=N_("Measure the loss surface ({time})"), wanted=True,
    )  # fmt: skip
    if first.result is None or not first.fresh:
        return
    picture = st.container()  # above the button for the rest
    full = ask(
        "landscape_full", examination_jobs.surfaces(own, half=FINE, training_images=there),
        button=N_("Refine to 25 × 25 points ({time})"), wanted=race.fine,
        on_run=lambda: session.put_race(fine=True),
    )  # fmt: skip
    with picture:
        _surfaces(scene, full.result if full.result is not None and full.fresh else first.result)


def _surfaces(scene: Scene, found: tuple[Surface, ...]) -> None:
    around = [
        Around(curve.name, curve.run.network, surface)
        for (curve, __), surface in zip(scene.trained, found, strict=True)
    ]
    alt = told(text.landscape.compared(around), text.landscape.surfaces(around))
    form = scene.race.drawn
    draw = landscape_figure.relief if form is Drawn.RELIEF else landscape_figure.contours
    named = [(one.name, one.surface) for one in around]
    chart.show(partial(draw, named), f"landscape_{form}", alt=alt, name=FILE, about="landscape")
    st.caption(
        _(
            "A network has as many directions as weights, and these are two: along others the loss may rise faster, or "
            "fall. The running statistics of norms stay those of the trained network."
        )
    )


def _path(scene: Scene, form: Form) -> None:
    form.choice("loss_on", _("Loss on"), widget=st.segmented_control)
    there = scene.race.loss_on is Images.TRAIN
    found = ask(
        "training_path", examination_jobs.training_paths(_own(scene), training_images=there),
        button=N_("Follow the path ({time})"), wanted=True,
    )  # fmt: skip
    if found.result is None or not found.fresh:
        return
    named = [(curve.name, one) for (curve, __), one in zip(scene.trained, found.result, strict=True) if one is not None]
    without = [curve.name for (curve, __), one in zip(scene.trained, found.result, strict=True) if one is None]
    if without:
        st.info(
            _(
                "No path for {names}: the weights of single epochs are not kept (older, too short or too large), do "
                "not move, or are not finite numbers.",
                names=listing(without),
            )
        )
    if not named:
        return
    alt = told("", text.landscape.paths(named))
    chart.show(partial(landscape_figure.contours, named), "training_path", alt=alt, name=FILE)
    st.caption(
        _(
            "The colours are the loss with the norms' statistics of the trained network, so that at early points it is "
            "not the loss that the training had there. Biases and the weights of norms do not move."
        )
    )


def _line(scene: Scene, form: Form) -> None:
    """Draw the loss from the initial weights to the trained ones or, where it was trained twice, to another run."""
    pairs = _pairs(scene)
    if pairs:
        form.choice("other_run", _("Line"), {"": _("from the initial weights to the trained ones")} | {
            own: _("{network}, from seed {first} to seed {second}", network=one.name, first=one.run.seed, second=seed)
            for own, (one, __, (other, ___)) in pairs.items() for seed in (other.seed,)
        })  # fmt: skip
    button = N_("Measure the loss on the line ({time})")
    if scene.race.other_run in pairs:
        curve, look, other = pairs[scene.race.other_run]
        request = examination_jobs.cut_between((curve.run, curve.stamp), other)
        one = ask("cut_between", request, button=button, wanted=True)
        if one.result is None or not one.fresh:
            return
        alt, drawn = told("", [text.landscape.between(one.result)]), [(curve.name, one.result, look)]
        ends = (_("seed {n}", n=curve.run.seed), _("seed {n}", n=other[0].seed))
    else:
        found = ask("cuts", examination_jobs.cuts(_own(scene)), button=button, wanted=True)
        if found.result is None or not found.fresh:
            return
        drawn = [(curve.name, cut, look) for (curve, look), cut in zip(scene.trained, found.result, strict=True)]
        alt, ends = (
            told("", text.landscape.cuts([(name, cut) for name, cut, __ in drawn])),
            (_("initial"), _("trained")),
        )
    chart.show(partial(landscape_figure.cuts, drawn, ends), "cuts", alt=alt, name=FILE)
    st.caption(
        _(
            "The training loss is that on {n:,} training images, without augmentation; at each point the norms take "
            "the statistics of the same images.",
            n=drawn[0][1].images,
        )
    )


def _pairs(scene: Scene) -> dict[str, tuple[Curve, SeriesStyle, tuple[RunSpec, int]]]:
    """Finished runs of a network of the race on its data that start from another seed, by their ids."""
    return {
        other.id: (curve, look, (other.run, other.stamp))
        for other in training_jobs.finished()
        for curve, look in scene.trained
        if training_jobs.done(curve.kept) and other.run is not None and other.run.seed != curve.run.seed
        and other.run == replace(curve.run, seed=other.run.seed, network=other.run.network)
        and other.run.network.essential == curve.run.network.essential
    }  # fmt: skip


def _own(scene: Scene) -> list[tuple[RunSpec, int]]:
    return [(curve.run, curve.stamp) for curve, __ in scene.trained]
