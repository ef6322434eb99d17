"""Tab: a layer's channels as pictures, with and without skips, and the first convolution's filters."""

import streamlit as st

from models.runtime.settings import Weights
from models.signals.records import FeatureMaps
from viz.backend import signal_jobs
from viz.language import N_, _, ngettext
from viz.signals import map_figures
from viz.signals.figures import NAMES
from viz.signals.scene import Scene, pick
from viz.state import session
from viz.ui import chart
from viz.ui.job_widget import ask
from viz.ui.widgets import Form


def show(scene: Scene) -> None:
    own = scene.experiment
    experiment = own.changed(image=min(own.image, own.measure.batch - 1))
    layers = scene.pair.skips.trace.by_path
    path = scene.view.layer if scene.view.layer in layers else scene.pair.skips.convolutions[0].path
    left, middle, right = st.columns([3, 2, 3], vertical_alignment="bottom")
    with left:
        session.set_if_changed("experiment_layer", path)
        st.selectbox(_("Layer"), list(layers), key="experiment_layer", on_change=lambda: _pick_from("experiment_layer"))
    with middle:
        form = Form(experiment, session.put_experiment, "experiment")
        form.number("image", _("Image in the batch"), max_value=experiment.measure.batch - 1)
    answer = ask(
        "maps",
        signal_jobs.feature_maps(scene.spec, path, experiment, scene.picture),
        button=N_("Show the channels ({time})"),
        wanted=True,
    )
    if answer.result is None:
        return
    ours, theirs, first = answer.result
    with right:
        st.image(ours.picture, caption=_("Input image"), width=96, alt=_("Input image"))
    source = signal_jobs.pictured(experiment)
    if source is not experiment.measure.source and experiment.measure.weights is not Weights.TRAINED:
        st.caption(
            _(
                "Feature maps of noise show no structure, so these are those of a photograph, cropped to "
                "the network's input."
            )
        )
    with st.container(key="fresh_maps" if answer.fresh else "stale_maps"):
        _mosaics(ours, theirs, scene.name, first)


def _mosaics(ours: FeatureMaps, theirs: FeatureMaps | None, name: str, first: object) -> None:
    for column, found, key in zip(st.columns(2), (ours, theirs), ("with", "without"), strict=True):
        with column:
            skips = key == "with"
            network = _(NAMES[skips])
            if found is None:
                st.markdown(_("**{network}**: the twin has no layer {layer}.", network=network, layer=ours.path))
                continue
            values = {"network": network, "count": len(found.channels), "layer": found.path}
            st.markdown(
                ngettext(
                    "**{network}**: {count} of {n} channel of `{layer}`",
                    "**{network}**: {count} of {n} channels of `{layer}`",
                    found.total,
                    **values,
                )
            )
            alt = _("The {count} channels of {layer} with the largest mean square, {network}.", **values)
            chart.show(lambda found=found, **__: map_figures.mosaic(found), f"maps_{key}", alt=alt, name=name)
            if found.top:
                st.markdown("\n".join(f"1. {label}: {share:.1%}" for label, share in found.top))
    if first is None:
        return
    words = _("Filters of the first convolution")
    st.markdown(f"**{words}**")
    chart.show(lambda **__: map_figures.filters(first), "filters", alt=words, name=name)


def _pick_from(key: str) -> None:
    pick(st.session_state[key])
