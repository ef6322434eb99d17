"""A layer's channels as pictures, with skips and without; and the first convolution's filters."""

from dataclasses import replace

import streamlit as st

from models.measured import FeatureMaps
from models.settings import Weights
from viz import chart, format, state, tasks
from viz.readings import Scene, pick
from viz.waiting import ask


def show(scene: Scene) -> None:
    own = scene.experiment
    experiment = replace(own, image=min(own.image, own.batch - 1))
    layers = scene.pair.skips.trace.by_path
    path = scene.view.layer if scene.view.layer in layers else scene.pair.skips.convolutions[0].path
    left, middle, right = st.columns([3, 2, 3], vertical_alignment="bottom")
    with left:
        state.seed("experiment_layer", path)
        st.selectbox("Layer", list(layers), key="experiment_layer", on_change=lambda: _pick_from("experiment_layer"))
    with middle:
        state.seed("experiment_image", experiment.image)
        st.number_input("Image of the batch", 0, experiment.batch - 1, key="experiment_image", on_change=_changed_image)
    answer = ask(
        "maps",
        tasks.feature_maps(scene.spec, path, experiment, scene.picture),
        button="See its channels",
        wanted=True,
        on_run=lambda: None,
    )
    if answer.result is None:
        return
    ours, theirs, first = answer.result
    with right:
        st.image(ours.picture, width=96)
    source = tasks.pictured(experiment)
    if source is not experiment.source and experiment.weights is not Weights.TRAINED:
        st.caption("There is nothing to see in noise: these are of a photograph, cropped to the network's input.")
    with st.container(key="fresh_maps" if answer.fresh else "stale_maps"):
        _mosaics(ours, theirs, scene.name, first)


def _mosaics(ours: FeatureMaps, theirs: FeatureMaps | None, name: str, first: object) -> None:
    from viz.figures import maps  # noqa: PLC0415

    for column, found, words in zip(st.columns(2), (ours, theirs), ("with skips", "without"), strict=True):
        with column:
            if found is None:
                st.markdown(f"**{words}**: the twin has no layer {ours.path}.")
                continue
            count = len(found.channels)
            st.markdown(f"**{words}**: {count} of {format.plural(found.total, 'channel')} of `{found.path}`")
            alt = f"The {count} most energetic channels of {found.path}, {words}."
            chart.show(lambda found=found, **_: maps.mosaic(found), f"maps_{words.split()[0]}", alt=alt, name=name)
            if found.top:
                st.markdown("\n".join(f"1. {label}: {share:.1%}" for label, share in found.top))
    st.markdown("**Filters of the first convolution**")
    chart.show(lambda **_: maps.filters(first), "filters", alt="The first convolution's filters.", name=name)


def _changed_image() -> None:
    state.put_experiment(image=st.session_state["experiment_image"])


def _pick_from(key: str) -> None:
    pick(st.session_state[key])
