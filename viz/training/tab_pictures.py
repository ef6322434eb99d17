"""Tabs: a trained network's predictions for the test images, and for the visitor's own picture."""

from functools import partial

import streamlit as st

from models.training.data_registry import DATA
from models.training.records import Predictions
from viz import text
from viz.backend import admission, examination_jobs
from viz.language import N_, _, worded
from viz.state import session, visitor
from viz.state.subjects import Curve
from viz.text.labels import fitted
from viz.training import confusion_figure, tab_class_maps
from viz.training.scene import FILE, Scene, choose
from viz.ui import chart, drawing_canvas, prediction_grid
from viz.ui.job_widget import ask

_SHOWN = 30  # number of test images


def predicted(scene: Scene) -> None:
    if not scene.trained:
        st.info(_("After the first epoch, test images and their predictions appear here."))
        return
    curve, found = _asked(scene)
    if found is None:
        return
    dark = session.dark()
    st.markdown(f"**{text.inside.predictions(curve.name, found)}**")
    st.html(prediction_grid.grid(found, found.some(_SHOWN), dark=dark))
    worst = found.worst(12)
    if worst:
        words, how = _("Worst mistakes"), _("wrong with the highest confidence.")
        st.markdown(f"**{words}**: {how}")
        st.html(prediction_grid.grid(found, worst, dark=dark))


def confusion(scene: Scene) -> None:
    if not scene.trained:
        st.info(_("After the first epoch, the confusion matrix appears here."))
        return
    curve, found = _asked(scene)
    if found is not None:
        said = text.inside.predictions(curve.name, found)
        st.markdown(f"**{said}**")
        chart.show(partial(confusion_figure.confusion, found), "confusion", alt=said, name=FILE)


def own(scene: Scene) -> None:
    if not scene.trained:
        st.info(_("After the first epoch, you can try your own image here."))
        return
    curve = choose(scene)
    about = DATA[curve.run.data]
    left, right = st.columns([1, 2], gap="large")
    with left:
        st.markdown(_(about.draw))
        picture = drawing_canvas.show("sketch")
        upload = _("Or upload an image: PNG, JPEG or WebP, at most 5 MB. It stays on this server for this visit only.")
        file = st.file_uploader(upload, type=["png", "jpg", "jpeg", "webp"], key="own_picture", max_upload_size=5)
    if file is not None:
        picture = file.getvalue()
        if refused := admission.upload(visitor.owner(), picture):
            st.warning(worded(refused))
            return
    with right:
        if picture is None:
            st.info(
                _(
                    "{name} classifies your image here as one of the classes of {data}.",
                    name=curve.name,
                    data=_(about.title),
                )
            )
            return
        task = examination_jobs.answer(curve.run, curve.stamp, picture)
        said = ask("answer", task, button=N_("Classify again ({time})"), wanted=True)
        if said.result is not None and said.fresh:
            words = _("{name} predicts: {answer}", name=curve.name, answer=said.result.classes[0])
            st.markdown(f"## {words}")
            st.html(prediction_grid.answer(said.result, dark=session.dark()))
            if how := fitted(said.result.fit):
                st.caption(how)
    if picture is not None and said.result is not None and said.fresh:
        tab_class_maps.own(scene, picture)


def _asked(scene: Scene) -> tuple[Curve, Predictions | None]:
    curve = choose(scene)
    answer = ask(
        "predictions",
        examination_jobs.predictions(curve.run, curve.stamp),
        button=N_("Classify the test images ({time})"),
        wanted=True,
    )
    return curve, answer.result if answer.fresh else None
