"""What a visitor has chosen, in `st.session_state`, and its encoding in the page's address.

The spec and the pages' settings are the state: widgets are set from them before they are drawn, and callbacks write to
them. The address contains what differs from the defaults, so that every state has a link and Back undoes a change.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from models.runtime.errors import SpecError
from models.runtime.fields import Problem
from models.runtime.messages import message
from models.specs.external import ExternalSpec, Network
from models.specs.registry import Family
from models.specs.spec import NetworkSpec
from viz.state import hidden, visit
from viz.state.architecture import View
from viz.state.compare import SIDEBAR, Comparison, read_network, write
from viz.state.exercise import Exercise
from viz.state.lessons import Course
from viz.state.lost_paths import lost_paths
from viz.state.repair import Note
from viz.state.signals import Experiment
from viz.state.starts import start
from viz.state.sweeps import Sweep
from viz.state.training import Race
from viz.state.url import Linked

_SPEC, _VIEW, _EXPERIMENT, _COMPARISON, _WRITTEN = "spec", "view", "experiment", "comparison", "written"
_RACE, _COURSE, _EXERCISE, _SWEEP = "race", "course", "exercise", "sweep_settings"
_PROBLEMS, _NOTES, _ERRORS = "link_problems", "repairs", "errors"
_TOUCHED, _PAGE, _FROM_LINK = "touched", "page", "from_link"
_OWN, _FAMILIES, _CHOSEN = "own", "families", "chosen"
_SPEC_FIELDS = frozenset((*NetworkSpec.names(), *ExternalSpec.names()))
_PAGES: dict[str, type[Linked]] = {
    _VIEW: View, _EXPERIMENT: Experiment, _COMPARISON: Comparison, _RACE: Race, _SWEEP: Sweep, _COURSE: Course,
    _EXERCISE: Exercise,
}  # fmt: skip
_OURS = (
    _SPEC_FIELDS
    | {hidden.FIELD}
    | {name for page in _PAGES.values() for names in page.old_names().items() for name in names}
)


def load(page: str) -> None:
    """Read the address, if it is new: a first visit, a link, Back or Forward. Call it before any widget is drawn.

    An address is not new if a callback has just changed the state (the browser may not have caught up), or if it is
    empty because the visitor went to another page.
    """
    state = st.session_state
    ours = {name: value for name, value in st.query_params.to_dict().items() if name in _OURS}
    touched, elsewhere = state.pop(_TOUCHED, False), state.get(_PAGE) != page
    state[_PAGE] = page
    if _WRITTEN in state and (touched or ours == state[_WRITTEN] or (not ours and elsewhere)):
        if elsewhere and not state.get(_CHOSEN):
            state[_SPEC] = start(page)
        return
    state[_CHOSEN] = not _SPEC_FIELDS.isdisjoint(ours)
    state[_SPEC], wrong = read_network(ours) if state[_CHOSEN] else (start(page), ())
    if state[_SPEC] is None:
        state[_SPEC] = start(page)
    problems: list[Problem] = [*wrong]
    for key, settings in _PAGES.items():
        state[key], amiss = settings.from_query(ours)
        problems += amiss
    unknown, known = message("there is no such field"), _OURS | visit.FIELDS
    strange = [Problem(name[:40], unknown) for name in st.query_params if name not in known]
    state[hidden.FIELD], not_known = hidden.read(ours.get(hidden.FIELD, ""))
    strange += not_known
    state[_PROBLEMS], state[_NOTES], state[_ERRORS] = (*problems, *strange), (), {}
    state[_FROM_LINK] = True
    state[_WRITTEN] = ours


def save() -> None:
    """Write what differs from the defaults to the address, if that has changed."""
    new = query()
    st.session_state[_WRITTEN] = {name: value for name, value in new.items() if name in _OURS}
    if st.query_params.to_dict() != new:
        st.query_params.from_dict(new)


def set_if_changed(key: str, value: Any) -> None:
    """Set a widget's value before it is drawn; an equal one is not set again, which would undo what is being typed."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def set_always(key: str, value: Any) -> None:
    """Set a widget's value in a popover: the browser creates the widget on opening, with the value set last."""
    st.session_state[key] = value


def rerun() -> None:
    """Rerun the page with the state as it is, even if the browser still has an older address."""
    st.session_state[_TOUCHED] = True
    st.rerun()


def spec() -> Network:
    """Return the network in the sidebar."""
    found: Network = st.session_state.get(_SPEC) or NetworkSpec()
    return found


def own() -> NetworkSpec:
    """Return the network in the sidebar if it is built here, else the last one that was."""
    found = spec()
    if isinstance(found, NetworkSpec):
        return found
    before: NetworkSpec | None = st.session_state.get(_OWN)
    return before or start(st.session_state.get(_PAGE, ""))


def put_spec(new: Network, notes: tuple[Note, ...] = ()) -> None:
    """Put a network into the sidebar, for all pages. `notes`: what else had to change."""
    st.session_state[_SPEC], st.session_state[_TOUCHED], st.session_state[_CHOSEN] = new, True, True
    st.session_state[_NOTES], st.session_state[_ERRORS], st.session_state[_PROBLEMS] = notes, {}, ()
    if isinstance(new, NetworkSpec):
        st.session_state.setdefault(_FAMILIES, {})[new.family] = st.session_state[_OWN] = new


def reset() -> None:
    """Forget the network and the settings of all pages, as at a first visit."""
    put_spec(start(st.session_state.get(_PAGE, "")))
    st.session_state.update({_CHOSEN: False} | {key: settings() for key, settings in _PAGES.items()})


def last_of(family: Family) -> NetworkSpec | None:
    """Return the network of a family that was chosen last, or None."""
    seen: dict[Family, NetworkSpec] = st.session_state.get(_FAMILIES, {}) | {own().family: own()}
    return seen.get(family)


def refuse(field: str, error: SpecError) -> None:
    """Keep the network, and let the page show why the value of a field is invalid."""
    st.session_state[_ERRORS] = {field: error}
    st.session_state[_NOTES], st.session_state[_TOUCHED] = (), True


def view() -> View:
    found: View = st.session_state.get(_VIEW) or View()
    return found


def put_view(**changes: Any) -> None:
    st.session_state[_VIEW], st.session_state[_TOUCHED] = view().changed(**changes), True
    st.session_state[_CHOSEN] = True


def experiment() -> Experiment:
    """Return what the Signals page measures and shows."""
    found: Experiment = st.session_state.get(_EXPERIMENT) or Experiment()
    return found


def put_experiment(**changes: Any) -> None:
    st.session_state[_EXPERIMENT], st.session_state[_TOUCHED] = experiment().changed(**changes), True
    st.session_state[_CHOSEN] = True  # the network in use stays on the other pages


def comparison() -> Comparison:
    """Return what the Compare page compares and shows."""
    found: Comparison = st.session_state.get(_COMPARISON) or Comparison()
    return found


def put_comparison(**changes: Any) -> None:
    st.session_state[_COMPARISON], st.session_state[_TOUCHED] = comparison().changed(**changes), True


def race() -> Race:
    """Return what the Training page trains and shows."""
    found: Race = st.session_state.get(_RACE) or Race()
    return found


def open_race(new: Race) -> None:
    """Show another race."""
    st.session_state[_RACE], st.session_state[_TOUCHED], st.session_state[_PROBLEMS] = new, True, ()


def put_race(**changes: Any) -> None:
    st.session_state[_RACE], st.session_state[_TOUCHED] = race().changed(**changes), True
    st.session_state[_PROBLEMS] = ()


def sweep() -> Sweep:
    """Return what the Sweeps page varies and shows."""
    found: Sweep = st.session_state.get(_SWEEP) or Sweep()
    return found


def put_sweep(**changes: Any) -> None:
    st.session_state[_SWEEP], st.session_state[_TOUCHED] = sweep().changed(**changes), True


def course() -> Course:
    """Return where the visitor is in the lessons."""
    found: Course = st.session_state.get(_COURSE) or Course()
    return found


def put_course(new: Course) -> None:
    st.session_state[_COURSE], st.session_state[_TOUCHED] = new, True


def exercise() -> Exercise:
    """Return the exercise that the link asks; an empty one if it asks none."""
    found: Exercise = st.session_state.get(_EXERCISE) or Exercise()
    return found


def put_exercise(new: Exercise) -> None:
    st.session_state[_EXERCISE], st.session_state[_TOUCHED] = new, True


def put_hidden(words: Iterable[str]) -> None:
    """Hide these parts of all pages, and no others."""
    st.session_state[hidden.FIELD], st.session_state[_TOUCHED] = frozenset(words), True


def edit(slots: Sequence[str], place: int, network: Network) -> list[str]:
    """Move the network at a place to the sidebar; the one that was there keeps its slot as it is. Return the slots."""
    before = write(spec())
    left = [before if slot == SIDEBAR else slot for slot in slots]
    left[place] = SIDEBAR
    put_spec(network)
    return left


def dark() -> bool:
    """Return whether the page is shown in the dark theme, as far as the browser has reported it."""
    return st.context.theme.type == "dark"


def keep_known(paths: Collection[str]) -> View:
    """Drop selected and folded paths that this network lacks, and return the view; a link with them has a problem."""
    shown = view()
    lost = {
        "layer": [shown.layer] if shown.layer and shown.layer not in paths else [],
        "fold": sorted(shown.fold.difference(paths)),
    }
    if any(lost.values()):
        layer = "" if lost["layer"] else shown.layer
        st.session_state[_VIEW] = shown = replace(shown, layer=layer, fold=shown.fold & frozenset(paths))
    if st.session_state.pop(_FROM_LINK, False):
        told = [Problem(field, lost_paths(names)) for field, names in lost.items() if names]
        st.session_state[_PROBLEMS] = (*link_problems(), *told)
    return shown


def link_problems() -> tuple[Problem, ...]:
    """Return the invalid fields of the link, with one problem each."""
    return tuple(st.session_state.get(_PROBLEMS, ()))


def pop_notes() -> tuple[Note, ...]:
    """Return what the last change changed besides the field itself; only once."""
    return tuple(st.session_state.pop(_NOTES, ()))


def used(field: str) -> str:
    """Return the value of a field as encoded in a link; "" if there is no such field."""
    everything = spec().to_query(full=True)
    for shown in (view(), experiment(), comparison(), race(), sweep()):
        everything |= shown.to_query(full=True)
    for several in (Comparison, Race):  # if one of several networks is invalid, the page shows the others
        everything.pop(f"{several.prefix}networks")
    return everything.get(field, "")


def page() -> str:
    """Return the path of the page that is shown, empty for the first one."""
    return str(st.session_state.get(_PAGE, ""))


def first_visit() -> bool:
    """Return whether the visitor came without a link and has chosen nothing yet."""
    return not st.session_state.get(_CHOSEN) and not course().lesson


def errors() -> dict[str, SpecError]:
    """Return field -> why its last value was refused."""
    return dict(st.session_state.get(_ERRORS, {}))


def query() -> dict[str, str]:
    """Return what differs from the defaults, without a page's start; a default network is written by its stages."""
    first, own = start(st.session_state.get(_PAGE, "")), spec()
    network = {} if own == first else own.to_query() or {"stages": own.to_query(full=True)["stages"]}
    pages = (view(), experiment(), comparison(), race(), sweep(), course(), exercise())
    settings = {name: value for shown in pages for name, value in shown.to_query().items()}
    return network | settings | hidden.query() | visit.query()
