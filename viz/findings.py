"""What is looked at behind the curves, a tab each; only the open one is made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import streamlit as st

from models.learned import Lesions, Predictions, Response
from models.recipe import DATA, RunSpec
from models.runs import Status
from models.settings import DataSet, Weights
from models.spec import Family, Shortcut
from viz import chart, format, gallery, lessons, sketch, state, trainings
from viz.jobs import Task
from viz.lessons import Curve
from viz.race import Lesson, Race, of
from viz.theme import Look
from viz.waiting import ask

_FILE = "training"
_INSIDE = "look_inside_next"
_SHOWN = 30  # predicted pictures
_UPLOAD = "Or a picture: PNG, JPEG or WebP, at most 5 MB. It stays on this server, for this visit."


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a tab may draw from."""

    curves: tuple[Curve, ...]
    looks: tuple[Look, ...]
    race: Race

    @property
    def trained(self) -> list[tuple[Curve, Look]]:
        """The networks that have learnt for an epoch at least."""
        return [(curve, look) for curve, look in zip(self.curves, self.looks, strict=True) if curve.epochs]


def show(curves: Sequence[Curve], looks: Sequence[Look], race: Race) -> None:
    scene = Scene(tuple(curves), tuple(looks), race)
    bodies: dict[Lesson, Callable[[Scene], None]] = {
        Lesson.RESULTS: _results,
        Lesson.PREDICTIONS: _predictions,
        Lesson.CONFUSION: _confusion,
        Lesson.OWN: _own,
        Lesson.GRADIENTS: _gradients,
        Lesson.LESIONS: _lesions,
        Lesson.RESPONSES: _responses,
        Lesson.REUSE: _reuse,
        Lesson.RUNS: lambda _: runs(),
        Lesson.NUMBERS: _numbers,
    }
    state.seed("lesson", str(race.lesson))
    tabs = st.tabs([str(lesson) for lesson in Lesson], key="lesson", on_change=_changed)
    for lesson, container in zip(Lesson, tabs, strict=True):
        if container.open:
            with container:
                bodies[lesson](scene)


def _changed() -> None:
    state.put_race(lesson=Lesson(st.session_state["lesson"]))


def _results(scene: Scene) -> None:
    from viz import tables  # noqa: PLC0415

    _table(tables.race(scene.curves), "results")
    if scene.trained:
        curve = _chosen(scene)
        st.button(
            f"Look inside: signals and feature maps of {curve.name}, trained",
            key="look_inside",
            on_click=_look_inside,
            args=(curve,),
        )
        if st.session_state.pop(_INSIDE, False):
            st.switch_page("viz/pages/signals.py")


def _look_inside(curve: Curve) -> None:
    """Take a trained network to the Signals page."""
    if curve.kept is not None:
        state.put_spec(curve.run.network)
        state.put_experiment(weights=Weights.TRAINED, trained=curve.kept.id, run=True)
        st.session_state[_INSIDE] = True


def _numbers(scene: Scene) -> None:
    from viz import tables  # noqa: PLC0415

    _table(tables.epochs(scene.curves), "epochs", height=460)


def _table(frame: Any, key: str, height: int | Literal["auto"] = "auto") -> None:
    from viz import tables  # noqa: PLC0415

    st.dataframe(frame, key=f"table_{key}", hide_index=True, height=height, alt=f"The race: {key}")
    with st.container(horizontal=True):
        for label, write, end, mime in tables.FORMS:
            st.download_button(
                label, partial(write, frame), f"{_FILE}-{key}.{end}", mime, on_click="ignore", key=f"{key}_{end}"
            )


def _chosen(scene: Scene) -> Curve:
    """A menu of the trained networks; returns the chosen one, at first the one with the best test accuracy."""
    trained = [curve for curve, _ in scene.trained]
    names = [curve.name for curve in trained]
    own = scene.curves[min(scene.race.who, len(scene.curves)) - 1]
    best = max(trained, key=lambda curve: curve.epochs[-1].test_accuracy)
    start = own if own in trained and scene.race.who != 1 else best
    state.seed("race_who", start.name)

    def changed() -> None:
        chosen = st.session_state["race_who"]
        state.put_race(who=[curve.name for curve in scene.curves].index(chosen) + 1)

    st.segmented_control("Network", names, key="race_who", required=True, on_change=changed)
    return next(curve for curve in trained if curve.name == st.session_state["race_who"])


def _asked(scene: Scene) -> tuple[Curve, Predictions | None]:
    curve = _chosen(scene)
    answer = ask(
        "predictions",
        trainings.predictions(curve.run, curve.stamp),
        button="Predict the test images",
        wanted=True,
        on_run=lambda: None,
    )
    return curve, answer.result if answer.fresh else None


def _predictions(scene: Scene) -> None:
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


def _confusion(scene: Scene) -> None:
    from viz.figures import training  # noqa: PLC0415

    if not scene.trained:
        st.info("When the first epoch is over, what is taken for what appears here.")
        return
    curve, found = _asked(scene)
    if found is not None:
        said = lessons.predictions(curve.name, found)
        st.markdown(f"**{said}**")
        chart.show(partial(training.confusion, found), "confusion", alt=said, name=_FILE)


def _own(scene: Scene) -> None:
    if not scene.trained:
        st.info("When the first epoch is over, you can show a network a picture of your own here.")
        return
    curve = _chosen(scene)
    about = DATA[curve.run.data]
    digits = curve.run.data in (DataSet.DIGITS, DataSet.MNIST)
    left, right = st.columns([1, 2], gap="large")
    with left:
        st.markdown("Draw a digit:" if digits else "Draw something:")
        picture = sketch.show("sketch")
        file = st.file_uploader(_UPLOAD, type=["png", "jpg", "jpeg", "webp"], key="own_picture", max_upload_size=5)
    drawn = file is None
    if file is not None:
        picture = file.getvalue()
    with right:
        if picture is None:
            st.info(f"{curve.name} says here what it takes your picture for, among the classes of {about.title}.")
            return
        task = trainings.answer(curve.run, curve.stamp, picture, drawn=drawn and digits)
        said = ask("answer", task, button="Ask again", wanted=True, on_run=lambda: None)
        if said.result is not None and said.fresh:
            st.markdown(f"#### {curve.name} says: {said.result.classes[0]}")
            st.html(gallery.answer(said.result, dark=state.dark()))


def _gradients(scene: Scene) -> None:
    from viz.figures import training  # noqa: PLC0415

    shown = [curve for curve, _ in scene.trained]
    if not shown:
        st.info("When the first epoch is over, the gradient of every layer appears here.")
        return
    st.markdown("**How large the gradient of each layer's weights was**, a mean over each epoch's steps; one scale.")
    alt = f"Heat maps of gradient norms by layer and epoch: {format.listing(curve.name for curve in shown)}."
    chart.show(partial(training.gradients, shown), "heat", alt=alt, name=_FILE)


def _lesions(scene: Scene) -> None:
    from viz.figures import training  # noqa: PLC0415

    st.caption(
        "One block is taken out of the trained network, the others stay as they are, and the test images are read "
        "again. Of a residual block the branch goes and the skip stays; of a plain one its input goes on."
    )
    answer = _all(scene, "lesions", trainings.lesions, "Take out blocks")
    if answer is not None:
        named: list[tuple[str, Lesions]] = answer
        lines = lessons.lesions(named)
        st.markdown("\n".join(f"- {line}" for line in lines))
        draw = partial(training.lesions, named, [look for _, look in scene.trained])
        chart.show(draw, "lesions", alt=" ".join(lines), name=_FILE)


def _responses(scene: Scene) -> None:
    from viz.figures import training  # noqa: PLC0415

    st.caption("The spread of what each convolution puts out behind its norm, on test images, as in He 2015, figure 7.")
    answer = _all(scene, "responses", trainings.responses, "Measure responses")
    if answer is not None:
        named: list[tuple[str, tuple[Response, ...]]] = answer
        said = lessons.responses(named)
        st.markdown(f"**{said}**")
        draw = partial(training.responses, named, [look for _, look in scene.trained])
        chart.show(draw, "responses", alt=said, name=_FILE)


def _all(scene: Scene, what: str, task: Callable[[Sequence[tuple[RunSpec, int]]], Task[Any]], button: str) -> Any:
    """The same look at every trained network, in one job: (name, what was found) of each."""
    if not scene.trained:
        st.info("When the first epoch is over, the trained networks are looked into here.")
        return None
    asked = task([(curve.run, curve.stamp) for curve, _ in scene.trained])
    answer = ask(what, asked, button=button, wanted=True, on_run=lambda: None)
    if answer.result is None or not answer.fresh:
        return None
    return [(curve.name, found) for (curve, _), found in zip(scene.trained, answer.result, strict=True)]


def _reuse(scene: Scene) -> None:
    from viz.figures import training  # noqa: PLC0415

    dense = [curve for curve, _ in scene.trained if curve.run.network.family is Family.DENSENET]
    dense = [curve for curve in dense if curve.run.network.shortcut is Shortcut.CONCAT]
    if not dense:
        st.info("Here a DenseNet shows which of its earlier layers each layer leans on. Add one to the race.")
        return
    for place, curve in enumerate(dense):
        task = trainings.reuse(curve.run, curve.stamp)
        answer = ask(f"reuse_{place}", task, button="Look", wanted=True, on_run=lambda: None)
        if answer.result is not None and answer.fresh:
            alt = f"How strongly each layer of {curve.name} weighs what the earlier ones put out."
            st.markdown(f"**{curve.name}**: the mean absolute weight that each layer gives to each earlier one.")
            chart.show(partial(training.reuse, answer.result), f"reuse_{place}", alt=alt, name=_FILE)


def runs() -> None:
    """Every run on disk, with its state; each can be opened and deleted."""
    found = trainings.all_kept()
    if not found:
        st.info("No run is kept yet.")
        return
    st.caption(
        f"{format.plural(len(found), 'run')}, {format.size(sum(one.size for one in found))}: each in a folder of its "
        "own under runs/, as run.json, epochs.csv and weights.safetensors."
    )
    for one in found:
        words, opening, action = st.columns([8, 1, 1], vertical_alignment="center")
        if one.run is None:
            words.markdown(f"`{one.id}`: **damaged** ({format.as_it_is(one.why)})")
        else:
            last = f", test accuracy {one.epochs[-1].test_accuracy:.1%}" if one.epochs else ""
            why = f" ({format.as_it_is(one.why)})" if one.why else ""
            words.markdown(f"`{one.id}`: **{one.status}**{why}, {len(one.epochs)} of {one.run.all_epochs} epochs{last}")
            opening.button("Open", key=f"open_{one.id}", on_click=_open, args=(one.run,), width="stretch")
        with action.popover("Delete", disabled=one.status is Status.RUNNING, width="stretch"):
            st.write(f"Delete {one.id} for good?")
            st.button("Yes, delete it", key=f"delete_{one.id}", on_click=_delete, args=(one.id,), type="primary")


def _open(run: RunSpec) -> None:
    """Show one run alone."""
    own = of(run)
    state.put_race(**{field: getattr(own, field) for field in Race.__dataclass_fields__})


def _delete(own: str) -> None:
    problem = trainings.delete(own)
    st.toast(problem or f"{own} is deleted.")
