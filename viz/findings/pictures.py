"""What a trained network says of pictures: of the test images, right and wrong, and of one's own."""

from functools import partial

import streamlit as st

from models.learned import Predictions
from models.recipe import DATA, DIGITS
from viz import chart, gallery, lessons, sketch, state, trainings
from viz.experiment_bar import FITTED
from viz.findings import FILE, Scene, choose
from viz.lessons import Curve
from viz.waiting import ask

_SHOWN = 30  # predicted pictures
_UPLOAD = "Or a picture: PNG, JPEG or WebP, at most 5 MB. It stays on this server, for this visit."


def predicted(scene: Scene) -> None:
    if not scene.trained:
        st.info("When the first epoch is over, pictures and what each network says of them appear here.")
        return
    curve, found = _asked(scene)
    if found is None:
        return
    dark = state.dark()
    st.markdown(f"**{lessons.predictions(curve.name, found)}**")
    st.html(gallery.grid(found, found.some(_SHOWN), dark=dark))
    worst = found.worst(12)
    if worst:
        st.markdown("**Worst mistakes**: wrong, and the surest of it.")
        st.html(gallery.grid(found, worst, dark=dark))


def confusion(scene: Scene) -> None:
    from viz.figures import training  # noqa: PLC0415

    if not scene.trained:
        st.info("When the first epoch is over, what is taken for what appears here.")
        return
    curve, found = _asked(scene)
    if found is not None:
        said = lessons.predictions(curve.name, found)
        st.markdown(f"**{said}**")
        chart.show(partial(training.confusion, found), "confusion", alt=said, name=FILE)


def own(scene: Scene) -> None:
    if not scene.trained:
        st.info("When the first epoch is over, you can show a network a picture of your own here.")
        return
    curve = choose(scene)
    about = DATA[curve.run.data]
    digits = curve.run.data in DIGITS
    left, right = st.columns([1, 2], gap="large")
    with left:
        st.markdown("Draw a digit:" if digits else "Draw something:")
        picture = sketch.show("sketch")
        file = st.file_uploader(_UPLOAD, type=["png", "jpg", "jpeg", "webp"], key="own_picture", max_upload_size=5)
    if file is not None:
        picture = file.getvalue()
    with right:
        if picture is None:
            st.info(f"{curve.name} says here what it takes your picture for, among the classes of {about.title}.")
            return
        task = trainings.answer(curve.run, curve.stamp, picture)
        said = ask("answer", task, button="Ask again", wanted=True, on_run=lambda: None)
        if said.result is not None and said.fresh:
            st.markdown(f"## {curve.name} says: {said.result.classes[0]}")
            st.html(gallery.answer(said.result, dark=state.dark()))
            if words := FITTED.get(said.result.fit):
                st.caption(words)


def _asked(scene: Scene) -> tuple[Curve, Predictions | None]:
    curve = choose(scene)
    answer = ask(
        "predictions",
        trainings.predictions(curve.run, curve.stamp),
        button="Predict the test images",
        wanted=True,
        on_run=lambda: None,
    )
    return curve, answer.result if answer.fresh else None
