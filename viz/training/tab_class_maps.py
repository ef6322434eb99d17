"""Tab on where trained networks find their answers: Grad-CAM and covered patches."""

from functools import partial

import streamlit as st

from models.signals.map_records import ClassMaps
from viz import text
from viz.backend import examination_jobs
from viz.language import N_, _
from viz.state import session
from viz.state.training import Lesson, Marks, Race
from viz.text.examined import Examined
from viz.text.labels import label
from viz.text.seen import seen
from viz.training import class_map_pictures
from viz.training.examined import examined, together, told
from viz.training.scene import FILE, Scene
from viz.ui import origin
from viz.ui.widgets import Form, download


def show(scene: Scene) -> None:
    """Draw test images with the places that matter to each network's answer."""
    found = examined(scene.trained, "maps", examination_jobs.class_maps, N_("Find where they look ({time})"))
    if found is None:
        return
    looking = together(scene.trained, found)
    pictures(looking, told(text.class_maps.compared(looking), text.class_maps.each(looking)))


def own(scene: Scene, picture: bytes) -> None:
    """Draw the same of the visitor's own picture."""
    task = partial(examination_jobs.class_maps, picture=picture)
    found: tuple[ClassMaps, ...] | None = examined(scene.trained, "own_maps", task, N_("Find where they look ({time})"))
    if found is not None:
        pictures(together(scene.trained, found), "")


def pictures(named: list[Examined[ClassMaps]], said: str) -> None:
    """Draw the controls, the pictures, and their page to take away."""
    race, form = session.race(), Form(session.race(), session.put_race, "maps")
    with st.container(horizontal=True, vertical_alignment="bottom", key="frame_maps"):
        form.choice("marks", _("Marked by"), widget=st.segmented_control)
        sizes = class_map_pictures.sizes(named)
        if race.marks is Marks.GRAD_CAM and len(sizes) > 1:
            form.choice("map_size", _("Feature maps"), sizes, widget=st.segmented_control)
        with st.popover(_("What do I see?"), icon=":material/help:", type="tertiary", key="seen_maps"):
            st.markdown(seen("maps"))
        page = partial(_page, race, named, said, origin.comment())
        with st.popover(_("Save"), type="tertiary", key="files_maps"):
            download(_("HTML, offline"), page, f"{FILE}-maps.html", "text/html", key="html_maps", width="stretch")
    st.html(class_map_pictures.rows(named, race.marks, race.map_size, dark=session.dark()))
    st.caption(_explained(race, named))


def _explained(race: Race, named: list[Examined[ClassMaps]]) -> str:
    if race.marks is Marks.OCCLUSION:
        return _(
            "A patch of a quarter of the side is moved over the image and covers it with the training images' mean "
            "colour, as in Zeiler & Fergus 2014. Full colour: the probability changes by 100%; none: on average the "
            "patches there change nothing. A patch that hides something can also look like something else."
        )
    places = [(one.found, class_map_pictures.weighed(one.found, race.map_size)) for one in named]
    layers = ", ".join(dict.fromkeys(found.layers[place] for found, place in places if place is not None))
    return _(
        "Grad-CAM (Selvaraju et al. 2017) at {layers}: the feature maps, each weighted by the mean gradient of the "
        "answer's score. Each map is scaled to its own largest value, so strengths can't be compared between images or "
        "networks, and a small map is enlarged: it can't be finer than its positions.",
        layers=layers or "–",
    )


def _page(race: Race, named: list[Examined[ClassMaps]], said: str, made: str) -> str:
    title = f"{label(Lesson.MAPS)}: {label(race.marks)}"
    return class_map_pictures.page(
        title, said, class_map_pictures.rows(named, race.marks, race.map_size, dark=False), made
    )
