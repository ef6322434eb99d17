"""Tabs on networks before and after their training: whether gradients agree, and how channels are used."""

from functools import partial

import streamlit as st

from viz import text
from viz.backend import examination_jobs
from viz.language import N_, _
from viz.training import before_after_figures
from viz.training.examined import examined, together, told
from viz.training.scene import FILE, Scene
from viz.ui import chart


def agreement(scene: Scene) -> None:
    """Draw how far gradients agree between neighbouring inputs and between batches."""
    st.caption(
        _(
            "How alike the gradients of two inputs are, along straight ways from one training image to another (as in "
            "Balduzzi et al. 2017), and those of two batches at the weights (Sankararaman et al. 2019)."
        )
    )
    found = examined(scene.trained, "agreement", examination_jobs.agreements, N_("Compare gradients ({time})"))
    if found is None:
        return
    own = together(scene.trained, found)
    alt = told(text.agreement.compared(own), text.agreement.each(own))
    drawn = [
        (one.name, one.found, look)
        for one, (__, look) in zip(own, scene.trained, strict=True)
        if text.agreement.known(one.found.start) and text.agreement.known(one.found.trained)
    ]
    if drawn:
        chart.show(partial(before_after_figures.agreement, drawn), "agreement", alt=alt, name=FILE)
    st.caption(
        _(
            "{ways} ways with 33 points, whose statistics batch norms hold; batches of {batch} training images, of "
            "each of which they use its own, as in training. Other images and other initial weights give other values.",
            ways=found[0].ways,
            batch=found[0].batch,
        )
    )


def units(scene: Scene) -> None:
    """Draw dead channels and effective ranks."""
    st.caption(
        _(
            "After each activation function: channels that are zero everywhere, and how many independent directions "
            "the others use (effective rank, Roy & Vetterli 2007). Norms use the statistics of these images, as in "
            "training."
        )
    )
    found = examined(scene.trained, "units", examination_jobs.unit_uses, N_("Look at the channels ({time})"))
    if found is None:
        return
    own = together(scene.trained, found)
    alt = told(text.units.compared(own), text.units.each(own))
    drawn = [(one.name, one.found, look) for one, (__, look) in zip(own, scene.trained, strict=True) if one.found.start]
    if drawn:
        chart.show(partial(before_after_figures.units, drawn), "units", alt=alt, name=FILE)
