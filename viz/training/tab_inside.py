"""Tabs on trained networks: gradients over time, lesions, responses, feature reuse."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from models.specs.choices import Shortcut
from models.specs.spec import NetworkSpec
from models.training.records import Lesions, Response
from models.training.run_spec import RunSpec
from viz import text
from viz.backend import examination_jobs
from viz.backend.job import Request
from viz.language import N_, _, sentences
from viz.state import session
from viz.state.training import OfLayers
from viz.training import inside_figures, layers_figure
from viz.training.examined import examined
from viz.training.scene import FILE, Scene
from viz.ui import chart
from viz.ui.job_widget import ask
from viz.ui.widgets import Form

_OF_LAYERS = {
    OfLayers.GRADIENTS: N_(
        "The gradient norm of each layer's weights, averaged over the measured steps of an epoch. All layers "
        "share one colour scale."
    ),
    OfLayers.UPDATES: N_(
        "The norm of a step's change of each layer's weights, with momentum and weight decay, divided by the norm of "
        "the weights; averaged over the measured steps of an epoch. About one thousandth is a common rule of thumb."
    ),
}


def layers(scene: Scene) -> None:
    """Draw the gradients of all layers, or how far a step moves their weights, over the epochs."""
    shown = [curve for curve, __ in scene.trained]
    if not shown:
        st.info(_("After the first epoch, the gradient of every layer appears here."))
        return
    of = scene.race.of_layers
    Form(scene.race, session.put_race, "layers").choice("of_layers", _("Show"), widget=st.segmented_control)
    shown = [curve for curve in shown if all(getattr(epoch, of) for epoch in curve.epochs)]
    if not shown:
        st.info(_("These runs were trained before this was recorded. Delete them and train again to see it."))
        return
    said = text.inside.gradients(shown) if of is OfLayers.GRADIENTS else text.inside.updates(shown)
    st.markdown(f"**{said}**")
    chart.show(partial(layers_figure.layers, shown, of), f"heat_{of}", alt=said, name=FILE)
    st.caption(_(_OF_LAYERS[of]))


def lesions(scene: Scene) -> None:
    st.caption(
        _(
            "Blocks are removed from the trained network one at a time, without retraining, and the test images "
            "are classified. A removed residual block loses its branch and keeps its skip; a removed plain block "
            "passes on its input."
        )
    )
    answer = _all(scene, "lesions", examination_jobs.lesions, N_("Remove blocks ({time})"))
    if answer is not None:
        named: list[tuple[str, Lesions]] = answer
        lines = text.inside.lesions(named)
        st.markdown("\n".join(f"- {line}" for line in lines))
        draw = partial(inside_figures.lesions, named, [look for __, look in scene.built])
        chart.show(draw, "lesions", alt=sentences(lines), name=FILE)


def responses(scene: Scene) -> None:
    st.caption(
        _(
            "Standard deviation of each convolution's output after its norm, on test images, as in figure 7 of He "
            "et al. 2015."
        )
    )
    answer = _all(scene, "responses", examination_jobs.responses, N_("Measure responses ({time})"))
    if answer is not None:
        named: list[tuple[str, tuple[Response, ...]]] = answer
        said = text.inside.responses(named)
        st.markdown(f"**{said}**")
        draw = partial(inside_figures.responses, named, [look for __, look in scene.built])
        chart.show(draw, "responses", alt=said, name=FILE)


def reuse(scene: Scene) -> None:
    own = [(curve, curve.run.network) for curve, __ in scene.trained]
    dense = [curve for curve, spec in own if isinstance(spec, NetworkSpec) and spec.shortcut is Shortcut.CONCAT]
    if not dense:
        st.info(_("Add a DenseNet to the race to see which earlier layers each of its layers uses."))
        return
    for place, curve in enumerate(dense):
        task = examination_jobs.reuse(curve.run, curve.stamp)
        answer = ask(f"reuse_{place}", task, button=N_("Show feature reuse ({time})"), wanted=True)
        if answer.result is not None and answer.fresh:
            alt = _("How strongly each layer of {name} weights the outputs of earlier layers.", name=curve.name)
            st.markdown(
                _("**{name}**: the mean absolute weight that each layer gives to each earlier one.", name=curve.name)
            )
            chart.show(partial(inside_figures.reuse, answer.result), f"reuse_{place}", alt=alt, name=FILE)


def _all(scene: Scene, what: str, task: Callable[[Sequence[tuple[RunSpec, int]]], Request[Any]], button: str) -> Any:
    """Examine every trained network in one job; return (name, result) of each, None until they are there."""
    trained = scene.built
    if scene.trained and not trained:
        st.info(_("This is measured in networks that are built here, not in those of a library."))
        return None
    results = examined(trained, what, task, button)
    if results is None:
        return None
    return [(curve.name, found) for (curve, __), found in zip(trained, results, strict=True)]
